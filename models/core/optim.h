/*
 * optim.h - one optimiser step on a stretch of the flat vector.
 *
 * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter
 * 2019, algorithm 2) and plain SGD with momentum. State is flat vectors laid
 * out like theta, owned by the caller; parts count their own steps.
 */
#ifndef EVENHAND_OPTIM_H
#define EVENHAND_OPTIM_H

#include <stdint.h>

#include "models/core/real.h"

enum optim_rule { OPTIM_SGD, OPTIM_ADAM };

struct optim {
    enum optim_rule rule;
    double beta1, beta2, eps; /* Adam: .9, .999, 1e-8; SGD: beta1 is the momentum */
};

/* State of `count` weights, to be zero before the first step: 2 * count for Adam, count for SGD. */
size_t optim_state_reals(const struct optim *o, size_t count);

/*
 * theta[0..count) moves along -grad. state: optim_state_reals(count) reals. t counts the steps of
 * this stretch, 1 for the first. One fused pass; grad is only read.
 */
void optim_step(real *theta, real *state, const struct optim *o, const real *grad, size_t count,
                double lr, double decay, uint64_t t);

#endif
