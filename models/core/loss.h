/*
 * loss.h - losses and their gradients with respect to logits or values.
 *
 * Every function returns the mean over the rows whose target is known (0 when none is) and
 * writes weight * d(mean)/d(input) to the gradient (zeros in unknown rows). Logits are [B,K] with
 * a row distance of `stride`; gradients have the same layout as the logits. Sums are double.
 */
#ifndef EVENHAND_LOSS_H
#define EVENHAND_LOSS_H

#include "models/core/batch.h"

/* Cross-entropy of one logit; y 0 or 1, NAN unknown. positive_weight multiplies rows with y = 1
 * (the mean divides by the sum of weights). */
double loss_binary(real *grad, const real *logit, const real *y, size_t batch, size_t stride,
                   double weight, double positive_weight);
/* Softmax cross-entropy; y the level's index, NAN unknown. class_weight [K] or NULL for ones. */
double loss_categorical(real *grad, const real *logits, const real *y, size_t batch, size_t levels,
                        size_t stride, double weight, const double *class_weight);
/* Squared error / 2 of a standardised value. */
double loss_square(real *grad, const real *value, const real *y, size_t batch, size_t stride,
                   double weight);

/*
 * Confusion towards a prior: cross-entropy of the prediction p against the fixed distribution
 * share [K] (methods.md 1.12, 3.4), minus the entropy of share, so that 0 is perfect confusion:
 * KL(share || p). Gradient of the logits: p - share. All rows count, known or not. For one logit
 * (K = 1 passed as levels 2 with binary != 0) p is the sigmoid and share[1] its prior.
 */
double loss_confusion_binary(real *grad, const real *logit, size_t batch, size_t stride,
                             double weight, double share);
double loss_confusion_categorical(real *grad, const real *logits, size_t batch, size_t levels,
                                  size_t stride, double weight, const double *share);
/* The same for regression: the prediction is pushed to the mean, value^2 / 2. */
double loss_confusion_square(real *grad, const real *value, size_t batch, size_t stride,
                             double weight);

/* KL of N(mu, exp(logvar)) from N(0, I), mean over rows of the sum over latents, nats; logvar is
 * within +-LOOP_EXP_MOST. */
double loss_kl(real *dmu, real *dlogvar, const real *mu, const real *logvar, size_t batch, size_t k,
               double weight);

#endif
