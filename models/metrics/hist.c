#include "models/metrics/hist.h"

#include <math.h>
#include <stdlib.h>

#include "proto/base/must.h"

#define SLACK          1e-9 /* an edge as a probability, and back, is off by rounding */
#define TENTHS         9    /* .1, ..., .9; 0 and 1 are the open ends */
#define EQUAL_EDGES    (HIST_BINS - 1)
#define THRESHOLDS_MAX (HIST_EDGES_MAX - EQUAL_EDGES - TENTHS)
#define WIDTH          (2 * HIST_REACH / HIST_BINS)

_Static_assert(HIST_EDGES_MAX < UINT16_MAX, "a bin fits its place in the table");

double hist_logit(double p)
{
    must(p >= 0);
    must(p <= 1);
    return log(p / (1 - p));
}

/* The lower end of an equal bin: exact, WIDTH is 3 * 2^-7. */
static double equal_edge(size_t k)
{
    return -HIST_REACH + (double)k * WIDTH;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t joined(double *edge, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || edge[i] > edge[kept - 1])
            edge[kept++] = edge[i];
    return kept;
}

/* How many edges are at or below x: its bin. `bin` is a guess, right or near it. */
static size_t settle(const struct hist_axis *axis, size_t bin, double x)
{
    while (bin > 0 && axis->edge[bin - 1] > x)
        bin--;
    while (bin < axis->bins - 1 && axis->edge[bin] <= x)
        bin++;
    return bin;
}

void hist_axis_open(struct hist_axis *axis, const double *thresholds, size_t count)
{
    must(count <= THRESHOLDS_MAX);

    size_t edges = 0;
    for (size_t k = 1; k < HIST_BINS; k++)
        axis->edge[edges++] = equal_edge(k);
    for (int i = 1; i <= TENTHS; i++)
        axis->edge[edges++] = hist_logit(i / 10.0);
    for (size_t i = 0; i < count; i++) {
        double at = hist_logit(thresholds[i]);
        if (isfinite(at))
            axis->edge[edges++] = at;
    }
    qsort(axis->edge, edges, sizeof(axis->edge[0]), by_value);
    axis->bins = joined(axis->edge, edges) + 1;

    size_t bin = 0;
    for (size_t k = 0; k < HIST_BINS; k++) {
        bin = settle(axis, bin, equal_edge(k));
        axis->first[k] = (uint16_t)bin;
    }
}

size_t hist_bin(const struct hist_axis *axis, double logit)
{
    must(!isnan(logit));

    double k = (logit + HIST_REACH) * (1 / WIDTH); /* a guess, to be settled */
    size_t near = k < 0 ? 0 : k >= HIST_BINS ? HIST_BINS - 1 : (size_t)k;
    return settle(axis, axis->first[near], logit);
}

size_t hist_bin_of_threshold(const struct hist_axis *axis, double t)
{
    double at = hist_logit(t);
    if (isinf(at))
        return at < 0 ? 0 : axis->bins;
    size_t bin = hist_bin(axis, at + SLACK);
    must(bin > 0);
    must(fabs(axis->edge[bin - 1] - at) <= SLACK); /* an edge: nothing lies between it and t */
    return bin;
}

int64_t hist_count_from(const int64_t *counts, size_t bins, size_t at)
{
    int64_t sum = 0;
    for (size_t b = at; b < bins; b++)
        sum += counts[b];
    return sum;
}

double hist_auc(const int64_t *positive, const int64_t *negative, size_t bins)
{
    double positives = 0, negatives = 0, pairs = 0; /* whole and half numbers: exact below 2^52 */
    for (size_t b = 0; b < bins; b++) {
        double here = (double)negative[b];
        pairs += (double)positive[b] * (negatives + here / 2);
        positives += (double)positive[b];
        negatives += here;
    }
    return pairs / (positives * negatives);
}

void hist_placements(double *of_positive, double *of_negative, const int64_t *positive,
                     const int64_t *negative, size_t bins)
{
    double above = (double)hist_count_from(positive, bins, 0), positives = above;
    double below = 0, negatives = (double)hist_count_from(negative, bins, 0);
    for (size_t b = 0; b < bins; b++) {
        double p = (double)positive[b], n = (double)negative[b];
        above -= p;
        of_positive[b] = (below + n / 2) / negatives;
        of_negative[b] = (above + p / 2) / positives;
        below += n;
    }
}
