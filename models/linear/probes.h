/*
 * probes.h - all heads of an evaluation, or one task head, side by side in one vector.
 *
 *     x [B,W], a row = the representations one after the other
 *     linear head:  columns of its representation -> outputs
 *     mlp head:     columns -> H relu -> outputs                 (dropout on the input)
 *
 * Heads of one representation and kind are stacked, so a step is a few matrix
 * products whatever the number of heads. Losses: binary and categorical
 * cross-entropy (unweighted, unknown values left out), squared error for
 * regression (predictions are standardised values). The heads do not influence
 * one another: the gradient of each is that of its own mean loss.
 *
 *     theta = [ linear block of slice 0, 1, ... | mlp block of slice 0, 1, ... ]
 *     linear block   W of all its heads [outputs, width], biases [outputs]
 *     mlp block      W1 of all its heads [n H, width], b1 [n H],
 *                    then a head at a time W2 [outputs, H], b2 [outputs]
 *
 * Implements model_ops with a phase for each kind of head there is: first the
 * linear part, then the mlp part, each with its own rate. Weight decay takes
 * the biases along. Linear heads start at zero. The losses "linear" and "mlp"
 * are means over the heads of a kind.
 */
#ifndef EVENHAND_PROBES_H
#define EVENHAND_PROBES_H

#include "models/core/model.h"

#define PROBE_HEADS_MAX  1024
#define PROBE_SLICES_MAX 8

enum probe_kind { PROBE_LINEAR, PROBE_MLP };

/* Columns of a row that hold one representation. */
struct probe_slice {
    size_t at, width;
    double rate; /* what its linear heads' gradients are multiplied by: probes_set_rate; 0: 1 */
};

struct probe_head {
    size_t slice;
    enum probe_kind kind;
    bool group; /* target is who->group[target], else who->task[target] */
    size_t target;
    size_t labels; /* 0: learns the target; else the batch's label column of this number, from 1,
                      behind its tasks: another account of the same target (rows_view) */
    uint64_t seed; /* of its initial weights */
    /* Filled by probes_open: */
    size_t outputs; /* target_outputs */
    size_t out_at;  /* its first column in predict's logits */
};

struct probe_spec {
    size_t width; /* W */
    size_t slice_count;
    struct probe_slice slice[PROBE_SLICES_MAX];
    size_t head_count;
    struct probe_head *head; /* [head_count], kept */
    size_t hidden;           /* H of the mlp heads */
    double dropout;          /* of the mlp heads' input, 0 <= dropout < 1; one mask a slice */
    double lr, decay;        /* linear heads */
    bool plain;              /* linear heads take plain gradient steps (model_part.plain) */
    double mlp_lr, mlp_decay;
};

/* A model of these heads; predict's logits are [rows, outputs] with each head at its out_at.
 * EC_MODEL_SHAPE: no head, too many, or a target that nothing can be learned of. */
MUST_CHECK enum status probes_open(struct model **m, const struct probe_spec *spec,
                                   const struct population *who);
const struct probe_spec *probes_spec(const struct model *m);
/*
 * Steps of the linear heads of a slice in units of the longest that cannot overshoot: the curvature
 * of their losses is at most spread / 4 per row (squared errors are weighted to the same), where
 * spread is the largest eigenvalue of the second moments of the slice in any batch.
 */
void probes_set_rate(struct model *m, size_t slice, double spread);
/* Copies the weights of one head from one theta of this model to another: how the best are kept. */
void probes_copy_head(real *to, const struct model *m, const real *from, size_t head);

/* The plan's models `linear` and `mlp`: probes over the raw features, one head a training task. */
extern const struct model_ops linear_ops;
extern const struct model_ops mlp_ops;

#endif
