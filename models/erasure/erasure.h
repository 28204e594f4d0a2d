/*
 * erasure.h - takes out of rows all that a linear reader could tell of the group attributes.
 *
 *     x' = x - C (C^T S^-1 C)^-1 C^T S^-1 (x - m)
 *
 *     m [w], S [w,w]   mean and covariance of the features, S shrunk towards its mean variance
 *     C [w,k]          covariance of the features with k columns that describe the attributes,
 *                      each over the rows where its attribute is known
 *
 * Afterwards no feature is correlated with any column, so no linear probe does better than one
 * that sees nothing (Belrose et al., LEACE, NeurIPS 2023). That is so for every S; S decides how
 * much else moves: with shrinkage 0 as little as possible. What is nonlinear stays.
 *
 *     site: rows -> erasure_add -> values --+
 *     site: rows -> erasure_add -> values --+-- sum -> erasure_open -> erasure_apply, at every end
 *
 * All is double and in a fixed order: whoever has the same sums and the same version has the same
 * bytes. The sums of everybody are published, so a column of few rows shows their mean: whoever
 * makes the population sees to it that levels and unknowns are not rarer than privacy allows.
 */
#ifndef EVENHAND_ERASURE_H
#define EVENHAND_ERASURE_H

#include "models/core/batch.h"
#include "proto/base/status.h"

#define ERASURE_WIDTH_MAX   4096 /* judged by the caller: the sums take 4 w^2 bytes, S 8 w^2 */
#define ERASURE_COLUMNS_MAX (GROUPS_MAX * (TARGET_LEVELS_MAX - 1))

/* Columns of who's groups: binary 1 (level 1), regression 1, categorical one for each level that
 * has been seen, without the largest. */
size_t erasure_columns(const struct population *who);

/*
 * What a site adds, doubles, sums over its training rows:
 *
 *     rows | x [w] | x x^T, upper triangle by rows [w (w+1) / 2] |
 *     a column: known rows, z, x over known rows [w], z x [w] | the next column ...
 */
size_t erasure_values(const struct population *who);
/* Adds a batch to values. x is finite; an unknown attribute (NAN) adds nothing to its columns. The
 * same rows in the same order give the same bytes however they are batched; 64 a batch is fast. */
void erasure_add(double *values, const struct population *who, const struct batch *b);

struct erasure {
    size_t width, columns; /* columns that are erased */
    size_t left_out;       /* constant, unknown everywhere, or told by the columns before */
    double *mean;          /* [width] */
    double *u, *v;         /* [columns, width]: x' = x - sum of v_c (u_c . (x - mean)) */
};

/*
 * S <- (1 - g) S + (g + 1e-9) tr(S) / w I with g = shrinkage, 0..1; the 1e-9 lets S be inverted
 * where features are constant or more than rows. A column is left out when what a linear reader
 * gets of it after the columns before it is below 1e-10 of its variance.
 * EC_EVAL_TOO_FEW: less than 2 rows. EC_RUN_SUM: no such rows exist; e is then closed.
 */
MUST_CHECK enum status erasure_open(struct erasure *e, const struct population *who,
                                    const double *values, double shrinkage);
void erasure_close(struct erasure *e);
/* y [rows, width] = x erased; y may be x. A row's bytes do not depend on the others. */
void erasure_apply(real *y, const struct erasure *e, const real *x, size_t rows);

#endif
