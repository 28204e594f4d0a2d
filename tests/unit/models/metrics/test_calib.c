#include "models/metrics/calib.h"

#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f)
{
    cohort_ask(&asked, &cohort);
    fairness_open(f, &asked.q, asked.sums);
}

static void check_near(const struct fairness *f, const char *metric, const char *group, double want,
                       double tolerance)
{
    const struct fairness_measure *m = row_of(f, metric, group, "", NONE);
    if (!(fabs(m->value - want) <= tolerance))
        fail_msg("%s of '%s': %.12g (%s), %.12g wanted", metric, group, m->value, m->why, want);
}

/*
 * A: .25 of 4 rows, 2 positive; .85 of 6 rows, 3 positive. B: .25 of 10 rows, none positive.
 */
static void errors_are_those_of_the_rows(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.25, 1, 2);
    cohort_add(&cohort, 0, 0.25, 0, 2);
    cohort_add(&cohort, 0, 0.85, 1, 3);
    cohort_add(&cohort, 0, 0.85, 0, 3);
    cohort_add(&cohort, 1, 0.25, 0, 10);
    ask(&f);
    double ece = (4 * 0.25 + 6 * 0.35) / 10;
    check_near(&f, "ece", "A", ece, 1e-7);
    check_near(&f, "mce", "A", 0.35, 1e-7);
    check_near(&f, "ece", "B", 0.25, 1e-7);
    check_near(&f, "ece_gap", "", ece - 0.25, 1e-7);
    check_near(&f, "ece", "", (14 * (0.25 - 2 / 14.0) + 6 * 0.35) / 20, 1e-7);
    double brier = (2 * 0.5625 + 2 * 0.0625 + 3 * 0.0225 + 3 * 0.7225) / 10;
    check_near(&f, "brier", "A", brier, 1e-7);
    check_near(&f, "log_loss", "A",
               -(2 * log(0.25) + 2 * log(0.75) + 3 * log(0.85) + 3 * log(0.15)) / 10, 1e-7);
    check_near(&f, "mean_score", "A", 0.61, 1e-7);
    check_near(&f, "o_over_e", "A", 5 / 6.1, 1e-6);
    check_near(&f, "o_over_e", "B", 0, 0);
    fairness_close(&f);
}

/* Normal: mean +- 1.96 standard errors of the rows, whose spread is by hand. */
static void mean_losses_have_the_standard_error_of_their_rows(void **state)
{
    (void)state;
    struct fairness f;
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 500, 0.4, 1.5, 0.3);
    ask(&f);
    double n = (double)cohort.rows, sum[2] = {0}, squares[2] = {0};
    for (size_t i = 0; i < cohort.rows; i++) {
        double p = cohort.p[i], e = p - cohort.label[i];
        double v[2] = {e * e, -log(cohort.label[i] == 1 ? p : 1 - p)};
        for (int k = 0; k < 2; k++)
            sum[k] += v[k], squares[k] += v[k] * v[k];
    }
    static const char *const metric[2] = {"brier", "log_loss"};
    for (int k = 0; k < 2; k++) {
        const struct fairness_measure *m = row_of(&f, metric[k], "A", "", NONE);
        double mean = sum[k] / n,
               half = 1.9599639845400545 * sqrt((squares[k] / n - mean * mean) / (n - 1));
        assert_true(fabs(m->value - mean) < 1e-6);
        assert_true(fabs(m->hi - mean - half) < 1e-6 && fabs(mean - m->lo - half) < 1e-6);
        assert_string_equal(m->interval, "normal");
    }
    fairness_close(&f);
}

/* Counts that lie on a line have that line, whatever their number. */
static void a_line_that_counts_lie_on_is_found(void **state)
{
    (void)state;
    static const double lines[][2] = {{0, 1}, {0.3, 0.7}, {-2, 1.4}, {1, -0.5}, {0, 3}};
    hist_axis_open(&asked.axis, NULL, 0);
    static struct group_sums s;
    for (size_t i = 0; i < COUNT(lines); i++) {
        memset(&s, 0, sizeof(s));
        for (size_t b = 300; b < 700; b++) {
            double x = (asked.axis.edge[b - 1] + asked.axis.edge[b]) / 2;
            double p = 1 / (1 + exp(-lines[i][0] - lines[i][1] * x));
            s.count[1][b] = llround(1e9 * p);
            s.count[0][b] = 1000000000 - s.count[1][b];
        }
        struct calib_fit large, intercept, slope;
        calib_line(&large, &intercept, &slope, &asked.axis, &s);
        assert_null(slope.why);
        assert_true(fabs(intercept.value - lines[i][0]) < 1e-7);
        assert_true(fabs(slope.value - lines[i][1]) < 1e-7);
        if (lines[i][1] == 1)
            assert_true(fabs(large.value - lines[i][0]) < 1e-7);
    }
}

