/*
 * model.h - what the federation knows of a model: a flat vector and six functions.
 *
 *     batch -> step -> gradient of one part of theta      (training, phase by phase)
 *     x -> release -> z                                   (what others may see)
 *     x -> predict -> logits                              (a head of its own, if it has one)
 *
 * theta is one vector of m->params reals. A training step runs m->phases
 * phases in order, each on a fresh batch; a phase computes the gradient of its
 * own part of theta and the trainer moves that part and no other, so players
 * of a game cannot touch each other. A model owns no randomness and does no
 * I/O: the same call gives the same answer. No function allocates; scratch
 * comes from the arena, as much as scratch_bytes says, and the caller rewinds.
 */
#ifndef EVENHAND_MODEL_H
#define EVENHAND_MODEL_H

#include "models/core/batch.h"
#include "models/core/map.h"
#include "proto/base/settings.h"

#define MODEL_LOSSES_MAX 32
#define MODEL_GUARDS_MAX 4

struct model;

/* Floats of theta that one phase moves, and how. */
struct model_part {
    size_t at, count;
    double lr;    /* learning rate */
    double decay; /* decoupled weight decay, multiplied by lr (AdamW) */
    bool plain;   /* plain gradient steps, whatever the trainer's optimiser is */
};

/* Names the draw of a step; together with the site it is the key of every random number in it. */
struct step_key {
    uint64_t seed, site, round, step;
    double progress; /* 0 at the first round, 1 at the last: ramps and warm-ups */
};

/* One verdict of the collapse guard and its like: goes into the report's checks. */
struct guard {
    const char *name; /* "active units" */
    double value;
    bool ok;
    char why[160]; /* a sentence with the number and the limit */
};

struct model_ops {
    const char *name;  /* what a plan calls it */
    const char *about; /* one sentence */
    struct setting_table
        settings; /* its keys in a plan, below "model.", and the plan's it narrows */
    bool fixed;   /* learns nothing: x holds scores (score.h); no round, no step, init or guard */

    /* Shape from a finished plan and the population (kept). EC_MODEL_SHAPE, EC_CFG_CONFLICT. */
    MUST_CHECK enum status (*open)(struct model **m, const struct settings *plan,
                                   const struct population *who);
    void (*close)(struct model **m);

    /* Initial weights from the seed alone: every party computes the same. */
    void (*init)(real *theta, const struct model *m, uint64_t seed);
    size_t (*scratch_bytes)(const struct model *m, size_t rows); /* of the hungriest call below */

    /*
     * Writes the gradient of the mean loss over the batch into the phase's part of grad (indexed
     * like theta; the rest is untouched). Adds nothing to losses it does not own; losses[i] is
     * overwritten where this phase computes it.
     */
    void (*step)(real *grad, double *losses, const struct model *m, const real *theta,
                 const struct batch *b, size_t phase, const struct step_key *key,
                 struct arena *arena);

    /*
     * z [rows, m->release_width]: what is released of x [rows, width]. One draw a patient, keyed by
     * (release_seed, patient): the same patient gets the same draw in every row, call and order;
     * unless the plan wants one a row, which is keyed by its features too. NULL for models that
     * release nothing.
     */
    void (*release)(real *z, const struct model *m, const real *theta, const real *x,
                    const uint64_t *patient, size_t rows, uint64_t release_seed,
                    struct arena *arena);

    /* logits [rows, m->outputs], the outputs of task t start at m->task_at[t] (SIZE_MAX: none).
     * NULL for models without a head. */
    void (*predict)(real *logits, const struct model *m, const real *theta, const real *x,
                    size_t rows, struct arena *arena);

    /*
     * The collapse guard: adds m->guard_words sums over the batch (held-out rows), each within
     * +-m->guard_bound a row so that they can travel as fixed point; then judges the totals.
     * Returns how many guards it wrote. NULL, NULL for models without one.
     */
    void (*guard_add)(double *sums, const struct model *m, const real *theta, const struct batch *b,
                      const struct step_key *key, struct arena *arena);
    size_t (*guard_judge)(struct guard guards[static MODEL_GUARDS_MAX], const struct model *m,
                          const double *sums, double rows);

    /* Names the tensors of theta in their order, without a gap (map_add). NULL: theta is one. */
    void (*map)(struct map *map, const struct model *m);
};

/* The head of every model; each model's own struct begins with it. */
struct model {
    const struct model_ops *ops;
    const struct population *who; /* keeps */
    size_t params;
    size_t phases;
    struct model_part part[16]; /* by phase */
    bool
        separate; /* phases are learners of their own: each may train by itself, as long as it likes */
    size_t loss_count; /* at most MODEL_LOSSES_MAX */
    const char *loss_name[MODEL_LOSSES_MAX];
    size_t release_width; /* 0: releases nothing */
    size_t outputs;       /* 0: no head */
    size_t task_at[TASKS_MAX];
    size_t guard_words;
    double guard_bound;
};

/* The tensors of theta; one called "theta" when the model names none. */
void model_map(struct map *map, const struct model *m);

#endif
