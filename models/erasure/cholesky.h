/*
 * cholesky.h - a positive definite matrix as L L^T, and what is made with L; all in double.
 *
 *     L_ij = (a_ij - L_i0 L_j0 - L_i1 L_j1 - ...) / L_jj       one subtraction after the other
 *
 * No BLAS: its blocks, and so its rounding, depend on the processor. Here every element has its
 * operations in the order of the formula, so the factor is the same bytes everywhere. Matrices are
 * [n,n] by rows; only the lower triangle is read and written.
 */
#ifndef EVENHAND_CHOLESKY_H
#define EVENHAND_CHOLESKY_H

#include <stddef.h>

/* a becomes L. Returns n, or the first row whose pivot is not above 0: a is no such matrix. */
size_t cholesky_factor(double *a, size_t n);
void cholesky_solve(double *y, const double *l, size_t n);            /* y <- L^-1 y */
void cholesky_solve_transposed(double *y, const double *l, size_t n); /* y <- L^-T y */
void cholesky_times(double *y, const double *l, size_t n);            /* y <- L y */

#endif
