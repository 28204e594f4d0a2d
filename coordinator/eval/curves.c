#include "coordinator/eval/curves.h"

#include <math.h>
#include <stdlib.h>

#include "coordinator/eval/cuts.h"
#include "models/metrics/interval.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define LEVEL 0.95 /* of the intervals of calibration bins */
#define GRAIN 0.01 /* of a class between points that nobody asked for: finer is not seen */

/* What curves are made of. */
struct drawing {
    const struct groups *g;
    const double *threshold;
    size_t *place; /* [thresholds] */
    size_t thresholds;
};

static void cut(struct cuts *c, const struct cuts_rest *rest, const struct drawing *d)
{
    cuts_thresholds(c, rest, d->place, d->thresholds);
    for (size_t t = 1; t < GROUPS_TENTHS; t++)
        cuts_add(c, rest, d->g->tenth[t], 0);
    for (size_t place = 1; place < c->bins; place++)
        cuts_add(c, rest, place, GRAIN);
}

/* The probability of a place, as the question wrote it if it is a threshold. */
static double probability_of(const struct drawing *d, size_t place)
{
    for (size_t i = 0; i < d->thresholds; i++)
        if (d->place[i] == place)
            return d->threshold[i];
    for (size_t t = 0; t <= GROUPS_TENTHS; t++)
        if (d->g->tenth[t] == place)
            return (double)t / GROUPS_TENTHS;
    return 1 / (1 + exp(-d->g->axis->edge[place - 1]));
}

static struct curve_point point_at(const struct cuts *c, const struct drawing *d, size_t place)
{
    double fp = (double)c->above[0][place], tp = (double)c->above[1][place];
    double negatives = (double)c->above[0][0], positives = (double)c->above[1][0];
    return (struct curve_point){
        .threshold = probability_of(d, place),
        .fpr = fp / negatives,
        .tpr = tp / positives,
        .selection_rate = (tp + fp) / (negatives + positives),
        .ppv = tp + fp > 0 ? tp / (tp + fp) : (double)NAN,
    };
}

static bool is_alike(const struct cuts *c, size_t a, size_t b)
{
    return c->above[0][a] == c->above[0][b] && c->above[1][a] == c->above[1][b];
}

/* Does a cut make a point? Of those between which nobody is one does: an end, what was asked for. */
static bool is_a_point(const struct cuts *c, const struct drawing *d, size_t before, size_t place)
{
    if (!c->cut[place] || place == 0 || place == c->bins)
        return c->cut[place];
    bool again = is_alike(c, place, before) || is_alike(c, place, c->bins);
    for (size_t i = 0; i < d->thresholds; i++) {
        if (d->place[i] == place)
            return true;
        again = again || (c->cut[d->place[i]] && is_alike(c, place, d->place[i]));
    }
    return !again;
}

static void draw_points(struct curve *curve, const struct cuts *c, const struct drawing *d)
{
    if (c->above[0][0] == 0 || c->above[1][0] == 0)
        return;
    size_t cuts = 0, before = 0;
    bool parts = false;
    for (size_t place = 0; place <= c->bins; place++) {
        cuts += c->cut[place];
        parts = parts || (c->cut[place] && !is_alike(c, place, 0) && !is_alike(c, place, c->bins));
    }
    /* (1,1) and (0,0) alone would draw the diagonal: an AUC that nobody measured. */
    if (!parts)
        return;
    curve->point = must_alloc(cuts, sizeof(*curve->point));
    for (size_t place = 0; place <= c->bins; place++)
        if (is_a_point(c, d, before, place)) {
            curve->point[curve->points++] = point_at(c, d, place);
            before = place;
        }
}

static struct curve_bin bin_between(const struct cuts *c, const struct group_sums *sums,
                                    size_t from_tenth, size_t to_tenth, const struct groups *g)
{
    size_t from = g->tenth[from_tenth], to = g->tenth[to_tenth];
    double positives = (double)(c->above[1][from] - c->above[1][to]);
    double rows = positives + (double)(c->above[0][from] - c->above[0][to]);
    double score = 0;
    for (size_t t = from_tenth; t < to_tenth; t++)
        score += sums->sum[0][t][GROUPS_SCORE] + sums->sum[1][t][GROUPS_SCORE];
    struct interval i = interval_wilson(positives, rows, LEVEL);
    return (struct curve_bin){
        .from = (double)from_tenth / GROUPS_TENTHS,
        .to = (double)to_tenth / GROUPS_TENTHS,
        .score = score / rows,
        .observed = positives / rows,
        .lo = i.lo,
        .hi = i.hi,
        .rows = rows,
    };
}

static void draw_bins(struct curve *curve, const struct cuts *c, const struct group_sums *sums,
                      const struct groups *g)
{
    curve->bin = must_alloc(GROUPS_TENTHS, sizeof(*curve->bin));
    size_t from = 0;
    for (size_t t = 1; t <= GROUPS_TENTHS; t++) {
        if (!c->cut[g->tenth[t]])
            continue;
        struct curve_bin bin = bin_between(c, sums, from, t, g);
        if (bin.rows > 0)
            curve->bin[curve->bins++] = bin;
        from = t;
    }
}

static void draw(struct curve *curve, const char *name, struct cuts *c,
                 const struct cuts_rest *rest, const struct group_sums *sums,
                 const struct drawing *d)
{
    curve->group = name;
    if (cuts_whole_is_fine(c, rest)) {
        cut(c, rest, d);
        draw_points(curve, c, d);
        draw_bins(curve, c, sums, d->g);
    }
    cuts_settle(c);
}

/* Groups first, each by itself; then everybody, who must not tell of them. */
static void draw_all(struct curves *c, const struct drawing *d, const struct group_sums *sums,
                     const char *const *group, const bool *shown, const double *fewest)
{
    size_t bins = d->g->axis->bins;
    struct group_sums *all = must_alloc(1, sizeof(*all));
    struct cuts *cuts = must_alloc(d->g->count + 1, sizeof(*cuts));
    struct cuts_rest rest = {.group = cuts, .fewest = fewest[d->g->count]};
    groups_pool(all, d->g, sums);
    for (size_t i = 0; i < d->g->count; i++) {
        struct cuts *own = &cuts[rest.groups];
        cuts_open(own, &sums[i], bins, fewest[i]);
        rest.fewest = fmax(rest.fewest, fewest[i]);
        if (!shown[i])
            continue;
        draw(&c->curve[c->count++], group[i], own, NULL, &sums[i], d);
        rest.groups++;
    }
    struct cuts *everybody = &cuts[rest.groups];
    cuts_open(everybody, all, bins, fewest[d->g->count]);
    draw(&c->curve[0], "", everybody, &rest, all, d);
    free(cuts);
    free(all);
}

void curves_open(struct curves *c, const struct groups *g, const struct group_sums *sums,
                 const char *const *group, const bool *shown, const double *fewest,
                 const double *threshold, size_t thresholds)
{
    struct drawing d = {.g = g, .threshold = threshold, .thresholds = thresholds};
    d.place = must_alloc(thresholds + 1, sizeof(*d.place));
    for (size_t i = 0; i < thresholds; i++)
        d.place[i] = hist_bin_of_threshold(g->axis, threshold[i]);
    *c = (struct curves){.count = 1, .curve = must_alloc(g->count + 1, sizeof(*c->curve))};
    draw_all(c, &d, sums, group, shown, fewest);
    free(d.place);
}

void curves_close(struct curves *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->curve[i].point);
        free(c->curve[i].bin);
    }
    free(c->curve);
    *c = (struct curves){0};
}
