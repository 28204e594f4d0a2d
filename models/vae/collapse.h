/*
 * collapse.h - does the latent still carry a patient, or is it noise that fools every probe?
 *
 * Sums over held-out rows, through the mean latent, without dropout:
 *
 *     [ mu_j, j < K | mu_j^2, j < K | KL | |xhat - x|^2 / D | |x|^2 / D ]
 *
 * Guards: `recon_r2`, 1 - sum |xhat - x|^2 / sum |x|^2 (against the training mean, 0), at least
 * model.collapse_r2 of the plan (.2; a plan whose weights buy little reconstruction, on purpose,
 * says how little it expects, and the report shows the limit); `active_units`, latents whose mu has
 * a variance above COLLAPSE_ACTIVE_VARIANCE, at least COLLAPSE_ACTIVE_MIN or half of a latent
 * shorter than ten; `kl_per_row`, nats, shown without a limit; and `left_out`, only when attributes
 * have no adversary.
 */
#ifndef EVENHAND_COLLAPSE_H
#define EVENHAND_COLLAPSE_H

#include "models/core/model.h"

#define COLLAPSE_ACTIVE_VARIANCE 0.01
#define COLLAPSE_ACTIVE_MIN      5
/* What a row adds is held within this: no latent has a mean of 100 prior widths or 10,000 nats. */
#define COLLAPSE_BOUND 1e4

size_t collapse_words(size_t latent);
/* model_ops.guard_add and guard_judge of debias-vae. */
void collapse_add(double *sums, const struct model *m, const real *theta, const struct batch *b,
                  const struct step_key *key, struct arena *arena);
size_t collapse_judge(struct guard guards[static MODEL_GUARDS_MAX], const struct model *m,
                      const double *sums, double rows);

#endif
