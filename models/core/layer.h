/*
 * layer.h - dense layers and activations: forward and backward as neighbours.
 *
 *     y [B,out] = x [B,in] W^T + b        W [out,in], b [out]
 *
 * Gradients overwrite: a layer that is used twice in a step needs two of them.
 * x may be a slice of wider rows: x_stride is the distance between its rows
 * (`in` for a tight matrix). y and dy are tight.
 */
#ifndef EVENHAND_LAYER_H
#define EVENHAND_LAYER_H

#include <stdint.h>

#include "models/core/real.h"
#include "proto/base/rng.h"

enum activation { ACT_NONE, ACT_RELU, ACT_GELU, ACT_TANH };

struct dense {
    size_t in, out;
};

size_t dense_params(struct dense d); /* out * in + out: W, then b */
/* Uniform +-1/sqrt(in) for W and b. */
void dense_init(real *wb, struct dense d, struct rng *rng);

void dense_forward(real *y, struct dense d, const real *wb, const real *x, size_t batch,
                   size_t x_stride);
/* dwb = ..., dx (tight, NULL when not wanted) = dy W. */
void dense_backward(real *dwb, real *dx, struct dense d, const real *wb, const real *x,
                    const real *dy, size_t batch, size_t x_stride);

/*
 * y = f(a); y may be a. What backward needs beside y is kept in `keep` [n]: the pre-activation for
 * GELU, which must not be y and may be a; nothing for the others (keep may be NULL). GELU is the
 * exact one, x Phi(x).
 */
void act_forward(real *y, real *keep, enum activation f, const real *a, size_t n);
/* da = dy * f'(a); y and keep are what forward left; da may be dy. */
void act_backward(real *da, enum activation f, const real *dy, const real *y, const real *keep,
                  size_t n);

/*
 * Inverted dropout: y = x * factor, with a factor of 0 for a share `rate` of the elements (in
 * 65536ths, rounded down) and 1 / (1 - rate) for the others; y may be x. mask_scale [n] keeps the
 * factors for who needs the gradient of x (NULL: nobody does).
 */
void dropout_forward(real *y, real *mask_scale, const real *x, size_t n, double rate,
                     struct rng *rng);

#endif
