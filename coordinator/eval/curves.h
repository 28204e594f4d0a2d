/*
 * curves.h - what a figure of one predictor draws, by group: points that may be shown.
 *
 *     sums of a group (groups.h) -> bins joined -> ROC points, calibration points
 *
 * A point is a place where the bins of the axis were cut. Between two neighbouring points lie, in
 * each class, no rows or at least `fewest` of them (product.md 8), and the thresholds of the
 * question are points wherever that lets them be: a curve tells no count that a table withholds.
 */
#ifndef EVENHAND_CURVES_H
#define EVENHAND_CURVES_H

#include "models/metrics/groups.h"

/* At a score: what "score >= threshold" makes of the group. From (1,1) to (0,0), by threshold. */
struct curve_point {
    double threshold; /* a probability; 0 and 1 at the ends */
    double fpr, tpr, selection_rate;
    double ppv; /* NAN where nobody is selected */
};

/* Rows of neighbouring tenths of the score, joined like bins. */
struct curve_bin {
    double from, to;         /* probabilities */
    double score;            /* their mean */
    double observed, lo, hi; /* share of positives, Wilson's interval */
    double rows;
};

struct curve {
    const char *group;   /* "": everybody. Borrowed. */
    size_t points, bins; /* points 0: a class has no rows, or all of it is too few to cut */
    struct curve_point *point;
    struct curve_bin *bin;
};

struct curves {
    size_t count;
    struct curve *curve;
};

/*
 * group [g->count] names, kept; shown [g->count]: the others get no curve; a curve of everybody
 * comes first. thresholds are edges of the axis. fewest [g->count + 1], the last of everybody:
 * rows that are surely min_cell patients. curves_close frees.
 */
void curves_open(struct curves *c, const struct groups *g, const struct group_sums *sums,
                 const char *const *group, const bool *shown, const double *fewest,
                 const double *threshold, size_t thresholds);
void curves_close(struct curves *c);

#endif
