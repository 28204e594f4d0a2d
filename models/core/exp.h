/*
 * exp.h - e^v in arithmetic that compilers turn into vectors.
 *
 *     e^v = 2^k e^r,   k the integer nearest to v / log 2,   |r| <= log 2 / 2
 *
 * e^r is its Taylor polynomial, 6e-9 at most beside it; in float the rest is rounding, 2e-7. NaN
 * stays NaN.
 */
#ifndef EVENHAND_EXP_H
#define EVENHAND_EXP_H

#include <stdint.h>
#include <string.h>

#include "models/core/real.h"
#include "proto/base/clones.h"

#define LOOP_EXP_MOST 80 /* |v| at most */

#ifdef EVENHAND_F64
typedef uint64_t real_bits; /* as wide as a real */
#define REAL_MANTISSA 52
#define REAL_BIAS     1023
#else
typedef uint32_t real_bits;
#define REAL_MANTISSA 23
#define REAL_BIAS     127
#endif

LOOP_BODY real_bits bits_of_real(real v)
{
    real_bits bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

LOOP_BODY real real_of_bits(real_bits bits)
{
    real v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

LOOP_BODY real loop_exp(real v)
{
    /* A sum with 1.5 2^mantissa has no places behind the point, and the integer as its last bits. */
    const real shift = (real)((real_bits)3 << (REAL_MANTISSA - 1));
    real shifted = v * REAL(1.44269504088896341) + shift;
    real k = shifted - shift;
    real r = v - k * REAL(0.693359375); /* log 2, in two parts */
    r += k * REAL(2.12194440054690583e-4);
    real p = REAL(1.98412698412698e-4); /* 1 / 7! */
    p = p * r + REAL(1.38888888888889e-3);
    p = p * r + REAL(8.33333333333333e-3);
    p = p * r + REAL(4.16666666666667e-2);
    p = p * r + REAL(1.66666666666667e-1);
    p = p * r + REAL(0.5);
    p = p * r + 1;
    p = p * r + 1;
    /* The exponent k + bias; what stands above it in shifted's bits is shifted out. */
    return p * real_of_bits((bits_of_real(shifted) + REAL_BIAS) << REAL_MANTISSA);
}

#endif
