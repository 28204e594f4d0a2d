/*
 * census.h - the scored rows of a run, counted by group: for whom does a predictor work?
 *
 *     who scores what (rows of the exam: tasks alone)  x  partings of the patients
 *         -> one table each: sums by group (groups.h), sums by patient (clusters.h)
 *         -> a second pass: placement sums of patients against the published histograms
 *
 * A parting is a group attribute of the plan with levels, or an intersection of such
 * (evaluate.intersections, "sex*race"). Every site contributes to every group, so that not even
 * the presence of a group at a site can be seen. A row of unknown label or group is in no group of
 * that table. Of several fresh probes the first seed stands for all: fairness is of a predictor
 * that somebody could use, not of a mean of predictors. Noise is not asked for whom it works.
 *
 * The operating thresholds of a predictor are the plan's, then those chosen on validation rows
 * (evaluate.sensitivity, evaluate.specificity); never on rows that are scored. A predictor that
 * learnt an attack's labels (attack.h) is counted by the attacked attribute alone, at
 * CENSUS_FIXED and then at the threshold that selects attacks[].flagged of the validation rows.
 *
 * Everything here is a pure function of the plan, the population and the published sums.
 */
#ifndef EVENHAND_CENSUS_H
#define EVENHAND_CENSUS_H

#include "models/exam.h"
#include "models/metrics/clusters.h"
#include "models/metrics/groups.h"

#define CENSUS_CROSSED_MAX 4
#define CENSUS_FIXED       0.5
#define CENSUS_NAME_MAX    (CENSUS_CROSSED_MAX * (TARGET_NAME_MAX + 1))

/* The patients by an attribute, or by several crossed; the first attribute moves slowest. */
struct census_parting {
    size_t crossed;
    size_t attribute[CENSUS_CROSSED_MAX]; /* of the population's groups */
    size_t groups;                        /* at most GROUPS_OF_A_KIND_MAX */
};

#define CENSUS_EVERY SIZE_MAX

/* A predictor of a task: a row of the exam, and where its score becomes a prediction. */
struct census_reader {
    size_t row;
    size_t parting; /* it is counted by this one alone, or by CENSUS_EVERY */
    double flagged; /* share of validation rows that its threshold by rank selects; 0: none */
    double rank;    /* that threshold, one of those below; NAN: none, or not chosen yet */
    size_t thresholds;
    double threshold[CLUSTERS_THRESHOLDS_MAX]; /* probabilities; plan's first */
};

struct census_table {
    size_t reader, parting;
    struct groups groups;
    struct clusters clusters;
    size_t groups_at, clusters_at; /* in the first pass */
    size_t place_at;               /* in the second */
};

struct census {
    const struct exam *exam; /* keeps */
    size_t parting_count, reader_count, table_count;
    struct census_parting *parting;
    struct census_reader *reader;
    struct census_table *table;
    size_t values, place_values; /* lengths of the contributions; 0: nothing to count */
    double *sums, *place;        /* the published ones */
};

/*
 * Partings, and a reader for each task's row among these rows of the exam (AUC rows alone; not of
 * noise; with evaluate.fairness = false only those of attacks); no table yet. EC_CFG_CHOICE for an intersection that names what is no group attribute
 * with levels, EC_CFG_CONFLICT for one of too many groups.
 */
MUST_CHECK enum status census_open(struct census *c, const struct exam *e, const size_t *row,
                                   size_t rows);
void census_close(struct census *c);

/* Does the plan want thresholds that are chosen on validation rows? */
bool census_chooses(const struct census *c);
/*
 * Settles the thresholds, and with them the tables. valid: histograms of validation rows as of a
 * test leg, or NULL where none are chosen.
 */
void census_choose(struct census *c, const double *valid);
/* Tables without thresholds. */
void census_plain(struct census *c);

/* "sex", "sex*race"; "female", "female, Black". */
void census_parting_name(char out[static CENSUS_NAME_MAX], const struct census *c, size_t parting);
void census_group_name(char out[static CENSUS_NAME_MAX], const struct census *c, size_t parting,
                       size_t group);
/*
 * How large a group may be expected to be, from shares that were published before: the product of
 * its levels' shares of the training rows.
 */
double census_expected(const struct census *c, size_t parting, size_t group);

/*
 * The first pass over a site's rows, the second; values are cleared first. scores [reader_count];
 * group [who->group_count, rows]; a patient's rows are neighbours (patient[i] equal).
 */
void census_tally(double *values, const struct census *c, const struct exam_scores *scores,
                  const real *group, const uint64_t *patient);
void census_place(double *values, const struct census *c, const struct exam_scores *scores,
                  const real *group, const uint64_t *patient);

/* Could whole people add up to these sums? EC_RUN_SUM. Before they are folded. */
MUST_CHECK enum status census_judge(const struct census *c, const double *sums);
MUST_CHECK enum status census_judge_place(const struct census *c, const double *sums);
void census_fold(struct census *c, const double *sums);
void census_fold_place(struct census *c, const double *sums);

#endif
