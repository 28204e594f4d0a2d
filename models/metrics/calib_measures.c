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
        draw_cells(&again, &rng, llround(m->rows), c);
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

/* A mean over rows from its sum and its sum of squares. */
static void add_mean(struct inquiry *in, const char *metric, size_t slot, double sum,
                     double squares)
{
    struct fairness_measure *m = fairness_add_of(in, metric, slot);
    double n = m->rows;
    if (n == 0) {
        fairness_deny(m, "no rows");
        return;
    }
    m->value = sum / n;
    double variance = n > 1 ? (squares / n - m->value * m->value) / (n - 1) : 0;
    struct interval i = interval_normal(m->value, variance, in->q->level);
    i.lo = isnan(i.lo) ? i.lo : fmax(0, i.lo);
    fairness_set_interval(m, i);
}

static void add_means(struct inquiry *in, size_t slot)
{
    const struct group_sums *s = in->sums[slot];
    double score = sum_of(s, 0, GROUPS_SCORE) + sum_of(s, 1, GROUPS_SCORE);
    double squares = sum_of(s, 0, GROUPS_SCORE_SQUARED) + sum_of(s, 1, GROUPS_SCORE_SQUARED);
    double positives = group_rows(s, 1, in->bins);
    add_mean(in, "brier", slot, positives - 2 * sum_of(s, 1, GROUPS_SCORE) + squares,
             sum_of(s, 0, GROUPS_ERROR_TO_THE_4TH) + sum_of(s, 1, GROUPS_ERROR_TO_THE_4TH));
    add_mean(in, "log_loss", slot, sum_of(s, 0, GROUPS_LOSS) + sum_of(s, 1, GROUPS_LOSS),
             sum_of(s, 0, GROUPS_LOSS_SQUARED) + sum_of(s, 1, GROUPS_LOSS_SQUARED));
    add_mean(in, "mean_score", slot, score, squares);

    struct fairness_measure *m = fairness_add_of(in, "o_over_e", slot);
    if (!(score > 0)) {
        fairness_deny(m, m->rows == 0 ? "no rows" : "nobody is expected");
        return;
    }
    m->value = positives / score;
    struct interval i = interval_rate(positives, m->rows, in->q->level);
    i.lo *= m->rows / score; /* the scores are taken as they are */
    i.hi *= m->rows / score;
    fairness_set_interval(m, i);
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
    struct interval i = interval_normal(fit->value, fit->variance, in->q->level);
    i.method = isnan(i.lo) ? "" : "wald";
    fairness_set_interval(m, i);
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
        int64_t n = llround(calib_rows(own, 0) + calib_rows(own, 1));
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
        calib_read(&all->of[slot], in->q->groups, in->sums[slot]);
        add_errors(in, slot, &all->of[slot]);
        add_means(in, slot);
        add_line(in, slot);
    }
    add_gap(in, all);
    free(all);
}
