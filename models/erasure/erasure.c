#include "models/erasure/erasure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/erasure/cholesky.h"
#include "models/erasure/erasure_inside.h"
#include "proto/base/must.h"

#define RIDGE    1e-9  /* of the mean variance */
#define LEFT_OUT 1e-10 /* of a column's variance */
#define LANES    8

static enum status judge(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fault(EC_RUN_SUM, "", "value %zu of erasure's sums is not finite", i);
    if (values[0] < 2)
        return fault(EC_EVAL_TOO_FEW, "", "%.0f training rows, erasure needs 2", values[0]);
    return ST_OK;
}

/* The shrunk S, lower triangle. malloc, the caller's. */
static double *covariance(const struct erasure *e, const double *values, double shrinkage)
{
    size_t w = e->width;
    double *s = must_alloc(w * w, sizeof *s), trace = 0;
    for (size_t i = 0; i < w; i++) {
        const double *products = values + erasure_product_at(w, i);
        for (size_t j = i; j < w; j++)
            s[j * w + i] = products[j - i] / values[0] - e->mean[i] * e->mean[j];
        trace += s[i * w + i];
    }
    double variance = trace > 0 ? trace / (double)w : 1;
    for (size_t i = 0; i < w; i++) {
        for (size_t j = 0; j <= i; j++)
            s[i * w + j] *= 1 - shrinkage;
        s[i * w + i] += (shrinkage + RIDGE) * variance;
    }
    return s;
}

/* Covariance of the features with a column; returns the column's variance, 0 where nobody knows. */
static double cross_covariance(double *c, const double *sums, size_t width, bool graded)
{
    double known = sums[0];
    if (!(known >= 1))
        return 0;
    double z = sums[1] / known;
    for (size_t j = 0; j < width; j++)
        c[j] = sums[2 + width + j] / known - z * sums[2 + j] / known;
    return graded ? 1 : z * (1 - z); /* regression targets are standardised */
}

/* Sums in LANES parts: a fixed order that becomes vectors. */
LOOP_BODY double dot(const double *a, const double *b, size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += a[j + l] * b[j + l];
    for (; j < n; j++)
        rest += a[j] * b[j];
    for (size_t l = 0; l < LANES; l++)
        rest += lane[l];
    return rest;
}

/* Subtracts from y what it has of the orthonormal q [count, width]. */
static void project(double *y, const double *q, size_t count, size_t width)
{
    for (size_t c = 0; c < count; c++) {
        double part = dot(q + c * width, y, width);
        for (size_t j = 0; j < width; j++)
            y[j] -= part * q[c * width + j];
    }
}

/* q, of this length, becomes the next orthonormal one. */
static void add_direction(struct erasure *e, double *q, double length, const double *l)
{
    double *u = e->u + e->columns * e->width, *v = e->v + e->columns * e->width;
    for (size_t j = 0; j < e->width; j++)
        q[j] /= length;
    memcpy(u, q, e->width * sizeof *u);
    memcpy(v, q, e->width * sizeof *v);
    cholesky_solve_transposed(u, l, e->width);
    cholesky_times(v, l, e->width);
    e->columns++;
}

/*
 * With S = L L^T and Y = L^-1 C the projection is L Y (Y^T Y)^-1 Y^T L^-1 = L Q Q^T L^-1, where Q
 * is an orthonormal basis of Y's columns. Gram and Schmidt find it, twice over: where columns are
 * almost told by others, Y^T Y would lose half of the digits. False: a column without bounds.
 */
static bool find_directions(struct erasure *e, const struct population *who, const double *values,
                            const double *l)
{
    struct erasure_column column[ERASURE_COLUMNS_MAX];
    size_t w = e->width, columns = erasure_list(column, who);
    double *q = must_alloc((columns + 1) * w, sizeof *q), left = 0;
    for (size_t c = 0; c < columns && isfinite(left); c++) {
        double *y = q + e->columns * w;
        memset(y, 0, w * sizeof *y);
        double variance =
            cross_covariance(y, values + erasure_column_at(w, c), w, column[c].graded);
        cholesky_solve(y, l, w);
        project(y, q, e->columns, w);
        project(y, q, e->columns, w);
        left = dot(y, y, w);
        if (left > LEFT_OUT * fmax(variance, 0))
            add_direction(e, y, sqrt(left), l);
        else
            e->left_out++;
    }
    free(q);
    return isfinite(left);
}

static bool all_finite(const double *a, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= isfinite(a[i]) != 0;
    return finite;
}

enum status erasure_open(struct erasure *e, const struct population *who, const double *values,
                         double shrinkage)
{
    must(shrinkage >= 0);
    must(shrinkage <= 1);

    size_t w = who->width, columns = erasure_columns(who);
    *e = (struct erasure){.width = w};
    enum status st = judge(values, erasure_values(who));
    if (st != ST_OK)
        return st;
    e->mean = must_alloc(w, sizeof *e->mean);
    e->u = must_alloc((columns + 1) * w, sizeof *e->u);
    e->v = must_alloc((columns + 1) * w, sizeof *e->v);
    for (size_t j = 0; j < w; j++)
        e->mean[j] = values[1 + j] / values[0];
    double *l = covariance(e, values, shrinkage);
    size_t rank = cholesky_factor(l, w);
    bool good = rank == w && find_directions(e, who, values, l) &&
                all_finite(e->u, e->columns * w) && all_finite(e->v, e->columns * w);
    free(l);
    if (good)
        return ST_OK;
    erasure_close(e);
    if (rank < w)
        return fault(EC_RUN_SUM, "", "erasure's sums are of no rows: pivot %zu is not above 0",
                     rank);
    return fault(EC_RUN_SUM, "", "erasure's sums are of no rows: an attribute is out of bounds");
}

void erasure_close(struct erasure *e)
{
    free(e->mean);
    free(e->u);
    free(e->v);
    *e = (struct erasure){0};
}

/* u . (x - mean), as dot. */
LOOP_BODY double reading(const double *restrict u, const double *restrict mean,
                         const real *restrict x, size_t n)
{
    double lane[LANES] = {0}, rest = 0;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += u[j + l] * ((double)x[j + l] - mean[j + l]);
    for (; j < n; j++)
        rest += u[j] * ((double)x[j] - mean[j]);
    for (size_t l = 0; l < LANES; l++)
        rest += lane[l];
    return rest;
}

CLONES static void erase_row(real *y, const struct erasure *e, const real *x)
{
    double read[ERASURE_COLUMNS_MAX];
    for (size_t c = 0; c < e->columns; c++)
        read[c] = reading(e->u + c * e->width, e->mean, x, e->width);
    for (size_t at = 0; at < e->width; at += TILE) {
        size_t few = e->width - at < TILE ? e->width - at : TILE;
        double out[TILE] = {0};
        for (size_t j = 0; j < few; j++)
            out[j] = (double)x[at + j];
        for (size_t c = 0; c < e->columns; c++) {
            const double *v = e->v + c * e->width + at;
            for (size_t j = 0; j < few; j++)
                out[j] -= read[c] * v[j];
        }
        for (size_t j = 0; j < few; j++)
            y[at + j] = (real)out[j];
    }
}

void erasure_apply(real *y, const struct erasure *e, const real *x, size_t rows)
{
    must(e->width > 0);

    for (size_t r = 0; r < rows; r++)
        erase_row(y + r * e->width, e, x + r * e->width);
}
