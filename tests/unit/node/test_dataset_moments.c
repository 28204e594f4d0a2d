#include "tests/unit/node/dataset_setup.h"

static struct dataset small_dataset(void)
{
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan =
        PLAN("tasks[0].name=stage", "tasks[0].kind=binary", "tasks[1].name=type",
             "tasks[1].kind=categorical", "groups[0].name=race", "groups[0].kind=categorical",
             "groups[1].name=age", "groups[1].kind=regression");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    settings_close(&plan);
    scratch_close(&x.scratch);
    return d;
}

static void moments_are_sums_over_training_rows(void **state)
{
    (void)state;
    struct dataset d = small_dataset();
    double sum[WIDTH], square[WIDTH];
    struct moments m = {.sum = sum, .square = square};
    dataset_moments(&m, &d);
    assert_int_equal(m.width, WIDTH);
    assert_int_equal(m.task_count, 2);
    assert_int_equal(m.group_count, 2);
    assert_true(m.rows == 5);
    assert_true(m.patients == 3);
    /* All of these are exact in double. */
    assert_true(sum[0] == 5003.75 && sum[1] == 35 && sum[2] == 15);
    assert_true(square[1] == 245 && square[2] == 55);
    static const double level[4][3] = {
        {2, 2, 0},       /* stage: one unknown */
        {1, 2, 1},       /* type */
        {2, 2, 1},       /* race, after the tasks */
        {4, 261, 17141}, /* age: known, sum, squares */
    };
    for (size_t t = 0; t < 4; t++)
        for (size_t l = 0; l < 3; l++)
            if (m.level[t][l] != level[t][l])
                fail_msg("target %zu, word %zu: %g", t, l, m.level[t][l]);
    dataset_close(&d);
}

/* Population of the small site with age at mean 65, sd 5. */
static struct population who_of(const struct dataset *d)
{
    struct population who = d->schema;
    who.group[1].mean = 65;
    who.group[1].sd = 5;
    return who;
}

static struct dataset standardised(enum standardise how, const double *mean, const double *scale,
                                   const double *test_mean, const double *test_scale)
{
    struct dataset d = small_dataset();
    struct population who = who_of(&d);
    check_ok(dataset_standardise(&d, how, &who, mean, scale, test_mean, test_scale));
    return d;
}

static void check_feature(const struct dataset *d, size_t row, size_t j, double want)
{
    double got = (double)d->x[row * WIDTH + j];
    if (fabs(got - want) > 1e-6 * (1 + fabs(want))) /* one rounding to float */
        fail_msg("x[%zu,%zu] is %.9g, %.9g wanted", row, j, got, want);
}

static void given_moments_standardise_and_a_feature_without_variance_becomes_zero(void **state)
{
    (void)state;
    static const double mean[] = {1000, 7, 3}, scale[] = {0.5, 0, 2};
    struct dataset d = standardised(STANDARDISE_GLOBAL, mean, scale, NULL, NULL);
    check_feature(&d, 0, 0, 0.5);
    check_feature(&d, 5, 0, 4);
    check_feature(&d, 0, 2, -1);
    check_feature(&d, 6, 2, 499998.5); /* far out stays far out */
    for (size_t row = 0; row < ROWS; row++)
        check_feature(&d, row, 1, 0); /* the test row whose value differs, too */
    dataset_close(&d);
}

static void test_rows_can_have_moments_of_their_own(void **state)
{
    (void)state;
    static const double mean[] = {1000, 7, 3}, scale[] = {0.5, 0, 2};
    static const double other[] = {999, 7, 0}, other_scale[] = {1, 0.5, 1};
    struct dataset d = standardised(STANDARDISE_GLOBAL, mean, scale, other, other_scale);
    check_feature(&d, 5, 0, 4); /* validation keeps to the first */
    check_feature(&d, 6, 0, 0);
    check_feature(&d, 7, 0, 1);
    check_feature(&d, 7, 1, 2);
    dataset_close(&d);
}

