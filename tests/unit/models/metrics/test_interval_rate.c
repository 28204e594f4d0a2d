/*
 * Proportions and their differences. tests/golden/rates.txt says how its numbers were made.
 */
#include <math.h>

#include "models/metrics/interval.h"
#include "tests/support/stops.h"
#include "tests/unit/models/metrics/golden_rates.h"

static void check_interval(const char *line, struct interval got, double lo, double hi,
                           const char *method)
{
    if (!(fabs(got.lo - lo) <= 1e-12 && fabs(got.hi - hi) <= 1e-12))
        fail_msg("%s: %.15g to %.15g", line, got.lo, got.hi);
    assert_string_equal(got.method, method);
}

static void intervals_agree_with_exact_tails(void **state)
{
    (void)state;
    FILE *f = golden_open();
    char line[256];
    size_t exact = 0, differences = 0;
    while (fgets(line, sizeof(line), f) != NULL) {
        double v[GOLDEN_NUMBERS] = {0};
        if (golden_row(v, line, "clopper-pearson")) {
            check_interval(line, interval_clopper_pearson(v[0], v[1], 0.95), v[2], v[3],
                           "clopper-pearson");
            exact++;
        } else if (golden_row(v, line, "newcombe")) {
            struct interval a = interval_wilson(v[0], v[1], 0.95),
                            b = interval_wilson(v[2], v[3], 0.95);
            check_interval(line, interval_difference(v[0] / v[1], a, v[2] / v[3], b), v[4], v[5],
                           "newcombe");
            differences++;
        }
    }
    fclose(f);
    assert_int_equal(exact, 9);
    assert_int_equal(differences, 6);
}

static void rates_of_few_rows_or_few_hits_are_exact(void **state)
{
    (void)state;
    static const struct {
        double k, n;
        const char *method;
    } rows[] = {
        {20, 39, "clopper-pearson"},
        {20, 40, "wilson"},
        {4, 500, "clopper-pearson"},
        {5, 500, "wilson"},
        {496, 500, "clopper-pearson"},
        {495, 500, "wilson"},
        {0, 0, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct interval got = interval_rate(rows[i].k, rows[i].n, 0.95);
        assert_string_equal(got.method, rows[i].method);
        assert_true(rows[i].n == 0 || got.lo <= rows[i].k / rows[i].n);
        assert_true(rows[i].n == 0 || got.hi >= rows[i].k / rows[i].n);
    }
}

/* At a million rows the two agree, and the exact one is still computed. */
static void exact_intervals_hold_for_many_rows(void **state)
{
    (void)state;
    struct interval exact = interval_clopper_pearson(3e5, 1e6, 0.95);
    struct interval wilson = interval_wilson(3e5, 1e6, 0.95);
    assert_true(fabs(exact.lo - wilson.lo) < 2e-6 && fabs(exact.hi - wilson.hi) < 2e-6);
}

static void a_difference_of_an_unknown_has_no_interval(void **state)
{
    (void)state;
    const struct interval none = {(double)NAN, (double)NAN, ""}, some = {0.2, 0.6, "delong"};
    assert_string_equal(interval_difference(0.4, some, 0.3, none).method, "");
    assert_string_equal(interval_difference(0.4, none, 0.3, some).method, "");
    struct interval got = interval_difference(0.4, some, 0.3, some);
    assert_string_equal(got.method, "mover");
    assert_true(fabs(got.lo - (0.1 - hypot(0.2, 0.3))) < 1e-15);
    assert_true(fabs(got.hi - (0.1 + hypot(0.2, 0.1))) < 1e-15);
}

static void the_size_of_a_difference_has_the_sizes_of_its_interval(void **state)
{
    (void)state;
    static const struct {
        double lo, hi, want_lo, want_hi;
    } rows[] = {
        {0.1, 0.3, 0.1, 0.3}, {-0.1, 0.3, 0, 0.3}, {-0.4, 0.3, 0, 0.4}, {-0.3, -0.1, 0.1, 0.3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct interval got =
            interval_absolute((struct interval){rows[i].lo, rows[i].hi, "newcombe"});
        assert_true(got.lo == rows[i].want_lo && got.hi == rows[i].want_hi);
        assert_string_equal(got.method, "newcombe");
    }
}

static void a_normal_interval_reaches_so_many_standard_errors(void **state)
{
    (void)state;
    struct interval got = interval_normal(3, 4, 0.95);
    assert_true(fabs(got.hi - 3 - 2 * 1.9599639845400545) < 1e-12);
    assert_true(fabs(3 - got.lo - 2 * 1.9599639845400545) < 1e-12);
    assert_string_equal(interval_normal(3, 0, 0.95).method, "");
    assert_string_equal(interval_normal(3, (double)NAN, 0.95).method, "");
}

static void more_than_all(void *ctx)
{
    (void)ctx;
    interval_clopper_pearson(8, 7, 0.95);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    assert_true(stops(NULL, 0, more_than_all, NULL));
}

/* Tables of Student's distribution; where the series begins, both ways agree. */
static void quantiles_of_student_are_those_of_tables(void **state)
{
    (void)state;
    static const struct {
        double p, df, want;
    } rows[] = {
        {0.975, 1, 12.706204736174706},  {0.975, 2, 4.302652729749464},
        {0.975, 10, 2.228138851986274},  {0.95, 30, 1.6972608865939587},
        {0.995, 5, 4.032142983557536},   {0.975, 1000, 1.9623390808264143},
        {0.975, 1e9, 1.959963986912554},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!(fabs(student_quantile(rows[i].p, rows[i].df) / rows[i].want - 1) < 1e-7))
            fail_msg("row %zu: %.17g", i, student_quantile(rows[i].p, rows[i].df));
    for (double p = 0.6; p < 0.999; p += 0.05)
        assert_true(fabs(student_quantile(p, 199.9999999) / student_quantile(p, 200) - 1) < 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_student_are_those_of_tables),
        cmocka_unit_test(intervals_agree_with_exact_tails),
        cmocka_unit_test(rates_of_few_rows_or_few_hits_are_exact),
        cmocka_unit_test(exact_intervals_hold_for_many_rows),
        cmocka_unit_test(a_difference_of_an_unknown_has_no_interval),
        cmocka_unit_test(the_size_of_a_difference_has_the_sizes_of_its_interval),
        cmocka_unit_test(a_normal_interval_reaches_so_many_standard_errors),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
