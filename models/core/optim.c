#include "models/core/optim.h"

#include "proto/base/clones.h"
#include "proto/base/must.h"

size_t optim_state_reals(const struct optim *o, size_t count)
{
    return o->rule == OPTIM_ADAM ? 2 * count : count;
}

CLONES static void sgd(real *restrict theta, real *restrict velocity, const real *restrict grad,
                       size_t count, real momentum, const struct optim_move *move)
{
    real lr = (real)move->lr, scale = (real)move->scale;
    real keep = (real)(1 - move->lr * move->decay);
    for (size_t i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + scale * grad[i];
        theta[i] = keep * theta[i] - lr * velocity[i];
    }
}

/* The numbers of one Adam step that are the same for every weight. */
struct adam {
    real beta1, rest1, beta2, rest2; /* rest: 1 - beta */
    real scale;
    real step;      /* lr / (1 - beta1^t) */
    real root;      /* 1 / sqrt(1 - beta2^t) */
    real eps, keep; /* keep: 1 - lr decay */
};

CLONES static void adam(real *restrict theta, real *restrict mean, real *restrict square,
                        const real *restrict grad, size_t count, struct adam a)
{
    for (size_t i = 0; i < count; i++) {
        real g = a.scale * grad[i];
        real m = a.beta1 * mean[i] + a.rest1 * g;
        real v = a.beta2 * square[i] + a.rest2 * g * g;
        mean[i] = m;
        square[i] = v;
        theta[i] = a.keep * theta[i] - a.step * m / (real_sqrt(v) * a.root + a.eps);
    }
}

void optim_step(real *theta, real *state, const struct optim *o, const real *grad, size_t count,
                const struct optim_move *move)
{
    must(move->t > 0);

    if (o->rule == OPTIM_SGD) {
        sgd(theta, state, grad, count, (real)o->beta1, move);
        return;
    }
    must(o->rule == OPTIM_ADAM);
    double t = (double)move->t;
    struct adam a = {
        .beta1 = (real)o->beta1,
        .rest1 = (real)(1 - o->beta1),
        .beta2 = (real)o->beta2,
        .rest2 = (real)(1 - o->beta2),
        .scale = (real)move->scale,
        .step = (real)(move->lr / (1 - pow(o->beta1, t))),
        .root = (real)(1 / sqrt(1 - pow(o->beta2, t))),
        .eps = (real)o->eps,
        .keep = (real)(1 - move->lr * move->decay),
    };
    adam(theta, state, state + count, grad, count, a);
}
