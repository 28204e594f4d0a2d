/*
 * fairness.h - for whom does it work? Numbers of one task by the groups of one attribute.
 *
 *     sums of groups (groups.h) + question -> list of measures        pure, and the same for a seed
 *
 * No id can be misread (interface.md 5.1 maps other tools' names). T: one a threshold of the
 * question; G: one a group and one overall; 2: between groups. s: score, y: label.
 *
 *   G    n  prevalence
 *   G T  selection_rate  tpr  fpr  tnr  fnr  ppv  npv  accuracy      prediction is s >= threshold
 *   2 T  selection_gap tpr_gap ...      largest - smallest           Fairlearn's differences
 *        selection_ratio tpr_ratio ...  smallest / largest           and ratios
 *        selection_gap_overall ...      largest |group - overall|    ("to_overall": worst group)
 *        selection_ratio_overall ...    smallest of group / overall and overall / group
 *        eqodds_max  eqodds_mean        of tpr_gap and fpr_gap
 *        eqodds_ratio                   smaller of tpr_ratio, fpr_ratio; these three also _overall
 *        fairmedfm_eod                  1 - (tpr_gap + tnr_gap) / 2: higher is fairer
 *        pqd  dpm  eom                  FairDisCo: accuracy_ratio; mean over the two classes of the
 *                                       ratio of P(prediction = class); of P(it | y = class)
 *   T    generalized_entropy_index (alpha 2), theil_index            of prediction - y + 1
 *   T    statistical_parity_difference  disparate_impact  average_odds_difference
 *        tpr_difference                 AIF360: group against the privileged one, in `other`
 *   G T  net_benefit                    TP/n - FP/n t/(1-t)
 *   G    auc
 *   2    auc_gap  auc_min  es_auc       es_auc: AUC / (1 + sum |AUC_group - AUC|)
 *        xauc                           P(s of a positive of group > s of a negative of other)
 *        xauc_bpsn  xauc_bnsp           group's negatives against all others' positives; reverse
 *   G    ece  mce                       ten equal bins of [0,1]; ece is too high by chance alone:
 *        ece_debiased                   less what resampling adds, at least 0
 *   G    brier  log_loss  mean_score  o_over_e (positives / sum of s)
 *   G    calibration_in_the_large       a of logit P(y) = a + logit(s)
 *        calibration_intercept          a of logit P(y) = a + b logit(s), s the middle of its bin
 *        calibration_slope              b                         (of 1/43 logit; ends at +-12)
 *   2    ece_gap
 *
 * What cannot be estimated is NAN and `why` says so; it is never 0. Numbers between groups then
 * leave that group out, and `why` names it; they need two groups that can be estimated. A group's
 * TPR and FNR of fewer than `fewest` positives (FPR and TNR: negatives), counted as patients where
 * these are known, are such: the largest of many gaps is that of the group with the fewest.
 *
 * Intervals. Proportions: Wilson, or Clopper-Pearson (interval.h). AUCs: DeLong from bins. A gap of
 * two groups: Newcombe, or MOVER from their own intervals. Everything else between groups:
 * "bootstrap-range". All groups are drawn again, each from its own counts; a replicate's errors e
 * are its values less those it was drawn from, and |gap - true gap| <= max e - min e whatever the
 * groups are, so the level's quantile of that range is added and subtracted (ratios: of logs; to
 * overall: of |e - e_overall|). Percentiles of the gap itself would never hold a true gap of 0:
 * drawing again adds to every maximum. ece: likewise, by the sum over bins of what each moves
 * ("bootstrap-bound"); mce has none, it is the luck of the emptiest bin. The indices of entropy:
 * twice the value less the quantiles ("bootstrap").
 *
 * Patients. With `clusters`, intervals count patients, not rows; where a group's patients have one
 * row each, it is all the same. Rates: Wilson's or Clopper-Pearson's of rows / design effect rows, at
 * most those there are ("wilson-clustered", ...). The effect is the linearised variance over patients
 * by that over rows (Kish, Survey Sampling, 1965), and that times (t of patients / t of rows)^2
 * (Korn and Graubard, Surv Methodol 24:193, 1998), t having (sum n_k)^2 / sum n_k^2 - 1 degrees of
 * freedom: few patients, or a few with most rows, hardly know how they vary (Carter, Schnepel and
 * Steigerwald, Rev Econ Stat 99:698, 2017). A rate of 0 or 1 shows no variance: there a patient's
 * rows count as copies of one another, an effect of sum n_k^2 / sum n_k. Means, o_over_e, net
 * benefit: normal, of the linearised variance times the same square ("normal-clustered"). AUC:
 * Obuchowski's ("clustered"). Gaps of two: MOVER from these. All else goes by one design effect a
 * group, the largest that its rates, AUC and Brier score show and at least 1: lines of calibration
 * and AUCs across groups have their variances times it, and the bootstrap and noise floors draw
 * rows / effect rows. Groups count as independent, though a patient may be in two.
 *
 * The noise floor of a number between groups is its mean when all groups are the same: their sizes
 * with the pooled rate (of the estimable groups; AUC, ECE: the pooled histogram), drawn as often.
 * A gap at its floor is what luck makes of equal groups. A thousand replicates of 200,000 rows in
 * five groups at two thresholds take about a second.
 *
 * Who is shown was decided before (coordinator/eval/release.h) and is no matter of these numbers.
 * Of a group that is not shown there is one row, metric "n", withheld. A group whose cells at a
 * threshold are not shown has all its rows of that threshold withheld, for two rates give away a
 * third; likewise what is signed against it. Numbers between groups leave both out and name them.
 * Where the cells of everybody are not shown, every row of that threshold is withheld.
 *
 * Thresholds come from the plan or from validation rows (fairness_threshold), never from the rows
 * that are scored. One privileged group, or none.
 */
