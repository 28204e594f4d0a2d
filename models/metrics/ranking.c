/* AUCs within, across and between groups: fairness.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/fairness_inside.h"
#include "models/metrics/resample.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define BINS_MAX (HIST_EDGES_MAX + 1)
#define STREAM   0

static double sum_of(const int64_t *counts, size_t bins)
{
    return (double)hist_count_from(counts, bins, 0);
}

/* Squared distances of placements from the AUC. */
static double scatter_of(const int64_t *counts, const double *placement, double auc, size_t bins)
{
    double sum = 0;
    for (size_t b = 0; b < bins; b++)
        if (counts[b] > 0)
            sum += (double)counts[b] * (placement[b] - auc) * (placement[b] - auc);
    return sum;
}

/* DeLong: the rows are the clusters, and no row is positive and negative. */
static struct interval delong(double auc, const int64_t *positive, const int64_t *negative,
                              size_t bins, double level)
{
    double of_positive[BINS_MAX], of_negative[BINS_MAX];
    double m = sum_of(positive, bins), n = sum_of(negative, bins);
    hist_placements(of_positive, of_negative, positive, negative, bins);
    const struct cluster_sums sums = {
        .xx = scatter_of(positive, of_positive, auc, bins),
        .yy = scatter_of(negative, of_negative, auc, bins),
        .positives = m,
        .negatives = n,
        .patients = m + n,
        .with_positive = m,
        .with_negative = n,
    };
    return interval_auc(auc, &sums, level);
}

/* Fills in a row: the AUC of these positives against these negatives, whoever they are. */
static void set_auc(struct fairness_measure *m, const int64_t *positive, const int64_t *negative,
                    const struct inquiry *in)
{
    double positives = sum_of(positive, in->bins), negatives = sum_of(negative, in->bins);
    m->rows = positives + negatives;
    m->positives = positives;
    if (positives == 0 || negatives == 0) {
        fairness_deny(m, "no %s", positives == 0 ? "positives" : "negatives");
        return;
    }
    m->value = hist_auc(positive, negative, in->bins);
    fairness_set_interval(m, delong(m->value, positive, negative, in->bins, in->q->level));
}

/* Group's positives against another's negatives (Kallus and Zhou, NeurIPS 2019). */
static void add_pairs(struct inquiry *in)
{
    for (size_t a = 0; a < in->count; a++)
        for (size_t b = 0; b < in->count; b++) {
            if (a == b)
                continue;
            struct fairness_measure *m = fairness_add(in, "xauc", in->name[a], in->name[b]);
            set_auc(m, in->sums[a]->count[1], in->sums[b]->count[0], in);
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
            const int64_t *own = in->sums[slot]->count[of];
            for (size_t b = 0; b < in->bins; b++)
                others[b] =
                    in->sums[in->count]->count[1 - of][b] - in->sums[slot]->count[1 - of][b];
            struct fairness_measure *m = fairness_add(in, metric[of], in->name[slot], "");
            set_auc(m, of == 1 ? own : others, of == 1 ? others : own, in);
        }
}

/* Histograms over the bins that hold anybody, [label][slot] each `bins` long; last slot: the rest. */
struct packed {
    size_t groups, bins;
    int64_t *count[2], *all[2];
    int64_t *drawn[2], *sum[2]; /* scratch of a replicate: one group, and all together */
};

static void pack(struct packed *p, const struct inquiry *in)
{
    const struct group_sums *all = in->sums[in->count];
    size_t slots = in->count + 1;
    *p = (struct packed){.groups = in->count};
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
            resample_rows(p->drawn[y], rng, hist_count_from(own, p->bins, 0),
                          equal ? p->all[y] : own, p->bins);
            for (size_t b = 0; b < p->bins; b++)
                p->sum[y][b] += p->drawn[y][b];
        }
        if (g < p->groups)
            v->of[0][g] = auc_or_nan(p->drawn[1], p->drawn[0], p->bins);
    }
    for (int y = 0; y < 2; y++) /* the groups and the rest are everybody */
        verify(sum_of(p->sum[y], p->bins) == sum_of(p->all[y], p->bins));
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
        set_auc(m, in->sums[slot]->count[1], in->sums[slot]->count[0], in);
        v.of[0][slot] = m->value;
        own.of[0][slot] = (struct interval){.lo = m->lo, .hi = m->hi, .method = m->interval};
    }
    add_spreads(in, &v, &own);
    add_pairs(in);
    if (in->count > 1)
        add_background(in);
}
