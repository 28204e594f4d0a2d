/*
 * vec.h - arithmetic on flat vectors; sums in double, in index order.
 */
#ifndef EVENHAND_VEC_H
#define EVENHAND_VEC_H

#include <stdbool.h>

#include "models/core/real.h"

double vec_dot(const real *a, const real *b, size_t n);
double vec_norm(const real *a, size_t n);                  /* L2 */
void vec_axpy(real *y, double a, const real *x, size_t n); /* y += a x */
void vec_scale(real *y, double a, size_t n);
/* Scales v to L2 norm limit when it is longer; returns the norm it had. limit 0: no clipping. */
double vec_clip(real *v, size_t n, double limit);
bool vec_finite(const real *v, size_t n);

#endif
