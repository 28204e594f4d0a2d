#include "tests/unit/node/dataset_setup.h"

static void the_plan_picks_and_orders_tasks_and_groups(void **state)
{
    (void)state;
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan =
        PLAN("tasks[0].name=type", "tasks[0].kind=categorical", "tasks[0].train=false",
             "tasks[1].name=stage", "tasks[1].kind=binary", "groups[0].name=age",
             "groups[0].kind=regression", "groups[1].name=sex", "groups[1].kind=categorical");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    assert_int_equal(d.rows, ROWS);
    assert_int_equal(d.width, WIDTH);
    assert_int_equal(d.schema.width, WIDTH);
    assert_int_equal(d.schema.task_count, 2);
    assert_int_equal(d.schema.group_count, 2);
    assert_string_equal(d.schema.task[0].name, "type");
    assert_int_equal(d.schema.task[0].levels, 3);
    assert_string_equal(d.schema.task[0].level[2], "type 2");
    assert_false(d.schema.task[0].train);
    assert_true(d.schema.task[1].train);
    assert_int_equal(d.schema.group[0].kind, TARGET_REGRESSION);
    assert_int_equal(d.schema.group[1].kind, TARGET_CATEGORICAL); /* of two levels, if one likes */
    for (size_t row = 0; row < ROWS; row++) {
        static const size_t from[] = {1, 0}, group_from[] = {4, 2};
        for (size_t i = 0; i < 2; i++) {
            real task = values[from[i] * ROWS + row], group = values[group_from[i] * ROWS + row];
            assert_true(d.task[i * ROWS + row] == task || isnan(task));
            assert_int_equal(isnan(d.task[i * ROWS + row]) != 0, isnan(task) != 0);
            assert_true(d.group[i * ROWS + row] == group || isnan(group));
        }
    }
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

static void a_plan_that_wants_what_the_site_lacks_is_told_what_it_has(void **state)
{
    (void)state;
    static const struct {
        const char *what, *name, *kind, *says;
    } rows[] = {
        {"no such task", "tasks[0].name=grade", "tasks[0].kind=binary",
         "site `Zurich` has no label `grade`; it has: stage, type"},
        {"a group is no task", "tasks[0].name=sex", "tasks[0].kind=binary",
         "site `Zurich` has no label `sex`; it has: stage, type"},
        {"no such group", "groups[0].name=stage", "groups[0].kind=binary",
         "site `Zurich` has no group `stage`; it has: sex, race, age"},
        {"three levels, binary", "groups[0].name=race", "groups[0].kind=binary",
         "group `race` is binary in the plan; at site `Zurich` it is a class with 3 levels"},
        {"years, categorical", "groups[0].name=age", "groups[0].kind=categorical",
         "group `age` is categorical in the plan; at site `Zurich` it is a number"},
        {"a class, regression", "tasks[0].name=stage", "tasks[0].kind=regression",
         "label `stage` is regression in the plan; at site `Zurich` it is a class with 2 levels"},
    };
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *plan = PLAN(rows[i].name, rows[i].kind);
        struct dataset d;
        check_fault(dataset_open(&d, x.path, plan), EC_DATA_LABEL);
        if (strcmp(fault_text(), rows[i].says) != 0)
            fail_msg("%s: %s", rows[i].what, fault_text());
        settings_close(&plan);
    }
    scratch_close(&x.scratch);
}

