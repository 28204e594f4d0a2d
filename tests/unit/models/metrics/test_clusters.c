#include "models/metrics/clusters.h"

#include <math.h>

#include "proto/base/arena.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

enum { GROUPS = 2, EVERYBODY = GROUPS, WORDS = 5 + 15 + 2 * 16 };

static const double thresholds[] = {0.37, 0.5};
static struct hist_axis axis;
static struct clusters two, bare; /* bare: without thresholds */

static int open_axis(void **state)
{
    (void)state;
    hist_axis_open(&axis, thresholds, COUNT(thresholds));
    clusters_open(&two, &axis, thresholds, COUNT(thresholds), GROUPS);
    clusters_open(&bare, &axis, NULL, 0, GROUPS);
    return 0;
}

static double *blank(void)
{
    return must_alloc(clusters_values(&two), sizeof(double));
}

/* A patient of one group, and of everybody. */
static void tally(double *values, size_t group, const double *logit, const int *label, size_t n)
{
    clusters_tally(values, &two, group, logit, label, n);
    clusters_tally(values, &two, EVERYBODY, logit, label, n);
}

/* Rows of one patient: up to four, with scores and labels that may be anything. */
static size_t draw_patient(struct rng *rng, double *logit, int *label)
{
    size_t n = 1 + rng_below(rng, 4);
    for (size_t i = 0; i < n; i++) {
        logit[i] = 4 * rng_normal(rng);
        label[i] = rng_uniform(rng) < 0.4;
    }
    return n;
}

/* One patient: scores 1/4 (positive), 3/4 (positive), 3/4 (negative). By hand. */
static void a_patient_goes_where_the_header_says(void **state)
{
    (void)state;
    const double logit[] = {hist_logit(0.25), hist_logit(0.75), hist_logit(0.75)};
    static const int label[] = {1, 1, 0};
    double *values = blank();
    assert_int_equal(clusters_values(&two), 3 * WORDS);
    clusters_tally(values, &two, 1, logit, label, 3);
    double s = 1.75, e = 0.5625 + 0.0625 + 0.5625, l = log(4) + log(4 / 3.0) + log(4);
    const double want[] = {
        3,          2,          1,          1,          1,          /* rows, patients */
        9,          6,          16 * 3 * s, 16 * 3 * e, 16 * 3 * l, /* rows with all */
        4,          16 * 2 * s, 16 * 2 * e, 16 * 2 * l,             /* positives */
        16 * s * s, 16 * s * e, 16 * s * l,                         /* scores */
        16 * e * e, 16 * e * l, 16 * l * l,                         /* errors, losses */
        1,          1,          0,          1,          1,          1, 1, 1, 0,
        1,          1,          0,          1,          0,          0, 1, /* at .37: TP 1, FP 1, TN 0, FN 1 */
        1,          1,          0,          1,          1,          1, 1, 1, 0,
        1,          1,          0,          1,          0,          0, 1,
    };
    assert_int_equal(COUNT(want), WORDS);
    for (size_t i = 0; i < WORDS; i++) {
        if (!(fabs(values[WORDS + i] - want[i]) <= ldexp(4, -20)))
            fail_msg("word %zu: %.12g, %.12g wanted", i, values[WORDS + i], want[i]);
        assert_true(values[i] == 0 && values[2 * WORDS + i] == 0);
    }
    free(values);
}

/* A row is rounded before its patient is: no order of rows can then be told. */
static void a_hundred_equal_rows_are_a_hundred_grains(void **state)
{
    (void)state;
    enum { N = 100 };
    double logit[N], *values = blank(), s = 1 / (1 + exp(-0.123));
    int label[N] = {0};
    for (size_t i = 0; i < N; i++)
        logit[i] = 0.123;
    clusters_tally(values, &two, 0, logit, label, N);
    double grain = ldexp(1, -20), row = nearbyint(16 * s / grain) * grain;
    assert_true(N * row != nearbyint(N * 16 * s / grain) * grain);
    assert_true(values[5 + 2] == N * N * row);
    free(values);
}

