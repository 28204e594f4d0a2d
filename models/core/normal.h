/*
 * normal.h - the standard normal distribution, in arithmetic that compilers turn into vectors.
 *
 *     q(x) = Phi(-x) = exp(-x^2/2) t P(t),   t = 1 / (1 + 0.3 x),   x >= 0
 *
 * P interpolates Phi(-x) exp(x^2/2) / t at the 11 Chebyshev points of t in (0,1) (solved with 40
 * digits), which leaves a relative error of at most 3.4e-8 for every x up to infinity: less than
 * half a float ulp. The exponent itself is rounded, so that in float the density and both tails are
 * good to 5e-7 plus 6e-8 x^2/2, relative; below exp(-80) they stay at that.
 */
#ifndef EVENHAND_NORMAL_H
#define EVENHAND_NORMAL_H

#include "models/core/exp.h"

struct normal {
    real below;   /* Phi(x) */
    real density; /* phi(x) */
};

/*
 * The smaller of v and 80, v >= 0, NaN: 80. Such reals are ordered as their bits are, and a choice
 * between integers stays free of branches, so that the loop around it can become vectors.
 */
LOOP_BODY real normal_cap(real v)
{
    real_bits bits = bits_of_real(v), limit = bits_of_real(LOOP_EXP_MOST);
    return real_of_bits(bits < limit ? bits : limit);
}

LOOP_BODY struct normal normal_at(real x)
{
    real e = loop_exp(-normal_cap(real_fabs(REAL(0.5) * x * x))); /* a NaN may carry a sign */
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
