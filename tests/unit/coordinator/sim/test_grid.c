#include "tests/support/check.h"

#include "coordinator/sim/grid.h"
#include "proto/base/arena.h"

static void all_combinations_are_points_and_the_last_key_changes_first(void **state)
{
    (void)state;
    static const char *const over[] = {"model.beta=0.1,0.3", "seed=1,2,3"};
    static const char *const want[][2] = {{"0.1", "1"}, {"0.1", "2"}, {"0.1", "3"},
                                          {"0.3", "1"}, {"0.3", "2"}, {"0.3", "3"}};
    struct grid *g = must_alloc(1, sizeof(*g));
    check_ok(grid_parse(g, over, 2));
    assert_int_equal(g->points, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        struct frontier_setting setting[FRONTIER_SETTINGS_MAX];
        assert_int_equal(grid_settings(setting, g, i), 2);
        assert_string_equal(setting[0].key, "model.beta");
        assert_string_equal(setting[1].key, "seed");
        assert_string_equal(setting[0].value, want[i][0]);
        assert_string_equal(setting[1].value, want[i][1]);
    }
    free(g);
}

static void commas_within_a_value_are_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *over, *value[3];
        size_t count;
    } rows[] = {
        {"model.adversary.hidden=[8],[8,16],[]", {"[8]", "[8,16]", "[]"}, 3},
        {"model.adversary.hidden=(8,16),(32)", {"(8,16)", "(32)"}, 2},
        {"model.adversary.form=\"a,b\",c", {"\"a,b\"", "c"}, 2},
        {"a.b=[\"],\",1],2", {"[\"],\",1]", "2"}, 2},
        {"groups[0].weight=1,2", {"1", "2"}, 2},
        {"groups[1].ramp=0.2,0.5", {"0.2", "0.5"}, 2},
        {"a.b=x=1,y=2", {"x=1", "y=2"}, 2},
    };
    struct grid *g = must_alloc(1, sizeof(*g));
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_ok(grid_parse(g, &rows[i].over, 1));
        if (g->axis[0].count != rows[i].count)
            fail_msg("%s: %zu values", rows[i].over, g->axis[0].count);
        for (size_t k = 0; k < rows[i].count; k++)
            assert_string_equal(g->axis[0].value[k], rows[i].value[k]);
    }
    free(g);
}

static void what_is_no_grid_is_refused(void **state)
{
    (void)state;
    static char longest[2 * FRONTIER_TEXT_MAX];
    snprintf(longest, sizeof(longest), "a.b=%0*d", FRONTIER_TEXT_MAX, 1);
    static const struct {
        const char *over[9];
        size_t count;
        const char *says;
    } rows[] = {
        {{""}, 0, "is wanted"},
        {{"model.beta"}, 1, "is not key=value"},
        {{"=1,2"}, 1, "is not key=value"},
        {{"model.beta="}, 1, "a value is empty"},
        {{"model.beta=1,"}, 1, "a value is empty"},
        {{"model.beta=1,,2"}, 1, "a value is empty"},
        {{"model.beta=1,2,1"}, 1, "1 is given twice"},
        {{"model.beta=1", "model.beta=2"}, 2, "is given twice"},
        {{longest}, 1, "longer than"},
        {{"a=1,2,3,4,5", "b=1,2,3,4,5", "c=1,2,3"}, 3, "more than 64 points"},
        {{"a=1", "b=1", "c=1", "d=1", "e=1", "f=1", "g=1", "h=1", "i=1"}, 9, "more than 8 keys"},
        {{"evaluate.seeds=1,2"}, 1, "is the same for all"},
        {{"evaluate.score=test"}, 1, "is the same for all"},
        {{"data.validation=0.1"}, 1, "is the same for all"},
        {{"tasks[0].train=true,false"}, 1, "is the same for all"},
        {{"groups[0].name=sex"}, 1, "is the same for all"},
        {{"privacy.min_cell=1,2"}, 1, "is the same for all"},
        {{"tolerances[0].most=.1"}, 1, "is the same for all"},
        {{"plan=a,b"}, 1, "is the same for all"},
    };
    struct grid *g = must_alloc(1, sizeof(*g));
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_fault(grid_parse(g, rows[i].over, rows[i].count), EC_USAGE);
        if (strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].over[0], fault_text());
    }
    free(g);
}

static void sixty_four_points_are_not_too_many(void **state)
{
    (void)state;
    static const char *const over[] = {"a=1,2,3,4,5,6,7,8", "b=1,2,3,4,5,6,7,8"};
    struct grid *g = must_alloc(1, sizeof(*g));
    check_ok(grid_parse(g, over, 2));
    assert_int_equal(g->points, GRID_POINTS_MAX);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations_are_points_and_the_last_key_changes_first),
        cmocka_unit_test(commas_within_a_value_are_its_own),
        cmocka_unit_test(what_is_no_grid_is_refused),
        cmocka_unit_test(sixty_four_points_are_not_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
