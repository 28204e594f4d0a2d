#include "models/metrics/interval.h"

#include <math.h>

#include "models/metrics/hist.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

static void quantiles_agree_with_published_ones(void **state)
{
    (void)state;
    static const struct {
        double p, want;
    } rows[] = {
        {0.5, 0}, /* R's qnorm, 17 digits */
        {0.9, 1.2815515655446004},
        {0.95, 1.6448536269514722},
        {0.975, 1.9599639845400545},
        {0.995, 2.5758293035489004},
        {0.9995, 3.2905267314919255},
        {0.025, -1.9599639845400545},
        {1e-10, -6.3613409024040557},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!(fabs(normal_quantile(rows[i].p) - rows[i].want) < 1e-12))
            fail_msg("%g: %.17g", rows[i].p, normal_quantile(rows[i].p));
}

static void quantile_and_cdf_undo_each_other_in_both_tails(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 0.6; p *= 1.07) {
        double x = normal_quantile(p);
        /* an error of x grows by the hazard, at most |x| + 1: 38 here */
        if (!(fabs(normal_cdf(x) / p - 1) < 1e-12))
            fail_msg("%g: %.17g, back %.17g", p, x, normal_cdf(x));
        if (p > 1e-16)
            assert_true(fabs(normal_quantile(1 - p) + x) < 1e-9 || p < 1e-8);
    }
    assert_true(fabs(normal_quantile(0.5)) < 1e-15);
    assert_true(normal_cdf(0) == 0.5);
}

/* Newcombe, Statistics in Medicine 17:857, 1998, table I, method 3, four digits. */
static void wilson_agrees_with_a_published_table(void **state)
{
    (void)state;
    static const struct {
        double k, n, lo, hi;
    } rows[] = {
        {81, 263, 0.2553, 0.3662},
        {15, 148, 0.0624, 0.1605},
        {0, 20, 0.0000, 0.1611},
        {1, 29, 0.0061, 0.1718},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct interval a = interval_wilson(rows[i].k, rows[i].n, 0.95);
        struct interval b = interval_wilson(rows[i].n - rows[i].k, rows[i].n, 0.95);
        assert_true(fabs(a.lo - rows[i].lo) < 5.1e-5);
        assert_true(fabs(a.hi - rows[i].hi) < 5.1e-5);
        assert_true(fabs(a.lo + b.hi - 1) < 1e-15);
        assert_true(fabs(a.hi + b.lo - 1) < 1e-15);
        assert_string_equal(a.method, "wilson");
    }
}

static void wilson_knows_its_ends(void **state)
{
    (void)state;
    assert_true(isnan(interval_wilson(0, 0, 0.95).lo));
    assert_string_equal(interval_wilson(0, 0, 0.95).method, "");
    for (int n = 1; n < 1000; n++) { /* exactly, whatever is rounded */
        assert_true(interval_wilson(0, n, 0.95).lo == 0);
        assert_true(interval_wilson(n, n, 0.95).hi == 1);
    }
    assert_true(interval_wilson(3, 7, 0.5).hi < interval_wilson(3, 7, 0.95).hi);
}

#define ROWS_MAX 512
#define BINS     64

/* Rows of one evaluation: scores are bins, so that ties are ties for everyone. */
struct sample {
    size_t rows, patients;
    size_t bin[ROWS_MAX], patient[ROWS_MAX];
    int label[ROWS_MAX];
};

/* Patients of 1 to `most` rows, whose scores share `shared` of their spread. */
static void draw(struct sample *s, struct rng *rng, size_t patients, uint32_t most, double shared)
{
    *s = (struct sample){.patients = patients};
    for (size_t k = 0; k < patients; k++) {
        double own = rng_normal(rng);
        size_t rows = 1 + rng_below(rng, most);
        int sick = (int)rng_below(rng, 2), turns = (int)rng_below(rng, 4) == 0;
        for (size_t i = 0; i < rows; i++) {
            int label = turns ? (int)rng_below(rng, 2) : sick;
            double score = label * 0.8 + sqrt(shared) * own + sqrt(1 - shared) * rng_normal(rng);
            double bin = fmax(0, fmin(BINS - 1, floor(BINS / 2.0 + 8 * score)));
            s->bin[s->rows] = (size_t)bin;
            s->patient[s->rows] = k;
            s->label[s->rows++] = label;
        }
    }
}

