/* Patients with several rows: do intervals count patients, and is nothing else changed? */
#include "models/metrics/interval.h"
#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f, bool patients)
{
    cohort_ask(&asked, &cohort);
    asked.q.privileged = 0;
    if (patients)
        cohort_patients(&asked, &cohort);
    fairness_open(f, &asked.q, asked.sums);
}

static void three_groups(uint64_t seed, const size_t *size)
{
    struct rng rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    static const double prevalence[] = {0.3, 0.4, 0.35};
    cohort = (struct cohort){0};
    for (size_t g = 0; g < 3; g++)
        cohort_draw(&cohort, &rng, g, size[g], prevalence[g], 1.5, 0.1 * (double)g);
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_same(const struct fairness *f, const struct fairness *g)
{
    assert_int_equal(f->count, g->count);
    for (size_t i = 0; i < f->count; i++) {
        const struct fairness_measure *m = &f->measure[i], *n = &g->measure[i];
        assert_true(same(m->value, n->value) && same(m->lo, n->lo));
        assert_true(same(m->hi, n->hi) && same(m->noise_floor, n->noise_floor));
        assert_string_equal(m->interval, n->interval);
    }
}

static void patients_of_one_row_each_change_nothing(void **state)
{
    (void)state;
    static const size_t size[] = {300, 200, 30};
    struct fairness f, g;
    three_groups(1, size);
    ask(&f, false);
    cohort_patients(&asked, &cohort);
    fairness_open(&g, &asked.q, asked.sums);
    check_same(&f, &g);
    fairness_close(&f);
    fairness_close(&g);
}

/* A report of patients, every row doubled: to be compared with that of the rows once. */
static void twice_the_same_rows_are_no_more_patients(void **state)
{
    (void)state;
    static const size_t size[] = {300, 200, 250};
    struct fairness once, twice, rows;
    three_groups(2, size);
    ask(&once, false);
    cohort_copy(&cohort, 2);
    ask(&rows, false);
    ask(&twice, true);
    size_t met = 0, shrunk = 0;
    for (size_t i = 0; i < once.count; i++) {
        const struct fairness_measure *m = &once.measure[i];
        const struct fairness_measure *n = &twice.measure[i], *r = &rows.measure[i];
        if (strcmp(m->metric, "n") == 0 || isnan(m->lo))
            continue;
        assert_string_equal(m->metric, n->metric);
        bool drawn = strncmp(m->interval, "bootstrap", 9) == 0;
        bool scores = strcmp(m->metric, "o_over_e") == 0; /* taken as they are, or not */
        double width = n->hi - n->lo, before = m->hi - m->lo;
        double tolerance = drawn ? 0.2 : scores ? 0.5 : 0.04;
        if (strcmp(m->metric, "ece_debiased") != 0)
            assert_true(fabs(m->value - n->value) < 1e-6); /* the fit of a line stops that near */
        if (!(fabs(width / before - 1) < tolerance))
            fail_msg("%s of '%s' '%s' at %g (%s): %g wide, %g before", m->metric, m->group,
                     m->other, m->threshold, n->interval, width, before);
        if (m->noise_floor > 0 && !(fabs(n->noise_floor / m->noise_floor - 1) < 0.25))
            fail_msg("%s at %g: floor %g, %g before", m->metric, m->threshold, n->noise_floor,
                     m->noise_floor);
        met++;
        shrunk += r->hi - r->lo < 0.85 * before;
    }
    assert_true(met > 120);
    if (shrunk < met * 9 / 10)
        fail_msg("%zu of %zu intervals of rows shrank", shrunk, met);
    assert_string_equal(row_of(&twice, "auc", "A", "", NONE)->interval, "clustered");
    assert_string_equal(row_of(&twice, "tpr", "A", "", 0.5)->interval, "wilson-clustered");
    assert_string_equal(row_of(&twice, "brier", "A", "", NONE)->interval, "normal-clustered");
    assert_string_equal(row_of(&twice, "calibration_slope", "", "", NONE)->interval,
                        "wald-clustered");
    fairness_close(&once);
    fairness_close(&rows);
    fairness_close(&twice);
}

static void intervals_of_aucs_are_obuchowskis(void **state)
{
    (void)state;
    static const size_t patients[] = {150, 150, 100};
    static const char *const names[] = {"A", "B", "C", ""};
    struct rng rng = rng_open(7, RNG_TEST, 0, 0, 0);
    struct fairness f;
    cohort_alike(&cohort, &rng, patients);
    ask(&f, true);
    for (size_t g = 0; g < COUNT(names); g++) {
        const struct fairness_measure *m = row_of(&f, "auc", names[g], "", NONE);
        struct interval want = interval_auc(m->value, &asked.clusters[g].auc, 0.95);
        assert_true(same(m->lo, want.lo) && same(m->hi, want.hi));
        assert_string_equal(m->interval, "clustered");
    }
    fairness_close(&f);
}

/* Without thresholds a design effect is of the AUC or of the Brier score: either is enough. */
static void the_largest_design_effect_counts(void **state)
{
    (void)state;
    static const size_t size[] = {40, 200, 250};
    struct fairness once, f;
    three_groups(8, size);
    cohort_ask(&asked, &cohort);
    asked.q.thresholds = 0;
    fairness_open(&once, &asked.q, asked.sums);
    double before = row_of(&once, "calibration_slope", "A", "", NONE)->hi -
                    row_of(&once, "calibration_slope", "A", "", NONE)->lo;
    cohort_copy(&cohort, 3);
    for (size_t without = 0; without < 3; without++) {
        cohort_ask(&asked, &cohort);
        asked.q.thresholds = 0;
        cohort_patients(&asked, &cohort);
        if (without == 1)
            asked.clusters[0].auc.xx = (double)NAN;
        if (without == 2)
            memset(asked.clusters[0].moment, 0, sizeof(asked.clusters[0].moment));
        fairness_open(&f, &asked.q, asked.sums);
        const struct fairness_measure *m = row_of(&f, "calibration_slope", "A", "", NONE);
        double wider = (m->hi - m->lo) / before; /* the Brier score minds few patients, too */
        assert_true(wider > (without == 2 ? 0.98 : 1.02) && wider < 1.04);
        fairness_close(&f);
    }
    fairness_close(&once);
}

/* Rows of A are patients, of B eight are one: everybody is B's rate still, nearly. */
static void overall_is_made_of_rows_whatever_they_say(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_table(&cohort, 1, 0, 160, 0, 40);
    cohort_copy(&cohort, 8);
    cohort_table(&cohort, 0, 0, 40, 0, 160);
    ask(&f, true);
    const struct fairness_measure *m = row_of(&f, "selection_gap_overall", "", "", 0.5);
    check_value(m, (1280 + 40) / 1800.0 - 0.2);
    assert_true(m->hi - m->value < 0.12 && m->noise_floor < 0.1);
    fairness_close(&f);
}

/* 0 of 32 rows of four patients is not a certain 0. */
static void a_group_of_four_patients_widens_the_interval(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 50, 0, 50, 100);
    cohort_table(&cohort, 1, 50, 0, 50, 100);
    cohort_table(&cohort, 2, 0, 0, 4, 100);
    cohort_copy(&cohort, 8);
    ask(&f, true);
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    check_value(gap, 0.5);
    assert_true(gap->lo < 0.25 && gap->hi > 0.75);
    fairness_close(&f);
}

