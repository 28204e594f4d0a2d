#include "models/metrics/confusion.h"

#include <math.h>

#include "models/metrics/resample.h"

enum { TP = 1, FP = 2, FN = 4, TN = 8, ALL = 15 };
static const struct {
    const char *metric;
    unsigned hit, of;
    const char *missing; /* by a group that has none of `of` */
} rates[RATES] = {
    [RATE_SELECTION] = {"selection_rate", TP | FP, ALL, "rows"},
    [RATE_TPR] = {"tpr", TP, TP | FN, "positives"},
    [RATE_FPR] = {"fpr", FP, FP | TN, "negatives"},
    [RATE_TNR] = {"tnr", TN, FP | TN, "negatives"},
    [RATE_FNR] = {"fnr", FN, TP | FN, "positives"},
    [RATE_PPV] = {"ppv", TP, TP | FP, "rows that are selected"},
    [RATE_NPV] = {"npv", TN, FN | TN, "rows that are not selected"},
    [RATE_ACCURACY] = {"accuracy", TP | TN, ALL, "rows"},
    [RATE_REJECTION] = {"", FN | TN, ALL, "rows"}, /* a part of dpm alone */
};

#define OF_RATE(id, rate)                                                                          \
    {id "_gap", SPREAD_GAP, SPREAD_MAX, 1, {rate}},                                                \
        {id "_ratio", SPREAD_RATIO, SPREAD_MIN, 1, {rate}},                                        \
        {id "_gap_overall", SPREAD_GAP_OVERALL, SPREAD_MAX, 1, {rate}},                            \
    {                                                                                              \
        id "_ratio_overall", SPREAD_RATIO_OVERALL, SPREAD_MIN, 1,                                  \
        {                                                                                          \
            rate                                                                                   \
        }                                                                                          \
    }

static const struct spread spreads[] = {
    OF_RATE("selection", RATE_SELECTION),
    OF_RATE("tpr", RATE_TPR),
    OF_RATE("fpr", RATE_FPR),
    OF_RATE("tnr", RATE_TNR),
    OF_RATE("fnr", RATE_FNR),
    OF_RATE("ppv", RATE_PPV),
    OF_RATE("npv", RATE_NPV),
    OF_RATE("accuracy", RATE_ACCURACY),
    {"eqodds_max", SPREAD_GAP, SPREAD_MAX, 2, {RATE_TPR, RATE_FPR}},
    {"eqodds_mean", SPREAD_GAP, SPREAD_MEAN, 2, {RATE_TPR, RATE_FPR}},
    {"eqodds_ratio", SPREAD_RATIO, SPREAD_MIN, 2, {RATE_TPR, RATE_FPR}},
    {"eqodds_max_overall", SPREAD_GAP_OVERALL, SPREAD_MAX, 2, {RATE_TPR, RATE_FPR}},
    {"eqodds_mean_overall", SPREAD_GAP_OVERALL, SPREAD_MEAN, 2, {RATE_TPR, RATE_FPR}},
    {"eqodds_ratio_overall", SPREAD_RATIO_OVERALL, SPREAD_MIN, 2, {RATE_TPR, RATE_FPR}},
    {"fairmedfm_eod", SPREAD_GAP, SPREAD_ONE_LESS_MEAN, 2, {RATE_TPR, RATE_TNR}},
    {"pqd", SPREAD_RATIO, SPREAD_MIN, 1, {RATE_ACCURACY}},
    {"dpm", SPREAD_RATIO, SPREAD_MEAN, 2, {RATE_SELECTION, RATE_REJECTION}},
    {"eom", SPREAD_RATIO, SPREAD_MEAN, 2, {RATE_TPR, RATE_TNR}},
};
#define SPREADS (sizeof(spreads) / sizeof(spreads[0]))

static double cells(const struct confusion *c, unsigned which)
{
    return (which & TP ? c->tp : 0) + (which & FP ? c->fp : 0) + (which & FN ? c->fn : 0) +
           (which & TN ? c->tn : 0);
}

double confusion_rows(const struct confusion *c)
{
    return cells(c, ALL);
}

