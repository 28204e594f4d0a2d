/*
 * features.h - from the columns of a frame to the numbers of x.
 *
 *     number -> (mean or 0 where it is missing) -> clip -> one feature
 *     word   -> one-hot over the levels of all sites    -> a feature a level
 */
#ifndef EVENHAND_FEATURES_H
#define EVENHAND_FEATURES_H

#include "node/data/derive.h"

struct feature {
    size_t from;    /* of frame.feature */
    uint32_t level; /* one-hot: the word that is 1 */
    float fill;     /* number: what stands for a missing value */
    float clip;     /* 0: not */
};

struct features {
    size_t width;
    struct feature *feature; /* [width] */
    char **name;             /* [width] */
    size_t filled, clipped;  /* values, by features_row so far */
};

/*
 * What comes before all else: refuses a missing value with file:line and column (EC_DATA_NAN), or
 * drops its row, as the recipe says. EC_DATA_EMPTY when nothing stays.
 */
MUST_CHECK enum status features_drop(struct frame *f);

/* Levels and means; d tells the training rows; none at all where d has scores. EC_DATA_VALUE; EC_DATA_COLUMN when two features
 * have one name. */
MUST_CHECK enum status features_open(struct features *x, const struct frame *f,
                                     const struct derived *d);
void features_close(struct features *x);
/* One row of the frame into out [width]. */
void features_row(float *out, struct features *x, const struct frame *f, size_t row);

#endif
