/*
 * tiny_run.h - one hospital as its own federation, trained and up to its evaluation: its files, its
 * model, and what the probes of the run read.
 *
 * The site is the fixture's, 220 patients of 3 rows, as HDF5 and as the flat file packed of it; its
 * last feature is 2.5 in every row.
 */
#ifndef EVENHAND_TINY_RUN_H
#define EVENHAND_TINY_RUN_H

#include "node/work.h"
#include "tests/support/scratch.h"

struct tiny_run {
    struct scratch scratch;
    struct plan plan;
    struct work w; /* features are made and not yet rescaled */
    char h5[SCRATCH_MAX], flat[SCRATCH_MAX];
    char folder[SCRATCH_MAX], model[SCRATCH_MAX]; /* the run's, and its model.evh */
};

/* A debiaser of 3 latent numbers on `width` features, at least 5; overrides as of --set. */
void tiny_run_open(struct tiny_run *r, size_t width, const char *const *overrides, size_t count);
/* A linear head. */
void tiny_run_open_linear(struct tiny_run *r);
void tiny_run_close(struct tiny_run *r);
/* What the run's evaluation has of a row. */
const real *tiny_run_released(const struct tiny_run *r, size_t row);

#endif
