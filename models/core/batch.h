/*
 * batch.h - what a model sees of patients, and what everybody knows of all of them.
 *
 * A target is a task (what the model should keep) or a group attribute (what
 * it should lose). Its value for a row is a real: the level's index for
 * binary and categorical targets, the standardised value for regression, NAN
 * where it is unknown. Unknown values have no loss and no gradient.
 */
#ifndef EVENHAND_BATCH_H
#define EVENHAND_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/core/real.h"

#define TARGET_NAME_MAX   64
#define TARGET_LEVELS_MAX 16
#define TASKS_MAX         16
#define GROUPS_MAX        16

enum target_kind { TARGET_BINARY, TARGET_CATEGORICAL, TARGET_REGRESSION };

struct target {
    char name[TARGET_NAME_MAX];
    enum target_kind kind;
    bool train;    /* may the model's head learn it? (tasks) */
    size_t levels; /* 2 for binary, 0 for regression */
    char level[TARGET_LEVELS_MAX][TARGET_NAME_MAX];
    double known;                    /* training rows of all sites with a known value */
    double share[TARGET_LEVELS_MAX]; /* of the known rows, sums to 1; 0: level unseen */
    double mean, sd;                 /* of a regression target, in its unit; sd 1 when constant */
};

/* The same at every party: made from sums over the training rows of all sites. */
struct population {
    size_t width; /* features of a row */
    double rows;  /* training rows of all sites */
    size_t task_count, group_count;
    struct target task[TASKS_MAX];
    struct target group[GROUPS_MAX];
};

struct batch {
    size_t rows, width;
    const real *x;     /* [rows, width], standardised */
    const real *task;  /* [task_count, rows], and further columns where attacks are tried */
    const real *group; /* [group_count, rows] */
};

/* Logits a head needs for it: levels for categorical, else 1. */
size_t target_outputs(const struct target *t);
/* The index of the largest share: the level that others are compared with. */
size_t target_largest(const struct target *t);
/* Can anything be learnt about it: did training rows have two of its levels, or a value at all? */
bool target_learnable(const struct target *t);
/*
 * Weights of the levels under which those seen count alike: 1 / (levels seen * share), at most
 * TARGET_BALANCE_MAX, so that three patients do not outweigh all others; 1 where nobody was seen.
 */
#define TARGET_BALANCE_MAX 10.0
void target_balance(double weight[static TARGET_LEVELS_MAX], const struct target *t);

#endif
