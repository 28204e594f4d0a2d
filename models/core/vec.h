/*
 * vec.h - arithmetic on flat vectors.
 *
 * Sums are double, of VEC_LANES partial sums: element i goes to number i % VEC_LANES, in index
 * order, and at the end halves are added to halves. The same on every processor.
 */
#ifndef EVENHAND_VEC_H
#define EVENHAND_VEC_H

#include <stdbool.h>

#include "models/core/real.h"

#define VEC_LANES 16 /* a power of two */

/* Folds partial sums into their sum; overwrites them. */
double vec_fold(double lane[static VEC_LANES]);
double vec_dot(const real *a, const real *b, size_t n);
double vec_norm(const real *a, size_t n);                  /* L2 */
void vec_axpy(real *y, double a, const real *x, size_t n); /* y += a x */
void vec_scale(real *y, double a, size_t n);
/* What scales v to L2 norm limit when it is longer, else 1. limit 0: no clipping. */
double vec_clip(const real *v, size_t n, double limit);
bool vec_finite(const real *v, size_t n);

#endif
