/* What decisions at a threshold are worth, and which threshold to take: fairness.h. */
#include <math.h>
#include <stdlib.h>

#include "models/metrics/confusion.h"
#include "models/metrics/resample.h"
#include "proto/base/arena.h"

/* Of the mean over rows of 1 (TP), -w (FP), 0. */
static double variance_of_benefit(const struct group_clusters *g, const struct confusion *c,
                                  double benefit, double w, size_t index, double level)
{
    double n = confusion_rows(c);
    if (g == NULL)
        return (c->tp / n + w * w * c->fp / n - benefit * benefit) / n;
    const double residual[CLUSTERS_CELLS] = {[CLUSTERS_TP] = 1 - benefit,
                                             [CLUSTERS_FP] = -w - benefit,
                                             [CLUSTERS_TN] = -benefit,
                                             [CLUSTERS_FN] = -benefit};
    return clusters_variance(g->table[index].moment, residual, CLUSTERS_CELLS, n, g->patients) *
           few_patients(n, g->moment[0], level);
}

/* Vickers and Elkin, Med Decis Making 26:565, 2006. */
static void add_net_benefit(struct inquiry *in, const struct tables *t, size_t slot,
                            double threshold, size_t index)
{
    const struct group_clusters *patients = inquiry_patients(in, slot);
    struct confusion all = tables_overall(t);
    const struct confusion *c = slot < in->count ? &t->of[slot] : &all;
    struct fairness_measure *m = fairness_add_of(in, "net_benefit", slot);
    m->threshold = threshold;
    double n = confusion_rows(c), w = threshold / (1 - threshold);
    if (n == 0 || threshold == 1) {
        fairness_deny(m, n == 0 ? "no rows" : "a threshold of 1 weighs false alarms infinitely");
        return;
    }
    m->value = c->tp / n - w * c->fp / n;
    double variance = variance_of_benefit(patients, c, m->value, w, index, in->q->level);
    fairness_set_interval(
        m, interval_of_patients(interval_normal(m->value, variance, in->q->level), patients));
}

/* Of benefits b = prediction - label + 1 of 0, 1 or 2 (Speicher et al., KDD 2018). */
static double entropy_index(const struct confusion *c)
{
    double n = confusion_rows(c), right = c->tp + c->tn, mean = (right + 2 * c->fp) / n;
    return ((right + 4 * c->fp) / n / (mean * mean) - 1) / 2;
}

static double theil_index(const struct confusion *c)
{
    double n = confusion_rows(c), right = c->tp + c->tn, mean = (right + 2 * c->fp) / n;
    return (right * log(1 / mean) + 2 * c->fp * log(2 / mean)) / (mean * n); /* b 0: b log b is 0 */
}

static void add_index(struct inquiry *in, const char *metric, const struct confusion *c,
                      double (*index_of)(const struct confusion *c), double threshold,
                      uint64_t stream)
{
    struct fairness_measure *m = fairness_add_of(in, metric, in->count);
    m->threshold = threshold;
    if (c->tp + c->tn + c->fp == 0) {
        fairness_deny(m, "%s", confusion_rows(c) == 0 ? "no rows" : "nobody has a benefit");
        return;
    }
    m->value = index_of(c);
    const int64_t counts[4] = {llround(c->tp), llround(c->fp), llround(c->fn), llround(c->tn)};
    double *drawn = must_alloc(in->q->replicates, sizeof(*drawn));
    size_t known = 0;
    for (size_t b = 0; b < in->q->replicates; b++) {
        struct rng rng = rng_open(in->q->seed, RNG_BOOTSTRAP, stream, b, 2);
        int64_t k[4];
        resample_rows(k, &rng, effective_rows(m->rows, in->effect[in->count]), counts, 4);
        const struct confusion again = {
            .tp = (double)k[0], .fp = (double)k[1], .fn = (double)k[2], .tn = (double)k[3]};
        if (again.tp + again.tn + again.fp > 0)
            drawn[known++] = index_of(&again);
    }
    fairness_set_interval(m, resample_interval(m->value, drawn, known, in->q->level));
    free(drawn);
}

void decision_measures(struct inquiry *in, const struct tables *t, double threshold, size_t index)
{
    struct confusion all = tables_overall(t);
    for (size_t slot = 0; slot <= in->count; slot++)
        add_net_benefit(in, t, slot, threshold, index);
    add_index(in, "generalized_entropy_index", &all, entropy_index, threshold, 16 + index);
    add_index(in, "theil_index", &all, theil_index, threshold, 16 + index);
}

void decision_withhold(struct inquiry *in, size_t slot, double threshold)
{
    fairness_withhold(in, "net_benefit", in->name[slot], "", threshold);
    if (slot < in->count)
        return;
    fairness_withhold(in, "generalized_entropy_index", "", "", threshold);
    fairness_withhold(in, "theil_index", "", "", threshold);
}

static double probability_of(double logit)
{
    return 1 / (1 + exp(-logit));
}

/* Rows of the bin that the aim is about. */
static int64_t aimed_at(const struct group_sums *s, enum fairness_aim aim, size_t bin)
{
    int64_t count = aim == FAIRNESS_SENSITIVITY ? 0 : s->count[0][bin];
    return aim == FAIRNESS_SPECIFICITY ? count : count + s->count[1][bin];
}

double fairness_threshold(const struct hist_axis *axis, const struct group_sums *validation,
                          enum fairness_aim aim, double wanted)
{
    bool from_above = aim != FAIRNESS_SPECIFICITY;
    int64_t all = 0, above = 0;
    for (size_t bin = 0; bin < axis->bins; bin++)
        all += aimed_at(validation, aim, bin);
    if (all == 0)
        return (double)NAN;
    for (size_t edge = axis->bins - 1; edge > 0; edge--) { /* predicted: bin `edge` and above */
        above += aimed_at(validation, aim, edge);
        bool enough = from_above ? (double)above >= wanted * (double)all
                                 : (double)(all - above) < wanted * (double)all;
        if (enough && from_above)
            return probability_of(axis->edge[edge - 1]);
        if (enough)
            return edge < axis->bins - 1 ? probability_of(axis->edge[edge]) : (double)NAN;
    }
    return from_above || wanted <= 0 ? 0 : probability_of(axis->edge[0]);
}
