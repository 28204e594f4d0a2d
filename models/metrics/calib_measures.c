/* How well scores are calibrated, group by group, as rows: fairness.h. */
#include <math.h>
#include <stdlib.h>

#include "models/metrics/calib.h"
#include "models/metrics/fairness_inside.h"
#include "models/metrics/resample.h"
#include "proto/base/arena.h"

#define CELLS  (2 * GROUPS_TENTHS)
#define STREAM 1

/* n rows drawn again: which cell, and how far the cell's scores then sum up from their mean. */
static void draw_cells(struct calib *out, struct rng *rng, int64_t n, const struct calib *from)
{
    resample_rows(out->rows, rng, n, from->rows, CELLS);
    for (size_t i = 0; i < CELLS; i++) {
        double k = (double)out->rows[i], rows = (double)from->rows[i];
        double mean = rows > 0 ? from->score[i] / rows : 0;
        double variance = rows > 0 ? fmax(0, from->score_squared[i] / rows - mean * mean) : 0;
        out->score[i] = k == 0 ? 0 : k * mean + sqrt(k * variance) * rng_normal(rng);
        out->score_squared[i] = 0; /* nobody asks */
    }
}

static void add_errors(struct inquiry *in, size_t slot, const struct calib *c)
{
    size_t replicates = in->q->replicates;
    struct fairness_measure *m = fairness_add_of(in, "ece", slot);
    if (m->rows == 0) {
        fairness_deny(m, "no rows");
        fairness_deny(fairness_add_of(in, "mce", slot), "no rows");
        fairness_deny(fairness_add_of(in, "ece_debiased", slot), "no rows");
        return;
    }
    double *apart = must_alloc(replicates, sizeof(*apart)), mean = 0;
    for (size_t b = 0; b < replicates; b++) {
        struct rng rng = rng_open(in->q->seed, RNG_BOOTSTRAP, STREAM, b, 2 + slot);
        struct calib again;
        draw_cells(&again, &rng, effective_rows(m->rows, in->effect[slot]), c);
        apart[b] = calib_apart(&again, c);
        mean += calib_ece(&again) / (double)replicates;
    }
    double value = m->value = calib_ece(c);
    double reach = resample_quantile(apart, replicates, in->q->level);
    struct interval i = {fmax(0, value - reach), fmin(1, value + reach), "bootstrap-bound"};
    fairness_set_interval(m, i);
    m = fairness_add_of(in, "ece_debiased", slot);
    m->value = fmax(0, 2 * value - mean);
    fairness_set_interval(m, i);
    fairness_add_of(in, "mce", slot)->value = calib_mce(c);
    free(apart);
}

/* The sum over all tenths of one label. */
static double sum_of(const struct group_sums *s, int label, enum groups_sum what)
{
    double sum = 0;
    for (size_t t = 0; t < GROUPS_TENTHS; t++)
        sum += s->sum[label][t][what];
    return sum;
}

/* Of a ratio of two of a patient's sums. */
static struct interval interval_of_ratio(double value, const struct group_clusters *patients,
                                         enum clusters_sum a, enum clusters_sum b, double total,
                                         double level)
{
    double residual[CLUSTERS_SUMS] = {0};
    residual[a] = 1;
    residual[b] -= value;
    double variance =
        clusters_variance(patients->moment, residual, CLUSTERS_SUMS, total, patients->patients);
    variance *= few_patients(patients->rows, patients->moment[0], level);
    struct interval i = interval_of_patients(interval_normal(value, variance, level), patients);
    i.lo = isnan(i.lo) ? i.lo : fmax(0, i.lo);
    return i;
}

