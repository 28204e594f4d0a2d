/*
 * Rates at thresholds and what lies between groups, against Fairlearn and AIF360: their own examples,
 * and real predictions of ECGs and in intensive care. Weighted rows we do not have.
 */
#include "tests/data/predictions.h"

/* Fairlearn's words for rates, ours, and how ours begins in numbers between groups. */
static const struct {
    const char *theirs, *brief, *ours, *base;
} rates[] = {
    {"selection_rate", "selection_rate", "selection_rate", "selection"},
    {"true_positive_rate", "tpr", "tpr", "tpr"},
    {"false_positive_rate", "fpr", "fpr", "fpr"},
    {"false_negative_rate", "fnr", "fnr", "fnr"},
    {"true_negative_rate", "tnr", "tnr", "tnr"},
    {"accuracy", "accuracy", "accuracy", "accuracy"},
    {"precision", "ppv", "ppv", "ppv"},
};

static const struct json *rate_in(const struct json *j, size_t r)
{
    const struct json *v = json_get(j, rates[r].theirs);
    return v != NULL ? v : json_get(j, rates[r].brief);
}

/* Fairlearn has 0 for a rate of nobody, and gaps made of it. Ours must then be undefined. */
struct tally {
    size_t rates, undefined, between, skipped, odds;
};

static void check_rates(struct tally *met, const char *where, const struct fairness *f,
                        const char *group, const struct json *want, double t, double tolerance)
{
    for (size_t r = 0; r < COUNT(rates); r++) {
        const struct json *v = rate_in(want, r);
        const struct fairness_measure *m = measure(f, rates[r].ours, group, t);
        if (v == NULL)
            continue;
        if (!isnan(m->value)) {
            check_near(&met->rates, where, m, json_real(v, -1), tolerance);
            continue;
        }
        assert_true(json_real(v, -1) == 0);
        assert_true(strncmp(m->why, "not estimable: no ", 18) == 0);
        assert_true(isnan(m->lo) && isnan(m->hi));
        met->undefined++;
    }
}

/* Is this rate known of every group? */
static bool known(const struct fairness *f, const struct json *groups, size_t r, double t)
{
    const char *group;
    for (size_t g = 0; (group = json_key_at(groups, g)) != NULL; g++)
        if (isnan(measure(f, rates[r].ours, group, t)->value))
            return false;
    return true;
}

static void check_between(struct tally *met, const char *where, const struct fairness *f,
                          const struct json *groups, const struct json *want, const char *kind,
                          double t, double tolerance)
{
    for (size_t r = 0; r < COUNT(rates); r++) {
        const struct json *v = rate_in(want, r);
        char id[64];
        if (v == NULL)
            continue;
        snprintf(id, sizeof(id), "%s_%s", rates[r].base, kind);
        const struct fairness_measure *m = measure(f, id, "", t);
        if (!known(f, groups, r, t)) {
            assert_true(m != NULL && strstr(m->why, " has no ") != NULL);
            met->skipped++;
            continue;
        }
        double theirs = json_real(v, -1);
        if (theirs < 0) { /* null: 0 / 0 */
            assert_true(isnan(m->value));
            assert_string_equal(m->why, "not estimable: a rate is 0 in all of them");
            met->undefined++;
            continue;
        }
        check_near(&met->between, where, m, theirs, tolerance);
    }
}