double rate_hits(const struct confusion *c, enum rate r)
{
    return cells(c, rates[r].hit);
}

double rate_total(const struct confusion *c, enum rate r)
{
    return cells(c, rates[r].of);
}

double rate_of(const struct confusion *c, enum rate r)
{
    return rate_hits(c, r) / rate_total(c, r);
}

double rate_told(const struct tables *t, size_t group, enum rate r)
{
    return t->few[r][group] ? (double)NAN : rate_of(&t->of[group], r);
}

const char *rate_missing(enum rate r)
{
    return rates[r].missing;
}

struct interval rate_wilson(const struct inquiry *in, const struct tables *t, size_t slot,
                            enum rate r)
{
    double effect = t->effect[r][slot];
    const struct confusion *c = &t->of[slot];
    return interval_of_patients(
        interval_wilson(rate_hits(c, r) / effect, rate_total(c, r) / effect, in->q->level),
        inquiry_patients(in, slot));
}

static struct confusion confusion_of(const struct group_sums *s, size_t bins, size_t at)
{
    double tp = (double)hist_count_from(s->count[1], bins, at);
    double fp = (double)hist_count_from(s->count[0], bins, at);
    return (struct confusion){
        .tp = tp, .fp = fp, .fn = group_rows(s, 1, bins) - tp, .tn = group_rows(s, 0, bins) - fp};
}

struct confusion tables_overall(const struct tables *t)
{
    struct confusion all = {0};
    for (size_t g = 0; g <= t->groups; g++) {
        all.tp += t->of[g].tp;
        all.fp += t->of[g].fp;
        all.fn += t->of[g].fn;
        all.tn += t->of[g].tn;
    }
    return all;
}

/* A count of cells as a linear form in clusters.h's order. */
static void form_of(double form[static CLUSTERS_CELLS], unsigned which)
{
    static const unsigned cell[CLUSTERS_CELLS] = {
        [CLUSTERS_TP] = TP, [CLUSTERS_FP] = FP, [CLUSTERS_TN] = TN, [CLUSTERS_FN] = FN};
    for (size_t i = 0; i < CLUSTERS_CELLS; i++)
        form[i] = (which & cell[i]) != 0;
}

/* Patients that have any row of these. */
static double patients_with(const struct group_clusters *g, const struct clusters_table *t,
                            unsigned which)
{
    if (which == (TP | FN))
        return g->with_positive;
    if (which == (FP | TN))
        return g->with_negative;
    if (which == (TP | FP))
        return t->with_selected;
    return which == (FN | TN) ? t->with_rejected : g->patients;
}

static double rate_effect(const struct group_clusters *g, const struct clusters_table *t,
                          const struct confusion *c, enum rate r, double level)
{
    double hit[CLUSTERS_CELLS], of[CLUSTERS_CELLS];
    form_of(hit, rates[r].hit);
    form_of(of, rates[r].of);
    return share_effect(&(const struct share){.hits = rate_hits(c, r),
                                              .of = rate_total(c, r),
                                              .patients = patients_with(g, t, rates[r].of),
                                              .moment = t->moment,
                                              .hit = hit,
                                              .of_form = of,
                                              .n = CLUSTERS_CELLS,
                                              .level = level});
}

double confusion_effect(const struct inquiry *in, size_t slot, double threshold, size_t index)
{
    const struct group_clusters *g = inquiry_patients(in, slot);
    double most = 1;
    size_t at = hist_bin_of_threshold(in->q->groups->axis, threshold);
    const struct confusion c = confusion_of(in->sums[slot], in->bins, at);
    for (enum rate r = 0; g != NULL && r < RATES; r++)
        most = fmax(most, rate_effect(g, &g->table[index], &c, r, in->q->level));
    return most;
}

static void effects_read(struct tables *t, const struct inquiry *in, size_t index)
{
    for (size_t slot = 0; slot <= in->count; slot++) {
        const struct group_clusters *g = inquiry_patients(in, slot);
        t->drawn[slot] = in->effect[slot];
        for (enum rate r = 0; r < RATES; r++)
            t->effect[r][slot] =
                g == NULL ? 1 : rate_effect(g, &g->table[index], &t->of[slot], r, in->q->level);
    }
}

