/*
 * adopt.h - from a published sum to the next state of a run, the same at both ends.
 *
 *     ring sum -> judge, decode (crypto/quant.h, fixed.h) -> course_fold -> fingerprint
 *
 * A room of its own because node and coordinator must do exactly this and may not see each other:
 * if the two disagreed by one bit, every round would end in E-RUN-002.
 */
#ifndef EVENHAND_ADOPT_H
#define EVENHAND_ADOPT_H

#include "crypto/hash.h"
#include "crypto/quant.h"
#include "models/course.h"

/* Bits and words of a contribution to the due leg. */
void adopt_shape(unsigned *bits, size_t *words, const struct course *c);
/* The quantiser of a due leg of means, for a run of `sites` sites. */
MUST_CHECK enum status adopt_quant(struct quant *q, const struct course *c, uint32_t sites);
/*
 * Judges the sum of the due leg, which holds `counted` of `sites` sites, folds it and writes the
 * fingerprint of what changed. EC_RUN_SUM leaves the course as it was; a fault of the model or the
 * evaluation that the sum makes known (course_fold) ends the run.
 */
MUST_CHECK enum status adopt_sum(struct course *c, struct digest *fingerprint,
                                 const struct ring *sum, uint32_t sites, uint32_t counted);
/* The weights alone: what a report calls model_digest. */
struct digest adopt_model_digest(const struct course *c);
/* The same of weights that came out of a file. */
struct digest adopt_theta_digest(const real *theta, size_t params);

#endif