#ifndef EVENHAND_FAIRNESS_H
#define EVENHAND_FAIRNESS_H

#include "models/metrics/clusters.h"
#include "models/metrics/groups.h"

#define FAIRNESS_NOBODY SIZE_MAX

/* Who is shown, as it was decided. */
struct fairness_shown {
    bool nothing;             /* of anybody */
    const bool *group;        /* [groups] */
    const bool *cells;        /* [thresholds * groups], one threshold after the other */
    const bool *cells_of_all; /* [thresholds] */
};

struct fairness_question {
    const struct groups *groups; /* how many, and the axis */
    const char *const *name;     /* [groups->count]; measures keep them */
    const double *threshold;     /* [thresholds] probabilities that are edges of the axis */
    size_t thresholds;
    /* [groups->count + 1], the last of everybody, at these thresholds; NULL: a row is a patient */
    const struct group_clusters *clusters;
    const struct fairness_shown *shown; /* NULL: everybody and everything */
    double min_cell;                    /* for the words of `why` alone */
    double fewest;                      /* of a class, that a group's rate of it takes; 0: any */
    size_t privileged;                  /* index of a group, or FAIRNESS_NOBODY */
    double level;                       /* of intervals, .95 */
    size_t replicates;                  /* of the bootstrap, 1,000 or more for a report */
    uint64_t seed;
};

struct fairness_measure {
    const char *metric;
    const char *group, *other;    /* "": overall, or between groups */
    double threshold;             /* NAN: depends on none */
    double value;                 /* NAN: not estimable, or withheld */
    double lo, hi;                /* NAN: no interval */
    const char *interval;         /* its method, "": none */
    double noise_floor;           /* NAN: of one group, or of a pair */
    const char *lowest, *highest; /* groups that make a gap; lowest: the worst of a minimum */
    double rows, positives;       /* that it rests on */
    bool withheld;
    char why[160];
};

struct fairness {
    size_t count;
    struct fairness_measure *measure;
};

/* sums [groups->count] and clusters, judged and read; borrows everything but the names. */
void fairness_open(struct fairness *f, const struct fairness_question *q,
                   const struct group_sums *sums);
void fairness_close(struct fairness *f);
/* The row with this id, group, other ("" each for none) and threshold (NAN for none), or NULL. */
const struct fairness_measure *fairness_find(const struct fairness *f, const char *metric,
                                             const char *group, const char *other,
                                             double threshold);

enum fairness_aim { FAIRNESS_SENSITIVITY, FAIRNESS_SPECIFICITY, FAIRNESS_SELECTION };
/*
 * The highest edge with at least this sensitivity, or at least this share of all rows above it, or
 * the lowest with at least this specificity, of validation rows: a probability, to be an edge of
 * the axis that test rows are scored on. NAN when the rows have no such class, or no edge but 1 does.
 */
double fairness_threshold(const struct hist_axis *axis, const struct group_sums *validation,
                          enum fairness_aim aim, double wanted);

#endif
