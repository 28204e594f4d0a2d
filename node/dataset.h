/*
 * dataset.h - one hospital's rows as the plan wants them.
 *
 *     flat file -> chosen tasks and groups, validation split -> sums of moments (leave the site)
 *     population and scale (come back) -> standardised rows
 *
 * Rows keep the order of the file. Where a file has no validation rows, a share of the training
 * patients (data.validation, one fifth) become validation by a keyed hash of (plan seed, patient).
 * A plan whose model is fixed reads files of scores: x are those of the plan's tasks, in its order;
 * splits are as they are, and all rows count as those that a training plan trains on.
 */
#ifndef EVENHAND_DATASET_H
#define EVENHAND_DATASET_H

#include "models/core/batch.h"
#include "node/flat.h"
#include "proto/base/settings.h"

enum standardise { STANDARDISE_NONE, STANDARDISE_GLOBAL, STANDARDISE_SITE };

/* Rows that the plan's evaluation scores, and those that it fits its probes to: training rows, but
 * in sample the scored ones themselves. */
enum split split_scored(const struct settings *plan);
enum split split_fitted(const struct settings *plan);

/* What data.standardise says. */
enum standardise standardise_of(const struct settings *plan);
/* out [width] = (raw - mean) / scale; a feature of scale 0 becomes 0. */
void standardise_row(real *out, const float *raw, const double *mean, const double *scale,
                     size_t width);

struct dataset {
    struct flat flat; /* keeps the map */
    size_t rows, width;
    bool fixed;       /* the plan's model learns nothing: raw holds scores */
    float *chosen;    /* the chosen columns of such a file, behind raw; else NULL */
    const float *raw; /* [rows, width] */
    struct population
        schema;        /* chosen tasks and groups of the plan; shares and moments not filled */
    uint8_t *split;    /* [rows], with validation rows chosen */
    real *task;        /* [task_count, rows] */
    real *group;       /* [group_count, rows], regression standardised by dataset_standardise */
    real *x;           /* [rows, width] standardised; NULL before dataset_standardise */
    real *erased;      /* the same with attributes erased; NULL where the run erases nothing; either
                          may be gone after dataset_keep_input */
    const real *input; /* what the model sees: x or erased */
    size_t split_rows[3];
    uint32_t *split_row[3]; /* row numbers of each split, ascending */
};

/*
 * A group's value beyond this many deviations is of another unit than everybody's: years beside
 * months. Chebyshev leaves 0.7 % out there at most, and an adversary would learn little else.
 */
#define DATASET_VALUE_MAX 12.0

/* Sums over training rows of one site: what travels, as fixed point. Of scores: over all rows, and
 * no sum of x: nobody needs it. */
struct moments {
    size_t width, task_count, group_count;
    double *sum, *square; /* [width] of x, of x^2 */
    /* per target, tasks first: known rows in each level, or {known, sum, sum of squares} for regression */
    double level[TASKS_MAX + GROUPS_MAX][TARGET_LEVELS_MAX];
    double rows, patients;
};

/*
 * Opens the flat file and picks what the plan names (tasks[], groups[]: name, kind; data.*).
 * EC_DATA_LABEL when the file lacks one or its kind does not fit, EC_DATA_SHAPE when it has features
 * and the plan wants scores or the other way round, EC_DATA_EMPTY without training rows or rows to
 * fit probes to (without rows, when nothing is trained).
 * plan must be finished; seed keys the validation split.
 */
MUST_CHECK enum status dataset_open(struct dataset *d, const char *path,
                                    const struct settings *plan);
void dataset_close(struct dataset *d);

/* Sums over this site's training rows; m's vectors are the caller's ([width] each). */
void dataset_moments(struct moments *m, const struct dataset *d);

/*
 * Standardises: x = (raw - mean) / scale with the given per-feature moments (STANDARDISE_GLOBAL)
 * or the site's own training moments (STANDARDISE_SITE). scale 0 (a feature without variance)
 * makes the feature 0. With test_mean/test_scale (may be NULL) test rows use those instead.
 * Regression groups become (value - who->group[i].mean) / sd, and are within DATASET_VALUE_MAX:
 * EC_DATA_RAW_AGE, naming the group, where one is not or there is no such sd. Once.
 */
MUST_CHECK enum status dataset_standardise(struct dataset *d, enum standardise how,
                                           const struct population *who, const double *mean,
                                           const double *scale, const double *test_mean,
                                           const double *test_scale);

/* Frees the rows that the model does not see, x or erased, where nobody else will read them. */
void dataset_keep_input(struct dataset *d);

#endif