/* Nobody was placed: the AUC goes by the design effect of the rest. */
static void an_auc_without_second_pass_is_no_surer_than_rates(void **state)
{
    (void)state;
    static const size_t patients[] = {150, 150, 100};
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    struct fairness rows, f;
    cohort_alike(&cohort, &rng, patients);
    ask(&rows, false);
    cohort_patients(&asked, &cohort);
    for (size_t g = 0; g <= 3; g++)
        asked.clusters[g].auc.xx = (double)NAN;
    fairness_open(&f, &asked.q, asked.sums);
    const struct fairness_measure *m = row_of(&f, "auc", "A", "", NONE);
    const struct fairness_measure *n = row_of(&rows, "auc", "A", "", NONE);
    assert_string_equal(m->interval, "clustered");
    assert_true(m->hi - m->lo > 1.1 * (n->hi - n->lo));
    fairness_close(&f);
    fairness_close(&rows);
}

/* Each patient has a positive and a negative row, both selected or neither. */
static void odds_of_the_same_patients_are_not_averaged_away(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    for (size_t i = 0; i < 120; i++) {
        double p = i % 5 < 1 + 2 * (i % 2) ? 0.8 : 0.3;
        cohort_add(&cohort, i % 2, p, 1, 1);
        cohort_again(&cohort, p, 0);
    }
    ask(&f, true);
    const struct fairness_measure *m = row_of(&f, "average_odds_difference", "B", "A", 0.5);
    const struct fairness_measure *n = row_of(&f, "tpr_difference", "B", "A", 0.5);
    check_value(m, n->value);
    assert_true(fabs(m->lo - n->lo) < 1e-9 && fabs(m->hi - n->hi) < 1e-9);
    assert_true(n->hi - n->lo > 0.1);
    fairness_close(&f);
}

