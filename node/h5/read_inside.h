/*
 * read_inside.h - what the two halves of read.h share.
 *
 *     read.c         files, shapes, numbers
 *     read_texts.c   texts, lists of names, notes
 */
#ifndef EVENHAND_H5_READ_INSIDE_H
#define EVENHAND_H5_READ_INSIDE_H

#include <hdf5.h>
#include <limits.h>

#include "node/h5/read.h"

#define PATH_BYTES_MAX 1024

struct h5_reader {
    hid_t file;
    char path[PATH_MAX];
};

/* EC_DATA_H5, in the words of HDF5; EC_DATA_SHAPE. */
MUST_CHECK enum status h5_damaged(const struct h5_reader *r, const char *path);
MUST_CHECK enum status h5_misshapen(const struct h5_reader *r, const char *path, const char *found,
                                    const char *wanted);

/* The dataset at path, and its shape; the caller closes it. */
MUST_CHECK enum status h5_open_set(hid_t *out, struct h5_shape *s, const struct h5_reader *r,
                                   const char *path);
/* False: no form that we read. */
bool h5_shape_of(struct h5_shape *s, hid_t type, hid_t space);

#endif
