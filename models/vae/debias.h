/*
 * debias.h - the model `debias-vae`: an auto-encoder that keeps the tasks and loses the groups.
 *
 *     x -> dropout -> encoder -> z = mu + sigma eps -> decoder -> xhat
 *                                   |-> task head        what z should keep
 *                                   |-> adversaries      what z should lose: several an attribute
 *
 *     theta = [ encoder | decoder | task head | adversaries ]
 *
 * A training step is model.adversary.steps phases of the adversaries, each on a batch of its own
 * with the encoder frozen, then one phase of encoder, decoder and head with the adversaries frozen,
 * which descends
 *
 *     reconstruct * L_rec  +  beta(t) * (2 / D) * KL  +  task.weight * L_task
 *                          +  sum over attributes a  weight_a * ramp_a(t) * confusion_a(z)
 *
 * L_rec is the mean over batch and features of (xhat - x)^2, KL the mean over the batch in nats:
 * with reconstruct 1, beta is the noise variance that the ELBO assumes of standardised features,
 * and a linear model keeps of a direction of variance lambda the share 1 - beta / lambda. t is the
 * progress of the run: beta warms up linearly over model.beta_warmup of it, and a ramp is
 * 2 / (1 + exp(-10 p)) - 1 with p growing from 0 to 1 over its share of it. An attribute's weight
 * and ramp are its own (groups[].weight, .ramp), else those of model.adversary.
 *
 * With model.kl = "summed", for the published table, the KL term is beta(t) times the nats of the
 * whole batch, beside the same mean: beta = 1 weighs it as rows * D / 2 would above, tens of
 * thousands, and nothing is worth keeping.
 *
 * Everybody who judges z gets samples of it, as released; an attribute's several adversaries differ
 * in their initial weights. Losses by name: recon, kl (nats a row), task (sum over tasks),
 * confusion (mean over adversaries), adversary (the same, of their own loss). Guards: collapse.h.
 */
#ifndef EVENHAND_DEBIAS_H
#define EVENHAND_DEBIAS_H

#include "models/core/model.h"

extern const struct model_ops debias_vae_ops;

/* What a phase draws; step draws it from its key and calls one of the two below. */
struct debias_draw {
    const real *x;   /* [B,D] the encoder's input, after dropout */
    const real *eps; /* [B,K] */
    double progress; /* 0 to 1 */
};

/*
 * The last phase: gradients of encoder, decoder and head overwrite their part of grad, the rest is
 * untouched. Returns the objective above.
 */
double debias_main(real *grad, double *losses, const struct model *m, const real *theta,
                   const struct batch *b, const struct debias_draw *draw, struct arena *arena);
/* A phase of the adversaries, in the same way. Returns the sum over adversaries of their losses. */
double debias_adversaries(real *grad, double *losses, const struct model *m, const real *theta,
                          const struct batch *b, const struct debias_draw *draw,
                          struct arena *arena);

#endif
