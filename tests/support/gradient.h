/*
 * gradient.h - is backward the derivative of forward? Central differences on every weight.
 */
#ifndef EVENHAND_TEST_GRADIENT_H
#define EVENHAND_TEST_GRADIENT_H

#include "models/core/real.h"
#include "tests/support/check.h"

/*
 * The step balances h^2 (the cut series) against 1e-16 / h (rounding); both are then near 1e-10 of
 * the loss, so 1e-5 leaves room for losses much larger than their gradient.
 */
#define GRADIENT_STEP      1e-5
#define GRADIENT_TOLERANCE 1e-5

/* loss(ctx) must depend on v[0..n) alone; grad[0..n) is what backward claims. */
static inline void check_gradient(const char *what, double (*loss)(void *ctx), void *ctx, real *v,
                                  const real *grad, size_t n)
{
    assert_true(n > 0);
    assert_int_equal(sizeof(real), sizeof(double)); /* name the test ..._f64.c */
    for (size_t i = 0; i < n; i++) {
        real kept = v[i];
        v[i] = kept + GRADIENT_STEP;
        double above = loss(ctx);
        v[i] = kept - GRADIENT_STEP;
        double below = loss(ctx);
        v[i] = kept;
        double slope = (above - below) / (2 * GRADIENT_STEP);
        double size = fmax(fabs(slope), fabs(grad[i]));
        if (!(fabs(slope - grad[i]) <= GRADIENT_TOLERANCE * fmax(size, 1e-3)))
            fail_msg("%s: weight %zu: slope %.12g, backward says %.12g", what, i, slope, grad[i]);
    }
}

#endif
