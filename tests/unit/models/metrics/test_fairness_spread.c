/*
 * Are intervals and noise floors between groups what they say? Against every outcome
 * (tests/golden/rates.txt says how), and against cohorts drawn again and again.
 */
#include "models/metrics/interval.h"
#include "tests/unit/models/metrics/cohort.h"
#include "tests/unit/models/metrics/golden_rates.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

/* thresholds 0: of scores alone; 1: at 1/2 too. */
static void ask(struct fairness *f, size_t thresholds, size_t replicates, uint64_t seed)
{
    static const double half[] = {0.5};
    cohort_ask(&asked, &cohort);
    asked.q.threshold = half;
    asked.q.thresholds = thresholds;
    asked.q.replicates = replicates;
    asked.q.seed = seed;
    fairness_open(f, &asked.q, asked.sums);
}

/* Groups of these sizes, of which `hits` rows together are selected, in what order matters not. */
static void select_rows(const double *size, size_t groups, double hits)
{
    cohort = (struct cohort){0};
    for (size_t g = 0; g < groups; g++) {
        double own = hits < size[g] ? hits : size[g];
        cohort_table(&cohort, g, 0, (size_t)own, 0, (size_t)(size[g] - own));
        hits -= own;
    }
}

/* Four standard errors: no gap spreads more than its mean, no ratio more than 1/2. */
static void check_floors(const double *size, size_t groups, const double *want)
{
    enum { REPLICATES = 5000 };
    struct fairness f;
    select_rows(size, groups, size[groups]);
    ask(&f, 1, REPLICATES, 1);
    double gap = row_of(&f, "selection_gap", "", "", 0.5)->noise_floor;
    double ratio = row_of(&f, "selection_ratio", "", "", 0.5)->noise_floor;
    if (!(fabs(gap - want[0]) < 4 * want[0] / sqrt(REPLICATES)) ||
        !(fabs(ratio - want[1]) < 2 / sqrt(REPLICATES)))
        fail_msg("%zu groups: gap %g, ratio %g; %g and %g wanted", groups, gap, ratio, want[0],
                 want[1]);
    fairness_close(&f);
}

static void noise_floors_are_the_means_over_all_outcomes(void **state)
{
    (void)state;
    FILE *f = golden_open();
    char line[256];
    size_t met = 0;
    while (fgets(line, sizeof(line), f) != NULL) {
        double v[GOLDEN_NUMBERS] = {0};
        if (golden_row(v, line, "floor2"))
            check_floors(v, 2, v + 3);
        else if (golden_row(v, line, "floor3"))
            check_floors(v, 3, v + 4);
        else
            continue;
        met++;
    }
    fclose(f);
    assert_int_equal(met, 5);
}

/* Every rate drawn for a group with the true rates, through its table. */
static void draw_table(struct rng *rng, size_t group, size_t rows, double prevalence, double tpr,
                       double fpr)
{
    size_t cell[4] = {0}; /* TP, FP, FN, TN */
    for (size_t i = 0; i < rows; i++) {
        bool positive = rng_uniform(rng) < prevalence;
        bool selected = rng_uniform(rng) < (positive ? tpr : fpr);
        cell[positive ? (selected ? 0 : 2) : (selected ? 1 : 3)]++;
    }
    cohort_table(&cohort, group, cell[0], cell[1], cell[2], cell[3]);
}

struct truth {
    const char *metric;
    double value;
};

/*
 * Cohorts of these groups, over and over: how often do intervals hold the truth? At least 95 %,
 * less three standard errors of 100 cohorts.
 */
static void check_coverage(const size_t *size, const double *tpr, const double *fpr, size_t groups,
                           const struct truth *truth, size_t truths)
{
    enum { COHORTS = 100 };
    struct rng rng = rng_open(1, RNG_TEST, groups, size[0], 0);
    size_t held[8] = {0};
    must(truths <= COUNT(held));
    for (size_t c = 0; c < COHORTS; c++) {
        struct fairness f;
        cohort = (struct cohort){0};
        for (size_t g = 0; g < groups; g++)
            draw_table(&rng, g, size[g], 0.4, tpr[g], fpr[g]);
        ask(&f, 1, 80, c);
        for (size_t i = 0; i < truths; i++) {
            const struct fairness_measure *m = row_of(&f, truth[i].metric, "", "", 0.5);
            held[i] += m->lo <= truth[i].value + 1e-12 && m->hi >= truth[i].value - 1e-12;
        }
        fairness_close(&f);
    }
    for (size_t i = 0; i < truths; i++)
        if (held[i] < COHORTS * 88 / 100)
            fail_msg("%s of %zu groups: %zu of %d intervals hold %g", truth[i].metric, groups,
                     held[i], COHORTS, truth[i].value);
}

static void intervals_hold_the_truth_where_groups_are_equal(void **state)
{
    (void)state;
    static const size_t size[] = {200, 100, 60, 40};
    static const double tpr[] = {0.7, 0.7, 0.7, 0.7}, fpr[] = {0.2, 0.2, 0.2, 0.2};
    static const struct truth truth[] = {
        {"selection_gap", 0}, {"tpr_gap", 0},     {"tpr_ratio", 1}, {"eqodds_max", 0},
        {"fairmedfm_eod", 1}, {"eqodds_mean", 0}, {"dpm", 1},       {"tpr_gap_overall", 0},
    };
    check_coverage(size, tpr, fpr, 4, truth, COUNT(truth));
    check_coverage(size, tpr, fpr, 2, truth, COUNT(truth));
}