static void rows_are_listed_by_the_files_own_split(void **state)
{
    (void)state;
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan = PLAN("seed=3");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    assert_int_equal(d.split_rows[SPLIT_TRAIN], 5);
    assert_int_equal(d.split_rows[SPLIT_VALID], 1);
    assert_int_equal(d.split_rows[SPLIT_TEST], 2);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(d.split_row[SPLIT_TRAIN][i], i);
    assert_int_equal(d.split_row[SPLIT_VALID][0], 5);
    assert_int_equal(d.split_row[SPLIT_TEST][1], 7);
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

/* A site of `count` patients from `first` on with three rows each, far apart; one in six tests. */
struct crowd {
    struct flat flat;
    uint64_t *patient;
    uint8_t *split;
    float *x;
};

static struct crowd crowd_open(uint64_t first, size_t count)
{
    size_t rows = 3 * count;
    struct crowd c = {.patient = must_alloc(rows, sizeof(*c.patient)),
                      .split = must_alloc(rows, 1),
                      .x = must_alloc(rows, sizeof(*c.x))};
    for (size_t row = 0; row < rows; row++) {
        c.patient[row] = first + row % count;
        c.split[row] = c.patient[row] % 6 == 5 ? SPLIT_TEST : SPLIT_TRAIN;
    }
    c.flat = (struct flat){.site = "crowd",
                           .rows = rows,
                           .width = 1,
                           .patient = c.patient,
                           .split = c.split,
                           .x = c.x};
    return c;
}

static void crowd_close(struct crowd *c)
{
    free(c->patient);
    free(c->split);
    free(c->x);
}

static struct dataset crowd_dataset(uint64_t first, size_t count, const char *seed)
{
    struct crowd c = crowd_open(first, count);
    struct fixture x = fixture_open(&c.flat);
    struct settings *plan = PLAN(seed);
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    settings_close(&plan);
    scratch_close(&x.scratch);
    crowd_close(&c);
    return d;
}

static void one_fifth_of_the_training_patients_validate_with_all_their_rows(void **state)
{
    (void)state;
    const size_t count = 3000;
    struct dataset d = crowd_dataset(0, count, "seed=7");
    size_t valid = 0;
    for (size_t p = 0; p < count; p++) {
        assert_int_equal(d.split[p], d.split[p + count]);
        assert_int_equal(d.split[p], d.split[p + 2 * count]);
        assert_int_equal(d.split[p] == SPLIT_TEST, p % 6 == 5);
        valid += d.split[p] == SPLIT_VALID;
    }
    /* Binomial(2500, 1/5): mean 500, SD 20; four of them. */
    assert_in_range(valid, 420, 580);
    assert_int_equal(d.split_rows[SPLIT_VALID], 3 * valid);
    assert_int_equal(d.split_rows[SPLIT_TRAIN], 3 * (2500 - valid));
    dataset_close(&d);
}

static void the_plan_says_how_many_patients_validate(void **state)
{
    (void)state;
    static const struct {
        const char *share;
        size_t least, most;
    } rows[] = {
        {"data.validation=0", 0, 0},
        {"data.validation=0.05", 81, 169},   /* of 2,500: 125, SD 11; four of them */
        {"data.validation=0.5", 1150, 1350}, /* 1,250, SD 25 */
    };
    struct crowd c = crowd_open(0, 3000);
    struct fixture x = fixture_open(&c.flat);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *plan = PLAN("seed=7", rows[i].share);
        struct dataset d;
        check_ok(dataset_open(&d, x.path, plan));
        if (d.split_rows[SPLIT_VALID] < 3 * rows[i].least ||
            d.split_rows[SPLIT_VALID] > 3 * rows[i].most)
            fail_msg("%s: %zu rows", rows[i].share, d.split_rows[SPLIT_VALID]);
        dataset_close(&d);
        settings_close(&plan);
    }
    scratch_close(&x.scratch);
    crowd_close(&c);
}

static void who_validates_depends_on_seed_and_patient_alone(void **state)
{
    (void)state;
    struct dataset all = crowd_dataset(0, 600, "seed=7");
    struct dataset some = crowd_dataset(100, 60, "seed=7");
    struct dataset other = crowd_dataset(0, 600, "seed=8");
    assert_memory_equal(all.split + 100, some.split, 60);
    assert_memory_not_equal(all.split, other.split, 600);
    dataset_close(&all);
    dataset_close(&some);
    dataset_close(&other);
}

static void no_site_is_left_without_a_training_row_for_the_sake_of_validation(void **state)
{
    (void)state;
    size_t trained = 0;
    for (uint64_t p = 0; p < 60; p++) {
        if (p % 6 == 5)
            continue;
        struct dataset d = crowd_dataset(p, 1, "seed=7"); /* every fifth of them would validate */
        assert_int_equal(d.split_rows[SPLIT_TRAIN], 3);
        dataset_close(&d);
        trained++;
    }
    assert_int_equal(trained, 50);
}

static void a_site_without_training_rows_is_refused(void **state)
{
    (void)state;
    struct crowd c = crowd_open(5, 1);
    struct fixture x = fixture_open(&c.flat);
    struct settings *plan = PLAN("seed=1");
    struct dataset d;
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_EMPTY);
    settings_close(&plan);
    scratch_close(&x.scratch);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_picks_and_orders_tasks_and_groups),
        cmocka_unit_test(a_plan_that_wants_what_the_site_lacks_is_told_what_it_has),
        cmocka_unit_test(rows_are_listed_by_the_files_own_split),
        cmocka_unit_test(one_fifth_of_the_training_patients_validate_with_all_their_rows),
        cmocka_unit_test(the_plan_says_how_many_patients_validate),
        cmocka_unit_test(who_validates_depends_on_seed_and_patient_alone),
        cmocka_unit_test(no_site_is_left_without_a_training_row_for_the_sake_of_validation),
        cmocka_unit_test(a_site_without_training_rows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