static void a_sites_own_moments_are_those_of_its_training_rows(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_SITE, NULL, NULL, NULL, NULL);
    /* 1, 2, 3, 4, 5: mean 3, variance with n - 1 is 2.5; and a quarter of them about 1000.75. */
    for (size_t row = 0; row < 5; row++) {
        check_feature(&d, row, 2, ((double)row - 2) / sqrt(2.5));
        check_feature(&d, row, 0, ((double)row - 2) / sqrt(2.5));
        check_feature(&d, row, 1, 0);
    }
    check_feature(&d, 6, 2, (1e6 - 3) / sqrt(2.5));
    dataset_close(&d);
}

static void without_standardisation_the_rows_are_as_they_came(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_NONE, NULL, NULL, NULL, NULL);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        assert_true(d.x[i] == features[i]);
    dataset_close(&d);
}

static void only_regression_targets_are_standardised_and_unknown_stays_unknown(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_NONE, NULL, NULL, NULL, NULL);
    assert_true(d.group[ROWS + 0] == -1);
    assert_true(d.group[ROWS + 7] == 3);
    assert_true(isnan(d.group[ROWS + 3]));
    assert_true(d.group[3] == 2); /* race */
    assert_true(d.task[1] == 1);
    dataset_close(&d);
}

/* T12 of methods.md section 8: raw years never reach an adversary. */
static void a_regression_that_cannot_be_standardised_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double mean, sd; /* that all sites made; the oldest here is 80 */
        bool refused;
    } rows[] = {
        {"not filled", 0, 0, true},
        {"negative", 65, -5, true},
        {"no number", 65, (double)NAN, true},
        {"no known mean", (double)NAN, 5, true},
        {"years among years", 65, 5, false},
        {"at the limit", 68, 1, false},
        {"beyond it", 67.5, 1, true},
        {"years where all others have decades", 6.5, .5, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dataset d = small_dataset();
        struct population who = who_of(&d);
        who.group[1].mean = rows[i].mean;
        who.group[1].sd = rows[i].sd;
        enum status st = dataset_standardise(&d, STANDARDISE_NONE, &who, NULL, NULL, NULL, NULL);
        if ((st != ST_OK) != rows[i].refused)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        if (rows[i].refused) {
            assert_int_equal(fault_kept()->what, EC_DATA_RAW_AGE);
            assert_string_equal(fault_kept()->where, "age");
            assert_null(strstr(fault_text(), "80")); /* no value of a patient */
        }
        dataset_close(&d);
    }
}

static void in_sample_a_site_without_rows_to_fit_to_is_refused(void **state)
{
    (void)state;
    static const uint8_t none[ROWS] = {0}; /* all train */
    static const struct {
        const char *mode, *score;
        bool tests, refused;
    } rows[] = {
        {"evaluate.mode=in-sample", "evaluate.score=test", true, false},
        {"evaluate.mode=in-sample", "evaluate.score=test", false, true},
        {"evaluate.mode=in-sample", "evaluate.score=train", false, false},
        {"evaluate.mode=held-out", "evaluate.score=test", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct flat f = small_site();
        if (!rows[i].tests)
            f.split = none;
        struct fixture x = fixture_open(&f);
        struct settings *plan =
            PLAN("groups[0].name=sex", "groups[0].kind=binary", rows[i].mode, rows[i].score);
        struct dataset d;
        if (rows[i].refused) {
            check_fault(dataset_open(&d, x.path, plan), EC_DATA_EMPTY);
            assert_non_null(strstr(fault_text(), "no test row"));
        } else {
            check_ok(dataset_open(&d, x.path, plan));
            assert_int_equal(split_fitted(plan), rows[i].tests ? SPLIT_TEST : SPLIT_TRAIN);
            dataset_close(&d);
        }
        settings_close(&plan);
        scratch_close(&x.scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_sums_over_training_rows),
        cmocka_unit_test(given_moments_standardise_and_a_feature_without_variance_becomes_zero),
        cmocka_unit_test(test_rows_can_have_moments_of_their_own),
        cmocka_unit_test(a_sites_own_moments_are_those_of_its_training_rows),
        cmocka_unit_test(without_standardisation_the_rows_are_as_they_came),
        cmocka_unit_test(only_regression_targets_are_standardised_and_unknown_stays_unknown),
        cmocka_unit_test(a_regression_that_cannot_be_standardised_is_refused),
        cmocka_unit_test(in_sample_a_site_without_rows_to_fit_to_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
