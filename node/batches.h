/*
 * batches.h - seeded batches of training rows.
 *
 * Batch number k of a site's round is rows order[k*B .. k*B+B), where order is a fresh random
 * permutation for every pass, keyed by (seed, site, round, pass): any batch of a run can be made
 * again alone. Batches never straddle two passes; the last of a pass may be shorter, but holds at
 * least half a batch (a smaller rest joins the one before it, unless it is to be kept).
 */
#ifndef EVENHAND_BATCHES_H
#define EVENHAND_BATCHES_H

#include "models/core/batch.h"
#include "node/dataset.h"
#include "proto/base/rng.h"

/* Where the rows come from: any matrix with its targets, borrowed. */
struct rows_view {
    size_t width;
    const real *x;     /* [any, width] */
    const real *task;  /* [task_count, total] */
    const real *group; /* [group_count, total] */
    size_t total;      /* rows of x, task, group */
    size_t task_count; /* of the population, and of label columns behind them (attack.h) */
    size_t group_count;
    const uint32_t *row; /* [count]: the rows to draw from */
    size_t count;
};

/* Rows of this site's data; x [d->rows, width] is any matrix of them. */
struct rows_view batches_view(const struct dataset *d, const real *x, size_t width,
                              const uint32_t *row, size_t count);

struct batches {
    struct rows_view from;
    size_t batch;    /* B, at most count */
    size_t per_pass; /* batches in a pass */
    uint64_t seed, site, round;
    uint64_t pass;   /* passes begun */
    size_t next;     /* batch within the pass */
    uint32_t *order; /* [count], the caller's */
};

void batches_open(struct batches *b, const struct rows_view *from, size_t batch, uint64_t seed,
                  uint64_t site, uint64_t round, uint32_t *order);
/* Before the first batch: every pass ends with what is left of its rows, be it one. */
void batches_keep_rest(struct batches *b);
/* Bytes a batch takes from the arena at most. */
size_t batches_bytes(const struct batches *b);
/* The next batch, copied into the arena (lives until the rewind). */
struct batch batches_next(struct batches *b, struct arena *arena);
/* Rows from..from+count of the view's row list as a batch, in order: for evaluation. */
struct batch batches_slice(const struct rows_view *from, size_t at, size_t count,
                           struct arena *arena);

#endif
