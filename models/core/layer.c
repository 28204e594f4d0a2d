#include "models/core/layer.h"

#include <string.h>

#include "models/core/blas.h"
#include "models/core/normal.h"
#include "proto/base/must.h"

#define SUM_COLUMNS 16
#define BLOCK       64

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

/* sum[j] += the sum of column j of a [rows,columns]; a few columns at a time, in double. */
static void add_columns(real *sum, const real *a, size_t rows, size_t columns)
{
    for (size_t at = 0; at < columns; at += SUM_COLUMNS) {
        size_t few = columns - at < SUM_COLUMNS ? columns - at : SUM_COLUMNS;
        double total[SUM_COLUMNS] = {0};
        for (size_t row = 0; row < rows; row++)
            for (size_t j = 0; j < few; j++)
                total[j] += (double)a[row * columns + at + j];
        for (size_t j = 0; j < few; j++)
            sum[at + j] += (real)total[j];
    }
}

void dense_backward(real *dwb, real *dx, struct dense d, const real *wb, const real *x,
                    const real *dy, size_t batch, size_t x_stride)
{
    blas_tn(dwb, dy, x, d.out, d.in, batch, 1, (size_t[]){d.in, d.out, x_stride});
    add_columns(dwb + d.out * d.in, dy, batch, d.out);
    if (dx != NULL)
        blas_nn(dx, dy, wb, batch, d.in, d.out, 0, (size_t[]){d.in, d.out, d.in});
}

/*
 * Activations go block by block through an array of their own: results may lie where arguments
 * lie, and a loop whose pointers may be equal is not turned into vectors.
 */
static size_t block_at(size_t at, size_t n)
{
    return n - at < BLOCK ? n - at : BLOCK;
}

static void relu_forward(real *y, const real *a, size_t n)
{
    for (size_t at = 0, few; at < n; at += few) {
        real out[BLOCK] = {0};
        few = block_at(at, n);
        for (size_t i = 0; i < few; i++)
            out[i] = a[at + i] > 0 ? a[at + i] : 0;
        memcpy(y + at, out, few * sizeof *y);
    }
}

static void relu_backward(real *da, const real *dy, const real *y, size_t n)
{
    for (size_t at = 0, few; at < n; at += few) {
        real out[BLOCK] = {0};
        few = block_at(at, n);
        for (size_t i = 0; i < few; i++) {
            real slope = dy[at + i];
            out[i] = y[at + i] > 0 ? slope : 0;
        }
        memcpy(da + at, out, few * sizeof *da);
    }
}

static void gelu_forward(real *y, real *keep, const real *a, size_t n)
{
    for (size_t at = 0, few; at < n; at += few) {
        real out[BLOCK] = {0};
        few = block_at(at, n);
        for (size_t i = 0; i < few; i++)
            out[i] = a[at + i] * normal_at(a[at + i]).below;
        memmove(keep + at, a + at, few * sizeof *keep); /* keep may be a, and y may be a */
        memcpy(y + at, out, few * sizeof *y);
    }
}

/* d(x Phi(x)) = Phi(x) + x phi(x) */
static void gelu_backward(real *da, const real *dy, const real *keep, size_t n)
{
    for (size_t at = 0, few; at < n; at += few) {
        real out[BLOCK] = {0};
        few = block_at(at, n);
        for (size_t i = 0; i < few; i++) {
            real x = keep[at + i];
            struct normal normal = normal_at(x);
            out[i] = dy[at + i] * (normal.below + x * normal.density);
        }
        memcpy(da + at, out, few * sizeof *da);
    }
}

void act_forward(real *y, real *keep, enum activation f, const real *a, size_t n)
{
    switch (f) {
    case ACT_NONE:
        memmove(y, a, n * sizeof *y);
        return;
    case ACT_RELU:
        relu_forward(y, a, n);
        return;
    case ACT_GELU:
        must(keep != NULL);
        must(keep != y);
        gelu_forward(y, keep, a, n);
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
        relu_backward(da, dy, y, n);
        return;
    case ACT_GELU:
        must(keep != NULL);
        gelu_backward(da, dy, keep, n);
        return;
    case ACT_TANH:
        for (size_t i = 0; i < n; i++)
            da[i] = dy[i] * (1 - y[i] * y[i]);
        return;
    }
    must_fail("an activation we know", __FILE__, __LINE__);
}

void dropout_forward(real *y, real *mask_scale, const real *x, size_t n, double rate,
                     struct rng *rng)
{
    must(rate >= 0);
    must(rate < 1);

    double dropped = rate * 4294967296.0; /* of the 2^32 words that can be drawn */
    real kept = (real)(1 / (1 - rate));
    for (size_t i = 0; i < n; i++) {
        mask_scale[i] = (double)rng_u32(rng) < dropped ? 0 : kept;
        y[i] = x[i] * mask_scale[i];
    }
}
