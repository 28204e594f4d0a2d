/*
 * release.h - what a model releases of rows, keyed so that whoever applies it later gets the same.
 *
 *     (plan, model) -> seed;  (seed, patient) -> the draw of a patient, or (..., row) of a row
 *     input [rows, width] -> RELEASE_ROWS at a time -> z [rows, release_width]
 *
 * Used by a run's evaluation and for rows that come after it: the same rows of a file, in the same
 * order, have the same bytes in both. Pieces are cut at the same places, because a matrix product
 * may round a row differently at another place in another number of rows.
 */
#ifndef EVENHAND_RELEASE_H
#define EVENHAND_RELEASE_H

#include "crypto/hash.h"
#include "models/core/model.h"
#include "proto/base/arena.h"

#define RELEASE_ROWS 256

struct release {
    const struct model *model; /* keeps; one that releases something */
    const real *theta;         /* keeps */
    uint64_t seed;
};

/* Keys the draws of all patients: another plan or other weights, other draws. */
uint64_t release_seed(const struct digest *plan, const struct digest *model);
/* Scratch that release_rows takes, in bytes. */
size_t release_scratch_bytes(const struct model *m);
/*
 * Row i of input, which the model sees as it is, to z + i * stride (stride at least release_width;
 * what lies between is untouched). Rows begin at a multiple of RELEASE_ROWS of their file.
 */
void release_rows(real *z, size_t stride, const struct release *r, const real *input,
                  const uint64_t *patient, size_t rows, struct arena *arena);

#endif
