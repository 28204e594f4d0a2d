#include "models/metrics/fairness.h"

#include "tests/support/stops.h"
#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f)
{
    cohort_ask(&asked, &cohort);
    fairness_open(f, &asked.q, asked.sums);
}

/*
 * By hand:         TP FP FN TN    selection  tpr  fpr   ppv  npv  accuracy
 *             A     6  2  2 10      .4       .75  1/6   .75  5/6    .8
 *             B     3  3  3  1      .6       .5   3/4   .5   1/4    .4
 *             both  9  5  5 11    14/30     9/14  5/16  9/14 11/16  2/3
 */
static void two_by_hand(void)
{
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 6, 2, 2, 10);
    cohort_table(&cohort, 1, 3, 3, 3, 1);
}

static void rates_of_groups_are_those_of_their_tables(void **state)
{
    (void)state;
    struct fairness f;
    two_by_hand();
    ask(&f);
    static const struct {
        const char *metric;
        double a, b, both;
    } rows[] = {
        {"selection_rate", 0.4, 0.6, 14 / 30.0},
        {"tpr", 0.75, 0.5, 9 / 14.0},
        {"fpr", 1 / 6.0, 0.75, 5 / 16.0},
        {"tnr", 5 / 6.0, 0.25, 11 / 16.0},
        {"fnr", 0.25, 0.5, 5 / 14.0},
        {"ppv", 0.75, 0.5, 9 / 14.0},
        {"npv", 10 / 12.0, 0.25, 11 / 16.0},
        {"accuracy", 0.8, 0.4, 20 / 30.0},
        {"net_benefit", 0.2, 0, 4 / 30.0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_value(row_of(&f, rows[i].metric, "A", "", 0.5), rows[i].a);
        check_value(row_of(&f, rows[i].metric, "B", "", 0.5), rows[i].b);
        check_value(row_of(&f, rows[i].metric, "", "", 0.5), rows[i].both);
    }
    check_value(row_of(&f, "n", "A", "", NONE), 20);
    check_value(row_of(&f, "prevalence", "B", "", NONE), 0.6);
    check_value(row_of(&f, "prevalence", "", "", NONE), 14 / 30.0);
    assert_true(row_of(&f, "tpr", "A", "", 0.5)->positives == 8);
    assert_string_equal(row_of(&f, "tpr", "A", "", 0.5)->interval, "clopper-pearson");
    /* at 1/4 another table: those at .3 are selected too, and a false alarm costs a third */
    check_value(row_of(&f, "tpr", "A", "", 0.25), 1);
    check_value(row_of(&f, "net_benefit", "A", "", 0.25), 8 / 20.0 - 2 / 20.0 / 3);
    fairness_close(&f);
}

/* methods.md section 9: what the published table's gaps in TPR are made of. */
static void published_gaps_are_those_of_their_counts(void **state)
{
    (void)state;
    static const struct {
        size_t men, of_men, women, of_women; /* cancers that were found */
        double gap;
    } rows[] = {
        {6, 95, 2, 71, .0349888807},
        {1, 95, 1, 71, .0035581913},
        {3, 156, 2, 107, .0005391804},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fairness f;
        cohort = (struct cohort){0};
        cohort_table(&cohort, 0, rows[i].men, 1, rows[i].of_men - rows[i].men, 20);
        cohort_table(&cohort, 1, rows[i].women, 1, rows[i].of_women - rows[i].women, 20);
        ask(&f);
        const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
        if (fabs(gap->value - rows[i].gap) > 5e-11) /* ten places are printed */
            fail_msg("row %zu: %.10f", i, gap->value);
        assert_true(gap->positives == (double)(rows[i].of_men + rows[i].of_women));
        fairness_close(&f);
    }
}

/* The same section: what a predictor that selects nobody gets right of the published cohort. */
static void the_accuracy_of_the_majority_is_its_share(void **state)
{
    (void)state;
    static const struct {
        int64_t rows, positives;
        double accuracy;
    } rows[] = {{11421, 4612, .5961825}, {11421, 166, .9854654}, {11421, 263, .9769723}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fairness f;
        two_by_hand();
        cohort_ask(&asked, &cohort);
        for (size_t g = 0; g < 2; g++)
            asked.sums[g] = (struct group_sums){0};
        asked.sums[0].count[1][0] = rows[i].positives;
        asked.sums[1].count[0][0] = rows[i].rows - rows[i].positives;
        fairness_open(&f, &asked.q, asked.sums);
        if (fabs(row_of(&f, "accuracy", "", "", 0.5)->value - rows[i].accuracy) >
            1e-7) /* one in the seventh place */
            fail_msg("row %zu: %.7f", i, row_of(&f, "accuracy", "", "", 0.5)->value);
        check_value(row_of(&f, "tpr", "", "", 0.5), 0); /* and what that is worth */
        check_value(row_of(&f, "auc", "", "", NONE), 0.5);
        fairness_close(&f);
    }
}

static void numbers_between_groups_are_what_the_header_says(void **state)
{
    (void)state;
    struct fairness f;
    two_by_hand();
    ask(&f);
    double tpr = 0.25, fpr = 7 / 12.0, tnr_ratio = 0.25 * 6 / 5;
    const struct {
        const char *metric;
        double want;
    } rows[] = {
        {"selection_gap", 0.2},
        {"selection_ratio", 2 / 3.0},
        {"selection_gap_overall", 0.6 - 14 / 30.0},
        {"selection_ratio_overall", 14 / 18.0},
        {"tpr_gap", tpr},
        {"fpr_gap", fpr},
        {"ppv_gap", 0.25},
        {"npv_gap", 7 / 12.0},
        {"accuracy_gap", 0.4},
        {"fpr_ratio", 2 / 9.0},
        {"fpr_gap_overall", 0.75 - 5 / 16.0},
        {"fpr_ratio_overall", 5 / 12.0},
        {"eqodds_max", fpr},
        {"eqodds_mean", (tpr + fpr) / 2},
        {"eqodds_ratio", 2 / 9.0},
        {"eqodds_max_overall", 0.75 - 5 / 16.0},
        {"eqodds_ratio_overall", 5 / 12.0},
        {"fairmedfm_eod", 1 - (tpr + fpr) / 2},
        {"pqd", 0.5},
        {"dpm", (2 / 3.0 + 2 / 3.0) / 2},
        {"eom", (2 / 3.0 + tnr_ratio) / 2},
        /* benefits: 20 of 1, 5 of 2, 5 of 0; mean 1 */
        {"generalized_entropy_index", (40 / 30.0 - 1) / 2},
        {"theil_index", 10 * 0.69314718055994531 / 30},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_value(row_of(&f, rows[i].metric, "", "", 0.5), rows[i].want);
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    assert_string_equal(gap->lowest, "B");
    assert_string_equal(gap->highest, "A");
    assert_string_equal(gap->interval, "newcombe");
    assert_string_equal(row_of(&f, "selection_gap_overall", "", "", 0.5)->highest, "B");
    assert_string_equal(row_of(&f, "tpr_gap_overall", "", "", 0.5)->lowest, "B");
    assert_string_equal(row_of(&f, "eqodds_max", "", "", 0.5)->interval, "bootstrap-range");
    fairness_close(&f);
}

/* AIF360's are unprivileged less privileged; only where somebody is named. */
static void signed_differences_are_against_the_privileged_group(void **state)
{
    (void)state;
    struct fairness f;
    two_by_hand();
    ask(&f);
    assert_null(fairness_find(&f, "disparate_impact", "B", "A", 0.5));
    fairness_close(&f);
    asked.q.privileged = 0;
    fairness_open(&f, &asked.q, asked.sums);
    check_value(row_of(&f, "statistical_parity_difference", "B", "A", 0.5), 0.2);
    check_value(row_of(&f, "tpr_difference", "B", "A", 0.5), -0.25);
    check_value(row_of(&f, "average_odds_difference", "B", "A", 0.5), (-0.25 + 7 / 12.0) / 2);
    check_value(row_of(&f, "disparate_impact", "B", "A", 0.5), 1.5);
    const struct fairness_measure *m = row_of(&f, "disparate_impact", "B", "A", 0.5);
    double half = 1.9599639845400545 * sqrt(1 / 6.0 - 1 / 10.0 + 1 / 8.0 - 1 / 20.0);
    assert_string_equal(m->interval, "katz");
    assert_true(fabs(log(m->lo / 1.5) + half) < 1e-12 && fabs(log(m->hi / 1.5) - half) < 1e-12);
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    m = row_of(&f, "tpr_difference", "B", "A", 0.5);
    assert_true(gap->hi == -m->lo); /* one interval, two signs */
    assert_null(fairness_find(&f, "tpr_difference", "A", "A", 0.5));
    fairness_close(&f);
}

/*
 * Positives at .9 and .3 (A), .6 (B); negatives at .2 (A), .6 and .4 (B). Pairs by hand.
 */
static void aucs_within_and_across_groups_count_pairs(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.9, 1, 1);
    cohort_add(&cohort, 0, 0.3, 1, 1);
    cohort_add(&cohort, 0, 0.2, 0, 1);
    cohort_add(&cohort, 1, 0.6, 1, 1);
    cohort_add(&cohort, 1, 0.6, 0, 1);
    cohort_add(&cohort, 1, 0.4, 0, 1);
    ask(&f);
    double all = (3 + 1 + 2.5) / 9; /* of .9, .3 and .6 against .2, .4 and .6 */
    check_value(row_of(&f, "auc", "A", "", NONE), 1);
    check_value(row_of(&f, "auc", "B", "", NONE), 0.75);
    check_value(row_of(&f, "auc", "", "", NONE), all);
    check_value(row_of(&f, "auc_gap", "", "", NONE), 0.25);
    check_value(row_of(&f, "auc_min", "", "", NONE), 0.75);
    check_value(row_of(&f, "es_auc", "", "", NONE),
                all / (1 + (1 - all) + (0.75 > all ? 0.75 - all : all - 0.75)));
    check_value(row_of(&f, "xauc", "A", "B", NONE), 0.5);
    check_value(row_of(&f, "xauc", "B", "A", NONE), 1);
    check_value(row_of(&f, "xauc_bpsn", "A", "", NONE), 1);   /* B's positive, A's negative */
    check_value(row_of(&f, "xauc_bnsp", "A", "", NONE), 0.5); /* A's positives, B's negatives */
    assert_string_equal(row_of(&f, "auc_min", "", "", NONE)->lowest, "B");
    /* one positive, or an AUC of 1, cannot tell how sure it is: nor can the gap */
    assert_string_equal(row_of(&f, "auc", "A", "", NONE)->interval, "");
    assert_string_equal(row_of(&f, "auc_gap", "", "", NONE)->interval, "");
    fairness_close(&f);
}

/* Drawn again, a group without a mistake makes none: that is no knowledge. */
static void a_perfect_group_leaves_numbers_between_groups_without_interval(void **state)
{
    (void)state;
    struct fairness f;
    struct rng rng = rng_open(8, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 200, 0.3, 1, 0);
    cohort_draw(&cohort, &rng, 1, 200, 0.3, 1, 0);
    ask(&f);
    assert_string_equal(row_of(&f, "auc_min", "", "", NONE)->interval, "bootstrap-range");
    fairness_close(&f);
    cohort_add(&cohort, 2, 0.9, 1, 20);
    cohort_add(&cohort, 2, 0.1, 0, 20);
    ask(&f);
    static const char *const metric[] = {"auc_gap", "auc_min", "es_auc"};
    for (size_t i = 0; i < COUNT(metric); i++) {
        const struct fairness_measure *m = row_of(&f, metric[i], "", "", NONE);
        assert_true(isfinite(m->value) && isfinite(m->noise_floor) && isnan(m->lo));
    }
    fairness_close(&f);
}

static void a_gap_of_two_aucs_has_the_interval_of_their_difference(void **state)
{
    (void)state;
    struct fairness f;
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 400, 0.3, 2, 0);
    cohort_draw(&cohort, &rng, 1, 300, 0.3, 1, 0);
    ask(&f);
    const struct fairness_measure *a = row_of(&f, "auc", "A", "", NONE),
                                  *b = row_of(&f, "auc", "B", "", NONE),
                                  *gap = row_of(&f, "auc_gap", "", "", NONE);
    assert_string_equal(a->interval, "delong");
    assert_string_equal(gap->interval, "mover");
    assert_true(a->value > b->value);
    double hi = a->value - b->value + hypot(a->hi - a->value, b->value - b->lo);
    assert_true(fabs(gap->hi - hi) < 1e-12);
    fairness_close(&f);
}