static void a_patient_without_rows_is_nobody(void **state)
{
    (void)state;
    double *values = blank();
    clusters_tally(values, &two, 0, NULL, NULL, 0);
    for (size_t i = 0; i < clusters_values(&two); i++)
        assert_true(values[i] == 0);
    check_ok(clusters_judge(&two, values));
    free(values);
}

/* Any split of patients over sites, any order of their rows: the same bytes, in both passes. */
static void sums_of_sites_are_the_sums_of_all_patients(void **state)
{
    (void)state;
    enum { PATIENTS = 1500, SITES = 5 };
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    double of_positive[HIST_EDGES_MAX + 1], of_negative[HIST_EDGES_MAX + 1];
    for (size_t b = 0; b < axis.bins; b++) {
        of_positive[b] = rng_uniform(&rng);
        of_negative[b] = rng_uniform(&rng);
    }
    size_t n_values = clusters_values(&two), n_place = clusters_place_values(&two);
    assert_int_equal(n_place, 9);
    double *all = blank(), *site = must_alloc(SITES * n_values, sizeof(*site));
    double place[9] = {0}, site_place[SITES][9] = {{0}};
    for (size_t i = 0; i < PATIENTS; i++) {
        double logit[4], turned[4];
        int label[4], turned_label[4];
        size_t n = draw_patient(&rng, logit, label), group = rng_below(&rng, GROUPS);
        size_t at = rng_below(&rng, SITES);
        for (size_t k = 0; k < n; k++) {
            turned[k] = logit[n - 1 - k];
            turned_label[k] = label[n - 1 - k];
        }
        tally(all, group, logit, label, n);
        tally(site + at * n_values, group, turned, turned_label, n);
        clusters_place(place, &two, group, of_positive, of_negative, 0.4, logit, label, n);
        clusters_place(site_place[at], &two, group, of_positive, of_negative, 0.4, turned,
                       turned_label, n);
    }
    for (size_t s = SITES; s-- > 1;) {
        for (size_t i = 0; i < n_values; i++)
            site[(s - 1) * n_values + i] += site[s * n_values + i];
        for (size_t i = 0; i < n_place; i++)
            site_place[s - 1][i] += site_place[s][i];
    }
    assert_memory_equal(site, all, n_values * sizeof(*all));
    assert_memory_equal(site_place[0], place, sizeof(place));
    check_ok(clusters_judge(&two, all));
    check_ok(clusters_judge_place(&two, all, place));
    free(all);
    free(site);
}

