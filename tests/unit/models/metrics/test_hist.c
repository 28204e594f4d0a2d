#include "models/metrics/hist.h"

#include <math.h>

#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

static const double thresholds[] = {0.5, 0.37, 0.05, 1e-7, 0.9999999, 0.2, 0.37, 0, 1};

static void open_axis(struct hist_axis *axis)
{
    hist_axis_open(axis, thresholds, COUNT(thresholds));
}

/* The definition: a bin is how many edges are at or below the score. */
static size_t counted_bin(const struct hist_axis *axis, double logit)
{
    size_t bin = 0;
    for (size_t e = 0; e < axis->bins - 1; e++)
        bin += axis->edge[e] <= logit;
    return bin;
}

static void the_axis_has_equal_bins_tenths_and_thresholds_once_each(void **state)
{
    (void)state;
    struct hist_axis bare, axis;
    hist_axis_open(&bare, NULL, 0);
    open_axis(&axis);
    /* 1,023 equal edges and 8 tenths: .5 is logit 0, an equal edge. */
    assert_int_equal(bare.bins, 1023 + 8 + 1);
    /* .37, .05 and two beyond the reach are new; .5 and .2 are not, 0 and 1 are the ends. */
    assert_int_equal(axis.bins, bare.bins + 4);
    for (size_t e = 1; e + 1 < axis.bins; e++)
        assert_true(axis.edge[e] > axis.edge[e - 1]);
    for (int k = 1; k < HIST_BINS; k++) {
        double edge = -12 + k * (24.0 / 1024);
        assert_true(axis.edge[counted_bin(&axis, edge) - 1] == edge);
    }
}

/* Every edge: just below it, at it, just above it. */
static void a_score_on_an_edge_belongs_to_the_bin_above(void **state)
{
    (void)state;
    struct hist_axis axis;
    open_axis(&axis);
    for (size_t e = 0; e < axis.bins - 1; e++) {
        double edge = axis.edge[e];
        assert_int_equal(hist_bin(&axis, nextafter(edge, -HUGE_VAL)), e);
        assert_int_equal(hist_bin(&axis, edge), e + 1);
        assert_int_equal(hist_bin(&axis, nextafter(edge, HUGE_VAL)), e + 1);
    }
}

static void any_score_has_the_bin_of_the_definition(void **state)
{
    (void)state;
    struct hist_axis axis;
    open_axis(&axis);
    static const double odd[] = {0.0,   -0.0,   12,     -12,      11.999999,
                                 1e300, -1e300, 5e-324, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < COUNT(odd); i++)
        assert_int_equal(hist_bin(&axis, odd[i]), counted_bin(&axis, odd[i]));
    assert_int_equal(hist_bin(&axis, -HUGE_VAL), 0);
    assert_int_equal(hist_bin(&axis, HUGE_VAL), axis.bins - 1);
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 20000; i++) {
        double logit = 9 * rng_normal(&rng);
        assert_int_equal(hist_bin(&axis, logit), counted_bin(&axis, logit));
    }
}

/* The confusion counts at a threshold are those of the rows. */
static void counts_at_a_threshold_are_exact(void **state)
{
    (void)state;
    struct hist_axis axis;
    open_axis(&axis);
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    enum { ROWS = 5000 };
    static double p[ROWS];
    int64_t counts[HIST_EDGES_MAX + 1] = {0};
    for (size_t i = 0; i < ROWS; i++) { /* many on a threshold, all as a model's floats */
        p[i] = i % 3 == 0 ? thresholds[i % COUNT(thresholds)] : (double)(float)rng_uniform(&rng);
        counts[hist_bin(&axis, hist_logit(p[i]))]++;
    }
    for (size_t t = 0; t < COUNT(thresholds); t++) {
        int64_t want = 0;
        for (size_t i = 0; i < ROWS; i++)
            want += p[i] >= thresholds[t];
        size_t at = hist_bin_of_threshold(&axis, thresholds[t]);
        if (thresholds[t] == 1)
            assert_int_equal(at, axis.bins); /* the last bin is open: it holds more than 1 */
        else
            assert_int_equal(hist_count_from(counts, axis.bins, at), want);
    }
    assert_int_equal(hist_count_from(counts, axis.bins, 0), ROWS);
    assert_int_equal(hist_count_from(counts, axis.bins, axis.bins), 0);
}

static void tenths_are_edges_of_every_axis(void **state)
{
    (void)state;
    struct hist_axis axis;
    hist_axis_open(&axis, NULL, 0);
    for (int i = 0; i < 10; i++) {
        size_t at = hist_bin_of_threshold(&axis, i / 10.0);
        assert_int_equal(at, i == 0 ? 0 : hist_bin(&axis, hist_logit(i / 10.0)));
    }
}

