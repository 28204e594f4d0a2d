#include "models/core/layer.h"

#include <string.h>

#include "models/core/blas.h"
#include "models/core/normal.h"
#include "proto/base/clones.h"
#include "proto/base/must.h"

#define SUM_COLUMNS 16
#define BLOCK       256 /* elements that draw their dropout together */

size_t dense_params(struct dense d)
{
    return d.out * d.in + d.out;
}

void dense_init(real *wb, struct dense d, struct rng *rng)
{
    must(d.in > 0);

    double bound = 1 / sqrt((double)d.in);
    size_t count = dense_params(d);
    for (size_t i = 0; i < count; i++)
        wb[i] = (real)((2 * rng_uniform(rng) - 1) * bound);
}

void dense_forward(real *y, struct dense d, const real *wb, const real *x, size_t batch,
                   size_t x_stride)
{
    const real *bias = wb + d.out * d.in;
    for (size_t row = 0; row < batch; row++)
        memcpy(y + row * d.out, bias, d.out * sizeof *y);
    blas_nt(y, x, wb, batch, d.out, d.in, 1, (size_t[]){d.out, x_stride, d.in});
}

/* sum[j] = the sum of column j of a [rows,columns], for a whole number of SUM_COLUMNS. */
CLONES static void sum_columns(real *sum, const real *a, size_t rows, size_t columns, size_t whole)
{
    for (size_t at = 0; at < whole; at += SUM_COLUMNS) {
        double total[SUM_COLUMNS] = {0};
        for (size_t row = 0; row < rows; row++)
            for (size_t j = 0; j < SUM_COLUMNS; j++)
                total[j] += (double)a[row * columns + at + j];
        for (size_t j = 0; j < SUM_COLUMNS; j++)
            sum[at + j] = (real)total[j];
    }
}

static void bias_backward(real *db, const real *dy, size_t rows, size_t columns)
{
    size_t whole = columns - columns % SUM_COLUMNS;
    sum_columns(db, dy, rows, columns, whole);
    for (size_t j = whole; j < columns; j++) {
        double total = 0;
        for (size_t row = 0; row < rows; row++)
            total += (double)dy[row * columns + j];
        db[j] = (real)total;
    }
}

void dense_backward(real *dwb, real *dx, struct dense d, const real *wb, const real *x,
                    const real *dy, size_t batch, size_t x_stride)
{
    blas_tn(dwb, dy, x, d.out, d.in, batch, 0, (size_t[]){d.in, d.out, x_stride});
    bias_backward(dwb + d.out * d.in, dy, batch, d.out);
    if (dx != NULL)
        blas_nn(dx, dy, wb, batch, d.in, d.out, 0, (size_t[]){d.in, d.out, d.in});
}

/* Activations: pointers that may be equal are made so or kept apart before the loop. */
static void bring(real *to, const real *from, size_t n)
{
    if (to != from)
        memcpy(to, from, n * sizeof *to);
}

CLONES static void relu_forward(real *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] > 0 ? y[i] : 0;
}

CLONES static void relu_backward(real *restrict da, const real *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        da[i] = y[i] > 0 ? da[i] : 0;
}

CLONES static void gelu_forward(real *restrict y, const real *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] * normal_at(a[i]).below;
}

/* d(x Phi(x)) = Phi(x) + x phi(x) */
CLONES static void gelu_backward(real *restrict da, const real *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct normal normal = normal_at(a[i]);
        da[i] *= normal.below + a[i] * normal.density;
    }
}

void act_forward(real *y, real *keep, enum activation f, const real *a, size_t n)
{
    switch (f) {
    case ACT_NONE:
        memmove(y, a, n * sizeof *y);
        return;
    case ACT_RELU:
        bring(y, a, n);
        relu_forward(y, n);
        return;
    case ACT_GELU:
        must(keep != NULL);
        must(keep != y);
        bring(keep, a, n);
        gelu_forward(y, keep, n);
        return;
    case ACT_TANH:
        for (size_t i = 0; i < n; i++)
            y[i] = real_tanh(a[i]);
        return;
    }
    must_fail("an activation we know", __FILE__, __LINE__);
}

void act_backward(real *da, enum activation f, const real *dy, const real *y, const real *keep,
                  size_t n)
{
    switch (f) {
    case ACT_NONE:
        memmove(da, dy, n * sizeof *da);
        return;
    case ACT_RELU:
        bring(da, dy, n);
        relu_backward(da, y, n);
        return;
    case ACT_GELU:
        must(keep != NULL);
        bring(da, dy, n);
        gelu_backward(da, keep, n);
        return;
    case ACT_TANH:
        for (size_t i = 0; i < n; i++)
            da[i] = dy[i] * (1 - y[i] * y[i]);
        return;
    }
    must_fail("an activation we know", __FILE__, __LINE__);
}

/* 1 from `dropped` on, 0 below; a comparison would become a branch. */
LOOP_BODY real is_kept(uint32_t half, int32_t dropped)
{
    uint32_t below = (uint32_t)((int32_t)half - dropped) >> 31;
    return (real)(int32_t)(1 - below);
}

/* Half a word decides on an element: the lower halves on the first BLOCK / 2, then the upper. */
CLONES static void draw_factors(real *restrict factor, const uint32_t *restrict word,
                                int32_t dropped, real kept)
{
    for (size_t i = 0; i < BLOCK / 2; i++) {
        factor[i] = is_kept(word[i] & 0xFFFF, dropped) * kept;
        factor[BLOCK / 2 + i] = is_kept(word[i] >> 16, dropped) * kept;
    }
}

CLONES static void multiply(real *restrict out, const real *restrict a, const real *restrict b,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

void dropout_forward(real *y, real *mask_scale, const real *x, size_t n, double rate,
                     struct rng *rng)
{
    must(rate >= 0);
    must(rate < 1);

    for (size_t at = 0, few; at < n; at += few) {
        uint32_t word[BLOCK / 2];
        real factor[BLOCK], out[BLOCK];
        few = n - at < BLOCK ? n - at : BLOCK;
        rng_words(word, BLOCK / 2, rng);
        draw_factors(factor, word, (int32_t)(rate * 65536), (real)(1 / (1 - rate)));
        multiply(out, x + at, factor, few);
        memcpy(y + at, out, few * sizeof *y);
        if (mask_scale != NULL)
            memcpy(mask_scale + at, factor, few * sizeof *factor);
    }
}