/* Of a class, as patients where they are known. */
static double people_of(const struct inquiry *in, const struct tables *t, size_t slot, enum rate r)
{
    const struct group_clusters *g = inquiry_patients(in, slot);
    if (g == NULL)
        return rate_total(&t->of[slot], r);
    return rates[r].of == (TP | FN) ? g->with_positive : g->with_negative;
}

static void few_read(struct tables *t, const struct inquiry *in)
{
    for (enum rate r = 0; r < RATES; r++)
        for (size_t g = 0; g <= in->count; g++) {
            bool of_class = rates[r].of == (TP | FN) || rates[r].of == (FP | TN);
            bool some = g < in->count && of_class && rate_total(&t->of[g], r) > 0;
            t->few[r][g] = some && people_of(in, t, g, r) < in->q->fewest;
        }
}

static void tables_read(struct tables *t, const struct inquiry *in, size_t at, size_t index)
{
    t->groups = in->count;
    for (size_t g = 0; g <= in->count; g++)
        t->of[g] = confusion_of(in->sums[g], in->bins, at);
    effects_read(t, in, index);
    few_read(t, in);
    struct confusion *rest = &t->of[in->count]; /* overall so far */
    for (size_t g = 0; g < in->count; g++) {
        rest->tp -= t->of[g].tp;
        rest->fp -= t->of[g].fp;
        rest->fn -= t->of[g].fn;
        rest->tn -= t->of[g].tn;
    }
}

static void values_of(struct spread_values *v, const struct tables *t)
{
    struct confusion all = tables_overall(t);
    v->groups = t->groups;
    for (enum rate r = 0; r < RATES; r++) {
        for (size_t g = 0; g < t->groups; g++)
            v->of[r][g] = rate_told(t, g, r);
        v->of[r][t->groups] = rate_of(&all, r);
    }
}

/*
 * Half a row more of either prediction: a rate of 0 of 3 is drawn as what it may well be. With a
 * design effect, half of so many rows as say what one does.
 */
static struct confusion smoothed(const struct confusion *c, double effect)
{
    double positives = c->tp + c->fn, negatives = c->fp + c->tn;
    double tpr = (c->tp + 0.5 * effect) / (positives + effect);
    double fpr = (c->fp + 0.5 * effect) / (negatives + effect);
    return (struct confusion){.tp = positives * tpr,
                              .fp = negatives * fpr,
                              .fn = positives * (1 - tpr),
                              .tn = negatives * (1 - fpr)};
}

/*
 * Rows of a table that was smoothed, drawn again: labels, then predictions. What is drawn stands for
 * as many rows as there are.
 */
static void draw_tables(struct spread_values *v, struct rng *rng, const void *context)
{
    const struct tables *from = context;
    struct tables t = {.groups = from->groups};
    for (size_t g = 0; g <= t.groups; g++) {
        const struct confusion *c = &from->of[g];
        double positives = c->tp + c->fn, rows = cells(c, ALL);
        if (!(rows > 0))
            continue;
        int64_t all = effective_rows(rows, from->drawn[g]);
        double weight = (double)llround(rows) / (double)all;
        int64_t p = resample_binomial(rng, all, fmin(1, positives / rows));
        int64_t n = all - p;
        double tpr = positives > 0 ? c->tp / positives : 0;
        double fpr = positives < rows ? fmin(1, c->fp / (c->fp + c->tn)) : 0;
        double tp = (double)resample_binomial(rng, p, tpr);
        double fp = (double)resample_binomial(rng, n, fpr);
        t.of[g] = (struct confusion){.tp = weight * tp,
                                     .fp = weight * fp,
                                     .fn = weight * ((double)p - tp),
                                     .tn = weight * ((double)n - fp)};
    }
    values_of(v, &t);
}