/* Two patients with placements .25 + .5 (positive), .75 (negative) and 1 (positive); AUC 1/2. */
static void a_vector_is_read_as_it_was_written(void **state)
{
    (void)state;
    const double logit[] = {hist_logit(0.25), hist_logit(0.45), hist_logit(0.75)};
    static const int label[] = {1, 1, 0};
    double of_positive[HIST_EDGES_MAX + 1] = {0}, of_negative[HIST_EDGES_MAX + 1] = {0};
    of_positive[hist_bin(&axis, logit[0])] = 0.25;
    of_positive[hist_bin(&axis, logit[1])] = 0.5;
    of_positive[hist_bin(&axis, logit[2])] = 1;
    of_negative[hist_bin(&axis, logit[2])] = 0.75;
    double *values = blank(), place[9] = {0};
    static const int one[] = {1};
    struct group_clusters read[GROUPS + 1];
    tally(values, 0, logit, label, 3);
    tally(values, 0, logit + 2, one, 1);
    clusters_place(place, &two, 0, of_positive, of_negative, 0.5, logit, label, 3);
    clusters_place(place, &two, 0, of_positive, of_negative, 0.5, logit + 2, one, 1);
    clusters_place(place, &two, 1, of_positive, of_negative, (double)NAN, logit, label, 3);
    check_ok(clusters_judge(&two, values));
    check_ok(clusters_judge_place(&two, values, place));
    clusters_read(read, &two, values, place);
    const struct group_clusters *g = &read[0];
    assert_true(g->rows == 4 && g->positives == 3 && g->patients == 2);
    assert_true(g->with_positive == 2 && g->with_negative == 1);
    assert_true(g->auc.xx == 0.0625 + 0.25 && g->auc.yy == 0.0625 && g->auc.xy == -0.0625);
    assert_true(g->auc.positives == 3 && g->auc.negatives == 1 && g->auc.patients == 2);
    assert_true(g->moment[0] == 10);                            /* rows: 3, 1 */
    assert_true(fabs(g->moment[2] - (3 * 1.45 + 0.75)) < 1e-6); /* rows, scores */
    assert_true(g->table[1].with[CLUSTERS_FN] == 1 && g->table[1].with[CLUSTERS_TN] == 0);
    assert_true(g->table[1].with_selected == 2 && g->table[1].with_rejected == 1);
    assert_true(g->table[0].with[CLUSTERS_TP] == 2 && g->table[0].with[CLUSTERS_FN] == 1);
    assert_true(read[1].patients == 0 && read[1].auc.xx == 0);
    clusters_read(read, &two, values, NULL);
    assert_true(isnan(read[0].auc.xx) && read[0].auc.positives == 3);
    free(values);
}

/* Straight from rows: the variance of a share, with patients drawn as wholes. */
static void a_variance_from_moments_is_that_of_patients(void **state)
{
    (void)state;
    enum { PATIENTS = 300 };
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    double *values = blank(), hits[PATIENTS] = {0}, rows[PATIENTS] = {0}, k = 0, n = 0;
    for (size_t i = 0; i < PATIENTS; i++) {
        double logit[4] = {0};
        int label[4];
        rows[i] = (double)draw_patient(&rng, logit, label);
        for (size_t r = 0; r < (size_t)rows[i]; r++)
            hits[i] += logit[r] >= 0;
        tally(values, 0, logit, label, (size_t)rows[i]);
        k += hits[i];
        n += rows[i];
    }
    double p = k / n, squares = 0;
    for (size_t i = 0; i < PATIENTS; i++)
        squares += (hits[i] - p * rows[i]) * (hits[i] - p * rows[i]);
    struct group_clusters read[GROUPS + 1];
    clusters_read(read, &two, values, NULL);
    const double residual[] = {1 - p, 1 - p, -p, -p}; /* of TP, FP, TN, FN */
    double variance = clusters_variance(read[0].table[1].moment, residual, 4, n, PATIENTS);
    double want = PATIENTS / (PATIENTS - 1.0) * squares / (n * n);
    assert_true(fabs(variance / want - 1) < 1e-12);
    assert_true(isnan(clusters_variance(read[0].table[1].moment, residual, 4, n, 1)));
    free(values);
}

/* The patient of the first test, of the first group, with one or two words changed there and of everybody. */
static void refuse(const struct clusters *c, size_t words, const char *what, const size_t at[2],
                   const double change[2])
{
    const double logit[] = {hist_logit(0.25), hist_logit(0.75), hist_logit(0.75)};
    static const int label[] = {1, 1, 0};
    double *values = must_alloc(clusters_values(c), sizeof(*values));
    assert_int_equal(clusters_values(c), 3 * words);
    clusters_tally(values, c, 0, logit, label, 3);
    clusters_tally(values, c, EVERYBODY, logit, label, 3);
    check_ok(clusters_judge(c, values));
    for (size_t i = 0; i < 2; i++) {
        values[at[i]] += change[i];
        values[EVERYBODY * words + at[i]] += change[i];
    }
    if (clusters_judge(c, values) == ST_OK)
        fail_msg("%s: taken", what);
    check_fault(clusters_judge(c, values), EC_RUN_SUM);
    free(values);
}

