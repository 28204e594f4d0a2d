#include "models/merge/merge.h"

#include "proto/base/rng.h"
#include "tests/support/check.h"

#define N 1003

/* A plan that says nothing but this of merging. */
static struct settings *plan_with(const char *lr)
{
    struct setting_table tables[SETTINGS_TABLES_MAX];
    struct settings *plan = settings_open(tables, merge_tables(tables, SETTINGS_TABLES_MAX));
    if (lr != NULL)
        check_ok(settings_put(plan, "merge.lr", lr, "test"));
    check_ok(settings_finish(plan));
    return plan;
}

static void the_mean_difference_is_added_at_the_rate_of_the_plan(void **state)
{
    (void)state;
    static const struct {
        const char *lr; /* NULL: the default, 1 */
        double rate;
    } rows[] = {
        {NULL, 1}, {"1", 1}, {"0.5", 0.5}, {"10", 10}, {"1e-6", 1e-6},
    };
    const struct merge_ops *rule = merge_find("fedavg");
    assert_non_null(rule);
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t k = 0; k < COUNT(rows); k++) {
        static real theta[N], old[N];
        static double mean[N];
        struct settings *plan = plan_with(rows[k].lr);
        for (size_t i = 0; i < N; i++) {
            old[i] = theta[i] = (real)rng_normal(&rng);
            mean[i] = 1e-3 * rng_normal(&rng);
        }
        rule->finish(theta, NULL, mean, N, plan, 1);
        for (size_t i = 0; i < N; i++) {
            double want = (double)old[i] + rows[k].rate * mean[i];
            assert_true(theta[i] == (real)want);
        }
        settings_close(&plan);
    }
}

/* A product in float, or a sum in float, would lose this one. */
static void the_sum_is_rounded_once(void **state)
{
    (void)state;
    struct settings *plan = plan_with(NULL);
    real theta[1] = {1};
    const double mean[1] = {0x1p-24 + 0x1p-50}; /* a little more than half a step of a float */
    merge_find("fedavg")->finish(theta, NULL, mean, 1, plan, 1);
    assert_true(theta[0] == (real)(1 + mean[0]));
    assert_true(theta[0] > 1);
    settings_close(&plan);
}

static void the_mean_keeps_no_state(void **state)
{
    (void)state;
    assert_int_equal(merge_find("fedavg")->state_doubles(1000), 0);
}

static void rates_outside_their_range_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-1", "10.5"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct setting_table tables[SETTINGS_TABLES_MAX];
        struct settings *plan = settings_open(tables, merge_tables(tables, SETTINGS_TABLES_MAX));
        check_fault(settings_put(plan, "merge.lr", bad[i], "test"), EC_CFG_RANGE);
        settings_close(&plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_difference_is_added_at_the_rate_of_the_plan),
        cmocka_unit_test(the_sum_is_rounded_once),
        cmocka_unit_test(the_mean_keeps_no_state),
        cmocka_unit_test(rates_outside_their_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
