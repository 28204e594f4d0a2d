#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/standing.h"
#include "tests/support/sample.h"

#define NONE ((double)NAN)

static struct measure *find(struct report *r, const char *target, const char *representation,
                            const char *probe)
{
    for (size_t i = 0; i < r->measure_count; i++)
        if (strcmp(r->measure[i].target, target) == 0 &&
            strcmp(r->measure[i].representation, representation) == 0 &&
            strcmp(r->measure[i].probe, probe) == 0)
            return &r->measure[i];
    fail_msg("no measure of %s", target);
    return NULL;
}

/* The sample, but for its task that is not estimable, scored on validation patients. */
static struct report sample(void)
{
    struct report r = sample_report(3, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].split = "valid";
    find(&r, "cancer_1y", "debiased", "linear")->value = .795;
    return r;
}

static struct standing standing(const struct report *r, enum representation rep, const char *want)
{
    struct json *tree = report_json(r);
    struct standing s;
    char why[256];
    assert_true(standing_of(&s, why, sizeof(why), tree, rep));
    assert_string_equal(why, want);
    json_close(&tree);
    return s;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%.10f, not %.10f", got, want);
}

static void the_worst_task_and_the_best_read_attribute_are_what_a_point_is_worth(void **state)
{
    (void)state;
    struct report r = sample();
    struct standing s = standing(&r, REP_DEBIASED, "");
    near(s.utility, .761 - .778);
    assert_string_equal(s.task, "cancer_2y");
    near(s.leakage, .612);
    assert_string_equal(s.attribute, "sex");
    near(s.patients, 2199);
    s = standing(&r, REP_ORIGINAL, "");
    near(s.utility, 0);
    near(s.leakage, .893);
    report_close(&r);
}

static void the_strongest_probe_counts_of_each_representation(void **state)
{
    (void)state;
    struct report r = sample();
    find(&r, "cancer_2y", "debiased", "mlp")->value = .9;
    find(&r, "cancer_1y", "original", "mlp")->value = .85;
    find(&r, "sex", "debiased", "mlp")->value = .7;
    struct standing s = standing(&r, REP_DEBIASED, "");
    near(s.utility, .795 - .85);
    assert_string_equal(s.task, "cancer_1y");
    near(s.leakage, .7);
    report_close(&r);
}

static void a_probe_that_errs_always_knows_an_attribute_and_no_task(void **state)
{
    (void)state;
    struct report r = sample();
    find(&r, "sex", "debiased", "mlp")->value = .2;
    struct standing s = standing(&r, REP_DEBIASED, "");
    near(s.leakage, .8);
    find(&r, "cancer_2y", "debiased", "linear")->value = .1;
    find(&r, "cancer_2y", "debiased", "mlp")->value = .2;
    s = standing(&r, REP_DEBIASED, "");
    near(s.utility, .2 - .778);
    report_close(&r);
}

/* 1/2 + asin(rho) / pi is how often a pair is ordered alike by two normal variables that correlate
 * by rho: .5, 2/3 and 1 for rho 0, .5 and 1. */
static void an_r2_is_taken_for_the_auc_of_an_equal_correlation(void **state)
{
    (void)state;
    static const struct {
        double r2, leakage;
    } rows[] = {{-.3, .5}, {0, .5}, {.25, 2. / 3}, {.75, 5. / 6}, {1, 1}, {1.2, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r = sample();
        find(&r, "age", "debiased", "linear")->value = rows[i].r2;
        find(&r, "age", "debiased", "mlp")->value = -1;
        find(&r, "sex", "debiased", "linear")->value = .5;
        find(&r, "sex", "debiased", "mlp")->value = .5;
        near(standing(&r, REP_DEBIASED, "").leakage, rows[i].leakage);
        report_close(&r);
    }
}

static void what_only_this_point_lacks_makes_it_no_better(void **state)
{
    (void)state;
    struct report r = sample();
    find(&r, "cancer_1y", "debiased", "linear")->value = NONE;
    find(&r, "cancer_1y", "debiased", "mlp")->value = NONE;
    struct standing s = standing(&r, REP_DEBIASED, "cancer_1y is not estimable");
    assert_true(isnan(s.utility));
    near(s.leakage, .612);
    report_close(&r);
}

static void what_is_withheld_from_everybody_is_left_out(void **state)
{
    (void)state;
    struct report r = sample();
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].withheld = r.measure[i].withheld || !r.measure[i].leakage;
    struct standing s = standing(&r, REP_DEBIASED, "no task has a number from the originals");
    assert_true(isnan(s.utility));
    near(s.leakage, .612);
    report_close(&r);
}

static void what_was_not_measured_has_no_standing(void **state)
{
    (void)state;
    struct report r = sample();
    struct json *tree = report_json(&r);
    struct standing s;
    char why[256];
    assert_false(standing_of(&s, why, sizeof(why), tree, REP_ERASURE));
    json_close(&tree);
    report_close(&r);
}

static void the_check_of_the_split_is_no_fault_of_a_point(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool fails, want;
    } rows[] = {
        {"noise control", false, true}, {"noise control", true, false}, {"split", true, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r = sample_report(2, rows[i].fails);
        snprintf(r.check[1].name, sizeof(r.check[1].name), "%s", rows[i].name);
        struct json *tree = report_json(&r);
        assert_int_equal(standing_checks(tree), rows[i].want);
        json_close(&tree);
        report_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_task_and_the_best_read_attribute_are_what_a_point_is_worth),
        cmocka_unit_test(the_strongest_probe_counts_of_each_representation),
        cmocka_unit_test(a_probe_that_errs_always_knows_an_attribute_and_no_task),
        cmocka_unit_test(an_r2_is_taken_for_the_auc_of_an_equal_correlation),
        cmocka_unit_test(what_only_this_point_lacks_makes_it_no_better),
        cmocka_unit_test(what_is_withheld_from_everybody_is_left_out),
        cmocka_unit_test(what_was_not_measured_has_no_standing),
        cmocka_unit_test(the_check_of_the_split_is_no_fault_of_a_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