/* A sum is something a peer sent. */
static void a_sum_that_no_patients_have_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t at[2];
        double change[2];
    } rows[] = {
        {"a row more", {0}, {1}},
        {"half a row", {0}, {0.5}},
        {"more positives than rows", {1}, {4}},
        {"a patient less", {2}, {-1}},
        {"patients of no class", {2}, {2}},
        {"more patients than rows", {2}, {5}},
        {"nobody with a positive", {3}, {-1}},
        {"more patients with a negative than negatives", {4}, {1}},
        {"squares below their rows", {5}, {-7}},
        {"half a moment of counts", {6}, {0.5}},
        {"endless rows", {5}, {HUGE_VAL}},
        {"a product above its squares", {7}, {16 * 20.0}},
        {"no number", {8}, {(double)NAN}},
        {"scores above their rows", {14}, {16 * 9.0}},
        {"a product below 0", {15}, {-16 * 9.0}},
        {"a loss above the largest", {19}, {16 * 9 * 1400.0}},
        {"a patient less with a TP", {20}, {-1}},
        {"half a patient with a TP", {20}, {-0.5}},
        {"a patient with a TN that nobody has", {22}, {1}},
        {"more selected than patients", {24}, {1}},
        {"nobody selected", {24}, {-1}},
        {"nobody rejected", {25}, {-1}},
        {"squares that are not the rows'", {26}, {1}},
        {"half a square", {26}, {0.5}},
        {"squares of negatives that are not the rows'", {30}, {1}},
        {"products that are not the rows'", {30, 32}, {2, -1}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        refuse(&two, WORDS, rows[i].what, rows[i].at, rows[i].change);
        if (rows[i].at[0] < 20)
            refuse(&bare, 20, rows[i].what, rows[i].at, rows[i].change);
    }
}

static void patients_that_are_not_everybody_are_refused(void **state)
{
    (void)state;
    const double logit[] = {hist_logit(0.25), hist_logit(0.75), hist_logit(0.75)};
    static const int label[] = {1, 1, 0};
    double *values = blank();
    clusters_tally(values, &two, 1, logit, label, 3);
    check_fault(clusters_judge(&two, values), EC_RUN_SUM);
    clusters_tally(values, &two, EVERYBODY, logit, label, 3);
    check_ok(clusters_judge(&two, values));
    clusters_tally(values, &two, EVERYBODY, logit, label, 1); /* of no group */
    check_fault(clusters_judge(&two, values), EC_RUN_SUM);
    clusters_tally(values, &two, 0, logit, label, 1); /* the same patient, or another */
    check_ok(clusters_judge(&two, values));
    free(values);
    values = blank();
    clusters_tally(values, &two, 0, logit, label, 1);
    clusters_tally(values, &two, 0, logit + 1, label, 1);
    clusters_tally(values, &two, EVERYBODY, logit, label, 2); /* two of a group are one */
    check_fault(clusters_judge(&two, values), EC_RUN_SUM);
    free(values);
}

/* More than are exact; and coordinator/eval/release.h stops at 2^40. */
static void more_patients_than_can_be_counted_are_refused(void **state)
{
    (void)state;
    const double logit = hist_logit(0.25);
    static const int label = 1;
    double *values = blank();
    tally(values, 0, &logit, &label, 1);
    for (size_t i = 0; i < clusters_values(&two); i++)
        values[i] *= GROUPS_ROWS_MAX;
    check_ok(clusters_judge(&two, values));
    for (size_t i = 0; i < clusters_values(&two); i++)
        values[i] *= 2;
    check_fault(clusters_judge(&two, values), EC_RUN_SUM);
    free(values);
}