/* Design effects are made of cells too: of those that are shown. */
static void what_is_not_shown_has_no_say_in_what_is(void **state)
{
    (void)state;
    static const size_t patients[] = {150, 150, 100};
    static const bool all[] = {true, true, true}, cells[] = {true, true, true, true, false, false};
    static const struct fairness_shown shown = {.group = all, .cells = cells, .cells_of_all = all};
    struct rng rng = rng_open(6, RNG_TEST, 0, 0, 0);
    struct fairness f, g;
    cohort_alike(&cohort, &rng, patients);
    ask(&f, true);
    fairness_close(&f);
    asked.q.shown = &shown;
    fairness_open(&f, &asked.q, asked.sums);
    for (size_t i = 0; i < CLUSTERS_CELL_MOMENTS; i++)
        asked.clusters[1].table[1].moment[i] *= 2 + (double)i;
    fairness_open(&g, &asked.q, asked.sums);
    check_same(&f, &g);
    fairness_close(&f);
    fairness_close(&g);
}

/*
 * Five rows a patient that say the same, cohort after cohort: 95 % of intervals hold the truth, less
 * three standard errors of 100 cohorts; those that count rows do not.
 */
static void intervals_of_patients_hold_the_truth_where_those_of_rows_do_not(void **state)
{
    (void)state;
    enum { COHORTS = 100, TRUTHS = 6 };
    static const struct {
        const char *metric, *group;
        double value, threshold;
    } truth[TRUTHS] = {
        {"tpr", "A", 0.7, 0.5},        {"accuracy", "", 0.76, 0.5},
        {"tpr_gap", "", 0, 0.5},       {"eqodds_max", "", 0, 0.5},
        {"selection_gap", "", 0, 0.5}, {"net_benefit", "B", 0.4 * 0.7 - 0.6 * 0.2, 0.5},
    };
    static const double half[] = {0.5};
    struct rng rng = rng_open(5, RNG_TEST, 0, 0, 0);
    size_t held[2][TRUTHS] = {{0}};
    for (size_t c = 0; c < COHORTS; c++) {
        cohort = (struct cohort){0};
        for (size_t i = 0; i < 300; i++) {
            int label = rng_uniform(&rng) < 0.4;
            bool above = rng_uniform(&rng) < (label == 1 ? 0.7 : 0.2);
            cohort_add(&cohort, i % 3, above ? 0.8 : 0.3, label, 1);
        }
        cohort_copy(&cohort, 5);
        cohort_ask(&asked, &cohort);
        asked.q.threshold = half;
        asked.q.thresholds = 1;
        asked.q.replicates = 80;
        asked.q.seed = c;
        for (size_t patients = 0; patients < 2; patients++) {
            struct fairness f;
            if (patients == 1)
                cohort_patients(&asked, &cohort);
            fairness_open(&f, &asked.q, asked.sums);
            for (size_t i = 0; i < TRUTHS; i++) {
                const struct fairness_measure *m =
                    row_of(&f, truth[i].metric, truth[i].group, "", truth[i].threshold);
                held[patients][i] +=
                    m->lo <= truth[i].value + 1e-12 && m->hi >= truth[i].value - 1e-12;
            }
            fairness_close(&f);
        }
    }
    for (size_t i = 0; i < TRUTHS; i++)
        if (held[1][i] < COHORTS * 88 / 100 || held[0][i] > COHORTS * 80 / 100)
            fail_msg("%s of '%s': %zu intervals of patients hold %g, %zu of rows", truth[i].metric,
                     truth[i].group, held[1][i], truth[i].value, held[0][i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_of_one_row_each_change_nothing),
        cmocka_unit_test(twice_the_same_rows_are_no_more_patients),
        cmocka_unit_test(intervals_of_aucs_are_obuchowskis),
        cmocka_unit_test(the_largest_design_effect_counts),
        cmocka_unit_test(overall_is_made_of_rows_whatever_they_say),
        cmocka_unit_test(a_group_of_four_patients_widens_the_interval),
        cmocka_unit_test(an_auc_without_second_pass_is_no_surer_than_rates),
        cmocka_unit_test(odds_of_the_same_patients_are_not_averaged_away),
        cmocka_unit_test(what_is_not_shown_has_no_say_in_what_is),
        cmocka_unit_test(intervals_of_patients_hold_the_truth_where_those_of_rows_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