/* A mean over rows from its sum and its sum of squares; what: the same sum in clusters.h. */
static void add_mean(struct inquiry *in, const char *metric, size_t slot, double sum,
                     double squares, enum clusters_sum what)
{
    const struct group_clusters *patients = inquiry_patients(in, slot);
    struct fairness_measure *m = fairness_add_of(in, metric, slot);
    double n = m->rows;
    if (n == 0) {
        fairness_deny(m, "no rows");
        return;
    }
    m->value = sum / n;
    if (patients != NULL) {
        fairness_set_interval(
            m, interval_of_ratio(m->value, patients, what, CLUSTERS_ROWS, n, in->q->level));
        return;
    }
    double variance = n > 1 ? (squares / n - m->value * m->value) / (n - 1) : 0;
    struct interval i = interval_normal(m->value, variance, in->q->level);
    i.lo = isnan(i.lo) ? i.lo : fmax(0, i.lo);
    fairness_set_interval(m, i);
}

/* Positives by those expected. */
static void add_observed(struct inquiry *in, size_t slot, double score)
{
    const struct group_clusters *patients = inquiry_patients(in, slot);
    double positives = group_rows(in->sums[slot], 1, in->bins);
    struct fairness_measure *m = fairness_add_of(in, "o_over_e", slot);
    if (!(score > 0)) {
        fairness_deny(m, m->rows == 0 ? "no rows" : "nobody is expected");
        return;
    }
    m->value = positives / score;
    if (patients != NULL) {
        fairness_set_interval(m, interval_of_ratio(m->value, patients, CLUSTERS_POSITIVES,
                                                   CLUSTERS_SCORE, score, in->q->level));
        return;
    }
    struct interval i = interval_rate(positives, m->rows, in->q->level);
    i.lo *= m->rows / score; /* the scores are taken as they are */
    i.hi *= m->rows / score;
    fairness_set_interval(m, i);
}

/* Of squared errors. */
static double brier_sum(const struct inquiry *in, size_t slot)
{
    const struct group_sums *s = in->sums[slot];
    return group_rows(s, 1, in->bins) - 2 * sum_of(s, 1, GROUPS_SCORE) +
           sum_of(s, 0, GROUPS_SCORE_SQUARED) + sum_of(s, 1, GROUPS_SCORE_SQUARED);
}

static void add_means(struct inquiry *in, size_t slot)
{
    const struct group_sums *s = in->sums[slot];
    double score = sum_of(s, 0, GROUPS_SCORE) + sum_of(s, 1, GROUPS_SCORE);
    double squares = sum_of(s, 0, GROUPS_SCORE_SQUARED) + sum_of(s, 1, GROUPS_SCORE_SQUARED);
    add_mean(in, "brier", slot, brier_sum(in, slot),
             sum_of(s, 0, GROUPS_ERROR_TO_THE_4TH) + sum_of(s, 1, GROUPS_ERROR_TO_THE_4TH),
             CLUSTERS_SQUARED_ERROR);
    add_mean(in, "log_loss", slot, sum_of(s, 0, GROUPS_LOSS) + sum_of(s, 1, GROUPS_LOSS),
             sum_of(s, 0, GROUPS_LOSS_SQUARED) + sum_of(s, 1, GROUPS_LOSS_SQUARED), CLUSTERS_LOSS);
    add_mean(in, "mean_score", slot, score, squares, CLUSTERS_SCORE);
    add_observed(in, slot, score);
}

double calibration_effect(const struct inquiry *in, size_t slot)
{
    const struct group_clusters *patients = inquiry_patients(in, slot);
    const struct group_sums *s = in->sums[slot];
    if (patients == NULL)
        return 1;
    double n = patients->rows, value = brier_sum(in, slot) / n;
    double squares = sum_of(s, 0, GROUPS_ERROR_TO_THE_4TH) + sum_of(s, 1, GROUPS_ERROR_TO_THE_4TH);
    const double residual[CLUSTERS_SUMS] = {[CLUSTERS_ROWS] = -value, [CLUSTERS_SQUARED_ERROR] = 1};
    double over_rows = (squares / n - value * value) / (n - 1);
    double effect =
        clusters_variance(patients->moment, residual, CLUSTERS_SUMS, n, patients->patients) /
        over_rows;
    effect *= few_patients(n, patients->moment[0], in->q->level);
    return over_rows > 0 && isfinite(effect) ? fmax(1, effect) : 1;
}

