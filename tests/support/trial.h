/*
 * trial.h - releases of random tables, each attacked by the exact reader of reader.h.
 *
 * Tables have 1 to 6 groups and 1 to 4 columns, few or many patients, few or many zeros, and a
 * min_cell of 2, 3, 5 or (half of them) 11. A trial is known by its number alone.
 */
#ifndef EVENHAND_TRIAL_H
#define EVENHAND_TRIAL_H

#include "tests/support/reader.h"

#define TRIAL_RELEASES 4

/* release_next(), or something that should be caught. */
typedef void trial_publish(struct release *r, struct release_memory *memory,
                           const struct release_table *t, const struct release_rules *rules);

struct trial_tally {
    size_t trials, attacked; /* attacked: withheld counts whose reach was found */
    size_t level[3];         /* releases of each enum release_level */
    size_t groups, groups_small, groups_withheld; /* of releases that show cells */
    size_t cells, cells_small, cells_withheld;    /* of those too; small ones are among them */
    size_t fresh, held, widened, moved;           /* of successive releases */
    int64_t tightest; /* (most - least) / min_cell, of all, in percent */
};

/* false: something can be worked out; `what` says what. Adds to the tally. */
bool trial_of_one(char what[static 256], struct trial_tally *tally, trial_publish *publish,
                  uint64_t number);
/* A chain of TRIAL_RELEASES of one run: every one alone, every two together. */
bool trial_of_many(char what[static 256], struct trial_tally *tally, trial_publish *publish,
                   uint64_t number);

#endif
