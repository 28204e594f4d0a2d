/*
 * quant.h - floats to ring integers and back: security.md 4.4.
 *
 *     B = floor((2^(bits-1) - 1) / sites_max)          so that no honest sum can wrap
 *     S = 2^e, e = floor(log2(B / clip))
 *     X = RNE(clamp(omega * delta, -clip, clip) * S),  omega = min(w, w_cap) / w_cap
 *
 * A message vector is the values, then tail words: count (1), weight, four guard words (0). Where
 * bits is 32 the weight is two limbs, low 16 bits first: w_cap is below 2^32 and sites_max below
 * 2^15, so that the sums of the limbs cannot wrap either. Where bits is 64 it is one word, w_cap is
 * below 2^53 and sites_max * w_cap below 2^63.
 * Decoding gives mean = sum X * w_cap / (S * sum w), in double, in index order, without FMA; its
 * error is at most sites / (2 S) * w_cap / sum w, but for what was cut.
 */
#ifndef EVENHAND_QUANT_H
#define EVENHAND_QUANT_H

#include "crypto/ring.h"
#include "proto/base/status.h"

#define QUANT_GUARDS 4

struct quant {
    unsigned bits;
    uint32_t sites_max;
    double clip;   /* largest |omega * delta| that is not cut */
    double w_cap;  /* largest weight */
    int64_t bound; /* B */
    int exponent;  /* e */
    double scale;  /* S */
};

/* What the tail of a decoded sum says. */
struct quant_tail {
    uint32_t sites; /* count word */
    double weight;  /* sum of the weights */
};

/* EC_RUN_HEADROOM when bits, sites_max, clip, w_cap leave no room. */
MUST_CHECK enum status quant_open(struct quant *q, unsigned bits, uint32_t sites_max, double clip,
                                  double w_cap);
/* Words of a message for n values. */
size_t quant_words(const struct quant *q, size_t n);
/*
 * Encodes n values with the site's weight w (>= 0; rounded down, cut at w_cap) and the tail.
 * EC_RUN_NAN when a value or w is not finite; nothing is written then. Returns in *clipped how
 * many values were cut.
 */
MUST_CHECK enum status quant_encode(struct ring *out, const struct quant *q, const float *delta,
                                    size_t n, double w, size_t *clipped);
/*
 * Judges a sum against I2 to I5 of security.md 4.4: its length, count == sites, guards 0, sum w <=
 * sites * w_cap, |word| <= sites * RNE(clip * S). EC_RUN_SUM. Then writes the weighted mean to mean
 * [n]. A sum of weights of 0 gives zeros.
 */
MUST_CHECK enum status quant_decode(double *mean, struct quant_tail *tail, const struct ring *sum,
                                    const struct quant *q, size_t n, uint32_t sites);

/*
 * Exact counts and fixed-point sums, 64 bits: value * 2^shift, RNE. |value| <= limit is judged
 * (EC_RUN_HEADROOM; EC_RUN_NAN for NAN), and sites_max * limit * 2^shift must stay below 2^63
 * (a promise of the caller).
 */
MUST_CHECK enum status quant_fixed(int64_t *out, double value, unsigned shift, double limit);
double quant_unfixed(int64_t value, unsigned shift);

#endif
