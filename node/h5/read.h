/*
 * read.h - named, typed, bounded datasets out of a foreign HDF5 file. The door, inward half.
 *
 * The file is taken for hostile: links out of the file, data kept in other
 * files, virtual datasets, loaded filters and any filter but deflate and
 * shuffle are refused; a shape is judged against H5_BYTES_MAX and against what
 * the file really stores before memory is asked for. HDF5's own messages never
 * reach a person: a damaged file is EC_DATA_H5 with the path of the file, a
 * dataset that is missing or of another shape or type is EC_DATA_SHAPE with
 * "file:/path" and "shape found, shape wanted".
 */
#ifndef EVENHAND_H5_READ_H
#define EVENHAND_H5_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

#define H5_RANK_MAX  3
#define H5_BYTES_MAX (UINT64_C(1) << 37) /* of one dataset, unpacked: 128 GiB */
#define H5_TEXT_MAX  4096                /* bytes of one text */
#define H5_LIST_MAX  4096                /* members of one group that are listed */

enum h5_kind { H5_KIND_INT, H5_KIND_REAL, H5_KIND_TEXT };

struct h5_shape {
    enum h5_kind kind;
    size_t rank; /* 0: a single value */
    size_t dim[H5_RANK_MAX];
    size_t count;         /* product of the dimensions */
    size_t element_bytes; /* as stored */
};

/* Texts in one block of memory, each ended by NUL. */
struct h5_texts {
    char *bytes;
    char **text;
    size_t count;
};

struct h5_reader;

MUST_CHECK enum status h5_open(struct h5_reader **r, const char *path);
void h5_close(struct h5_reader **r);

/* Is there a dataset (or group) of this absolute path inside the file? */
bool h5_has(const struct h5_reader *r, const char *path);
bool h5_is_group(const struct h5_reader *r, const char *path);
/* What stands there; a type that is neither integer, real, bool nor text is EC_DATA_SHAPE. */
MUST_CHECK enum status h5_look(struct h5_shape *s, const struct h5_reader *r, const char *path);
/* "float32 [740,13]" into out, for messages. */
void h5_shape_text(char *out, size_t cap, const struct h5_shape *s);

/* All of a dataset of exactly `count` numbers, converted; beyond float's range: infinite. */
MUST_CHECK enum status h5_read_f32(float *out, size_t count, const struct h5_reader *r,
                                   const char *path);
/*
 * Rows at..at+count of a dataset whose rows have `width` numbers in all further dimensions. What
 * is packed in large chunks is unpacked anew by each call, so ask for many rows at a time.
 */
MUST_CHECK enum status h5_read_rows(float *out, size_t at, size_t count, size_t width,
                                    const struct h5_reader *r, const char *path);
MUST_CHECK enum status h5_read_f64(double *out, size_t count, const struct h5_reader *r,
                                   const char *path);
/* Integers (and bools) only: a real is EC_DATA_SHAPE, never rounded. */
MUST_CHECK enum status h5_read_i64(int64_t *out, size_t count, const struct h5_reader *r,
                                   const char *path);
/* Texts of fixed or variable length. Yours, to free. */
MUST_CHECK enum status h5_read_texts(struct h5_texts *out, const struct h5_reader *r,
                                     const char *path);
void h5_texts_free(struct h5_texts *t);

/* Names of a group's members, sorted; an absent group has none. */
MUST_CHECK enum status h5_list(struct h5_texts *out, const struct h5_reader *r, const char *group);

/* Attributes of the object at path. Absent: *found false and out empty. */
MUST_CHECK enum status h5_note_read_text(char *out, size_t cap, bool *found,
                                         const struct h5_reader *r, const char *path,
                                         const char *name);
MUST_CHECK enum status h5_note_read_texts(struct h5_texts *out, bool *found,
                                          const struct h5_reader *r, const char *path,
                                          const char *name);

#endif
