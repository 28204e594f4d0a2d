/* Of rows that are patients', straight from rows: what rates and means of a group are worth. */
#include "models/metrics/interval.h"
#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f)
{
    cohort_ask(&asked, &cohort);
    cohort_patients(&asked, &cohort);
    fairness_open(f, &asked.q, asked.sums);
}

enum { TN = 1, FN = 2, FP = 4, TP = 8, ALL = 15 };

static unsigned cell_of(size_t row)
{
    if (cohort.p[row] >= 0.5)
        return cohort.label[row] == 1 ? TP : FP;
    return cohort.label[row] == 1 ? FN : TN;
}

/* Of group A, straight from rows: sum over patients of (k_i - p n_i)^2 / N^2, corrected. */
static double variance_of_rate(double *value, double *of, double *squared, unsigned hit,
                               unsigned in)
{
    double k = 0, n = 0, squares = 0, sizes = 0, patients = 0;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t from = 0, to = 0; from < cohort.rows; from = to) {
            double own_k = 0, own_n = 0;
            for (to = from; to < cohort.rows && cohort.patient[to] == cohort.patient[from]; to++) {
                if (cohort.group[to] != 0 || (in & cell_of(to)) == 0)
                    continue;
                own_k += (hit & cell_of(to)) != 0;
                own_n++;
            }
            k += pass == 0 ? own_k : 0;
            n += pass == 0 ? own_n : 0;
            sizes += pass == 0 ? own_n * own_n : 0;
            patients += pass == 1 && own_n > 0;
            squares += pass == 1 ? (own_k - k / n * own_n) * (own_k - k / n * own_n) : 0;
        }
    *value = k / n;
    *of = n;
    *squared = sizes;
    return patients / (patients - 1) * squares / (n * n);
}

static void intervals_of_rates_are_wilsons_of_effective_rows(void **state)
{
    (void)state;
    static const size_t patients[] = {150, 150, 100};
    static const struct {
        const char *metric;
        unsigned hit, in;
        double threshold;
    } rows[] = {
        {"selection_rate", TP | FP, ALL, 0.5},
        {"tpr", TP, TP | FN, 0.5},
        {"fpr", FP, FP | TN, 0.5},
        {"tnr", TN, FP | TN, 0.5},
        {"fnr", FN, TP | FN, 0.5},
        {"ppv", TP, TP | FP, 0.5},
        {"npv", TN, FN | TN, 0.5},
        {"accuracy", TP | TN, ALL, 0.5},
        {"prevalence", TP | FN, ALL, NONE},
    };
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    struct fairness f;
    cohort_alike(&cohort, &rng, patients);
    ask(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double p, n, sizes, variance = variance_of_rate(&p, &n, &sizes, rows[i].hit, rows[i].in);
        double t = student_quantile(0.975, n * n / sizes - 1) / student_quantile(0.975, n - 1);
        double effective = p * (1 - p) / (variance * t * t) * n / (n - 1);
        assert_true(effective < 0.95 * n);
        struct interval want = interval_wilson(p * effective, effective, 0.95);
        const struct fairness_measure *m = row_of(&f, rows[i].metric, "A", "", rows[i].threshold);
        check_value(m, p);
        assert_string_equal(m->interval, "wilson-clustered");
        if (!(fabs(m->lo - want.lo) < 1e-9 && fabs(m->hi - want.hi) < 1e-9))
            fail_msg("%s: %g to %g, %g to %g wanted", m->metric, m->lo, m->hi, want.lo, want.hi);
    }
    fairness_close(&f);
}

/* Rows of a patient that cancel out know more than they are; nobody is told so. */
static void effective_rows_are_never_more_than_rows(void **state)
{
    (void)state;
    struct fairness f, g;
    cohort = (struct cohort){0};
    for (size_t i = 0; i < 60; i++) {
        cohort_add(&cohort, i % 2, 0.8, 1, 1);
        cohort_again(&cohort, 0.3, 1);
    }
    ask(&f);
    asked.q.clusters = NULL;
    fairness_open(&g, &asked.q, asked.sums);
    const struct fairness_measure *m = row_of(&f, "tpr", "A", "", 0.5);
    const struct fairness_measure *n = row_of(&g, "tpr", "A", "", 0.5);
    assert_true(m->lo == n->lo && m->hi == n->hi);
    fairness_close(&f);
    fairness_close(&g);
}