static void placements_that_no_patients_have_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double place[3];
        bool taken;
    } rows[] = {
        {"nothing", {0, 0, 0}, true},
        {"as far as rows can be", {16 * 4, 16 * 1, -16 * 2}, true},
        {"farther than two positives", {16 * 4.1, 0, 0}, false},
        {"farther than one negative", {0, 16 * 1.1, 0}, false},
        {"a square below 0", {-1, 0, 0}, false},
        {"a product above its squares", {16, 16, 17}, false},
        {"a product far below", {16, 16, -17}, false},
        {"no number", {16, 16, (double)NAN}, false},
    };
    const double logit[] = {hist_logit(0.25), hist_logit(0.75), hist_logit(0.75)};
    static const int label[] = {1, 1, 0};
    double *values = blank();
    tally(values, 0, logit, label, 3);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double place[9] = {0};
        memcpy(place, rows[i].place, sizeof(rows[i].place));
        if ((clusters_judge_place(&two, values, place) == ST_OK) != rows[i].taken)
            fail_msg("%s: %s", rows[i].what, rows[i].taken ? "refused" : "taken");
    }
    free(values);
}

static void patients_of_other_rows_are_no_match(void **state)
{
    (void)state;
    const double logit[] = {0, 1, 2};
    static const int label[] = {1, 1, 0};
    static struct group_sums sums[GROUPS];
    struct groups layout;
    struct group_clusters read[GROUPS + 1];
    groups_open(&layout, &axis, GROUPS);
    double *values = blank(), *counts = must_alloc(groups_values(&layout), sizeof(*counts));
    for (size_t i = 0; i < 3; i++)
        groups_tally(counts, &layout, 1, logit[i], label[i]);
    groups_read(sums, &layout, counts);
    tally(values, 1, logit, label, 3);
    clusters_read(read, &two, values, NULL);
    check_ok(clusters_match(read, &two, &layout, sums));
    sums[1].count[0][0]++;
    check_fault(clusters_match(read, &two, &layout, sums), EC_RUN_SUM);
    sums[1].count[0][0]--;
    sums[1].count[1][hist_bin(&axis, 0)]--;
    sums[1].count[0][hist_bin(&axis, 0)]++; /* as many, but not as many positives */
    check_fault(clusters_match(read, &two, &layout, sums), EC_RUN_SUM);
    sums[1].count[1][hist_bin(&axis, 0)]++;
    sums[1].count[0][hist_bin(&axis, 0)]--;
    check_ok(clusters_match(read, &two, &layout, sums));
    double *with = read[1].table[0].with;
    for (size_t k = 0; k < CLUSTERS_CELLS; k++) { /* nobody in a cell of rows; more than its rows */
        double kept = with[k];
        with[k] = kept > 0 ? 0 : 1;
        check_fault(clusters_match(read, &two, &layout, sums), EC_RUN_SUM);
        with[k] = 4;
        check_fault(clusters_match(read, &two, &layout, sums), EC_RUN_SUM);
        with[k] = kept;
    }
    free(counts);
    free(values);
}

static void tally_bad(void *ctx)
{
    const int *how = ctx;
    double *values = blank(), logit = how[0] == 1 ? (double)NAN : 0;
    int label = how[0] == 2 ? 2 : 0;
    clusters_tally(values, &two, how[0] == 0 ? GROUPS + 1 : 0, &logit, &label, 1);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++)
        assert_true(stops(NULL, 0, tally_bad, &how));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patient_goes_where_the_header_says),
        cmocka_unit_test(a_hundred_equal_rows_are_a_hundred_grains),
        cmocka_unit_test(a_patient_without_rows_is_nobody),
        cmocka_unit_test(sums_of_sites_are_the_sums_of_all_patients),
        cmocka_unit_test(a_vector_is_read_as_it_was_written),
        cmocka_unit_test(a_variance_from_moments_is_that_of_patients),
        cmocka_unit_test(a_sum_that_no_patients_have_is_refused),
        cmocka_unit_test(patients_that_are_not_everybody_are_refused),
        cmocka_unit_test(more_patients_than_can_be_counted_are_refused),
        cmocka_unit_test(placements_that_no_patients_have_are_refused),
        cmocka_unit_test(patients_of_other_rows_are_no_match),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, open_axis, NULL);
}
