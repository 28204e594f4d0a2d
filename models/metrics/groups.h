/*
 * groups.h - scored rows of one task as sums by group: what a site adds, what everybody reads.
 *
 *     score, label, group of a row -- groups_tally --> values --+
 *                                     another site --> values --+-- sum --> groups_read
 *
 * Everything a fairness report says of a group (fairness.h) is a function of these sums, so that
 * it works behind masks. A row has no weight; who is of no known group or label is not tallied.
 *
 * The vector, doubles, one group after the other:
 *
 *     negatives [bins] | positives [bins] |
 *     of negatives: {s, s^2, e^4, l, l^2} of tenth 0, of tenth 1, ... 9 | of positives: likewise
 *
 *     s   the score, a probability        e = s - y   its error; e^2 follows from s and s^2
 *     l   the log loss in nats, at most 52 log 2 (a score of 0 or 1 that is wrong: 2^-52 away)
 *
 * Bins are those of the axis (hist.h); a tenth is [0,.1), ..., [.9,1] of the probability, edges
 * that every axis has. Counts are whole. The other sums travel 16 times as large, and what one row
 * adds is rounded to a multiple of 2^-20 (of 2^-24 unscaled): sums are exact while no entry
 * exceeds 2^33, so any split of rows over sites gives the same bytes, and crypto/fixed.h with 20
 * binary places loses nothing.
 *
 * The sums of a tiny group are nearly its rows: only the sum over all sites may be read, and
 * who and what is shown of them is coordinator/eval/release.h's to say.
 */
#ifndef EVENHAND_GROUPS_H
#define EVENHAND_GROUPS_H

#include "models/metrics/hist.h"
#include "proto/base/status.h"

#define GROUPS_TENTHS        10
#define GROUPS_OF_A_KIND_MAX 64                /* groups of one attribute, intersections included */
#define GROUPS_LOSS_MAX      36.04365338911715 /* 52 log 2 */
#define GROUPS_ROWS_MAX      8589934592.0      /* 2^33 */

enum groups_sum {
    GROUPS_SCORE,
    GROUPS_SCORE_SQUARED,
    GROUPS_ERROR_TO_THE_4TH,
    GROUPS_LOSS,
    GROUPS_LOSS_SQUARED,
    GROUPS_SUMS
};

/* How a vector is laid out. */
struct groups {
    const struct hist_axis *axis; /* keeps */
    size_t count;
    size_t tenth[GROUPS_TENTHS + 1]; /* first bin of each tenth; the last: bins */
};

/* The sums of one group, or of several together. First index: the label, 0 or 1. */
struct group_sums {
    int64_t count[2][HIST_EDGES_MAX + 1]; /* [bins] */
    double sum[2][GROUPS_TENTHS][GROUPS_SUMS];
};

void groups_open(struct groups *g, const struct hist_axis *axis, size_t count);
size_t groups_values(const struct groups *g); /* length of the vector */
double groups_score(double logit);
double groups_loss(double logit, int label); /* nats, at most GROUPS_LOSS_MAX */
/* Adds one row. logit: of the score, not NAN (hist_logit for probabilities); label 0 or 1. */
void groups_tally(double *values, const struct groups *g, size_t group, double logit, int label);
/*
 * Could rows add up to this sum? EC_RUN_SUM for counts that are negative, not whole or together more
 * than GROUPS_ROWS_MAX in a group, and for sums that no scores of these counts have. Before it is read: a sum is something a peer sent.
 */
MUST_CHECK enum status groups_judge(const struct groups *g, const double *values);
void groups_read(struct group_sums *sums, const struct groups *g, const double *values); /*[count]*/
/* All groups as one. */
void groups_pool(struct group_sums *all, const struct groups *g, const struct group_sums *sums);

#endif
