/*
 * Scores and what is made of them without a threshold, against scikit-learn, pROC and FairMedFM, on
 * real predictions of ECGs and in intensive care.
 */
#include "tests/data/predictions.h"

/* Counts exactly, sums to 1e-6, as scikit-learn had them. */
static void check_scores_of(size_t *met, const struct fairness *f, const char *group,
                            const struct json *want)
{
    static const struct {
        const char *theirs, *ours;
        double tolerance;
    } rows[] = {
        {"n", "n", 0},
        {"prevalence", "prevalence", 1e-15},
        {"brier", "brier", 1e-6},
        {"ece_10_equal_width", "ece", 1e-6},
        {"mce_10_equal_width", "mce", 1e-6},
        {"mean_prediction", "mean_score", 1e-6},
        {"log_loss", "log_loss", 1e-6},
    };
    double n = json_real(json_get(want, "n"), -1),
           positives = json_real(json_get(want, "positives"), -1);
    assert_true(measure(f, "n", group, (double)NAN)->positives == positives);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct json *v = json_get(want, rows[i].theirs);
        const struct fairness_measure *m = measure(f, rows[i].ours, group, (double)NAN);
        if (json_real(v, -1) >= 0)
            check_near(met, rows[i].theirs, m, json_real(v, -1), rows[i].tolerance);
    }
    double score = json_real(json_get(want, "mean_prediction"), -1);
    double o_over_e = json_real(json_get(want, "observed_over_expected"), -1);
    /* what a mean score that is 1e-6 off makes of it */
    check_near(met, "o_over_e", measure(f, "o_over_e", group, (double)NAN), o_over_e,
               positives / n / score * 1e-6 / score + 1e-12);
    double auc = json_real(json_get(want, "auroc"), -1);
    const struct fairness_measure *m = measure(f, "auc", group, (double)NAN);
    if (auc < 0)
        assert_true(isnan(m->value) && strncmp(m->why, "not estimable", 13) == 0);
    else if (positives >= 30 && n - positives >= 30)
        check_near(met, "auc", m, auc, 5e-4);
}

static void check_scores(const struct fairness *f, const struct json *which, const char *attribute,
                         void *ctx)
{
    const struct json *groups = json_get(json_get(which, "by_group"), attribute);
    const char *group;
    check_scores_of(ctx, f, "", json_get(which, "overall"));
    for (size_t g = 0; (group = json_key_at(groups, g)) != NULL; g++)
        check_scores_of(ctx, f, group, json_get(groups, group));
}

static void scores_agree_with_scikit_learn(void **state)
{
    (void)state;
    size_t met = 0;
    assert_int_equal(for_each_report(check_scores, &met), 20);
    assert_int_equal(met, 652);
}

/* The standard error behind an interval that is symmetric on the logit scale. */
static double error_of(const struct fairness_measure *m)
{
    double width = hist_logit(m->hi) - hist_logit(m->lo);
    return width / (2 * 1.9599639845400545) * m->value * (1 - m->value);
}

static void check_delong(const struct fairness *f, const struct json *which, const char *attribute,
                         void *ctx)
{
    const struct json *all = json_get(which, "delong");
    const char *key;
    for (size_t k = 0; (key = json_key_at(all, k)) != NULL; k++) {
        const char *group = strchr(key, '=');
        if (group != NULL && strncmp(key, attribute, (size_t)(group - key)) != 0)
            continue;
        const struct fairness_measure *m =
            measure(f, "auc", group != NULL ? group + 1 : "", (double)NAN);
        double variance = json_real(json_get(json_get(all, key), "variance"), -1);
        bool few = m->positives < 30 || m->rows - m->positives < 30;
        if (variance < 0 || few || m->value >= 0.98)
            continue;
        assert_string_equal(m->interval, "delong");
        if (!(fabs(error_of(m) / sqrt(variance) - 1) < 0.01))
            fail_msg("%s: error %g, %g wanted", key, error_of(m), sqrt(variance));
        ++*(size_t *)ctx;
    }
}

static void errors_of_aucs_agree_with_proc(void **state)
{
    (void)state;
    size_t met = 0;
    assert_int_equal(for_each_report(check_delong, &met), 20);
    assert_int_equal(met, 22);
}

/*
 * Predictions above (not at) the best F1's threshold, which FairMedFM finds on the very same rows;
 * the table has its scores to 1e-10.
 */
static void check_best_f1(size_t *met, const struct json *want, const char *where)
{
    struct fairness f;
    double above = json_real(json_get(want, "best_f1_threshold"), -1) + 1e-10;
    report(&f, &cohort, &above, 1);
    check_near(met, where, measure(&f, "accuracy", "", above),
               json_real(json_get(want, "overall-acc"), -1), 1e-12);
    check_near(met, where, measure(&f, "accuracy_gap", "", above),
               json_real(json_get(want, "acc-gap"), -1), 1e-12);
    check_near(met, where, measure(&f, "tpr_gap", "", above), json_real(json_get(want, "eo"), -1),
               1e-12);
    check_near(met, where, measure(&f, "fairmedfm_eod", "", above),
               json_real(json_get(want, "eod"), -1), 1e-12);
    fairness_close(&f);
}

/* All of its summary but ECE, whose bins hang on the range of the rows. */
static void check_fairmedfm(const struct fairness *f, const struct json *which,
                            const char *attribute, void *ctx)
{
    const char *where = json_string(json_get(which, "id"), "");
    const struct json *want = json_get(json_get(which, "fairmedfm"), attribute);
    if (want == NULL) /* theirs stopped at a group without positives */
        return;
    check_best_f1(ctx, want, where);
    const struct fairness_measure *m = measure(f, "auc_gap", "", (double)NAN);
    const struct fairness_measure *low = measure(f, "auc", m->lowest, (double)NAN),
                                  *high = measure(f, "auc", m->highest, (double)NAN);
    double few = fmin(fmin(low->positives, low->rows - low->positives),
                      fmin(high->positives, high->rows - high->positives));
    if (few < 30)
        return;
    check_near(ctx, where, m, json_real(json_get(want, "auc-gap"), -1), 1e-3);
    check_near(ctx, where, measure(f, "auc_min", "", (double)NAN),
               json_real(json_get(want, "worst-auc"), -1), 5e-4);
}

static void the_summary_of_fairmedfm_agrees(void **state)
{
    (void)state;
    size_t met = 0;
    assert_int_equal(for_each_report(check_fairmedfm, &met), 20);
    assert_int_equal(met, 76);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_agree_with_scikit_learn),
        cmocka_unit_test(errors_of_aucs_agree_with_proc),
        cmocka_unit_test(the_summary_of_fairmedfm_agrees),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}
