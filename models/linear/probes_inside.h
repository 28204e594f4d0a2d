/*
 * probes_inside.h - what the files of this room share: the shape of probes, and
 * their functions for models that are probes under another name.
 */
#ifndef EVENHAND_PROBES_INSIDE_H
#define EVENHAND_PROBES_INSIDE_H

#include "models/core/layer.h"
#include "models/linear/probes.h"

#define PROBE_KINDS 2

/* The heads of one slice and kind: a dense layer whose outputs are theirs, one after the other. */
struct probe_block {
    size_t heads;
    size_t at;          /* in theta */
    struct dense dense; /* linear: to the outputs; mlp: to the hidden units */
};

/* Where a head stands in its block. */
struct probe_place {
    size_t row;    /* its first row of the block's dense layer */
    size_t second; /* mlp: where W2 starts in theta */
};

struct probes {
    struct model model; /* first: a struct probes is a struct model */
    struct probe_spec spec;
    struct probe_block block[PROBE_KINDS][PROBE_SLICES_MAX];
    struct probe_place place[PROBE_HEADS_MAX];
    size_t heads[PROBE_KINDS];
};

static inline const struct probes *probes_of(const struct model *m)
{
    return (const struct probes *)m;
}

static inline const struct target *probes_target(const struct probe_head *h,
                                                 const struct population *who)
{
    return h->group ? &who->group[h->target] : &who->task[h->target];
}

/* The layer behind the hidden units. */
static inline struct dense probes_second(const struct probes *p, const struct probe_head *h)
{
    return (struct dense){.in = p->spec.hidden, .out = h->outputs};
}

void probes_close(struct model **m);
void probes_init(real *theta, const struct model *m, uint64_t seed);
size_t probes_scratch_bytes(const struct model *m, size_t rows);
void probes_step(real *grad, double *losses, const struct model *m, const real *theta,
                 const struct batch *b, size_t phase, const struct step_key *key,
                 struct arena *arena);
void probes_predict(real *logits, const struct model *m, const real *theta, const real *x,
                    size_t rows, struct arena *arena);
void probes_map(struct map *map, const struct model *m); /* at most MAP_TENSORS_MAX tensors */

#endif
