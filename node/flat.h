/*
 * flat.h - the flat data file that nodes map: one site, checked, nothing to parse twice.
 *
 *     header | names | patient | split | values | x
 *
 *   header   magic "EVHFLAT1", u32 version, u32 flags (1: scores), u64 rows, u64 width, u32 tasks,
 *            u32 groups, u64 names_at, patient_at, split_at, values_at, x_at, end, checksum of
 *            all but itself
 *   names    site; of each task, then group: name, u8 kind (enum target_kind), u8 level count,
 *            level names (writer.h texts)
 *   patient  u64 [rows]: flat_patient of the id
 *   split    u8 [rows]: enum split, SPLIT_NONE excluded
 *   values   f32 [tasks + groups, rows]: level index or raw regression value, NAN unknown
 *   x        f32 [rows, width], finite; of a file of scores the predicted probability of each
 *            task, in [0,1], as SCORE_PARTS floats (models/core/score.h): width = SCORE_PARTS * tasks
 *
 * Little-endian; every part starts at the next multiple of 64, with zeros between. Made by
 * evenhand-data from HDF5 or a recipe; flat_open judges every offset, length and value before use,
 * and the checksum (FNV-1a over 64-bit words) against damage, not malice: the file never leaves
 * the hospital.
 */
#ifndef EVENHAND_FLAT_H
#define EVENHAND_FLAT_H

#include "models/core/batch.h"
#include "proto/base/status.h"

enum split { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLIT_NONE };

#define FLAT_ROWS_MAX  (1u << 26)
#define FLAT_WIDTH_MAX (1u << 20)

/* Views into the map (or, for the writer, into the caller's memory). */
struct flat {
    char site[TARGET_NAME_MAX];
    size_t rows, width;
    bool scores; /* x holds the tasks' scores, not features */
    size_t task_count, group_count;
    struct target task[TASKS_MAX]; /* name, kind, levels, level[] only */
    struct target group[GROUPS_MAX];
    const uint64_t *patient; /* [rows] */
    const uint8_t *split;    /* [rows] */
    const float *value;      /* [task_count + group_count, rows], tasks first */
    const float *x;          /* [rows, width] */
    const uint8_t *map;      /* NULL when not from flat_open */
    size_t map_len;
};

/* Can this name a site, a target or a level? 1 to 63 bytes of UTF-8 without control characters. */
bool flat_can_name(const char *name);

/* The id of a patient as nodes know it: the first 8 bytes of its digest (crypto/hash.h). */
uint64_t flat_patient(const void *id, size_t len);

/*
 * What every file of this form keeps: finite x (EC_DATA_NAN), known splits and values inside their
 * levels, scores that are probabilities (EC_DATA_VALUE), one split a patient (EC_DATA_SPLIT), names and sizes within their limits
 * (EC_DATA_VALUE, EC_DATA_SHAPE, EC_DATA_EMPTY). where stands in the complaint.
 */
MUST_CHECK enum status flat_judge(const struct flat *f, const char *where);
/* Its two halves, for who has not all of x in memory: all but x, and rows first..first+rows of x. */
MUST_CHECK enum status flat_judge_columns(const struct flat *f, const char *where);
MUST_CHECK enum status flat_judge_rows(const float *x, size_t first, size_t rows, size_t width,
                                       const char *where);

/* Maps path. EC_DATA_FLAT when damaged, EC_IO_OPEN. */
MUST_CHECK enum status flat_open(struct flat *f, const char *path);
void flat_close(struct flat *f);
/* Gives the memory of what has been read back to the system; all of it may be read again. */
void flat_forget(const struct flat *f);
/* The same from memory (64-byte aligned, borrowed); name stands for the path. For fuzzers. */
MUST_CHECK enum status flat_parse(struct flat *f, const uint8_t *bytes, size_t len,
                                  const char *name);
/* Judges first, then writes atomically. */
MUST_CHECK enum status flat_write(const struct flat *f, const char *path);

#endif
