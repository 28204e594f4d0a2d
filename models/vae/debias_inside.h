/*
 * debias_inside.h - what the files of debias-vae share: open makes it, step and guard read it.
 */
#ifndef EVENHAND_DEBIAS_INSIDE_H
#define EVENHAND_DEBIAS_INSIDE_H

#include "models/core/model.h"
#include "models/vae/adversary.h"
#include "models/vae/head.h"
#include "models/vae/vae.h"

struct debias {
    struct model model; /* first: a struct model * of this kind is a struct debias * */
    struct vae_shape vae;
    struct head head;
    struct adversaries adversaries;
    size_t head_at, adversaries_at; /* in theta; the auto-encoder starts at 0 */

    double reconstruct, beta, beta_warmup, dropout, task_weight;
    double group_weight[GROUPS_MAX], group_ramp[GROUPS_MAX], collapse_r2;
    bool kl_summed;
    bool release_decoder, release_mean, draw_a_row;

    /* Places in losses; SIZE_MAX where the model has no such part. */
    size_t loss_recon, loss_kl, loss_task, loss_confusion, loss_adversary;
};

static inline const struct debias *debias_of(const struct model *m)
{
    return (const struct debias *)(const void *)m;
}

#define DEBIAS_SETTINGS 23
extern const struct setting debias_rows[DEBIAS_SETTINGS];

MUST_CHECK enum status debias_open(struct model **m, const struct settings *plan,
                                   const struct population *who);
void debias_close(struct model **m);
size_t debias_scratch_bytes(const struct model *m, size_t rows);

#endif
