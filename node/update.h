/*
 * update.h - difference, clip, quantise: the order lives here and nowhere else.
 *
 * What a site adds to a round, as ring integers. The place of noise and masks is behind
 * quantising, in front of the link.
 */
#ifndef EVENHAND_UPDATE_H
#define EVENHAND_UPDATE_H

#include "models/core/model.h"
#include "proto/adopt/adopt.h"

/*
 * A leg of means: trained - global, then the losses in COURSE_LOSS_UNIT, weighted by rows.
 * out has the shape of adopt_shape; scratch [leg.values] is the caller's. *clipped: weights cut.
 */
MUST_CHECK enum status update_mean(struct ring *out, float *scratch, size_t *clipped,
                                   const struct course *c, const real *trained,
                                   const double *losses, double rows, uint32_t sites);
/* A leg of sums. */
MUST_CHECK enum status update_sum(struct ring *out, const struct course *c, const double *values,
                                  uint32_t sites);

#endif