/* What the production code sums: placements out of histograms, by patient. */
static struct cluster_sums sums_of(double *auc, const struct sample *s, bool by_row)
{
    int64_t positive[BINS] = {0}, negative[BINS] = {0};
    double of_positive[BINS], of_negative[BINS];
    for (size_t i = 0; i < s->rows; i++)
        (s->label[i] == 1 ? positive : negative)[s->bin[i]]++;
    *auc = hist_auc(positive, negative, BINS);
    hist_placements(of_positive, of_negative, positive, negative, BINS);

    struct cluster_sums c = {0};
    for (size_t i = 0; i < s->rows;) {
        double x = 0, y = 0, m = 0, n = 0;
        size_t first = i;
        for (; i < s->rows && s->patient[i] == s->patient[first] && !(by_row && i > first); i++) {
            x += s->label[i] == 1 ? of_positive[s->bin[i]] : 0;
            y += s->label[i] == 1 ? 0 : of_negative[s->bin[i]];
            m += s->label[i];
            n += 1 - s->label[i];
        }
        c.xx += (x - m * *auc) * (x - m * *auc);
        c.yy += (y - n * *auc) * (y - n * *auc);
        c.xy += (x - m * *auc) * (y - n * *auc);
        c.positives += m, c.negatives += n;
        c.patients++, c.with_positive += m > 0, c.with_negative += n > 0;
    }
    return c;
}

/* The same out of every pair of rows, with the papers' words and nothing of ours. */
struct reference {
    double auc, delong, clustered;
};

static double kernel(const struct sample *s, size_t positive, size_t negative)
{
    if (s->bin[positive] == s->bin[negative])
        return 0.5;
    return s->bin[positive] > s->bin[negative] ? 1 : 0;
}

static struct reference reference_of(const struct sample *s)
{
    static double v[ROWS_MAX];
    double m = 0, n = 0, total = 0;
    for (size_t i = 0; i < s->rows; i++)
        m += s->label[i], n += 1 - s->label[i];
    for (size_t i = 0; i < s->rows; i++) {
        v[i] = 0;
        for (size_t j = 0; j < s->rows; j++)
            if (s->label[i] != s->label[j])
                v[i] += s->label[i] == 1 ? kernel(s, i, j) / n : kernel(s, j, i) / m;
        total += s->label[i] == 1 ? v[i] : 0;
    }
    struct reference r = {.auc = total / m};

    for (size_t i = 0; i < s->rows; i++) {
        double d = v[i] - r.auc;
        r.delong += s->label[i] == 1 ? d * d / (m * (m - 1)) : d * d / (n * (n - 1));
    }

    double s10 = 0, s01 = 0, s11 = 0, i10 = 0, i01 = 0;
    for (size_t k = 0; k < s->patients; k++) {
        double x = 0, y = 0, any_x = 0, any_y = 0;
        for (size_t i = 0; i < s->rows; i++) {
            if (s->patient[i] != k)
                continue;
            *(s->label[i] == 1 ? &x : &y) += v[i] - r.auc;
            *(s->label[i] == 1 ? &any_x : &any_y) = 1;
        }
        s10 += x * x, s01 += y * y, s11 += x * y;
        i10 += any_x, i01 += any_y;
    }
    double patients = (double)s->patients;
    r.clustered = i10 / (i10 - 1) * s10 / (m * m) + i01 / (i01 - 1) * s01 / (n * n) +
                  2 * patients / (patients - 1) * s11 / (m * n);
    return r;
}

static bool near(double got, double want)
{
    return fabs(got - want) <= 1e-10 * fabs(want); /* two orders of summing 500 terms */
}

static void variances_are_those_of_all_pairs_of_rows(void **state)
{
    (void)state;
    static struct sample s;
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    size_t met = 0;
    for (size_t trial = 0; trial < 60; trial++) {
        draw(&s, &rng, 8 + rng_below(&rng, 60), 1 + (uint32_t)(trial % 7), rng_uniform(&rng));
        struct reference want = reference_of(&s);
        double auc, auc_by_row;
        struct cluster_sums clusters = sums_of(&auc, &s, false);
        struct cluster_sums by_row = sums_of(&auc_by_row, &s, true);
        assert_true(near(auc, want.auc));
        assert_true(near(interval_auc_variance(&by_row), want.delong));
        assert_true(near(interval_auc_variance(&clusters), want.clustered));
        assert_string_equal(interval_auc(auc, &by_row, 0.95).method, "delong");
        if (s.rows > s.patients) {
            assert_string_equal(interval_auc(auc, &clusters, 0.95).method, "clustered");
            met++;
        } else {
            assert_true(interval_auc_variance(&clusters) == interval_auc_variance(&by_row));
        }
    }
    assert_true(met > 40);
}

