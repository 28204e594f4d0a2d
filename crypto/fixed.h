/*
 * fixed.h - exact sums of counts and measurements: doubles as 64-bit fixed point.
 *
 *     word = RNE(value * 2^shift), then tail words: count (1), four guard words (0)
 *
 * A count up to 2^(62 - shift) / sites_max is exact. Like quant.h for what is summed, not averaged.
 */
#ifndef EVENHAND_FIXED_H
#define EVENHAND_FIXED_H

#include "crypto/ring.h"
#include "proto/base/status.h"

size_t fixed_words(size_t n);
/* EC_RUN_NAN when a value is not finite, EC_RUN_HEADROOM when sites_max such values could wrap. */
MUST_CHECK enum status fixed_encode(struct ring *out, const double *value, size_t n, unsigned shift,
                                    uint32_t sites_max);
/* Judges the tail (count == sites, guards 0; EC_RUN_SUM), then writes the sums. */
MUST_CHECK enum status fixed_decode(double *value, const struct ring *sum, size_t n, unsigned shift,
                                    uint32_t sites);

#endif
