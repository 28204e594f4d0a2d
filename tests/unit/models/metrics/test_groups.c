#include "models/metrics/groups.h"

#include <math.h>

#include "proto/base/arena.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

static struct hist_axis axis;
static struct groups two;

static int open_axis(void **state)
{
    (void)state;
    static const double thresholds[] = {0.37};
    hist_axis_open(&axis, thresholds, COUNT(thresholds));
    groups_open(&two, &axis, 2);
    return 0;
}

static double *blank(void)
{
    return must_alloc(groups_values(&two), sizeof(double));
}

/* The layout of the header, by hand. */
static void a_row_goes_where_the_header_says(void **state)
{
    (void)state;
    size_t bins = axis.bins, of_group = 2 * bins + 2 * 10 * 5;
    assert_int_equal(groups_values(&two), 2 * of_group);
    double *values = blank();
    groups_tally(values, &two, 1, hist_logit(0.25), 1);
    groups_tally(values, &two, 1, hist_logit(0.25), 1);
    groups_tally(values, &two, 1, hist_logit(0.75), 0);
    double *own = values + of_group;
    size_t low = hist_bin(&axis, hist_logit(0.25)), high = hist_bin(&axis, hist_logit(0.75));
    const struct {
        size_t at;
        double want;
    } rows[] = {
        {high, 1},
        {bins + low, 2},
        {2 * bins + 7 * 5 + 0, 16 * 0.75},
        {2 * bins + 7 * 5 + 1, 16 * 0.5625},
        {2 * bins + 7 * 5 + 2, 16 * 0.31640625},
        {2 * bins + 7 * 5 + 3, 16 * log(4)},
        {2 * bins + 7 * 5 + 4, 16 * log(4) * log(4)},
        {2 * bins + 50 + 2 * 5 + 0, 16 * 0.5},
        {2 * bins + 50 + 2 * 5 + 1, 16 * 0.125},
        {2 * bins + 50 + 2 * 5 + 2, 16 * 0.6328125},
        {2 * bins + 50 + 2 * 5 + 3, 32 * log(4)},
        {2 * bins + 50 + 2 * 5 + 4, 32 * log(4) * log(4)},
    };
    size_t filled = 0;
    for (size_t i = 0; i < groups_values(&two); i++)
        filled += values[i] != 0;
    assert_int_equal(filled, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!(fabs(own[rows[i].at] - rows[i].want) <= ldexp(1, -20)))
            fail_msg("row %zu: %.12g, %.12g wanted", i, own[rows[i].at], rows[i].want);
    free(values);
}

static void a_tenth_holds_its_lower_end(void **state)
{
    (void)state;
    for (int k = 0; k <= 10; k++) {
        double *values = blank();
        struct group_sums sums[2];
        groups_tally(values, &two, 0, hist_logit(k / 10.0), 0);
        check_ok(groups_judge(&two, values));
        groups_read(sums, &two, values);
        assert_true(sums[0].sum[0][k == 10 ? 9 : k][GROUPS_LOSS_SQUARED] > 0 || k == 0);
        assert_true(fabs(sums[0].sum[0][k == 10 ? 9 : k][GROUPS_SCORE] - k / 10.0) < 1e-7);
        free(values);
    }
}

/* Certain and wrong: 52 bits of surprise, not an infinity. */
static void a_loss_is_finite(void **state)
{
    (void)state;
    double *values = blank();
    struct group_sums sums[2];
    groups_tally(values, &two, 0, HUGE_VAL, 0);
    groups_tally(values, &two, 0, -HUGE_VAL, 1);
    check_ok(groups_judge(&two, values));
    groups_read(sums, &two, values);
    assert_true(fabs(sums[0].sum[0][9][GROUPS_LOSS] - 52 * log(2)) < 1e-7);
    assert_true(fabs(sums[0].sum[1][0][GROUPS_LOSS] - 52 * log(2)) < 1e-7);
    free(values);
}

/* Any rows, any split over sites, any order: the same bytes. */
static void sums_of_sites_are_the_sums_of_all_rows(void **state)
{
    (void)state;
    enum { ROWS = 3000, SITES = 5 };
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    size_t values = groups_values(&two);
    for (size_t trial = 0; trial < 5; trial++) {
        double *site[SITES], *all = blank();
        for (size_t s = 0; s < SITES; s++)
            site[s] = blank();
        for (size_t i = 0; i < ROWS; i++) {
            double logit = 6 * rng_normal(&rng);
            int label = rng_uniform(&rng) < 0.3;
            size_t group = rng_below(&rng, 2);
            groups_tally(all, &two, group, logit, label);
            groups_tally(site[rng_below(&rng, 1 + (uint32_t)trial)], &two, group, logit, label);
        }
        for (size_t s = SITES; s-- > 1;)
            for (size_t i = 0; i < values; i++)
                site[s - 1][i] += site[s][i];
        assert_memory_equal(site[0], all, values * sizeof(*all));
        check_ok(groups_judge(&two, all));
        for (size_t s = 0; s < SITES; s++)
            free(site[s]);
        free(all);
    }
}