static void a_threshold_is_the_best_edge_that_keeps_its_promise(void **state)
{
    (void)state;
    struct rng rng = rng_open(6, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 2000, 0.3, 2, 0);
    cohort_ask(&asked, &cohort);
    const struct group_sums *s = &asked.sums[0];
    static const double wanted[] = {0.5, 0.8, 0.95, 1};
    for (size_t i = 0; i < COUNT(wanted); i++)
        for (int label = 0; label < 2; label++) {
            enum fairness_aim aim = label == 1 ? FAIRNESS_SENSITIVITY : FAIRNESS_SPECIFICITY;
            double t = fairness_threshold(&asked.axis, s, aim, wanted[i]);
            double all = 0, kept = 0, step = 24.0 / 1024; /* the next edge, about */
            double beyond = 1 / (1 + exp(-(hist_logit(t) + (label == 1 ? step : -step)))),
                   worse = 0;
            for (size_t r = 0; r < cohort.rows; r++) {
                if (cohort.label[r] != label)
                    continue;
                all++;
                kept += label == 1 ? cohort.p[r] >= t - 1e-12 : cohort.p[r] < t + 1e-12;
                worse += label == 1 ? cohort.p[r] >= beyond : cohort.p[r] < beyond;
            }
            assert_true(kept >= wanted[i] * all);
            assert_true(worse < wanted[i] * all);
        }
    assert_true(fairness_threshold(&asked.axis, s, FAIRNESS_SENSITIVITY, 0) > 0.999);
    assert_true(fairness_threshold(&asked.axis, s, FAIRNESS_SPECIFICITY, 0) == 0);
}

