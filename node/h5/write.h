/*
 * write.h - a new HDF5 file, dataset by dataset. The door to HDF5, outward half.
 *
 *     h5_create -> h5_put_*, h5_note_* in any order -> h5_finish
 *
 * The file grows under another name beside `path` and takes that name in
 * h5_finish, complete and on the disk, or never. Groups on the way to a
 * dataset are made as needed. Numbers lie contiguous and uncompressed; texts of
 * a dataset have one fixed length (the longest), padded with zeros, UTF-8: h5py
 * reads all of it without help. A path is absolute, as "/label/stage"; the object
 * of an attribute is a path already put, or "/".
 *
 * Every function here faults EC_IO_CREATE or EC_IO_WRITE; the writer is then
 * good for h5_abandon alone.
 */
#ifndef EVENHAND_H5_WRITE_H
#define EVENHAND_H5_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

struct h5_writer;

/* Opens; an old file of that name stays until h5_finish. */
MUST_CHECK enum status h5_create(struct h5_writer **w, const char *path);
/* Flushes, syncs, renames and frees. On a fault the writer is freed too and path is as before. */
MUST_CHECK enum status h5_finish(struct h5_writer **w);
/* Removes what was written. NULL is welcome; after h5_finish nothing happens. */
void h5_abandon(struct h5_writer **w);

/* Vectors of n numbers. */
MUST_CHECK enum status h5_put_f32(struct h5_writer *w, const char *path, const float *v, size_t n);
MUST_CHECK enum status h5_put_f64(struct h5_writer *w, const char *path, const double *v, size_t n);
MUST_CHECK enum status h5_put_i8(struct h5_writer *w, const char *path, const int8_t *v, size_t n);
MUST_CHECK enum status h5_put_i32(struct h5_writer *w, const char *path, const int32_t *v,
                                  size_t n);
MUST_CHECK enum status h5_put_i64(struct h5_writer *w, const char *path, const int64_t *v,
                                  size_t n);
/* A vector of n texts, each ended by NUL. */
MUST_CHECK enum status h5_put_texts(struct h5_writer *w, const char *path, const char *const *texts,
                                    size_t n);
/* float32 of 1 to 3 dimensions, row-major: dims[0..rank). */
MUST_CHECK enum status h5_put_tensor(struct h5_writer *w, const char *path, const float *v,
                                     const size_t *dims, size_t rank);

/* A float32 matrix [rows,width] that is filled piece by piece ... */
MUST_CHECK enum status h5_make_matrix(struct h5_writer *w, const char *path, size_t rows,
                                      size_t width);
/* ... rows at..at+count from v [count,width]. */
MUST_CHECK enum status h5_put_rows(struct h5_writer *w, const char *path, const float *v, size_t at,
                                   size_t count);

/* Attributes. */
MUST_CHECK enum status h5_note_text(struct h5_writer *w, const char *object, const char *name,
                                    const char *text);
MUST_CHECK enum status h5_note_texts(struct h5_writer *w, const char *object, const char *name,
                                     const char *const *texts, size_t n);
MUST_CHECK enum status h5_note_i64(struct h5_writer *w, const char *object, const char *name,
                                   int64_t v);
MUST_CHECK enum status h5_note_f64(struct h5_writer *w, const char *object, const char *name,
                                   double v);

#endif
