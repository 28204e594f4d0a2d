#include "tests/unit/node/dataset_setup.h"

#include "models/core/score.h"

#define SCORES_GIVEN                                                                               \
    "model.name=given", "tasks[0].name=third", "tasks[0].kind=binary", "tasks[1].name=first",      \
        "tasks[1].kind=binary"

/* Three tasks; the score of task t in row i is (10 t + i) / 100. No row is for training. */
struct scored {
    struct flat flat;
    uint8_t split[ROWS];
    float value[3 * ROWS], x[ROWS * 3 * SCORE_PARTS];
};

static void make_scored(struct scored *s)
{
    static const char *const names[] = {"first", "second", "third"};
    *s = (struct scored){.flat = small_site()};
    struct flat *f = &s->flat;
    f->scores = true;
    f->width = 3 * SCORE_PARTS;
    f->task_count = 3, f->group_count = 0;
    f->split = s->split, f->value = s->value, f->x = s->x;
    for (size_t t = 0; t < 3; t++)
        f->task[t] = target_of(names[t], TARGET_BINARY, 2);
    for (size_t i = 0; i < ROWS; i++) {
        s->split[i] = patients[i] == 13 ? SPLIT_VALID : SPLIT_TEST;
        for (size_t t = 0; t < 3; t++) {
            s->value[t * ROWS + i] = i < t + 2;
            score_split(s->x + (i * 3 + t) * SCORE_PARTS, (double)(10 * t + i) / 100);
        }
    }
}

static struct dataset scored_dataset(void)
{
    struct scored made;
    make_scored(&made);
    struct fixture x = fixture_open(&made.flat);
    struct settings *plan = PLAN(SCORES_GIVEN);
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    settings_close(&plan);
    scratch_close(&x.scratch);
    return d;
}

static void scores_are_those_of_the_plans_tasks_as_they_are(void **state)
{
    (void)state;
    struct dataset d = scored_dataset();
    assert_int_equal(d.width, 2 * SCORE_PARTS);
    assert_int_equal(d.split_rows[SPLIT_TEST], ROWS - 1);
    assert_int_equal(d.split_rows[SPLIT_VALID], 1);
    check_ok(dataset_standardise(&d, STANDARDISE_NONE, &d.schema, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        const real *row = d.x + i * d.width;
        assert_true(score_join(row) == (double)(20 + i) / 100);
        assert_true(score_join(row + SCORE_PARTS) == (double)i / 100);
    }
    dataset_close(&d);
}

static void what_the_model_does_not_see_is_freed(void **state)
{
    (void)state;
    for (int erase = 0; erase < 2; erase++) {
        struct dataset d = {.x = must_alloc(1, sizeof *d.x), .erased = must_alloc(1, sizeof *d.x)};
        d.input = erase ? d.erased : d.x;
        dataset_keep_input(&d);
        assert_ptr_equal(d.input, erase ? d.erased : d.x);
        assert_null(erase ? d.x : d.erased);
        dataset_close(&d);
    }
}

static void all_rows_of_predictions_say_what_people_are_like_and_no_score_leaves(void **state)
{
    (void)state;
    struct dataset d = scored_dataset();
    double sum[2 * SCORE_PARTS], square[2 * SCORE_PARTS];
    struct moments m = {.sum = sum, .square = square};
    dataset_moments(&m, &d);
    assert_true(m.rows == ROWS);
    assert_true(m.patients == 6);
    assert_true(m.level[0][1] == 4 && m.level[0][0] == ROWS - 4); /* third */
    assert_true(m.level[1][1] == 2);                              /* first */
    for (size_t i = 0; i < COUNT(sum); i++)
        assert_true(sum[i] == 0 && square[i] == 0);
    dataset_close(&d);
}

static void scores_and_features_are_not_taken_for_one_another(void **state)
{
    (void)state;
    struct scored made;
    make_scored(&made);
    struct fixture x = fixture_open(&made.flat);
    struct settings *plan = PLAN("tasks[0].name=third", "tasks[0].kind=binary");
    struct dataset d;
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_SHAPE);
    assert_non_null(strstr(fault_text(), "scores of its labels"));
    settings_close(&plan);
    scratch_close(&x.scratch);
    struct flat features_only = small_site();
    x = fixture_open(&features_only);
    plan = PLAN("model.name=given", "tasks[0].name=stage", "tasks[0].kind=binary");
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_SHAPE);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_plans_tasks_as_they_are),
        cmocka_unit_test(what_the_model_does_not_see_is_freed),
        cmocka_unit_test(all_rows_of_predictions_say_what_people_are_like_and_no_score_leaves),
        cmocka_unit_test(scores_and_features_are_not_taken_for_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