static void add_fit(struct inquiry *in, const char *metric, size_t slot,
                    const struct calib_fit *fit)
{
    struct fairness_measure *m = fairness_add_of(in, metric, slot);
    if (fit->why != NULL) {
        fairness_deny(m, "%s", fit->why);
        return;
    }
    m->value = fit->value;
    struct interval i = interval_normal(fit->value, fit->variance * in->effect[slot], in->q->level);
    i.method = isnan(i.lo) ? "" : "wald";
    fairness_set_interval(m, interval_of_patients(i, inquiry_patients(in, slot)));
}

static void add_line(struct inquiry *in, size_t slot)
{
    struct calib_fit in_the_large, intercept, slope;
    calib_line(&in_the_large, &intercept, &slope, in->q->groups->axis, in->sums[slot]);
    add_fit(in, "calibration_in_the_large", slot, &in_the_large);
    add_fit(in, "calibration_intercept", slot, &intercept);
    add_fit(in, "calibration_slope", slot, &slope);
}

/* Of all groups that are shown; the last is overall. */
struct shelves {
    size_t groups;
    struct calib of[SPREAD_SLOTS];
    double effect[SPREAD_SLOTS]; /* design effects */
};

/*
 * Two values of each group, of which a gap takes the larger reach: its ECE, and how far apart its
 * tenths are from those it was drawn from. The ECE of a group that is calibrated moves by all of
 * the latter, and drawn again from what luck made of it only by a part.
 */
enum { ECE, APART, ECE_VALUES };

static void draw_eces(struct spread_values *v, struct rng *rng, const struct shelves *all,
                      bool equal)
{
    v->groups = all->groups;
    for (size_t g = 0; g <= all->groups; g++) {
        const struct calib *own = &all->of[g];
        int64_t n = effective_rows(calib_rows(own, 0) + calib_rows(own, 1), all->effect[g]);
        struct calib again;
        draw_cells(&again, rng, n, equal ? &all->of[all->groups] : own);
        v->of[ECE][g] = calib_ece(&again);
        v->of[APART][g] = equal ? 0 : calib_apart(&again, own);
    }
}

static void draw_again(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_eces(v, rng, context, false);
}

static void draw_equal(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_eces(v, rng, context, true);
}

static void add_gap(struct inquiry *in, const struct shelves *all)
{
    static const struct spread gap = {"ece_gap", SPREAD_GAP, SPREAD_MAX, 2, {ECE, APART}};
    static const char *const missing[ECE_VALUES] = {"rows", "rows"};
    struct spread_values v = {.groups = in->count};
    for (size_t slot = 0; slot <= in->count; slot++) {
        v.of[ECE][slot] = calib_ece(&all->of[slot]);
        v.of[APART][slot] = v.of[ECE][slot] - v.of[ECE][slot]; /* 0, or NAN like it */
    }
    const struct spread_job job = {
        .spread = &gap,
        .spreads = 1,
        .v = &v,
        .centre = &v,
        .missing = missing,
        .source = {.context = all, .draw = draw_again, .null = draw_equal},
        .threshold = (double)NAN,
        .stream = STREAM,
    };
    spread_measures(in, &job);
}

void calibration_measures(struct inquiry *in)
{
    struct shelves *all = must_alloc(1, sizeof(*all));
    all->groups = in->count;
    for (size_t slot = 0; slot <= in->count; slot++) {
        all->effect[slot] = in->effect[slot];
        calib_read(&all->of[slot], in->q->groups, in->sums[slot]);
        add_errors(in, slot, &all->of[slot]);
        add_means(in, slot);
        add_line(in, slot);
    }
    add_gap(in, all);
    free(all);
}