/* Every rate of every group drawn from the rate of all that can be estimated. */
static void draw_equal(struct spread_values *v, struct rng *rng, const void *context)
{
    const struct tables *t = context;
    v->groups = t->groups;
    for (enum rate r = 0; r < RATES; r++) {
        double hits = 0, of = 0, drawn = 0;
        for (size_t g = 0; g < t->groups; g++) {
            hits += t->few[r][g] ? 0 : rate_hits(&t->of[g], r);
            of += t->few[r][g] ? 0 : rate_total(&t->of[g], r);
        }
        for (size_t g = 0; g < t->groups; g++) {
            double own = rate_total(&t->of[g], r);
            int64_t n = t->few[r][g] ? 0 : effective_rows(own, t->drawn[g]);
            double k = n > 0 ? (double)resample_binomial(rng, n, hits / of) : 0;
            v->of[r][g] = k / (double)n;
            drawn += n > 0 ? k * own / (double)n : 0;
        }
        v->of[r][t->groups] = drawn / of;
    }
}

/* What replicates are drawn from: counts as they are (null) and smoothed (again). */
struct both {
    struct tables counted, smooth;
};

static void draw_again_of(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_tables(v, rng, &((const struct both *)context)->smooth);
}

static void draw_equal_of(struct spread_values *v, struct rng *rng, const void *context)
{
    draw_equal(v, rng, &((const struct both *)context)->counted);
}

static void add_rates(struct inquiry *in, const struct tables *t, double threshold)
{
    struct confusion all = tables_overall(t);
    for (enum rate r = 0; r < RATE_REJECTION; r++)
        for (size_t slot = 0; slot <= in->count; slot++) {
            const struct confusion *c = slot < in->count ? &t->of[slot] : &all;
            struct fairness_measure *m = fairness_add_of(in, rates[r].metric, slot);
            m->threshold = threshold;
            if (t->few[r][slot]) {
                fairness_deny(m, "fewer than %g %s", in->q->fewest, rate_missing(r));
                continue;
            }
            m->value = rate_of(c, r);
            double effect = t->effect[r][slot];
            double hits = rate_hits(c, r) / effect, of = rate_total(c, r) / effect;
            fairness_set_interval(m, interval_of_patients(interval_rate(hits, of, in->q->level),
                                                          inquiry_patients(in, slot)));
            if (of == 0)
                fairness_deny(m, "no %s", rate_missing(r));
        }
}

static void add_spreads(struct inquiry *in, const struct tables *t, double threshold, size_t index)
{
    struct both from = {.counted = *t, .smooth = *t};
    struct spread_values v, centre;
    struct spread_intervals own;
    const char *missing[RATES];
    for (size_t g = 0; g <= t->groups; g++)
        from.smooth.of[g] = smoothed(&t->of[g], t->drawn[g]);
    values_of(&v, t);
    values_of(&centre, &from.smooth);
    for (enum rate r = 0; r < RATES; r++) {
        missing[r] = rate_missing(r);
        for (size_t g = 0; g < t->groups; g++)
            own.of[r][g] = rate_wilson(in, t, g, r);
    }
    const struct spread_job job = {
        .spread = spreads,
        .spreads = SPREADS,
        .v = &v,
        .centre = &centre,
        .own = &own,
        .missing = missing,
        .few = t->few,
        .source = {.context = &from, .draw = draw_again_of, .null = draw_equal_of},
        .threshold = threshold,
        .stream = 16 + index,
    };
    spread_measures(in, &job);
}

void confusion_measures(struct inquiry *in, double threshold, size_t index)
{
    struct tables t;
    tables_read(&t, in, hist_bin_of_threshold(in->q->groups->axis, threshold), index);
    add_rates(in, &t, threshold);
    add_spreads(in, &t, threshold, index);
    if (in->privileged != FAIRNESS_NOBODY)
        against_measures(in, &t, threshold, index);
    decision_measures(in, &t, threshold, index);
}

void confusion_withhold(struct inquiry *in, size_t slot, double threshold)
{
    for (enum rate r = 0; r < RATE_REJECTION; r++)
        fairness_withhold(in, rates[r].metric, in->name[slot], "", threshold);
    decision_withhold(in, slot, threshold);
}

void confusion_withhold_between(struct inquiry *in, double threshold)
{
    for (size_t s = 0; s < SPREADS; s++)
        fairness_withhold(in, spreads[s].metric, "", "", threshold);
}
