#include "models/metrics/calib.h"

#include <math.h>

#define STEPS    100
#define SMALL    1e-10 /* of a step: then it has arrived */
#define FARTHEST 1e3   /* nobody's slope: the likelihood has no maximum */

void calib_read(struct calib *c, const struct groups *g, const struct group_sums *s)
{
    for (int y = 0; y < 2; y++)
        for (size_t t = 0; t < GROUPS_TENTHS; t++) {
            size_t cell = (size_t)y * GROUPS_TENTHS + t;
            c->rows[cell] =
                hist_count_from(s->count[y] + g->tenth[t], g->tenth[t + 1] - g->tenth[t], 0);
            c->score[cell] = s->sum[y][t][GROUPS_SCORE];
            c->score_squared[cell] = s->sum[y][t][GROUPS_SCORE_SQUARED];
        }
}

double calib_rows(const struct calib *c, int label)
{
    return (double)hist_count_from(c->rows + (size_t)label * GROUPS_TENTHS, GROUPS_TENTHS, 0);
}

/* Sum of scores less positives in a tenth; rows: of the tenth. */
static double excess(const struct calib *c, size_t tenth, double *rows)
{
    size_t positive = GROUPS_TENTHS + tenth;
    *rows = (double)(c->rows[tenth] + c->rows[positive]);
    return c->score[tenth] + c->score[positive] - (double)c->rows[positive];
}

double calib_ece(const struct calib *c)
{
    double sum = 0, all = 0, rows;
    for (size_t t = 0; t < GROUPS_TENTHS; t++) {
        sum += fabs(excess(c, t, &rows));
        all += rows;
    }
    return sum / all;
}

double calib_apart(const struct calib *c, const struct calib *other)
{
    double sum = 0, all = 0, all_other = 0, rows;
    for (size_t t = 0; t < GROUPS_TENTHS; t++) {
        all += (double)(c->rows[t] + c->rows[GROUPS_TENTHS + t]);
        all_other += (double)(other->rows[t] + other->rows[GROUPS_TENTHS + t]);
    }
    for (size_t t = 0; t < GROUPS_TENTHS; t++)
        sum += fabs(excess(c, t, &rows) / all - excess(other, t, &rows) / all_other);
    return sum;
}

double calib_mce(const struct calib *c)
{
    double most = (double)NAN, rows;
    for (size_t t = 0; t < GROUPS_TENTHS; t++) {
        double far = fabs(excess(c, t, &rows));
        if (rows > 0)
            most = fmax(most, far / rows);
    }
    return most;
}

static double middle(const struct hist_axis *axis, size_t bin)
{
    if (bin == 0)
        return axis->edge[0];
    if (bin == axis->bins - 1)
        return axis->edge[axis->bins - 2];
    return (axis->edge[bin - 1] + axis->edge[bin]) / 2;
}

/* Slope and curvature of the likelihood at a line. */
struct climb {
    double a, b;       /* gradient */
    double aa, ab, bb; /* information */
};

static struct climb climb_at(const struct hist_axis *axis, const struct group_sums *s, double a,
                             double b)
{
    struct climb at = {0};
    for (size_t bin = 0; bin < axis->bins; bin++) {
        double positives = (double)s->count[1][bin], n = positives + (double)s->count[0][bin];
        if (n == 0)
            continue;
        double x = middle(axis, bin), p = 1 / (1 + exp(-a - b * x)), w = n * p * (1 - p);
        at.a += positives - n * p;
        at.b += (positives - n * p) * x;
        at.aa += w;
        at.ab += w * x;
        at.bb += w * x * x;
    }
    return at;
}

static const char separated[] =
    "the scores tell the classes apart without error, or with nothing else";

/* Newton in one number: concave and smooth; steps are held to 1 so that none overshoots far. */
static struct calib_fit fit_offset(const struct hist_axis *axis, const struct group_sums *s)
{
    double a = 0;
    for (int i = 0; i < STEPS; i++) {
        struct climb at = climb_at(axis, s, a, 1);
        double step = fmax(-1, fmin(1, at.a / at.aa));
        a += step;
        if (fabs(step) < SMALL)
            return (struct calib_fit){.value = a, .variance = 1 / climb_at(axis, s, a, 1).aa};
    }
    return (struct calib_fit){.value = (double)NAN, .variance = (double)NAN, .why = separated};
}

static bool fit_line(double *a, double *b, struct climb *at, const struct hist_axis *axis,
                     const struct group_sums *s)
{
    *a = *b = 0;
    for (int i = 0; i < STEPS; i++) {
        *at = climb_at(axis, s, *a, *b);
        double det = at->aa * at->bb - at->ab * at->ab;
        double da = (at->bb * at->a - at->ab * at->b) / det;
        double db = (at->aa * at->b - at->ab * at->a) / det;
        double shorter = fmin(1, 1 / fmax(fabs(da), fabs(db)));
        *a += shorter * da;
        *b += shorter * db;
        if (!(det > SMALL * at->aa * at->bb) || !(fabs(*b) < FARTHEST))
            return false;
        if (fabs(da) < SMALL && fabs(db) < SMALL)
            return true;
    }
    return false;
}

static bool alike(const struct group_sums *s, size_t bins)
{
    size_t used = 0;
    for (size_t b = 0; b < bins; b++)
        used += s->count[0][b] + s->count[1][b] > 0;
    return used < 2;
}

void calib_line(struct calib_fit *in_the_large, struct calib_fit *intercept,
                struct calib_fit *slope, const struct hist_axis *axis, const struct group_sums *s)
{
    const char *why = hist_count_from(s->count[1], axis->bins, 0) == 0   ? "no positives"
                      : hist_count_from(s->count[0], axis->bins, 0) == 0 ? "no negatives"
                                                                         : NULL;
    *in_the_large = *intercept = *slope =
        (struct calib_fit){.value = (double)NAN, .variance = (double)NAN, .why = why};
    if (why != NULL)
        return;
    *in_the_large = fit_offset(axis, s);
    double a, b;
    struct climb at;
    intercept->why = slope->why = alike(s, axis->bins) ? "all scores are in one bin" : separated;
    if (alike(s, axis->bins) || !fit_line(&a, &b, &at, axis, s))
        return;
    double det = at.aa * at.bb - at.ab * at.ab;
    *intercept = (struct calib_fit){.value = a, .variance = at.bb / det};
    *slope = (struct calib_fit){.value = b, .variance = at.aa / det};
}
