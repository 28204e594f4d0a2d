/*
 * clusters.h - patients with several rows: what a site adds about them, beside groups.h.
 *
 *     a patient's rows of a group -- clusters_tally --> values --+
 *                                    another site   --> values --+-- sum --> publish, read
 *     the same rows, published AUC -- clusters_place --> place  ---- sum --+
 *
 * A patient's rows are alike, so a hundred of them say less than a hundred patients. Everything that
 * intervals need to know of it (fairness.h) follows from sums over patients. All rows of a patient
 * lie at one site, and each group he has rows in is tallied once, with all of them; a patient whose
 * age band changes is a patient of two groups, so everybody together is a slot of its own, the one
 * after the last group, tallied with all his rows of known group.
 *
 * The first pass, doubles, one slot after the other (groups + 1 of them):
 *
 *     rows | positives | patients | patients with a positive | with a negative row |
 *     second moments of {rows, positives, s, e^2, l} (15) |
 *     of each threshold: patients with any TP, FP, TN, FN | any selected (TP or FP) |
 *                        any rejected (TN or FN) row | second moments of {TP, FP, TN, FN} (10)
 *
 * A second moment is the sum over patients of the product of two of the patient's own sums; they
 * lie as the rows of an upper triangle: xx xy xz yy yz zz. s, e, l: score, error and loss of groups.h.
 *
 * The second pass is against the published histograms of groups.h, of each slot: Obuchowski's
 * {xx, yy, xy} (interval.h).
 *
 * Grain: as in groups.h. What a row adds to its patient's s, e^2, l and placements, and what a patient
 * adds to a sum that is no count, travels 16 times as large, rounded to multiples of 2^-20: sums
 * are exact while no entry exceeds 2^33, whatever the split over sites and the order of rows. A
 * patient adds his rows squared, times 16 (times 20,800 where every loss is the largest).
 *
 * The sums of a few patients are nearly their rows: only the sum over all sites may be read.
 */
#ifndef EVENHAND_CLUSTERS_H
#define EVENHAND_CLUSTERS_H

#include "models/metrics/groups.h"
#include "models/metrics/interval.h"

#define CLUSTERS_THRESHOLDS_MAX 66 /* as many as an axis takes, and two of its own edges */

enum clusters_cell { CLUSTERS_TP, CLUSTERS_FP, CLUSTERS_TN, CLUSTERS_FN, CLUSTERS_CELLS };
enum clusters_sum {
    CLUSTERS_ROWS,
    CLUSTERS_POSITIVES,
    CLUSTERS_SCORE,
    CLUSTERS_SQUARED_ERROR,
    CLUSTERS_LOSS,
    CLUSTERS_SUMS
};
#define CLUSTERS_MOMENTS(n)   ((n) * ((n) + 1) / 2)
#define CLUSTERS_CELL_MOMENTS CLUSTERS_MOMENTS(4)
#define CLUSTERS_SUM_MOMENTS  CLUSTERS_MOMENTS(5)
#define CLUSTERS_PLACES       3 /* xx, yy, xy */

/* How vectors are laid out. */
struct clusters {
    const struct hist_axis *axis; /* keeps */
    size_t groups;                /* slot `groups` is everybody */
    size_t thresholds;
    size_t bin[CLUSTERS_THRESHOLDS_MAX]; /* the first bin at or above each */
};

struct clusters_table {
    double with[CLUSTERS_CELLS]; /* patients having any TP, FP, TN, FN row */
    double with_selected, with_rejected;
    double moment[CLUSTERS_CELL_MOMENTS];
};

/* The patients of one slot. */
struct group_clusters {
    double rows, positives, patients, with_positive, with_negative;
    double moment[CLUSTERS_SUM_MOMENTS];
    struct clusters_table table[CLUSTERS_THRESHOLDS_MAX]; /* [thresholds] */
    struct cluster_sums auc;                              /* xx, yy, xy NAN: not known */
};

/* threshold: probabilities that are edges of the axis, at most CLUSTERS_THRESHOLDS_MAX. */
void clusters_open(struct clusters *c, const struct hist_axis *axis, const double *threshold,
                   size_t thresholds, size_t groups);
size_t clusters_values(const struct clusters *c); /* length of the first pass */
/*
 * All rows of one patient that are in this group (c->groups: of any), n 0: none. logit [n] not NAN,
 * label [n] 0 or 1.
 */
void clusters_tally(double *values, const struct clusters *c, size_t group, const double *logit,
                    const int *label, size_t n);
/* Could patients add up to this sum? EC_RUN_SUM if not; before it is read, as groups_judge. */
MUST_CHECK enum status clusters_judge(const struct clusters *c, const double *values);

size_t clusters_place_values(const struct clusters *c); /* length of the second pass */
/* The same rows again. of_positive, of_negative [axis bins]: placements, and auc, of this slot. */
void clusters_place(double *place, const struct clusters *c, size_t group,
                    const double *of_positive, const double *of_negative, double auc,
                    const double *logit, const int *label, size_t n);
/* values: of the first pass, judged. */
MUST_CHECK enum status clusters_judge_place(const struct clusters *c, const double *values,
                                            const double *place);

/* out [groups + 1]; place NULL: not known. Both judged. */
void clusters_read(struct group_clusters *out, const struct clusters *c, const double *values,
                   const double *place);

/* Are they of the rows that the histograms are of? sums [layout->count]. EC_RUN_SUM if not. */
MUST_CHECK enum status clusters_match(const struct group_clusters *g, const struct clusters *c,
                                      const struct groups *layout, const struct group_sums *sums);

/* Sum over patients of (a . x)(b . x), from the second moments of x [n]. */
double clusters_product(const double *moment, const double *a, const double *b, size_t n);
/*
 * The variance of a ratio A / B of two sums over patients, linearised (Taylor; Kish and Frankel,
 * J R Stat Soc B 36:1, 1974): patients / (patients - 1) * sum (a_k - A/B b_k)^2 / B^2. residual [n]
 * is what a_k - A/B b_k is in the sums that `moment` is of. NAN below two patients.
 */
double clusters_variance(const double *moment, const double *residual, size_t n, double total,
                         double patients);

#endif