/*
 * Patients whose rows share most of their score, 60 of up to 7 rows. Over many cohorts the AUC
 * scatters as the clustered variance says, and far more than the rows' own variance says; bounds
 * are four standard errors of the ratio of 1,000 cohorts.
 */
static void clustered_variance_is_the_scatter_of_repeated_cohorts(void **state)
{
    (void)state;
    enum { COHORTS = 1000 };
    static struct sample s;
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    double sum = 0, squares = 0, clustered = 0, by_row = 0;
    size_t wider = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        double auc;
        draw(&s, &rng, 60, 7, 0.8);
        struct cluster_sums rows = sums_of(&auc, &s, true);
        struct cluster_sums clusters = sums_of(&auc, &s, false);
        struct interval narrow = interval_auc(auc, &rows, 0.95);
        struct interval wide = interval_auc(auc, &clusters, 0.95);
        wider += wide.hi - wide.lo > narrow.hi - narrow.lo;
        sum += auc, squares += auc * auc;
        by_row += interval_auc_variance(&rows) / COHORTS;
        clustered += interval_auc_variance(&clusters) / COHORTS;
    }
    double scatter = (squares - sum * sum / COHORTS) / (COHORTS - 1);
    if (!(fabs(clustered / scatter - 1) < 0.18) || !(by_row < scatter / 2))
        fail_msg("scatter %g, clustered %g, by row %g", scatter, clustered, by_row);
    if (wider < COHORTS * 99 / 100)
        fail_msg("wider in %zu of %d", wider, COHORTS);
}

static void an_auc_interval_is_symmetric_on_the_logit_scale(void **state)
{
    (void)state;
    const struct cluster_sums s = {.xx = 3,
                                   .yy = 2,
                                   .positives = 30,
                                   .negatives = 40,
                                   .patients = 70,
                                   .with_positive = 30,
                                   .with_negative = 40};
    double se = sqrt(3.0 / (29 * 30) + 2.0 / (39 * 40));
    static const double aucs[] = {0.001, 0.3, 0.5, 0.86, 0.999};
    for (size_t i = 0; i < COUNT(aucs); i++) {
        double a = aucs[i], z = 1.9599639845400545;
        struct interval got = interval_auc(a, &s, 0.95);
        double half = z * se / (a * (1 - a));
        assert_true(got.lo > 0 && got.lo < a && got.hi > a && got.hi <= 1);
        assert_true(fabs(log(got.lo / (1 - got.lo)) - (log(a / (1 - a)) - half)) < 1e-9 * half);
        if (got.hi < 0.999) /* above, 1 - hi has no digits left */
            assert_true(fabs(log(got.hi / (1 - got.hi)) - (log(a / (1 - a)) + half)) < 1e-9 * half);
        assert_string_equal(got.method, "delong");
    }
}

static void an_auc_that_says_nothing_of_its_error_has_no_interval(void **state)
{
    (void)state;
    const struct cluster_sums fine = {.xx = 3,
                                      .yy = 2,
                                      .positives = 30,
                                      .negatives = 40,
                                      .patients = 70,
                                      .with_positive = 30,
                                      .with_negative = 40};
    struct cluster_sums one = fine, other = fine, still = fine;
    one.with_positive = 1, other.with_negative = 1;
    still.xx = still.yy = 0;
    const struct {
        const char *what;
        double auc;
        const struct cluster_sums *sums;
    } rows[] = {
        {"all pairs right", 1, &fine},
        {"all pairs wrong", 0, &fine},
        {"no pairs", (double)NAN, &fine},
        {"one patient with a positive", 0.7, &one},
        {"one patient with a negative", 0.7, &other},
        {"rows that all look the same", 0.5, &still},
    };
    assert_string_equal(interval_auc(0.7, &fine, 0.95).method, "delong");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct interval got = interval_auc(rows[i].auc, rows[i].sums, 0.95);
        if (!isnan(got.lo) || !isnan(got.hi) || strcmp(got.method, "") != 0)
            fail_msg("%s: %g to %g", rows[i].what, got.lo, got.hi);
    }
}

