/*
 * Intervals of patients with several rows, from sums, against the textbook on raw rows: Obuchowski's
 * variance of the AUC and the linearised one of rates by loops over all pairs and rows, and both by
 * the jackknife over patients. Stays in intensive care, and radiographs. Nothing here is shared with
 * what is tested but the reading of files. EVENHAND_DATA names the folder of real data.
 */
#include <math.h>

#include "models/metrics/fairness.h"
#include "node/data/csv.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "tests/support/check.h"

enum { ROWS = 2048, GROUPS = 2, EVERYBODY = GROUPS, SITES = 3, NAME = 32 };
#define NORMAL_975 1.9599639845400545

struct rows {
    size_t count, patients;
    double logit[ROWS];
    int label[ROWS];
    size_t group[ROWS], patient[ROWS];
    char of_patient[ROWS][NAME];
};

static const char *const names[] = {"women", "men", ""};
static struct rows rows;

/* Scores in the middle of histogram bins, so that bins cost nothing. */
static double settled(double logit)
{
    const double width = 24.0 / 1024;
    double at = floor((logit + 12) / width);
    return -12 + (fmin(fmax(at, 0), 1023) + 0.5) * width;
}

static void add_row(double logit, const char *label, const char *group, const char *first_group,
                    const char *patient)
{
    size_t i = rows.count++, k = 0;
    must(i < ROWS);
    must(strlen(patient) < NAME);
    rows.logit[i] = settled(logit);
    rows.label[i] = strcmp(label, "1") == 0;
    rows.group[i] = strcmp(group, first_group) != 0;
    while (k < rows.patients && strcmp(rows.of_patient[k], patient) != 0)
        k++;
    if (k == rows.patients)
        memcpy(rows.of_patient[rows.patients++], patient, strlen(patient) + 1);
    rows.patient[i] = k;
}

static struct csv *open_table(const char *path)
{
    static const struct csv_form form = {.separator = ','};
    char full[4096];
    struct csv *c = NULL;
    const char *root = getenv("EVENHAND_DATA");
    if (root == NULL)
        fail_msg("EVENHAND_DATA names no folder");
    check_ok(file_join(full, sizeof(full), root, path));
    check_ok(csv_open(&c, full, &form));
    return c;
}

static bool next(struct csv *c)
{
    bool more = false;
    check_ok(csv_next(c, &more));
    return more;
}

static const char *field(const struct csv *c, const char *name)
{
    for (size_t i = 0; i < csv_width(c); i++)
        if (strcmp(csv_column(c, i), name) == 0)
            return csv_field(c, i);
    fail_msg("no column %s", name);
    return "";
}

static double number(const char *text)
{
    double v = 0;
    assert_int_equal(csv_number(&v, text), CSV_NUMBER);
    return v;
}

static void read_stays(void)
{
    struct csv *c = open_table("eicu_demo/eicu_predictions.csv");
    rows = (struct rows){0};
    while (next(c)) {
        double p = number(field(c, "apache_iva_pred_hosp_mort"));
        add_row(log(p / (1 - p)), field(c, "label"), field(c, "gender"), "Female",
                field(c, "uniquepid"));
    }
    csv_close(&c);
    assert_int_equal(rows.count, 1683);
    assert_int_equal(rows.patients, 1449);
}

/* The first number of an image, as if it were a logit. */
static void read_radiographs(void)
{
    struct csv *c = open_table("nih_cxr_embeddings/images.csv");
    struct csv *e = open_table("nih_cxr_embeddings/embeddings_1024.csv.gz");
    rows = (struct rows){0};
    while (next(c)) {
        assert_true(next(e));
        assert_string_equal(field(e, "image_index"), field(c, "image_index"));
        add_row(number(field(e, "e0000")) - 0.5, field(c, "label_abnormal"), field(c, "sex"), "F",
                field(c, "patient_id"));
    }
    csv_close(&c);
    csv_close(&e);
    assert_int_equal(rows.count, 749);
    assert_int_equal(rows.patients, 177);
}

/* --- by rows: `without` is a patient who is left out, SIZE_MAX nobody -------------------------- */

static bool is_in(size_t i, size_t group, size_t without)
{
    return (group == EVERYBODY || rows.group[i] == group) && rows.patient[i] != without;
}

static double wins(double positive, double negative)
{
    return positive > negative ? 1 : positive == negative ? 0.5 : 0;
}

/* A row's share of won pairs with rows of the other class. */
static double placement(size_t i, size_t group, size_t without)
{
    double won = 0, pairs = 0;
    for (size_t j = 0; j < rows.count; j++) {
        if (!is_in(j, group, without) || rows.label[j] == rows.label[i])
            continue;
        won += rows.label[i] == 1 ? wins(rows.logit[i], rows.logit[j])
                                  : wins(rows.logit[j], rows.logit[i]);
        pairs++;
    }
    return won / pairs;
}