/* Demographic parity and equalized odds, under Fairlearn's names with this ending. */
static void check_named(struct tally *met, const char *where, const struct fairness *f,
                        const struct json *groups, const struct json *all, const char *ending,
                        double t, double tolerance)
{
    bool overall = strcmp(ending, "_to_overall") == 0;
    static const struct {
        const char *theirs, *between, *overall;
        bool odds;
    } rows[] = {
        {"demographic_parity_difference", "selection_gap", "selection_gap_overall", false},
        {"demographic_parity_ratio", "selection_ratio", "selection_ratio_overall", false},
        {"equalized_odds_difference", "eqodds_max", "eqodds_max_overall", true},
        {"equalized_odds_ratio", "eqodds_ratio", "eqodds_ratio_overall", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char theirs[64];
        snprintf(theirs, sizeof(theirs), "%s%s", rows[i].theirs, ending);
        const struct json *v = json_get(all, theirs);
        if (v == NULL)
            continue;
        const struct fairness_measure *m =
            measure(f, overall ? rows[i].overall : rows[i].between, "", t);
        bool complete = !rows[i].odds || (known(f, groups, 1, t) && known(f, groups, 2, t));
        if (!complete || isnan(m->value)) { /* a ratio of 0 / 0, which Fairlearn passes over */
            assert_true(m->why[0] != '\0');
            met->skipped++;
            continue;
        }
        check_near(&met->odds, where, m, json_real(v, -1), tolerance);
    }
}

static void check_frame(struct tally *met, const char *where, const struct fairness *f,
                        const struct json *want, double t, double tolerance)
{
    const struct json *groups = json_get(want, "by_group");
    const char *group;
    check_rates(met, where, f, "", json_get(want, "overall"), t, tolerance);
    for (size_t g = 0; (group = json_key_at(groups, g)) != NULL; g++) {
        check_rates(met, where, f, group, json_get(groups, group), t, tolerance);
        const struct json *n = json_get(json_get(want, "counts_by_group"), group);
        if (n != NULL)
            assert_true(measure(f, "n", group, (double)NAN)->value == json_real(n, -1));
    }
    static const char *const kinds[][2] = {
        {"difference_between_groups", "gap"},
        {"ratio_between_groups", "ratio"},
        {"difference_to_overall", "gap_overall"},
        {"ratio_to_overall", "ratio_overall"},
    };
    for (size_t k = 0; k < COUNT(kinds); k++)
        check_between(met, where, f, groups, json_get(want, kinds[k][0]), kinds[k][1], t,
                      tolerance);
    check_named(met, where, f, groups, want, "", t, tolerance);
    check_named(met, where, f, groups, want, "_between_groups", t, tolerance);
    check_named(met, where, f, groups, want, "_to_overall", t, tolerance);
}

/* Rows of a printed example; hard predictions are scores of 0 and 1. */
static void example(struct fairness *f, const struct json *which)
{
    static const double half[] = {0.5};
    const struct json *y = json_get(which, "y_true"), *hat = json_get(which, "y_pred");
    cohort.rows = cohort.names = 0;
    for (size_t i = 0; i < json_count(y); i++) {
        const struct json *group = json_at(json_get(which, "group"), i);
        cohort_add(&cohort, json_real(json_at(hat, i), -1), (int)json_real(json_at(y, i), -1),
                   json_string(group, "all"));
    }
    report(f, &cohort, half, 1);
}

static void examples_of_fairlearn_agree(void **state)
{
    (void)state;
    struct tally met = {0};
    size_t cases = 0;
    struct json *j = read_reference("reference/fairness_fairlearn.json");
    for (size_t c = 0; c < json_count(json_get(j, "cases")); c++) {
        const struct json *which = json_at(json_get(j, "cases"), c);
        const struct json *want = json_get(which, "expected");
        const char *id = json_string(json_get(which, "id"), "");
        double tolerance = json_real(json_get(which, "abs_tol"), 0) + 1e-12;
        struct fairness f;
        if (json_get(which, "sample_weight") != NULL)
            continue;
        example(&f, which);
        check_frame(&met, id, &f, want, 0.5, tolerance);
        check_rates(&met, id, &f, "", want, 0.5, tolerance); /* examples that are not framed */
        fairness_close(&f);
        cases++;
    }
    json_close(&j);
    assert_int_equal(cases, 5);
    assert_int_equal(met.undefined, 0);
    assert_int_equal(met.skipped, 0);
    assert_int_equal(met.rates, 37);
    assert_int_equal(met.between, 40);
    assert_int_equal(met.odds, 12);
}

static void group_metrics_of_aif360_agree(void **state)
{
    (void)state;
    static const char *const ids[] = {"generalized_entropy_index", "theil_index"};
    size_t met = 0;
    struct json *j = read_reference("reference/fairness_aif360.json");
    for (size_t c = 0; c < json_count(json_get(j, "cases")); c++) {
        const struct json *which = json_at(json_get(j, "cases"), c);
        for (size_t i = 0; i < COUNT(ids); i++) {
            const struct json *want = json_get(json_get(which, "expected"), ids[i]);
            struct fairness f;
            if (want == NULL)
                continue;
            example(&f, which);
            check_near(&met, "aif360", measure(&f, ids[i], "", 0.5), json_real(want, -1), 1e-12);
            fairness_close(&f);
        }
    }
    json_close(&j);
    assert_int_equal(met, 2);
}

static void check_thresholds(const struct fairness *f, const struct json *which,
                             const char *attribute, void *ctx)
{
    const struct json *all = json_get(which, "thresholded");
    const char *at;
    for (size_t i = 0; (at = json_key_at(all, i)) != NULL; i++)
        check_frame(ctx, json_string(json_get(which, "id"), ""), f,
                    json_get(json_get(all, at), attribute), number(at + strlen("score>=")), 1e-12);
}

static void rates_and_gaps_of_scores_agree_with_fairlearn(void **state)
{
    (void)state;
    struct tally met = {0};
    assert_int_equal(for_each_report(check_thresholds, &met), 20);
    assert_int_equal(met.rates, 791);
    assert_int_equal(met.undefined, 19);
    assert_int_equal(met.between, 744);
    assert_int_equal(met.skipped, 44);
    assert_int_equal(met.odds, 208);
}

static void rates_and_gaps_of_readers_agree_with_fairlearn(void **state)
{
    (void)state;
    static const double half[] = {0.5};
    struct tally met = {0};
    size_t cases = 0;
    for (size_t c = 0; c < json_count(json_get(references[0], "cases")); c++) {
        const struct json *which = json_at(json_get(references[0], "cases"), c);
        struct fairness f;
        if (json_get(which, "predictions") == NULL)
            continue;
        gather(&tables[0], which, json_string(json_get(which, "by"), ""));
        report(&f, &cohort, half, 1);
        check_frame(&met, json_string(json_get(which, "id"), ""), &f, json_get(which, "expected"),
                    0.5, 1e-12);
        fairness_close(&f);
        cases++;
    }
    assert_int_equal(cases, 24);
    assert_int_equal(met.rates, 504);
    assert_int_equal(met.undefined, 10);
    assert_int_equal(met.between, 662);
    assert_int_equal(met.skipped, 6);
    assert_int_equal(met.odds, 186);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_fairlearn_agree),
        cmocka_unit_test(group_metrics_of_aif360_agree),
        cmocka_unit_test(rates_and_gaps_of_scores_agree_with_fairlearn),
        cmocka_unit_test(rates_and_gaps_of_readers_agree_with_fairlearn),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}