/* By rank: the highest edge that selects the share, of both classes together. */
static void a_threshold_by_rank_selects_at_least_its_share_and_the_next_does_not(void **state)
{
    (void)state;
    struct rng rng = rng_open(8, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 2000, 0.3, 2, 0);
    cohort_ask(&asked, &cohort);
    static const double wanted[] = {0.05, 0.25, 0.9};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        double t = fairness_threshold(&asked.axis, asked.sums, FAIRNESS_SELECTION, wanted[i]);
        double next = 1 / (1 + exp(-(hist_logit(t) + 24.0 / 1024))); /* the next edge, about */
        double selected = 0, fewer = 0;
        for (size_t r = 0; r < cohort.rows; r++) {
            selected += cohort.p[r] >= t - 1e-12;
            fewer += cohort.p[r] >= next;
        }
        assert_true(selected >= wanted[i] * (double)cohort.rows);
        assert_true(fewer < wanted[i] * (double)cohort.rows);
    }
}

static void a_threshold_of_nobody_is_none(void **state)
{
    (void)state;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 1, 0, 3);
    cohort_ask(&asked, &cohort);
    const struct group_sums *s = &asked.sums[0];
    assert_true(isnan(fairness_threshold(&asked.axis, s, FAIRNESS_SENSITIVITY, 0.9)));
    assert_true(isnan(fairness_threshold(&asked.axis, s, FAIRNESS_SPECIFICITY, 0.9)));
}