#define FEW 40

/* Every pair of a positive and a negative row, ties a half. */
static void auc_and_placements_are_those_of_all_pairs(void **state)
{
    (void)state;
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    for (size_t trial = 0; trial < 200; trial++) {
        size_t bins = 1 + rng_below(&rng, 12);
        size_t bin[FEW], rows = 2 + rng_below(&rng, FEW - 1);
        int label[FEW];
        int64_t positive[12] = {0}, negative[12] = {0};
        for (size_t i = 0; i < rows; i++) {
            label[i] = i == 0 ? 1 : i == 1 ? 0 : (int)rng_below(&rng, 2);
            bin[i] = rng_below(&rng, (uint32_t)bins);
            (label[i] == 1 ? positive : negative)[bin[i]]++;
        }
        double of_positive[12], of_negative[12], total = 0, pairs = 0;
        hist_placements(of_positive, of_negative, positive, negative, bins);
        for (size_t i = 0; i < rows; i++) {
            double place = 0, others = 0;
            for (size_t j = 0; j < rows; j++) {
                if (label[j] == label[i])
                    continue;
                double won = bin[i] > bin[j] ? 1 : bin[i] < bin[j] ? 0 : 0.5;
                place += label[i] == 1 ? won : 1 - won;
                others++;
            }
            double got = label[i] == 1 ? of_positive[bin[i]] : of_negative[bin[i]];
            assert_true(got == place / others);
            total += label[i] == 1 ? place : 0;
            pairs += label[i] == 1 ? others : 0;
        }
        assert_true(hist_auc(positive, negative, bins) == total / pairs);
    }
}

static void an_empty_class_has_no_auc(void **state)
{
    (void)state;
    const int64_t some[2] = {3, 4}, nobody[2] = {0, 0};
    double of_positive[2], of_negative[2];
    assert_true(isnan(hist_auc(some, nobody, 2)));
    assert_true(isnan(hist_auc(nobody, some, 2)));
    hist_placements(of_positive, of_negative, some, nobody, 2);
    assert_true(isnan(of_positive[0]));
    assert_true(of_negative[0] == (4 + 1.5) / 7);
}

static void counts_of_a_nation_are_exact(void **state)
{
    (void)state;
    const int64_t positive[2] = {10000001, 20000003}, negative[2] = {30000001, 10000001};
    double of_pairs = 10000001.0 * 30000001 / 2 + 20000003.0 * (30000001 + 10000001 / 2.0);
    assert_true(hist_auc(positive, negative, 2) == of_pairs / (30000004.0 * 40000002.0));
}

static void logits_of_probabilities_reach_both_ends(void **state)
{
    (void)state;
    assert_true(hist_logit(0.5) == 0);
    assert_true(hist_logit(0) == -HUGE_VAL);
    assert_true(hist_logit(1) == HUGE_VAL);
    assert_true(fabs(hist_logit(0.9) - log(9)) < 1e-15);
}

static void bin_no_number(void *ctx)
{
    hist_bin(ctx, (double)NAN);
}

static void bin_of_no_edge(void *ctx)
{
    hist_bin_of_threshold(ctx, 0.123);
}

static void open_with_too_many(void *ctx)
{
    double many[100];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = (double)(i + 1) / 128;
    hist_axis_open(ctx, many, COUNT(many));
}

static void open_beyond_one(void *ctx)
{
    const double beyond = 1.5;
    hist_axis_open(ctx, &beyond, 1);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    struct hist_axis axis;
    open_axis(&axis);
    assert_true(stops(NULL, 0, bin_no_number, &axis));
    assert_true(stops(NULL, 0, bin_of_no_edge, &axis));
    assert_true(stops(NULL, 0, open_with_too_many, &axis));
    assert_true(stops(NULL, 0, open_beyond_one, &axis));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_axis_has_equal_bins_tenths_and_thresholds_once_each),
        cmocka_unit_test(a_score_on_an_edge_belongs_to_the_bin_above),
        cmocka_unit_test(any_score_has_the_bin_of_the_definition),
        cmocka_unit_test(counts_at_a_threshold_are_exact),
        cmocka_unit_test(tenths_are_edges_of_every_axis),
        cmocka_unit_test(auc_and_placements_are_those_of_all_pairs),
        cmocka_unit_test(an_empty_class_has_no_auc),
        cmocka_unit_test(counts_of_a_nation_are_exact),
        cmocka_unit_test(logits_of_probabilities_reach_both_ends),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