static double auc_by_pairs(size_t group, size_t without)
{
    double sum = 0, positives = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (is_in(i, group, without) && rows.label[i] == 1) {
            sum += placement(i, group, without);
            positives++;
        }
    return sum / positives;
}

/* Obuchowski, Biometrics 53:567, 1997, equation by equation. */
static double obuchowski(size_t group)
{
    static double v[ROWS];
    double auc = auc_by_pairs(group, SIZE_MAX), class[2] = {0}, clusters[2] = {0}, all = 0;
    double s[2] = {0}, both = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (is_in(i, group, SIZE_MAX)) {
            v[i] = placement(i, group, SIZE_MAX);
            class[rows.label[i]]++;
        }
    for (size_t k = 0; k < rows.patients; k++) {
        double sum[2] = {0};
        bool any[2] = {false, false};
        for (size_t i = 0; i < rows.count; i++)
            if (is_in(i, group, SIZE_MAX) && rows.patient[i] == k) {
                sum[rows.label[i]] += v[i] - auc;
                any[rows.label[i]] = true;
            }
        all += any[0] || any[1];
        both += sum[0] * sum[1];
        for (int y = 0; y < 2; y++) {
            clusters[y] += any[y];
            s[y] += sum[y] * sum[y];
        }
    }
    double variance = 2 * all / (all - 1) * both / (class[0] * class[1]);
    for (int y = 0; y < 2; y++)
        variance += clusters[y] / (clusters[y] - 1) * s[y] / (class[y] * class[y]);
    return variance;
}

/* A share of rows: which are counted, and which of them hit. A bit for each cell. */
enum { TN = 1, FN = 2, FP = 4, TP = 8, ALL = 15 };
static const struct rate {
    const char *metric;
    unsigned in, hit;
} rates[] = {
    {"selection_rate", ALL, TP | FP},
    {"tpr", TP | FN, TP},
    {"fpr", FP | TN, FP},
    {"ppv", TP | FP, TP},
    {"npv", TN | FN, TN},
    {"accuracy", ALL, TP | TN},
};

static unsigned cell_of(size_t i, double cut)
{
    if (rows.logit[i] >= cut)
        return rows.label[i] == 1 ? TP : FP;
    return rows.label[i] == 1 ? FN : TN;
}

/* Hits of a patient or of all (SIZE_MAX), without another one. */
static double count(double *of, const struct rate *r, size_t group, double cut, size_t whose,
                    size_t without)
{
    double hits = 0;
    *of = 0;
    for (size_t i = 0; i < rows.count; i++) {
        bool asked = whose == SIZE_MAX || rows.patient[i] == whose;
        if (!asked || !is_in(i, group, without) || (r->in & cell_of(i, cut)) == 0)
            continue;
        hits += (r->hit & cell_of(i, cut)) != 0;
        (*of)++;
    }
    return hits;
}

/* Cochran, Sampling Techniques, 1977, 3.12: a proportion in a sample of clusters. */
static double variance_of_rate(const struct rate *r, size_t group, double cut)
{
    double n, p = count(&n, r, group, cut, SIZE_MAX, SIZE_MAX) / n, squares = 0, patients = 0;
    for (size_t k = 0; k < rows.patients; k++) {
        double own, hits = count(&own, r, group, cut, k, SIZE_MAX);
        squares += (hits - p * own) * (hits - p * own);
        patients += own > 0;
    }
    return patients / (patients - 1) * squares / (n * n);
}

/* (K - 1) / K times the squared distances of what is left without one patient from their mean. */
static double left_out(double (*value)(const void *what, size_t group, double cut, size_t without),
                       const void *what, size_t group, double cut)
{
    double sum = 0, squares = 0, n = 0;
    for (size_t k = 0; k < rows.patients; k++) {
        bool any = false;
        for (size_t i = 0; i < rows.count; i++)
            any |= rows.patient[i] == k && is_in(i, group, SIZE_MAX);
        if (!any)
            continue;
        double v = value(what, group, cut, k);
        sum += v;
        squares += v * v;
        n++;
    }
    return (n - 1) / n * (squares - sum * sum / n);
}

static double rate_without(const void *what, size_t group, double cut, size_t without)
{
    double n, hits = count(&n, what, group, cut, SIZE_MAX, without);
    return hits / n;
}

/* --- by sums ----------------------------------------------------------------------------------- */

static struct hist_axis axis;
static struct groups layout;
static struct clusters clusters;
static struct group_sums sums[GROUPS + 1];
static struct group_clusters patients[GROUPS + 1];

