#include "tests/support/check.h"

#include "coordinator/progress.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "tests/support/scratch.h"

/* Between two rounds of training it is looked at what the model has learnt: that is of its round. */
static void a_leg_shows_the_training_round_that_it_belongs_to(void **state)
{
    (void)state;
    static const char text[] = "plan = \"progress\"; rounds = 40; model = { name = \"linear\"; };\n"
                               "tasks = ( { name = \"disease\"; } );\n";
    static const struct {
        enum leg_kind kind;
        uint64_t index;
        size_t round;
        double done;
    } rows[] = {
        {LEG_MOMENTS, 0, 0, 0},  {LEG_ERASE, 0, 0, 0},  {LEG_TRAIN, 0, 1, .025},
        {LEG_GUARD, 9, 10, .25}, {LEG_FIT, 9, 10, .25}, {LEG_TRACE, 9, 10, .25},
        {LEG_TRAIN, 39, 40, 1},  {LEG_TEST, 0, 40, 1},  {LEG_PLACE, 0, 40, 1},
    };
    struct scratch scratch = scratch_open();
    char path[SCRATCH_MAX];
    struct plan plan;
    check_ok(file_write(scratch_file(path, &scratch, "plan.cfg"), text, sizeof text - 1));
    check_ok(plan_load(&plan, path, NULL, 0, adopt_parts, adopt_part_count));
    struct model model = {.loss_count = 0};
    struct coord_loop l = {.plan = &plan, .course = {.model = &model}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        l.closed = (struct leg){.kind = rows[i].kind, .index = rows[i].index};
        struct coord_progress p = coord_progress(&l, 10);
        assert_int_equal(p.train_round, rows[i].round);
        assert_int_equal(p.train_rounds, 40);
        assert_true(p.done == rows[i].done);
    }
    plan_close(&plan);
    scratch_close(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leg_shows_the_training_round_that_it_belongs_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