static void intervals_hold_the_truth_where_groups_differ(void **state)
{
    (void)state;
    static const size_t size[] = {200, 100, 60};
    static const double tpr[] = {0.8, 0.7, 0.5}, fpr[] = {0.1, 0.2, 0.25};
    static const struct truth truth[] = {
        {"tpr_gap", 0.3},         {"fpr_gap", 0.15},       {"tpr_ratio", 0.625},
        {"eqodds_max", 0.3},      {"fpr_ratio", 0.4},      {"eqodds_mean", 0.225},
        {"fairmedfm_eod", 0.775}, {"selection_gap", 0.05}, /* .38, .4, .35 */
    };
    check_coverage(size, tpr, fpr, 3, truth, COUNT(truth));
}

/* AUCs of normal scores are known. */
static void auc_intervals_between_groups_hold_the_truth(void **state)
{
    (void)state;
    enum { COHORTS = 60 };
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    static const double distance[] = {1.5, 1.5, 0.8};
    double least = normal_cdf(0.8 / sqrt(2)), gap = normal_cdf(1.5 / sqrt(2)) - least;
    size_t held = 0, held_least = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        struct fairness f;
        cohort = (struct cohort){0};
        for (size_t g = 0; g < 3; g++)
            cohort_draw(&cohort, &rng, g, 150, 0.4, distance[g], 0);
        ask(&f, 0, 50, c);
        const struct fairness_measure *m = row_of(&f, "auc_gap", "", "", NONE),
                                      *n = row_of(&f, "auc_min", "", "", NONE);
        assert_string_equal(m->interval, "bootstrap-range");
        held += m->lo <= gap && m->hi >= gap;
        held_least += n->lo <= least && n->hi >= least;
        fairness_close(&f);
    }
    if (held < COHORTS * 86 / 100 || held_least < COHORTS * 86 / 100)
        fail_msg("held %zu and %zu of %d", held, held_least, COHORTS);
}

/*
 * Scores that are right (0), and scores of which each group's are so much too high: the ECE of
 * infinitely many rows is then that shift.
 */
static void ece_intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { COHORTS = 120 };
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    static const double shift[][3] = {{0, 0, 0}, {0.05, 0.15, 0.1}, {0, 0, 0.2}};
    static const char *const names[] = {"A", "B", "C"};
    for (size_t k = 0; k < COUNT(shift); k++) {
        size_t held = 0, held_group = 0;
        for (size_t c = 0; c < COHORTS; c++) {
            struct fairness f;
            cohort = (struct cohort){0};
            for (size_t g = 0; g < 3; g++)
                for (size_t i = 0; i < 60 + 100 * g; i++) {
                    double p = 0.8 * rng_uniform(&rng);
                    cohort_add(&cohort, g, p + shift[k][g], rng_uniform(&rng) < p, 1);
                }
            ask(&f, 0, 50, c);
            double truth = fmax(shift[k][0], fmax(shift[k][1], shift[k][2])) - shift[k][0];
            const struct fairness_measure *m = row_of(&f, "ece_gap", "", "", NONE);
            held += m->lo <= truth && m->hi >= truth;
            for (size_t g = 0; g < 3; g++) {
                m = row_of(&f, "ece", names[g], "", NONE);
                held_group += m->lo <= shift[k][g] && m->hi >= shift[k][g];
            }
            fairness_close(&f);
        }
        if (held < COHORTS * 90 / 100 || held_group < COHORTS * 3 * 90 / 100)
            fail_msg("shifts %zu: %zu gaps, %zu groups of %d", k, held, held_group, COHORTS);
    }
}

/* What equal groups show on average is their floor: of AUC and ECE too. Within a tenth. */
static void equal_groups_lie_at_their_noise_floor(void **state)
{
    (void)state;
    enum { COHORTS = 100 };
    static const char *const metric[] = {"auc_gap", "ece_gap", "auc_min", "es_auc"};
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    double value[4] = {0}, noise[4] = {0};
    for (size_t c = 0; c < COHORTS; c++) {
        struct fairness f;
        cohort = (struct cohort){0};
        for (size_t g = 0; g < 3; g++)
            cohort_draw(&cohort, &rng, g, 60 + 60 * g, 0.5, 1.5, 0);
        ask(&f, 0, 30, c);
        for (size_t i = 0; i < COUNT(metric); i++) {
            value[i] += row_of(&f, metric[i], "", "", NONE)->value / COHORTS;
            noise[i] += row_of(&f, metric[i], "", "", NONE)->noise_floor / COHORTS;
        }
        fairness_close(&f);
    }
    for (size_t i = 0; i < COUNT(metric); i++)
        if (!(fabs(value[i] / noise[i] - 1) < 0.1))
            fail_msg("%s: %g on average, floor %g", metric[i], value[i], noise[i]);
}

/* 0 of 4 is not a certain 0. */
static void a_group_of_four_widens_the_interval(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 50, 0, 50, 100);
    cohort_table(&cohort, 1, 50, 0, 50, 100);
    cohort_table(&cohort, 2, 0, 0, 4, 100);
    ask(&f, 1, 400, 1);
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    check_value(gap, 0.5);
    assert_true(gap->lo < 0.25 && gap->hi > 0.75);
    const struct fairness_measure *ratio = row_of(&f, "tpr_ratio", "", "", 0.5);
    check_value(ratio, 0);
    assert_true(ratio->lo == 0 && ratio->hi > 0.4);
    fairness_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_floors_are_the_means_over_all_outcomes),
        cmocka_unit_test(intervals_hold_the_truth_where_groups_are_equal),
        cmocka_unit_test(intervals_hold_the_truth_where_groups_differ),
        cmocka_unit_test(auc_intervals_between_groups_hold_the_truth),
        cmocka_unit_test(ece_intervals_hold_the_truth),
        cmocka_unit_test(equal_groups_lie_at_their_noise_floor),
        cmocka_unit_test(a_group_of_four_widens_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