/* Rows of a patient in a group. */
static size_t gather(double *logit, int *label, size_t patient, size_t group)
{
    size_t n = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (rows.patient[i] == patient && is_in(i, group, SIZE_MAX)) {
            logit[n] = rows.logit[i];
            label[n++] = rows.label[i];
        }
    return n;
}

static void place_all(double *place, double *logit, int *label)
{
    double of_positive[HIST_EDGES_MAX + 1], of_negative[HIST_EDGES_MAX + 1];
    groups_pool(&sums[EVERYBODY], &layout, sums);
    for (size_t g = 0; g <= GROUPS; g++) {
        const int64_t *positive = sums[g].count[1], *negative = sums[g].count[0];
        hist_placements(of_positive, of_negative, positive, negative, axis.bins);
        for (size_t k = 0; k < rows.patients; k++)
            clusters_place(place, &clusters, g, of_positive, of_negative,
                           hist_auc(positive, negative, axis.bins), logit, label,
                           gather(logit, label, k, g));
    }
}

/* As a federation does it: patients at sites, sums, a second pass; then the report. */
static void report(struct fairness *f, const double *threshold)
{
    static double logit[ROWS], place[(GROUPS + 1) * CLUSTERS_PLACES];
    static int label[ROWS];
    hist_axis_open(&axis, threshold, 1);
    groups_open(&layout, &axis, GROUPS);
    clusters_open(&clusters, &axis, threshold, 1, GROUPS);
    size_t n = clusters_values(&clusters);
    double *counts = must_alloc(groups_values(&layout), sizeof(*counts));
    double *site = must_alloc(SITES * n, sizeof(*site));
    memset(place, 0, sizeof(place));
    for (size_t i = 0; i < rows.count; i++)
        groups_tally(counts, &layout, rows.group[i], rows.logit[i], rows.label[i]);
    for (size_t k = 0; k < rows.patients; k++)
        for (size_t g = 0; g <= GROUPS; g++)
            clusters_tally(site + k % SITES * n, &clusters, g, logit, label,
                           gather(logit, label, k, g));
    for (size_t i = n; i < SITES * n; i++)
        site[i % n] += site[i];
    groups_read(sums, &layout, counts);
    place_all(place, logit, label);
    check_ok(clusters_judge(&clusters, site));
    check_ok(clusters_judge_place(&clusters, site, place));
    clusters_read(patients, &clusters, site, place);
    const struct fairness_question q = {
        .groups = &layout,
        .name = names,
        .threshold = threshold,
        .thresholds = 1,
        .clusters = patients,
        .privileged = FAIRNESS_NOBODY,
        .level = 0.95,
        .replicates = 20, /* of intervals that nobody here compares */
        .seed = 1,
    };
    fairness_open(f, &q, sums);
    free(counts);
    free(site);
}

static void near(const char *what, size_t group, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s of '%s': %.10g, %.10g wanted", what, names[group], got, want);
}

/* How far Student's t is below x, by Simpson's rule on x = tan(u) sqrt(df). */
static double below(double x, double df)
{
    enum { STEPS = 2000 };
    double end = atan(x / sqrt(df)), half = acos(-1) / 2, sum = 0, all = 0;
    for (int i = 0; i <= STEPS; i++) {
        double weight = i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * end * pow(cos(end * i / STEPS), df - 1);
        all += weight * half * pow(cos(half * i / STEPS), df - 1);
    }
    return 0.5 + sum / all / 2;
}

static double student(double df)
{
    double lo = 0, hi = 100;
    for (int i = 0; i < 60; i++)
        *(below((lo + hi) / 2, df) < 0.975 ? &lo : &hi) = (lo + hi) / 2;
    return lo;
}

/* (t of patients / t of rows)^2, from the rows of each: fairness.h. */
static double uncertainty(const struct rate *r, size_t group, double cut)
{
    double n, sizes = 0;
    count(&n, r, group, cut, SIZE_MAX, SIZE_MAX);
    for (size_t k = 0; k < rows.patients; k++) {
        double own;
        count(&own, r, group, cut, k, SIZE_MAX);
        sizes += own * own;
    }
    return pow(student(n * n / sizes - 1) / student(n - 1), 2);
}

/* Wilson's ends are where |p - x| = z sqrt(x (1 - x) / n): no formula in common. */
static void check_wilson(const struct fairness_measure *m, size_t group, double variance, double n)
{
    double p = m->value, effective = p * (1 - p) / variance * n / (n - 1);
    const double end[] = {m->lo, m->hi};
    for (size_t i = 0; i < 2; i++)
        near(m->metric, group, fabs(p - end[i]),
             NORMAL_975 * sqrt(end[i] * (1 - end[i]) / effective), 1e-7);
}

