#include "models/metrics/resample.h"

#include <math.h>

#include "tests/support/check.h"
#include "tests/support/stops.h"

/* log of the binomial's probability, by summing logs. */
static double log_pmf(int64_t k, int64_t n, double p)
{
    double sum = (double)k * log(p) + (double)(n - k) * log1p(-p);
    for (int64_t i = 1; i <= k; i++)
        sum += log((double)(n - k + i) / (double)i);
    return sum;
}

/*
 * Chi-squared over outcomes that are expected at least 20 times, the others together: within six
 * standard deviations of its mean, for both methods and both sides of 1/2.
 */
static void draws_are_binomial(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    static const struct {
        int64_t n;
        double p;
    } rows[] = {{1, 0.3},   {7, 0.5},   {40, 0.1},     {40, 0.93},   {20, 0.5},
                {25, 0.41}, {200, 0.5}, {1000, 0.012}, {1000, 0.75}, {600, 0.2}};
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t r = 0; r < COUNT(rows); r++) {
        int64_t n = rows[r].n, met[1001] = {0};
        for (size_t i = 0; i < DRAWS; i++) {
            int64_t k = resample_binomial(&rng, n, rows[r].p);
            assert_true(k >= 0 && k <= n);
            met[k]++;
        }
        double chi = 0, rest = DRAWS, rest_met = DRAWS;
        size_t cells = 0;
        for (int64_t k = 0; k <= n; k++) {
            double want = DRAWS * exp(log_pmf(k, n, rows[r].p));
            if (want < 20)
                continue;
            chi += ((double)met[k] - want) * ((double)met[k] - want) / want;
            rest -= want, rest_met -= (double)met[k];
            cells++;
        }
        if (rest > 1)
            chi += (rest_met - rest) * (rest_met - rest) / rest;
        double free_cells = (double)cells - (rest > 1 ? 0 : 1);
        if (!(fabs(chi - free_cells) < 6 * sqrt(2 * free_cells)))
            fail_msg("n %ld p %g: chi squared %g of %g", (long)n, rows[r].p, chi, free_cells);
    }
}

static void large_draws_have_the_mean_and_spread_of_the_binomial(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    const double n = 3e9, p = 0.37;
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double z = ((double)resample_binomial(&rng, (int64_t)n, p) - n * p) / sqrt(n * p * (1 - p));
        sum += z, squares += z * z;
    }
    assert_true(fabs(sum / DRAWS) < 4 / sqrt(DRAWS));
    assert_true(fabs(squares / DRAWS - 1) < 4 * sqrt(2.0 / DRAWS));
}

static void certain_outcomes_are_certain(void **state)
{
    (void)state;
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    assert_int_equal(resample_binomial(&rng, 0, 0.5), 0);
    assert_int_equal(resample_binomial(&rng, 9, 0), 0);
    assert_int_equal(resample_binomial(&rng, 9, 1), 9);
}

static void rows_drawn_again_are_as_many_and_where_there_are_any(void **state)
{
    (void)state;
    static const int64_t counts[] = {0, 30, 0, 10, 60, 0};
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    double sum[6] = {0};
    for (size_t i = 0; i < 2000; i++) {
        int64_t out[6], all = 0;
        resample_rows(out, &rng, 50, counts, 6);
        for (size_t b = 0; b < 6; b++) {
            assert_true(out[b] >= 0 && (counts[b] > 0 || out[b] == 0));
            all += out[b];
            sum[b] += (double)out[b] / 2000;
        }
        assert_int_equal(all, 50);
    }
    for (size_t b = 0; b < 6; b++) { /* four standard errors of the mean */
        double p = (double)counts[b] / 100;
        assert_true(fabs(sum[b] - 50 * p) <= 4 * sqrt(50 * p * (1 - p) / 2000));
    }
}

static void quantiles_lie_on_lines_between_values(void **state)
{
    (void)state;
    double v[] = {4, 1, 3, 2}, one[] = {5};
    assert_true(resample_quantile(v, 4, 0) == 1);
    assert_true(resample_quantile(v, 4, 1) == 4);
    assert_true(fabs(resample_quantile(v, 4, 0.5) - 2.5) < 1e-15);
    assert_true(fabs(resample_quantile(v, 4, 0.9) - 3.7) < 1e-12);
    assert_true(resample_quantile(one, 1, 0.3) == 5);
}

static void an_interval_takes_off_what_drawing_again_adds(void **state)
{
    (void)state;
    double v[101];
    for (size_t i = 0; i < 101; i++)
        v[i] = 5 + (double)i / 100; /* 5 to 6, drawn from 4.5 */
    struct interval i = resample_interval(4.5, v, 101, 0.9);
    assert_true(fabs(i.lo - (9 - 5.95)) < 1e-12);
    assert_true(fabs(i.hi - (9 - 5.05)) < 1e-12);
    assert_string_equal(i.method, "bootstrap");
    assert_true(resample_interval(2, v, 101, 0.9).lo == 0);
    assert_true(isnan(resample_interval(2, v, 0, 0.9).lo));
}

static void draw(void *ctx)
{
    const double *p = ctx;
    struct rng rng = rng_open(5, RNG_TEST, 0, 0, 0);
    resample_binomial(&rng, 3, *p);
}

static void draw_of_nobody(void *ctx)
{
    (void)ctx;
    static const int64_t none[2] = {0, 0};
    int64_t out[2];
    struct rng rng = rng_open(6, RNG_TEST, 0, 0, 0);
    resample_rows(out, &rng, 1, none, 2);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    double wrong[] = {-0.1, 1.1, (double)NAN};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_true(stops(NULL, 0, draw, &wrong[i]));
    assert_true(stops(NULL, 0, draw_of_nobody, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_binomial),
        cmocka_unit_test(large_draws_have_the_mean_and_spread_of_the_binomial),
        cmocka_unit_test(certain_outcomes_are_certain),
        cmocka_unit_test(rows_drawn_again_are_as_many_and_where_there_are_any),
        cmocka_unit_test(quantiles_lie_on_lines_between_values),
        cmocka_unit_test(an_interval_takes_off_what_drawing_again_adds),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
