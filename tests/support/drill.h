/*
 * drill.h - a model that trains on made-up rows: what all measurements of a training step share.
 *
 *     plan, width -> population -> model
 *                        |-> DRILL_ROWS random rows -> trainer
 *
 * Paths are of the repository, so whoever drills runs in its root.
 */
#ifndef EVENHAND_DRILL_H
#define EVENHAND_DRILL_H

#include "models/core/model.h"
#include "node/train.h"
#include "proto/wire/plan.h"

#define DRILL_ROWS 1024

/* Standard normal features; a target's value is a level, or a standardised value. */
struct drill_rows {
    real *x, *task, *group;
    uint32_t *row;
    struct rows_view view;
};

struct drill {
    struct plan plan;
    struct population who;
    struct model *model;
    struct drill_rows rows;
};

/* What a drill of this name is made of. */
struct drill_shape {
    const char *name;
    const char *path; /* of the plan */
    size_t width;
};

extern const struct drill_shape drill_shapes[2];
const struct drill_shape *drill_shape_find(const char *name); /* NULL: there is no such drill */

/* Rows are drawn from the stream (seed, RNG_TEST, 0, 0, 0). */
void drill_rows_open(struct drill_rows *rows, const struct population *who, uint64_t seed);
void drill_rows_close(struct drill_rows *rows);

/* EC_CFG_*, EC_MODEL_SHAPE. d must stay where it is until it is closed. */
MUST_CHECK enum status drill_open(struct drill *d, const struct drill_shape *shape, uint64_t seed);
void drill_close(struct drill *d);
/* The plan's own training in batches of this size, a step a round until spec.pace says more. */
void drill_trainer(struct trainer *t, const struct drill *d, size_t batch);

#endif