/* jackknife: how far above 1 its variance may be, by the linearised one; it is never far below. */
static void check_rates(size_t *met, const struct fairness *f, double threshold, double jackknife)
{
    double cut = log(threshold / (1 - threshold));
    for (size_t r = 0; r < COUNT(rates); r++)
        for (size_t g = 0; g <= GROUPS; g++) {
            const struct fairness_measure *m =
                fairness_find(f, rates[r].metric, names[g], "", threshold);
            double n, hits = count(&n, &rates[r], g, cut, SIZE_MAX, SIZE_MAX);
            double variance = variance_of_rate(&rates[r], g, cut);
            assert_non_null(m);
            near(m->metric, g, m->value, hits / n, 1e-12);
            near("jackknife", g, left_out(rate_without, &rates[r], g, cut) / variance,
                 1 + jackknife / 2, jackknife / 2);
            double over_rows = m->value * (1 - m->value) / (n - 1);
            variance *= uncertainty(&rates[r], g, cut);
            if (strcmp(m->interval, "wilson-clustered") != 0)
                continue;
            check_wilson(m, g, fmax(variance, over_rows), n);
            *met += variance > over_rows;
        }
}

/* On the logit scale, as interval.h says. */
static void check_auc(const struct fairness *f, size_t group)
{
    const struct fairness_measure *m = fairness_find(f, "auc", names[group], "", (double)NAN);
    double auc = auc_by_pairs(group, SIZE_MAX), variance = obuchowski(group);
    double half = NORMAL_975 * sqrt(variance) / (auc * (1 - auc));
    assert_string_equal(m->interval, "clustered");
    near("auc", group, m->value, auc, 1e-12);
    near("lo", group, log(m->lo / (1 - m->lo)), log(auc / (1 - auc)) - half, 1e-5);
    near("hi", group, log(m->hi / (1 - m->hi)), log(auc / (1 - auc)) + half, 1e-5);
}

static double auc_without(const void *what, size_t group, double cut, size_t without)
{
    assert_true(what == NULL && isnan(cut));
    return auc_by_pairs(group, without);
}

/* The mean of squared errors, likewise. */
static void check_brier(const struct fairness *f, size_t group)
{
    const struct fairness_measure *m = fairness_find(f, "brier", names[group], "", (double)NAN);
    double sum = 0, n = 0, squares = 0, whose = 0;
    for (size_t k = 0; k <= rows.patients; k++) { /* once for the mean, then one by one */
        size_t patient = k == 0 ? SIZE_MAX : k - 1;
        double own = 0, own_n = 0;
        for (size_t i = 0; i < rows.count; i++)
            if (is_in(i, group, SIZE_MAX) && (k == 0 || rows.patient[i] == patient)) {
                double e = 1 / (1 + exp(-rows.logit[i])) - rows.label[i];
                own += e * e;
                own_n++;
            }
        sum = k == 0 ? own : sum;
        n = k == 0 ? own_n : n;
        whose += k > 0 && own_n > 0;
        squares += k == 0 ? 0 : (own - sum / n * own_n) * (own - sum / n * own_n);
    }
    double few = uncertainty(&rates[0], group, 0); /* of all rows */
    double half = NORMAL_975 * sqrt(few * whose / (whose - 1) * squares) / n;
    assert_string_equal(m->interval, "normal-clustered");
    near("brier", group, m->value, sum / n, 1e-6);
    near("half of brier", group, (m->hi - m->lo) / 2 / half, 1, 1e-4);
}

static void check_all(const double *threshold, double jackknife)
{
    struct fairness f;
    size_t met = 0;
    report(&f, threshold);
    check_rates(&met, &f, *threshold, jackknife);
    for (size_t g = 0; g <= GROUPS; g++) {
        check_auc(&f, g);
        check_brier(&f, g);
    }
    fairness_close(&f);
    assert_in_range(met, 10, 18);
}

static void stays_of_patients_agree_with_the_textbook(void **state)
{
    (void)state;
    static const double threshold[] = {0.1};
    read_stays();
    check_all(threshold, 0.02);
}

/*
 * One woman has a sixth of all radiographs of women. What is left without her is far off, and more
 * than straight lines say: the jackknife's variances are up to 1.6 times as large.
 */
static void radiographs_of_patients_agree_with_the_textbook(void **state)
{
    (void)state;
    static const double threshold[] = {0.5};
    read_radiographs();
    check_all(threshold, 0.6);
    near("jackknife of auc", 0, left_out(auc_without, NULL, 0, (double)NAN) / obuchowski(0), 1.1,
         0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_of_patients_agree_with_the_textbook),
        cmocka_unit_test(radiographs_of_patients_agree_with_the_textbook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
