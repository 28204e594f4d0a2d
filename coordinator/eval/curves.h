/*
 * curves.h - what a figure of one predictor draws, by group: points that may be shown.
 *
 *     sums of a group (groups.h) -> bins joined -> ROC points, calibration points
 *
 * A point is a place where the bins of the axis were cut (cuts.h). Between two neighbouring points
 * lie, in each class, no rows or at least `fewest` of them (product.md 8), and calibration bins end
 * at points, so nor does one of them and a point. Cut first are the thresholds of the question, in
 * its order, then the tenths, then every edge that is a hundredth of a class away from the last.
 *
 * Groups come before everybody: each has the cuts that its own rows allow. Everybody's curve is cut
 * where the difference of it and theirs tells no count of 1 to fewest - 1 either: of the groups that
 * are not shown, or of one that is shown and could not be cut there. So among small groups it may be
 * the coarsest of all.
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

/* Rows of neighbouring tenths of the score, joined; somebody is in it. */
struct curve_bin {
    double from, to;         /* probabilities */
    double score;            /* their mean */
    double observed, lo, hi; /* share of positives, Wilson's interval */
    double rows;
};

struct curve {
    const char *group; /* "": everybody. Borrowed. */
    size_t points;     /* 0: a class has no rows, or no cut may part anybody */
    struct curve_point *point;
    size_t bins; /* 0: too few rows of a class */
    struct curve_bin *bin;
};

struct curves {
    size_t count;
    struct curve *curve;
};

/*
 * group [g->count] names, kept; shown [g->count]: the others get no curve; a curve of everybody
 * comes first. thresholds are edges of the axis. fewest [g->count + 1], the last of everybody:
 * rows that are surely min_cell patients, at least 1. curves_close frees; harmless on a zeroed one.
 */
void curves_open(struct curves *c, const struct groups *g, const struct group_sums *sums,
                 const char *const *group, const bool *shown, const double *fewest,
                 const double *threshold, size_t thresholds);
void curves_close(struct curves *c);

#endif
