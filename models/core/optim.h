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

/* One step. */
struct optim_move {
    double lr;
    double decay; /* decoupled, multiplied by lr */
    double scale; /* of the gradient: 1, or what clips it */
    uint64_t t;   /* steps of this stretch, 1 for the first */
};

/*
 * theta[0..count) moves along -scale * grad. state: optim_state_reals(count) reals. One fused pass;
 * grad is only read.
 */
void optim_step(real *theta, real *state, const struct optim *o, const real *grad, size_t count,
                const struct optim_move *move);

#endif