/* What was found on validation rows can be an edge for test rows. */
static void a_threshold_that_was_found_is_an_edge_of_the_next_axis(void **state)
{
    (void)state;
    struct rng rng = rng_open(7, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 500, 0.3, 2, 0);
    cohort_ask(&asked, &cohort);
    for (int k = 1; k < 20; k++) {
        struct hist_axis next;
        double t = fairness_threshold(&asked.axis, &asked.sums[0], FAIRNESS_SENSITIVITY, k / 20.0);
        hist_axis_open(&next, &t, 1);
        assert_true(hist_bin_of_threshold(&next, t) > 0);
    }
}

static void privilege_nobody_has(void *ctx)
{
    (void)ctx;
    struct fairness f;
    asked.q.privileged = 9;
    fairness_open(&f, &asked.q, asked.sums);
}

static void between_edges(void *ctx)
{
    (void)ctx;
    static const double odd[] = {0.123456};
    struct fairness f;
    asked.q.threshold = odd;
    asked.q.thresholds = 1;
    fairness_open(&f, &asked.q, asked.sums);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    two_by_hand();
    cohort_ask(&asked, &cohort);
    assert_true(stops(NULL, 0, privilege_nobody_has, NULL));
    assert_true(stops(NULL, 0, between_edges, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_of_groups_are_those_of_their_tables),
        cmocka_unit_test(published_gaps_are_those_of_their_counts),
        cmocka_unit_test(the_accuracy_of_the_majority_is_its_share),
        cmocka_unit_test(numbers_between_groups_are_what_the_header_says),
        cmocka_unit_test(signed_differences_are_against_the_privileged_group),
        cmocka_unit_test(aucs_within_and_across_groups_count_pairs),
        cmocka_unit_test(a_perfect_group_leaves_numbers_between_groups_without_interval),
        cmocka_unit_test(a_gap_of_two_aucs_has_the_interval_of_their_difference),
        cmocka_unit_test(a_threshold_is_the_best_edge_that_keeps_its_promise),
        cmocka_unit_test(a_threshold_by_rank_selects_at_least_its_share_and_the_next_does_not),
        cmocka_unit_test(a_threshold_of_nobody_is_none),
        cmocka_unit_test(a_threshold_that_was_found_is_an_edge_of_the_next_axis),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
