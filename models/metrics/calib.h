/*
 * calib.h - is a score what it says it is? From sums of one group, or of all (groups.h).
 *
 * Ten equal bins of [0,1] with their mean scores for the errors; the axis' bins for the line
 *
 *     logit P(y = 1) = intercept + slope * logit(s)
 *
 * whose s is the middle of its bin, +-12 where a bin is open.
 */
#ifndef EVENHAND_CALIB_H
#define EVENHAND_CALIB_H

#include "models/metrics/groups.h"
#include "models/metrics/interval.h"

/* Rows by label and tenth, and what is known of their scores. */
struct calib {
    int64_t rows[2 * GROUPS_TENTHS];                                   /* [label][tenth] */
    double score[2 * GROUPS_TENTHS], score_squared[2 * GROUPS_TENTHS]; /* sums */
};
void calib_read(struct calib *c, const struct groups *g, const struct group_sums *s);
double calib_rows(const struct calib *c, int label);
/* sum (n_b / n) |mean score - share of positives|; NAN without rows. */
double calib_ece(const struct calib *c);
/*
 * sum |x_b - y_b|, x and y the terms of both ECEs before the bars: no ECE is farther from another
 * than that. NAN without rows.
 */
double calib_apart(const struct calib *c, const struct calib *other);
double calib_mce(const struct calib *c); /* the largest of the differences, in bins with rows */

/* A fitted number; why is NULL when there is one. */
struct calib_fit {
    double value, variance;
    const char *why;
};
/* Maximum likelihood, Wald's variances. in_the_large: the intercept where the slope is 1. */
void calib_line(struct calib_fit *in_the_large, struct calib_fit *intercept,
                struct calib_fit *slope, const struct hist_axis *axis, const struct group_sums *s);

#endif
