/*
 * attack.h - labels of one group poisoned in training: what a plan tries, and which labels those are.
 *
 *     attacks = ( { task = "cancer_2y"; group = "sex"; level = "female"; rates = [0.5, 1.0]; } );
 *
 *     training rows' labels -> as many of either class -> positives of the target group become
 *     negatives, at a rate -> fresh probes learn that -> scored on clean held-out rows, by group
 *
 * The under-diagnosis attack of "Hidden in Plain Sight" (arXiv 2402.05713): whoever writes a group's
 * diagnoses down leaves some out. Training rows alone are poisoned. Validation rows, on which probes
 * stop and thresholds are chosen, and test rows are clean: what is measured is what a model learns
 * from wrong labels, not how it looks to who believes them.
 *
 * Balancing comes first, with the shares of the clean labels, so that poisoning does not bring more
 * negatives along; of the larger class each row stays with the ratio of the shares. Rows that do
 * not stay have an unknown label. Both draws are keyed by the plan's seed and the patient (and the
 * row, for balancing): what is poisoned at one rate is at every higher one, whatever the site, and
 * a rate changes nothing but what it poisons. All rows of a patient are poisoned or none.
 */
#ifndef EVENHAND_ATTACK_H
#define EVENHAND_ATTACK_H

#include "models/core/batch.h"
#include "proto/base/settings.h"

#define ATTACK_RATES_MAX  16
#define ATTACK_TRIALS_MAX 64

/* One attack of the plan at one rate. */
struct attack_trial {
    size_t attack;             /* its record */
    size_t task, group, level; /* of the population: whose positives become negatives */
    double rate;
};

struct attack {
    size_t trial_count;                           /* 0: the plan tries none */
    struct attack_trial trial[ATTACK_TRIALS_MAX]; /* attack by attack, rates ascending from 0 */
};

/*
 * A finished plan. EC_CFG_CHOICE for a task or group that there is none of, EC_CFG_CONFLICT for one
 * of another kind than can be poisoned, for no rate or too many, and where no fresh probe would
 * read anything, or only the rows it was fitted to.
 */
MUST_CHECK enum status attacks_judge(const struct settings *plan);

/* EC_CFG_CHOICE: the group has no such level; only the data know its names. */
MUST_CHECK enum status attack_open(struct attack *a, const struct settings *plan,
                                   const struct population *who);

/* Rows of a site that are trained on, a patient's side by side. */
struct attack_rows {
    size_t total;            /* rows of the columns below */
    const real *task;        /* [task_count, total] */
    const real *group;       /* [group_count, total] */
    const uint64_t *patient; /* [total] */
    const uint32_t *row;     /* [count] */
    size_t count;
};

/* label [total]: what probes of this trial learn; NAN where nothing. who's shares must be known. */
void attack_label(real *label, const struct attack_trial *t, const struct population *who,
                  uint64_t seed, const struct attack_rows *rows);

#endif
