/*
 * intake.h - judge a contribution, add it to the ring sum, forget it.
 *
 * Memory does not grow with the number of sites: there is one sum and the message in hand.
 */
#ifndef EVENHAND_INTAKE_H
#define EVENHAND_INTAKE_H

#include "coordinator/presence.h"
#include "proto/base/status.h"
#include "proto/wire/msg.h"

struct intake {
    struct ring sum;
    size_t room; /* bytes behind sum.word */
};

/* A new sum of this shape, all zero. */
void intake_begin(struct intake *in, unsigned bits, size_t words);
void intake_close(struct intake *in);
/*
 * Adds the vector of `site` once. EC_RUN_STATE for a second one of the same round (nothing is
 * added), EC_RUN_SUM for another shape.
 */
MUST_CHECK enum status intake_add(struct intake *in, struct presence *p, uint32_t site,
                                  const struct msg *m);

#endif
