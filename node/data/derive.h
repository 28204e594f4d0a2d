/*
 * derive.h - what the rows of a frame are: whose, where, in which split, with which labels.
 *
 *     words of a row -> patient, site, split, a value for each label and group
 *
 * All sites together: a patient in two splits is refused even when each
 * split is at another site.
 */
#ifndef EVENHAND_DERIVE_H
#define EVENHAND_DERIVE_H

#include "node/data/frame.h"
#include "node/flat.h"

struct derived {
    size_t rows;
    uint32_t *patient;                  /* [rows]: its word in the frame's pool */
    uint32_t *site;                     /* [rows]: 0..site_count-1 */
    uint8_t *split;                     /* [rows]: enum split */
    char (*site_name)[TARGET_NAME_MAX]; /* [site_count], sorted by name */
    size_t site_count;
    struct target task[TASKS_MAX], group[GROUPS_MAX];
    size_t task_count, group_count;
    float *value;   /* [task_count + group_count, rows], NAN unknown */
    double *score;  /* [task_count, rows], in [0,1]; NULL: the recipe has none */
    size_t roaming; /* patients with rows at more than one site */
};

/* EC_DATA_VALUE, EC_DATA_SPLIT, EC_DATA_NAN with file:line. Puts words into the frame's pool. */
MUST_CHECK enum status derive(struct derived *d, struct frame *f);
void derive_free(struct derived *d);

/* The distinct words of a text column, missing and unknown ones left out, sorted: by number when
 * all are numbers, else by byte. malloc, yours. */
uint32_t *derive_levels(size_t *count, const struct frame *f, size_t text,
                        const struct words *unknown);

/* The values of labels and groups, and the scores (derive_targets.c). */
MUST_CHECK enum status derive_targets(struct derived *d, const struct frame *f);

#endif