/* Patients of `each` rows whose errors share `shared` of their spread; true R^2 is .5. */
static struct r2_sums draw_r2(struct rng *rng, size_t patients, size_t each, double shared,
                              double *spread)
{
    struct r2_sums s = {.rows = (double)(patients * each), .patients = (double)patients};
    static double e[ROWS_MAX], t[ROWS_MAX];
    for (size_t k = 0; k < patients; k++) {
        double own_error = rng_normal(rng), own_signal = rng_normal(rng);
        e[k] = t[k] = 0;
        for (size_t i = 0; i < each; i++) {
            double error = sqrt(shared) * own_error + sqrt(1 - shared) * rng_normal(rng);
            double signal = sqrt(shared) * own_signal + sqrt(1 - shared) * rng_normal(rng);
            e[k] += error * error;
            t[k] += (signal + error) * (signal + error); /* the mean is 0 */
        }
        s.sse += e[k], s.sst += t[k];
        s.ee += e[k] * e[k], s.tt += t[k] * t[k], s.et += e[k] * t[k];
    }
    *spread = 0;
    for (size_t k = 0; k < patients; k++)
        *spread += pow(e[k] / s.sse - t[k] / s.sst, 2) * s.patients / (s.patients - 1);
    return s;
}

static void an_r2_interval_is_the_delta_method_on_the_log_of_the_ratio(void **state)
{
    (void)state;
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    for (size_t trial = 0; trial < 20; trial++) {
        double spread;
        size_t each = 1 + trial % 3;
        struct r2_sums s = draw_r2(&rng, 50, each, 0.5, &spread);
        struct interval got = interval_r2(&s, 0.95);
        double factor = exp(1.9599639845400545 * sqrt(spread));
        assert_true(near(r2_value(&s), 1 - s.sse / s.sst));
        assert_true(near(1 - got.lo, s.sse / s.sst * factor));
        assert_true(near(1 - got.hi, s.sse / s.sst / factor));
        assert_string_equal(got.method, each == 1 ? "delta" : "clustered");
    }
}

/* 2,000 cohorts: 95 % +- four standard errors, and 1 % for 100 patients being few. */
static void an_r2_interval_holds_the_truth_as_often_as_it_says(void **state)
{
    (void)state;
    enum { COHORTS = 2000 };
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    size_t held = 0;
    for (size_t c = 0; c < COHORTS; c++) {
        double spread;
        struct r2_sums s = draw_r2(&rng, 100, 3, 0.7, &spread);
        struct interval got = interval_r2(&s, 0.95);
        held += got.lo <= 0.5 && 0.5 <= got.hi;
    }
    double share = (double)held / COHORTS;
    if (!(share > 0.92 && share < 0.98))
        fail_msg("held in %g", share);
}

static void an_r2_that_cannot_be_judged_has_no_interval(void **state)
{
    (void)state;
    static const struct r2_sums rows[] = {
        {.sse = 1, .sst = 0, .rows = 9, .patients = 9, .ee = 1, .tt = 0, .et = 0},
        {.sse = 0, .sst = 1, .rows = 9, .patients = 9, .ee = 0, .tt = 1, .et = 0},
        {.sse = 1, .sst = 2, .rows = 1, .patients = 1, .ee = 1, .tt = 4, .et = 1},
        {.sse = 2, .sst = 2, .rows = 2, .patients = 2, .ee = 2, .tt = 2, .et = 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct interval got = interval_r2(&rows[i], 0.95);
        assert_true(isnan(got.lo) && isnan(got.hi));
        assert_string_equal(got.method, "");
    }
    assert_true(isnan(r2_value(&rows[0])));
    assert_true(r2_value(&rows[1]) == 1);
}

static void quantile_of(void *ctx)
{
    normal_quantile(*(const double *)ctx);
}

static void more_than_all(void *ctx)
{
    (void)ctx;
    interval_wilson(8, 7, 0.95);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    double outside[] = {0, 1, -0.5, 2, (double)NAN};
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_true(stops(NULL, 0, quantile_of, &outside[i]));
    assert_true(stops(NULL, 0, more_than_all, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_agree_with_published_ones),
        cmocka_unit_test(quantile_and_cdf_undo_each_other_in_both_tails),
        cmocka_unit_test(wilson_agrees_with_a_published_table),
        cmocka_unit_test(wilson_knows_its_ends),
        cmocka_unit_test(variances_are_those_of_all_pairs_of_rows),
        cmocka_unit_test(clustered_variance_is_the_scatter_of_repeated_cohorts),
        cmocka_unit_test(an_auc_interval_is_symmetric_on_the_logit_scale),
        cmocka_unit_test(an_auc_that_says_nothing_of_its_error_has_no_interval),
        cmocka_unit_test(an_r2_interval_is_the_delta_method_on_the_log_of_the_ratio),
        cmocka_unit_test(an_r2_interval_holds_the_truth_as_often_as_it_says),
        cmocka_unit_test(an_r2_that_cannot_be_judged_has_no_interval),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
