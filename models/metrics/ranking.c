/* AUCs within, across and between groups: fairness.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/delong.h"
#include "models/metrics/fairness_inside.h"
#include "models/metrics/resample.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define BINS_MAX (HIST_EDGES_MAX + 1)
#define STREAM   0
#define GRAIN    1024.0 /* a power of two: whole rows make the same AUC, to the bit */

static double sum_of(const int64_t *counts, size_t bins)
{
    return (double)hist_count_from(counts, bins, 0);
}

/* Rows of one class, and the design effect of whose they are. */
struct ranked {
    const int64_t *count; /* [bins] */
    double effect;
};

static struct ranked ranked_of(const struct inquiry *in, size_t slot, int label)
{
    return (struct ranked){.count = in->sums[slot]->count[label], .effect = in->effect[slot]};
}

/* With a design effect there are as many fewer clusters than rows, which scatter as much. */
static struct cluster_sums delong(double auc, struct ranked positive, struct ranked negative,
                                  size_t bins)
{
    struct cluster_sums s = delong_sums(auc, positive.count, negative.count, bins);
    s.xx *= positive.effect;
    s.yy *= negative.effect;
    s.with_positive = s.positives / positive.effect;
    s.with_negative = s.negatives / negative.effect;
    s.patients = s.with_positive + s.with_negative;
    return s;
}

/* Of whom the second pass has told. */
static const struct group_clusters *placed_patients(const struct inquiry *in, size_t slot)
{
    const struct group_clusters *patients = inquiry_patients(in, slot);
    return patients == NULL || isnan(patients->auc.xx) ? NULL : patients;
}

double ranking_effect(const struct inquiry *in, size_t slot)
{
    const struct group_clusters *patients = placed_patients(in, slot);
    const struct ranked positive = {in->sums[slot]->count[1], 1};
    const struct ranked negative = {in->sums[slot]->count[0], 1};
    if (patients == NULL || group_rows(in->sums[slot], 1, in->bins) == 0 ||
        group_rows(in->sums[slot], 0, in->bins) == 0)
        return 1;
    double auc = hist_auc(positive.count, negative.count, in->bins);
    const struct cluster_sums rows = delong(auc, positive, negative, in->bins);
    double effect = interval_auc_variance(&patients->auc) / interval_auc_variance(&rows);
    return isfinite(effect) ? fmax(1, effect) : 1;
}

/* Fills in a row: the AUC of these positives against these negatives, whoever they are. */
static void set_auc(struct fairness_measure *m, struct ranked positive, struct ranked negative,
                    const struct inquiry *in)
{
    double positives = sum_of(positive.count, in->bins);
    double negatives = sum_of(negative.count, in->bins);
    m->rows = positives + negatives;
    m->positives = positives;
    if (positives == 0 || negatives == 0) {
        fairness_deny(m, "no %s", positives == 0 ? "positives" : "negatives");
        return;
    }
    m->value = hist_auc(positive.count, negative.count, in->bins);
    const struct cluster_sums sums = delong(m->value, positive, negative, in->bins);
    fairness_set_interval(m, interval_auc(m->value, &sums, in->q->level));
}

/* A slot's own: its patients know better than a design effect. */
static void set_own_auc(struct fairness_measure *m, const struct inquiry *in, size_t slot)
{
    const struct group_clusters *patients = placed_patients(in, slot);
    set_auc(m, ranked_of(in, slot, 1), ranked_of(in, slot, 0), in);
    if (patients != NULL && !isnan(m->value))
        fairness_set_interval(m, interval_auc(m->value, &patients->auc, in->q->level));
}

/* Group's positives against another's negatives (Kallus and Zhou, NeurIPS 2019). */
static void add_pairs(struct inquiry *in)
{
    for (size_t a = 0; a < in->count; a++)
        for (size_t b = 0; b < in->count; b++) {
            if (a == b)
                continue;
            struct fairness_measure *m = fairness_add(in, "xauc", in->name[a], in->name[b]);
            set_auc(m, ranked_of(in, a, 1), ranked_of(in, b, 0), in);
            if (isnan(m->value))
                fairness_deny(m, "group %s has no %s", m->positives == 0 ? m->group : m->other,
                              m->positives == 0 ? "positives" : "negatives");
        }
}

/* Background against subgroup (Borkan et al., WWW 2019): all rows that are not of the group. */
static void add_background(struct inquiry *in)
{
    int64_t others[BINS_MAX] = {0};
    static const char *const metric[2] = {"xauc_bpsn", "xauc_bnsp"};
    for (int of = 0; of < 2; of++) /* the label of the group's rows */
        for (size_t slot = 0; slot < in->count; slot++) {
            const struct ranked own = ranked_of(in, slot, of);
            const struct ranked rest = {others, in->effect[in->count]};
            for (size_t b = 0; b < in->bins; b++)
                others[b] =
                    in->sums[in->count]->count[1 - of][b] - in->sums[slot]->count[1 - of][b];
            struct fairness_measure *m = fairness_add(in, metric[of], in->name[slot], "");
            set_auc(m, of == 1 ? own : rest, of == 1 ? rest : own, in);
        }
}

/* Histograms over the bins that hold anybody, [label][slot] each `bins` long; last slot: the rest. */
struct packed {
    size_t groups, bins;
    int64_t *count[2], *all[2];
    int64_t *drawn[2],
        *sum[2]; /* scratch of a replicate: one group, and all together, by the grain */
    double effect[SPREAD_SLOTS]; /* design effects; the rest: everybody's */
};

