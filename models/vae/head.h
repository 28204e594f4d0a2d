/*
 * head.h - what the latent should keep saying: a head on z, trained with the auto-encoder.
 *
 *     z [B,K] -> dense -> outputs                       T = 0: linear
 *     z [B,K] -> dense -> gelu [B,T] -> dense -> outputs
 *
 * The tasks that a plan trains stand side by side in the outputs. Loss: cross-entropy of
 * binary and categorical tasks, squared error / 2 of standardised values, each a mean over the rows
 * whose value is known. Unweighted, so that a prediction is a probability of this population; or
 * balanced (methods.md 1.12), so that a rare outcome pulls at z like a common one.
 */
#ifndef EVENHAND_HEAD_H
#define EVENHAND_HEAD_H

#include "models/core/batch.h"
#include "models/core/map.h"
#include "models/core/real.h"

struct head {
    const struct population *who; /* keeps */
    size_t latent, hidden;
    size_t outputs;       /* 0: no task is trained, and there is no head */
    size_t at[TASKS_MAX]; /* first output of task t, SIZE_MAX when it is not trained */
    double class_weight[TASKS_MAX][TARGET_LEVELS_MAX];
};

struct head_acts {
    size_t rows;
    const real *z;      /* borrowed */
    real *hidden, *pre; /* [B,T] after and before gelu */
    real *logits;       /* [B,outputs] */
};

void head_plan(struct head *h, const struct population *who, size_t latent, size_t hidden,
               bool balanced);
size_t head_params(const struct head *h);
void head_map(struct map *map, const struct head *h); /* head.0.weight, head.0.bias, ... */
/* Reals and pieces of a forward, a loss and a backward pass. */
size_t head_scratch_reals(const struct head *h, size_t rows);
#define HEAD_SCRATCH_PIECES 6

/* Draws from the stream (seed, RNG_INIT, 0, 0, stream). */
void head_init(real *theta, const struct head *h, uint64_t seed, uint64_t stream);
void head_forward(struct head_acts *acts, const struct head *h, const real *theta, const real *z,
                  size_t rows, struct arena *arena);
/* Sum over tasks of their mean losses; dlogits = weight * its gradient. */
double head_loss(real *dlogits, const struct head *h, const struct head_acts *acts,
                 const struct batch *b, double weight);
/* grad = of the weights, dz [B,K] += of z. */
void head_backward(real *grad, real *dz, const struct head *h, const struct head_acts *acts,
                   const real *theta, const real *dlogits, struct arena *arena);

#endif
