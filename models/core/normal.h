/*
 * normal.h - the standard normal distribution, in arithmetic that compilers turn into vectors.
 *
 *     q(x) = Phi(-x) = exp(-x^2/2) t P(t),   t = 1 / (1 + 0.3 x),   x >= 0
 *
 * P interpolates Phi(-x) exp(x^2/2) / t at the 11 Chebyshev points of t in (0,1) (solved with 40
 * digits), which leaves a relative error of at most 3.4e-8 for every x up to infinity: less than
 * half a float ulp. exp is 2^k times a Taylor polynomial, 6e-9 at most. The exponent itself is
 * rounded, so that in float the density and both tails are good to 5e-7 plus 6e-8 x^2/2, relative;
 * below exp(-80) they stay at that.
 */
#ifndef EVENHAND_NORMAL_H
#define EVENHAND_NORMAL_H

#include <stdint.h>
#include <string.h>

#include "models/core/real.h"

#ifdef EVENHAND_F64
typedef int64_t real_word; /* an integer as wide as a real */
#define REAL_MANTISSA 52
#define REAL_BIAS     1023
#else
typedef int32_t real_word;
#define REAL_MANTISSA 23
#define REAL_BIAS     127
#endif

struct normal {
    real below;   /* Phi(x) */
    real density; /* phi(x) */
};

/*
 * The smaller of v and 80, v >= 0, NaN: 80. Such reals are ordered as their bits are, and a choice
 * between integers stays free of branches, so that the loop around it can become vectors.
 */
static inline real normal_cap(real v)
{
    const real most = 80;
    real_word bits, limit;
    memcpy(&bits, &v, sizeof bits);
    memcpy(&limit, &most, sizeof limit);
    bits = bits < limit ? bits : limit;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* e^v for v in [-80, 0]. */
static inline real normal_exp(real v)
{
    real_word k = (real_word)(v * REAL(1.44269504088896341) - REAL(0.5)); /* nearest, as v <= 0 */
    real r = v - (real)k * REAL(0.693359375);                             /* log 2, in two parts */
    r += (real)k * REAL(2.12194440054690583e-4);
    real p = REAL(1.98412698412698e-4); /* 1 / 7! */
    p = p * r + REAL(1.38888888888889e-3);
    p = p * r + REAL(8.33333333333333e-3);
    p = p * r + REAL(4.16666666666667e-2);
    p = p * r + REAL(1.66666666666667e-1);
    p = p * r + REAL(0.5);
    p = p * r + 1;
    p = p * r + 1;
    real_word bits = (k + REAL_BIAS) * ((real_word)1 << REAL_MANTISSA);
    real power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline struct normal normal_at(real x)
{
    real e = normal_exp(-normal_cap(real_fabs(REAL(0.5) * x * x))); /* a NaN may carry a sign */
    real t = 1 / (1 + REAL(0.3) * real_fabs(x));
    real p = REAL(-0.00932886975451);
    p = p * t + REAL(0.031884741117);
    p = p * t + REAL(-0.0160454862623);
    p = p * t + REAL(-0.0489074069601);
    p = p * t + REAL(0.0343721866635);
    p = p * t + REAL(0.011017602743);
    p = p * t + REAL(0.0618644995128);
    p = p * t + REAL(0.0868305149832);
    p = p * t + REAL(0.108947781002);
    p = p * t + REAL(0.11968174319);
    p = p * t + REAL(0.119682688031);
    real tail = e * t * p;
    real above = (real)(x >= 0);
    return (struct normal){
        .below = tail + above * (1 - 2 * tail),
        .density = REAL(0.39894228040143267794) * e,
    };
}

#endif
