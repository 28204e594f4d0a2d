/*
 * real.h - the number that tensors are made of: float, or double in the test
 * build (-DEVENHAND_F64), so that gradients of the same source can be checked
 * against central differences to 1e-5 and better.
 */
#ifndef EVENHAND_REAL_H
#define EVENHAND_REAL_H

#include <math.h>
#include <stddef.h>

#include "proto/base/arena.h"

#ifdef EVENHAND_F64
typedef double real;
#define REAL(v)    v
#define real_exp   exp
#define real_log   log
#define real_log1p log1p
#define real_sqrt  sqrt
#define real_tanh  tanh
#define real_erf   erf
#define real_fabs  fabs
#else
typedef float real;
#define REAL(v)    v##f
#define real_exp   expf
#define real_log   logf
#define real_log1p log1pf
#define real_sqrt  sqrtf
#define real_tanh  tanhf
#define real_erf   erff
#define real_fabs  fabsf
#endif

static inline real *arena_reals(struct arena *a, size_t count)
{
    return arena_take(a, count * sizeof(real));
}

#endif