/* At the maximum the offset makes what is expected what is observed. */
static void in_the_large_the_expected_are_the_observed(void **state)
{
    (void)state;
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    for (size_t trial = 0; trial < 20; trial++) {
        cohort = (struct cohort){0};
        cohort_draw(&cohort, &rng, 0, 300, 0.2, 1, 2 * rng_normal(&rng));
        struct fairness f;
        ask(&f);
        double a = row_of(&f, "calibration_in_the_large", "A", "", NONE)->value;
        double expected = 0, observed = 0;
        for (size_t i = 0; i < cohort.rows; i++) {
            expected += 1 / (1 + exp(-a - hist_logit(cohort.p[i])));
            observed += cohort.label[i];
        }
        assert_true(fabs(expected - observed) < 0.5); /* bins are 1/43 wide */
        fairness_close(&f);
    }
}

/* Two normals a distance d apart around c, equal classes: the true line is d (x - c). */
static void wald_intervals_hold_the_true_line(void **state)
{
    (void)state;
    enum { COHORTS = 100 };
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    size_t held = 0, held_line = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        cohort = (struct cohort){0};
        cohort_draw(&cohort, &rng, 0, 400, 0.5, 1.5, 1);
        cohort_ask(&asked, &cohort);
        struct calib_fit large, intercept, slope;
        calib_line(&large, &intercept, &slope, &asked.axis, &asked.sums[0]);
        held += fabs(slope.value - 1.5) < 1.96 * sqrt(slope.variance);
        held_line += fabs(intercept.value + 1.5) < 1.96 * sqrt(intercept.variance);
    }
    assert_true(held >= 88 && held_line >= 88);
    assert_true(held < 100 || held_line < 100);
}

static void what_separates_has_no_line(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.2, 0, 10);
    cohort_add(&cohort, 0, 0.3, 0, 10);
    cohort_add(&cohort, 0, 0.7, 1, 10);
    cohort_add(&cohort, 0, 0.9, 1, 10);
    ask(&f);
    const struct fairness_measure *m = row_of(&f, "calibration_slope", "A", "", NONE);
    assert_true(isnan(m->value) && strncmp(m->why, "not estimable: the scores tell", 30) == 0);
    assert_true(isfinite(row_of(&f, "calibration_in_the_large", "A", "", NONE)->value));
    fairness_close(&f);
}

/* A model that is right looks wrong in few rows: what is left after taking off is less. */
static void a_debiased_error_of_a_calibrated_model_is_smaller(void **state)
{
    (void)state;
    enum { COHORTS = 40 };
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    double ece = 0, debiased = 0;
    size_t zero = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        struct fairness f;
        cohort = (struct cohort){0};
        for (size_t i = 0; i < 200; i++) {
            double p = rng_uniform(&rng);
            cohort_add(&cohort, 0, p, rng_uniform(&rng) < p, 1);
        }
        ask(&f);
        const struct fairness_measure *m = row_of(&f, "ece", "A", "", NONE);
        ece += m->value / COHORTS;
        debiased += row_of(&f, "ece_debiased", "A", "", NONE)->value / COHORTS;
        zero += m->lo == 0;
        fairness_close(&f);
    }
    if (!(debiased < 0.7 * ece) || zero < COHORTS * 88 / 100)
        fail_msg("ece %g, debiased %g, %zu reach 0", ece, debiased, zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_those_of_the_rows),
        cmocka_unit_test(mean_losses_have_the_standard_error_of_their_rows),
        cmocka_unit_test(a_line_that_counts_lie_on_is_found),
        cmocka_unit_test(in_the_large_the_expected_are_the_observed),
        cmocka_unit_test(wald_intervals_hold_the_true_line),
        cmocka_unit_test(what_separates_has_no_line),
        cmocka_unit_test(a_debiased_error_of_a_calibrated_model_is_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