/* 0 of 40 rows that are 10 patients' is as sure as 0 of 10. One patient is one row. */
static void a_rate_of_nothing_counts_patients(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.3, 1, 10);
    cohort_add(&cohort, 1, 0.3, 1, 1);
    cohort_copy(&cohort, 4);
    ask(&f);
    const struct fairness_measure *m = row_of(&f, "tpr", "A", "", 0.5);
    check_value(m, 0);
    assert_string_equal(m->interval, "clopper-pearson-clustered");
    assert_true(fabs(m->hi - interval_clopper_pearson(0, 10, 0.95).hi) < 1e-12);
    m = row_of(&f, "tpr", "B", "", 0.5);
    assert_true(fabs(m->hi - interval_clopper_pearson(0, 1, 0.95).hi) < 1e-12);
    fairness_close(&f);
}

/* Of group A; value and what a patient's residual is, in tp, fp, tn, fn or rows, ..., losses. */
static void check_normal(const struct fairness_measure *m, const double *moment,
                         const double *residual, size_t n, double total)
{
    const struct group_clusters *g = &asked.clusters[0];
    double patients = g->rows * g->rows / g->moment[0];
    double t = student_quantile(0.975, patients - 1) / student_quantile(0.975, g->rows - 1);
    double variance = clusters_variance(moment, residual, n, total, g->patients);
    double half = 1.9599639845400545 * t * sqrt(variance);
    assert_true(t > 1.001);
    assert_string_equal(m->interval, "normal-clustered");
    if (!(fabs(m->hi - m->value - half) < 1e-6 && fabs(m->value - m->lo - half) < 1e-6))
        fail_msg("%s: %g to %g, half of it %g", m->metric, m->lo, m->hi, half);
}

static void means_are_as_sure_as_few_patients_can_be(void **state)
{
    (void)state;
    static const size_t patients[] = {30, 150, 100};
    struct rng rng = rng_open(9, RNG_TEST, 0, 0, 0);
    struct fairness f;
    cohort_alike(&cohort, &rng, patients);
    ask(&f);
    const struct group_clusters *g = &asked.clusters[0];
    static const struct {
        const char *metric;
        enum clusters_sum what;
    } means[] = {
        {"brier", CLUSTERS_SQUARED_ERROR},
        {"log_loss", CLUSTERS_LOSS},
        {"mean_score", CLUSTERS_SCORE},
    };
    for (size_t i = 0; i < COUNT(means); i++) {
        const struct fairness_measure *m = row_of(&f, means[i].metric, "A", "", NONE);
        double residual[CLUSTERS_SUMS] = {[CLUSTERS_ROWS] = -m->value};
        residual[means[i].what] = 1;
        check_normal(m, g->moment, residual, CLUSTERS_SUMS, g->rows);
    }
    const struct fairness_measure *m = row_of(&f, "o_over_e", "A", "", NONE);
    const double of_ratio[CLUSTERS_SUMS] = {[CLUSTERS_POSITIVES] = 1, [CLUSTERS_SCORE] = -m->value};
    check_normal(m, g->moment, of_ratio, CLUSTERS_SUMS,
                 row_of(&f, "mean_score", "A", "", NONE)->value * g->rows);
    m = row_of(&f, "net_benefit", "A", "", 0.25); /* a false alarm costs a third */
    const double of_benefit[] = {1 - m->value, -1 / 3.0 - m->value, -m->value, -m->value};
    check_normal(m, g->table[0].moment, of_benefit, CLUSTERS_CELLS, g->rows);
    fairness_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_rates_are_wilsons_of_effective_rows),
        cmocka_unit_test(effective_rows_are_never_more_than_rows),
        cmocka_unit_test(a_rate_of_nothing_counts_patients),
        cmocka_unit_test(means_are_as_sure_as_few_patients_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
