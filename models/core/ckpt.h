/*
 * ckpt.h - a trained model as one flat file: what was trained, on whom, and the weights.
 *
 *     magic "EVHMODEL" | u32 version | u32 zero
 *     text model | text plan digest | text model digest           (text: u16 length, bytes)
 *     u32 length, plan in its normal form
 *     u32 length, schema of the population (models/core/schema.h)
 *     rows; of each task, then group: known, mean, sd, share of each level
 *     mean of each feature; scale of each feature
 *     u32 columns that are erased before the model sees a row; if any: mean, u, v of erasure.h
 *     tensors (models/core/map.h)
 *     u64 count, weights in float32
 *     u64 FNV-1a of every byte before                             (all little-endian, reals f64)
 *
 * The checksum finds accidents; who wants to know that nobody changed the file
 * on purpose compares the model digest, which covers the weights alone.
 */
#ifndef EVENHAND_CKPT_H
#define EVENHAND_CKPT_H

#include <stdint.h>

#include "models/core/batch.h"
#include "models/core/map.h"
#include "proto/base/status.h"

#define CKPT_VERSION   2
#define CKPT_NAME_MAX  32
#define CKPT_HEX_MAX   65            /* 64 lower-case hex digits */
#define CKPT_ERASE_MAX 240           /* columns: GROUPS_MAX * (TARGET_LEVELS_MAX - 1) */
#define CKPT_PLAN_MAX  (1u << 20)    /* bytes of a plan's normal form */
#define CKPT_BYTES_MAX (1264u << 20) /* of a file: the largest vector, and room for the rest */

struct ckpt {
    char model[CKPT_NAME_MAX]; /* what the plan calls it */
    char plan_digest[CKPT_HEX_MAX], model_digest[CKPT_HEX_MAX];
    char *plan; /* settings_normal */
    struct population who;
    double *mean, *scale;      /* [who.width] of raw features; scale 0: constant, becomes 0 */
    size_t erase_columns;      /* 0: nothing is erased first, and the next three are NULL */
    double *erase_mean;        /* [who.width], of standardised features */
    double *erase_u, *erase_v; /* [erase_columns, who.width] */
    struct map map;            /* map.end is the length of theta */
    real *theta;
};

/* Atomically; what c points at is borrowed. EC_IO_CREATE, EC_IO_WRITE. */
MUST_CHECK enum status ckpt_write(const char *path, const struct ckpt *c);
/* EC_MODEL_FILE for every damage. On success ckpt_close frees; harmless on a zeroed ckpt. */
MUST_CHECK enum status ckpt_read(struct ckpt *c, const char *path);
void ckpt_close(struct ckpt *c);
/* The same from memory; name stands for the path in messages. For tests and fuzzers. */
MUST_CHECK enum status ckpt_parse(struct ckpt *c, const uint8_t *bytes, size_t len,
                                  const char *name);
uint64_t ckpt_checksum(const uint8_t *bytes, size_t len);

#endif
