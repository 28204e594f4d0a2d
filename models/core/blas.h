/*
 * blas.h - matrix products, row-major. The door to OpenBLAS.
 *
 * Sizes are size_t here and are narrowed, checked, to BLAS's int in one place.
 * Leading dimensions let a product read a slice of columns of a wider matrix.
 */
#ifndef EVENHAND_BLAS_H
#define EVENHAND_BLAS_H

#include "models/core/real.h"

/* Threads of one product; training sites side by side use 1 each. */
void blas_threads(int count);

/* c [m,n] = a [m,k] b [k,n] + beta c; strides are the distances between rows. */
void blas_nn(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3]); /* of c, a, b */
/* c [m,n] = a [m,k] b^T, b [n,k]. */
void blas_nt(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3]);
/* c [m,n] = a^T b, a [k,m], b [k,n]. */
void blas_tn(real *c, const real *a, const real *b, size_t m, size_t n, size_t k, real beta,
             const size_t stride[static 3]);

#endif
