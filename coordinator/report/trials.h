/*
 * trials.h - the attack list of a parsed report, sorted into lines of a table.
 *
 *     {task, attribute, target, representation, probe, rate, group, metric, rule, ...} * many
 *         ->  (attack, representation, probe, rate):  FNR of the target | gap | FPR | ... | AUC
 *
 * An attack is a (task, attribute, target). Numbers of the other groups stand in the report alone;
 * here their distance from the target does, the gap.
 */
#ifndef EVENHAND_TRIALS_H
#define EVENHAND_TRIALS_H

#include "coordinator/report/rows.h"

enum trial_column {
    TRIAL_FNR,      /* of the target, at the fixed threshold */
    TRIAL_GAP,      /* of FNR, between the groups, likewise */
    TRIAL_FPR,      /* of everybody, likewise */
    TRIAL_FNR_RANK, /* as the first, at the threshold by rank */
    TRIAL_GAP_RANK,
    TRIAL_AUC, /* of the target */
    TRIAL_AUC_ALL,
    TRIAL_COLUMNS
};

/* What stands above a column: "FNR of target", "at .5". */
struct trial_title {
    const char *what, *at;
};
extern const struct trial_title trial_titles[TRIAL_COLUMNS];

struct trial_line {
    const char *task, *attribute, *target, *representation, *probe; /* borrowed from the report */
    double rate;
    size_t head;                            /* the first line of the same attack */
    size_t base;                            /* the line of the same predictor at the lowest rate */
    const struct json *cell[TRIAL_COLUMNS]; /* NULL: not measured */
};

struct trials {
    struct trial_line *line;
    size_t count;
};

/* In the order in which they first occur. */
void trials_open(struct trials *t, const struct json *report);
void trials_close(struct trials *t);

#define TRIAL_WORDS_MAX 640
/* "cancer_2y, positives of sex = female made negatives in training". */
void trials_title(char out[static TRIAL_WORDS_MAX], const struct trial_line *line);
/* "original, linear". */
void trials_predictor(char out[static TRIAL_WORDS_MAX], const struct trial_line *line);
/* Is this the last rate of its predictor? */
bool trials_last(const struct trials *t, size_t at);
/*
 * The sentence of an attack (its head): which number moved most from the lowest rate, gaps aside,
 * and whether any is withheld that could have moved more.
 */
void trials_sentence(char out[static TRIAL_WORDS_MAX], const struct trials *t, size_t head);
/* What a reader must know of every attack. */
extern const char trials_note[];

#endif