static void a_vector_is_read_as_it_was_written(void **state)
{
    (void)state;
    double *values = blank();
    struct group_sums sums[2], all;
    groups_tally(values, &two, 0, hist_logit(0.95), 1);
    groups_tally(values, &two, 1, hist_logit(0.95), 1);
    groups_tally(values, &two, 1, hist_logit(0.05), 0);
    groups_read(sums, &two, values);
    groups_pool(&all, &two, sums);
    size_t high = hist_bin(&axis, hist_logit(0.95)), low = hist_bin(&axis, hist_logit(0.05));
    assert_int_equal(sums[0].count[1][high], 1);
    assert_int_equal(sums[0].count[0][low], 0);
    assert_int_equal(sums[1].count[0][low], 1);
    assert_int_equal(all.count[1][high], 2);
    assert_int_equal(all.count[0][low], 1);
    assert_true(fabs(all.sum[1][9][GROUPS_SCORE] - 1.9) < 1e-7);
    assert_true(fabs(all.sum[0][0][GROUPS_SCORE] - 0.05) < 1e-7);
    free(values);
}

/* A sum is something a peer sent. */
static void a_sum_that_no_rows_have_is_refused(void **state)
{
    (void)state;
    size_t bins = axis.bins, bin = hist_bin(&axis, hist_logit(0.55));
    const struct {
        const char *what;
        size_t at;
        double value;
    } rows[] = {
        {"a count below none", bin, -1},
        {"half a row", hist_bin(&axis, hist_logit(0.05)), 0.5},
        {"no number", bin, (double)NAN},
        {"more rows than there are people", bin, 1e17},
        {"endless rows", bin, HUGE_VAL},
        {"a score without a row", 2 * bins, 16},
        {"scores below their tenth", 2 * bins + 50 + 5 * 5, 16 * 0.4},
        {"scores above their tenth", 2 * bins + 50 + 5 * 5, 16 * 0.7},
        {"squares above their scores", 2 * bins + 50 + 5 * 5 + 1, 16 * 0.56},
        {"a square below 0", 2 * bins + 50 + 5 * 5 + 1, -0.1},
        {"a loss above the largest", 2 * bins + 50 + 5 * 5 + 3, 16 * 37.0},
        {"a loss that is no number", 2 * bins + 50 + 5 * 5 + 4, (double)NAN},
    };
    double *values = blank();
    groups_tally(values, &two, 0, hist_logit(0.55), 1);
    check_ok(groups_judge(&two, values));
    for (size_t i = 0; i < COUNT(rows); i++) {
        double kept = values[rows[i].at];
        values[rows[i].at] = rows[i].value;
        if (groups_judge(&two, values) == ST_OK)
            fail_msg("%s: taken", rows[i].what);
        check_fault(groups_judge(&two, values), EC_RUN_SUM);
        values[rows[i].at] = kept;
    }
    check_ok(groups_judge(&two, values));
    free(values);
}

static void more_rows_than_can_be_counted_are_refused(void **state)
{
    (void)state;
    double *values = must_alloc(groups_values(&two), sizeof(double));
    groups_tally(values, &two, 1, hist_logit(0.25), 1);
    for (size_t i = 0; i < groups_values(&two); i++)
        values[i] *= GROUPS_ROWS_MAX;
    check_ok(groups_judge(&two, values));
    groups_tally(values, &two, 1, hist_logit(0.85), 1);
    check_fault(groups_judge(&two, values), EC_RUN_SUM);
    free(values);
}

static void tally_bad(void *ctx)
{
    const int *how = ctx;
    double *values = blank();
    groups_tally(values, &two, how[0] == 0 ? 2 : 0, how[0] == 1 ? (double)NAN : 0,
                 how[0] == 2 ? 2 : 0);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++)
        assert_true(stops(NULL, 0, tally_bad, &how));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_goes_where_the_header_says),
        cmocka_unit_test(a_tenth_holds_its_lower_end),
        cmocka_unit_test(a_loss_is_finite),
        cmocka_unit_test(sums_of_sites_are_the_sums_of_all_rows),
        cmocka_unit_test(a_vector_is_read_as_it_was_written),
        cmocka_unit_test(a_sum_that_no_rows_have_is_refused),
        cmocka_unit_test(more_rows_than_can_be_counted_are_refused),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, open_axis, NULL);
}
