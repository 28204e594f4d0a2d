/*
 * hist.h - logit-spaced histograms: counts that add up to ROC, AUC and their errors.
 *
 * 1,024 equal bins over +-12 of the logit, with the plan's thresholds and 0, .1, ..., 1 (in
 * probability) as extra edges, so confusion counts at a threshold are exact (product.md 8,
 * interface.md 5.2). A score on an edge belongs to the bin above it: prediction at threshold t is
 * score >= t. The first bin is open below, the last above. All functions are pure.
 */
#ifndef EVENHAND_HIST_H
#define EVENHAND_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_BINS      1024
#define HIST_EDGES_MAX (HIST_BINS + 96)
#define HIST_REACH     12.0 /* logits */

struct hist_axis {
    size_t bins;                 /* edges + 1 */
    double edge[HIST_EDGES_MAX]; /* ascending, inner edges only, logits */
    uint16_t first[HIST_BINS];   /* bin of the lower end of each of the equal bins */
};

/* log(p / (1 - p)); -INFINITY at 0, INFINITY at 1. The way for probabilities into a histogram. */
double hist_logit(double p);
/* thresholds are probabilities in [0,1], at most 64; duplicates are joined. */
void hist_axis_open(struct hist_axis *axis, const double *thresholds, size_t count);
size_t hist_bin(const struct hist_axis *axis, double logit); /* NAN is a broken promise */
/* The first bin at or above probability t, which must be an edge (but for the rounding of one that
 * was turned into a probability); 0 for 0, `bins` for 1. */
size_t hist_bin_of_threshold(const struct hist_axis *axis, double t);

/* positive, negative: counts [bins]. Ties within a bin count half. NAN when a class is empty. */
double hist_auc(const int64_t *positive, const int64_t *negative, size_t bins);
/*
 * Placements (DeLong, DeLong & Clarke-Pearson 1988): of a positive in bin b, the share of
 * negatives below it plus half of those in it; of a negative, the share of positives above it plus
 * half of those in it. Written for every bin; NAN where the other class is empty.
 */
void hist_placements(double *of_positive, double *of_negative, const int64_t *positive,
                     const int64_t *negative, size_t bins);
/* Rows at or above bin `at`. */
int64_t hist_count_from(const int64_t *counts, size_t bins, size_t at);

#endif
