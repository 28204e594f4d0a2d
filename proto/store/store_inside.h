/*
 * store_inside.h - what the files of the store share. For those files alone.
 */
#ifndef EVENHAND_STORE_INSIDE_H
#define EVENHAND_STORE_INSIDE_H

#include <limits.h>

#include "crypto/hash.h"
#include "proto/store/db.h"
#include "proto/store/store.h"

struct store {
    int lock; /* an open file, locked; -1 before that */
    struct db *db;
    char blobs[PATH_MAX]; /* their folder */
    size_t sites;         /* rows of the table site */
    uint64_t sums;        /* rows of the table leg */
};

/* Is there a leg whose sum is this blob? */
MUST_CHECK enum status store_names(bool *named, const struct store *s, const struct digest *d);

#endif
