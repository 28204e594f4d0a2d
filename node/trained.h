/*
 * trained.h - a trained model out of its file, ready to release rows it has never seen.
 *
 *     model.evh -> ckpt -> plan, model, moments, erasure
 *     raw x [rows, width] -> standardise -> (erase) -> release -> z [rows, released]
 *
 * The file is all that is needed: standardisation and erasure are those of the run's training rows,
 * whoever the new rows belong to, and the draws are keyed as in the run (release.h). A row that the
 * run evaluated gets the bytes that its probes read, on the same machine, in the same order.
 */
#ifndef EVENHAND_TRAINED_H
#define EVENHAND_TRAINED_H

#include "models/core/ckpt.h"
#include "models/erasure/erasure.h"
#include "node/dataset.h"
#include "node/release.h"
#include "proto/wire/plan.h"

struct trained {
    struct ckpt file;
    struct plan plan;
    struct model *model;
    struct release release;
    struct erasure erasure;     /* borrows from file; columns 0: nothing is erased */
    size_t width, released;     /* of a row that comes, of one that goes */
    double *zero, *one;         /* [width]: the moments of rows that are not standardised */
    const double *mean, *scale; /* [width] */
    const double *test_mean, *test_scale; /* the same for rows whose split is test */
    real *input;                          /* [RELEASE_ROWS, width] */
    struct arena arena;
};

/*
 * Reads and judges all of it: EC_IO_OPEN, EC_MODEL_FILE also when digests, plan and tensors do not
 * belong together, EC_MODEL_RELEASE when the model has nothing to release or its run standardised
 * each site by moments that stayed there.
 */
MUST_CHECK enum status trained_open(struct trained *t, const char *path);
void trained_close(struct trained *t); /* harmless on a zeroed one */

/*
 * z [rows, released] of raw [rows, width], which are finite, of these patients and splits [rows].
 * first is the number of the first row in its file, a multiple of RELEASE_ROWS. EC_DATA_NAN when a
 * row is so far out that it overflows; where stands in the complaint.
 */
MUST_CHECK enum status trained_release(real *z, struct trained *t, const float *raw,
                                       const uint64_t *patient, const uint8_t *split, size_t rows,
                                       size_t first, const char *where);
/* What the plan says of this key of the model ("model.release.z"); "" where it has no such key. */
const char *trained_says(const struct trained *t, const char *key);

#endif