static void pack(struct packed *p, const struct inquiry *in)
{
    const struct group_sums *all = in->sums[in->count];
    size_t slots = in->count + 1;
    *p = (struct packed){.groups = in->count};
    memcpy(p->effect, in->effect, sizeof(p->effect));
    for (int y = 0; y < 2; y++) {
        p->count[y] = must_alloc((slots + 3) * in->bins, sizeof(*p->count[y]));
        p->all[y] = p->count[y] + slots * in->bins;
        p->drawn[y] = p->all[y] + in->bins;
        p->sum[y] = p->drawn[y] + in->bins;
    }
    for (size_t b = 0; b < in->bins; b++) {
        if (all->count[0][b] + all->count[1][b] == 0)
            continue;
        for (int y = 0; y < 2; y++) {
            int64_t rest = p->all[y][p->bins] = all->count[y][b];
            for (size_t g = 0; g < in->count; g++)
                rest -= p->count[y][g * in->bins + p->bins] = in->sums[g]->count[y][b];
            p->count[y][in->count * in->bins + p->bins] = rest;
        }
        p->bins++;
    }
    for (int y = 0; y < 2; y++) /* from in->bins apart to p->bins apart */
        for (size_t g = 1; g < slots; g++)
            memmove(p->count[y] + g * p->bins, p->count[y] + g * in->bins,
                    p->bins * sizeof(*p->count[y]));
}

static void unpack(struct packed *p)
{
    free(p->count[0]);
    free(p->count[1]);
}

static double auc_or_nan(const int64_t *positive, const int64_t *negative, size_t bins)
{
    bool both = sum_of(positive, bins) > 0 && sum_of(negative, bins) > 0;
    return both ? hist_auc(positive, negative, bins) : (double)NAN;
}

/*
 * Adds what was drawn of `rows` rows to the sum of all, standing for all of them: in parts of a row
 * so fine that rounding is nothing.
 */
static void add_drawn(int64_t *sum, const int64_t *drawn, double rows, double effect, size_t bins)
{
    double weight = GRAIN * rows / (double)effective_rows(rows, effect);
    for (size_t b = 0; b < bins; b++)
        if (drawn[b] > 0)
            sum[b] += llround(weight * (double)drawn[b]);
}

/* Every group's positives and negatives drawn again, from its own or from everybody's. */
static void draw_aucs(struct spread_values *v, struct rng *rng, const struct packed *p, bool equal)
{
    size_t bytes = p->bins * sizeof(int64_t);
    v->groups = p->groups;
    memset(p->sum[0], 0, bytes);
    memset(p->sum[1], 0, bytes);
    for (size_t g = 0; g <= p->groups; g++) {
        for (int y = 0; y < 2; y++) {
            const int64_t *own = p->count[y] + g * p->bins;
            double rows = sum_of(own, p->bins);
            resample_rows(p->drawn[y], rng, effective_rows(rows, p->effect[g]),
                          equal ? p->all[y] : own, p->bins);
            add_drawn(p->sum[y], p->drawn[y], rows, p->effect[g], p->bins);
        }
        if (g < p->groups)
            v->of[0][g] = auc_or_nan(p->drawn[1], p->drawn[0], p->bins);
    }
    for (int y = 0; y < 2; y++) /* the groups and the rest are everybody */
        verify(fabs(sum_of(p->sum[y], p->bins) / GRAIN - sum_of(p->all[y], p->bins)) <
               1 + (double)(p->groups * p->bins) / GRAIN);
    v->of[0][p->groups] = auc_or_nan(p->sum[1], p->sum[0], p->bins);
}

static void draw_again(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_aucs(v, rng, context, false);
}

static void draw_equal(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_aucs(v, rng, context, true);
}

static const struct spread spreads[] = {
    {"auc_gap", SPREAD_GAP, SPREAD_MAX, 1, {0}},
    {"auc_min", SPREAD_LEAST, SPREAD_MIN, 1, {0}},
    {"es_auc", SPREAD_EQUITY_SCALED, SPREAD_MIN, 1, {0}},
};
#define SPREADS (sizeof(spreads) / sizeof(spreads[0]))

static void add_spreads(struct inquiry *in, const struct spread_values *v,
                        const struct spread_intervals *own)
{
    static const char *const missing[1] = {"row of one of the classes"};
    struct packed packed;
    bool certain = false;
    for (size_t slot = 0; slot <= in->count; slot++)
        certain |= !isnan(v->of[0][slot]) && isnan(own->of[0][slot].lo);
    pack(&packed, in);
    const struct spread_job job = {
        .spread = spreads,
        .spreads = SPREADS,
        .v = v,
        .centre = v,
        .own = own,
        .missing = missing,
        .source = {.context = &packed, .draw = draw_again, .null = draw_equal},
        .threshold = (double)NAN,
        .stream = STREAM,
        .no_interval = certain,
    };
    spread_measures(in, &job);
    unpack(&packed);
}

void ranking_measures(struct inquiry *in)
{
    struct spread_values v = {.groups = in->count};
    struct spread_intervals own;
    for (size_t slot = 0; slot <= in->count; slot++) {
        struct fairness_measure *m = fairness_add_of(in, "auc", slot);
        set_own_auc(m, in, slot);
        v.of[0][slot] = m->value;
        own.of[0][slot] = (struct interval){.lo = m->lo, .hi = m->hi, .method = m->interval};
    }
    add_spreads(in, &v, &own);
    add_pairs(in);
    if (in->count > 1)
        add_background(in);
}
