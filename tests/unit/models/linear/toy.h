/*
 * toy.h - a small population, rows of it, and an evaluation with every kind of head.
 */
#ifndef EVENHAND_TEST_TOY_H
#define EVENHAND_TEST_TOY_H

#include "models/core/optim.h"
#include "models/linear/probes.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"

#define TOY_ROWS   24
#define TOY_WIDTH  9
#define TOY_HEADS  9
#define TOY_HIDDEN 5

/* Two tasks (binary, regression) and two groups (categorical, binary); some values unknown. */
static const struct population toy_who = {
    .width = TOY_WIDTH,
    .rows = TOY_ROWS,
    .task_count = 2,
    .group_count = 2,
    .task = {{.name = "ill", .kind = TARGET_BINARY, .train = true, .levels = 2},
             {.name = "dose", .kind = TARGET_REGRESSION, .train = true}},
    .group = {{.name = "race", .kind = TARGET_CATEGORICAL, .levels = 4},
              {.name = "sex", .kind = TARGET_BINARY, .levels = 2}},
};

struct toy {
    real x[TOY_ROWS * TOY_WIDTH], task[2 * TOY_ROWS], group[2 * TOY_ROWS];
    struct batch batch;
    struct probe_head head[TOY_HEADS];
    struct probe_spec spec;
};

/* Column 4 is in no slice, and the heads of a block do not stand together. */
static inline void toy_open(struct toy *t, double dropout)
{
    struct rng rng = rng_open(31, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < COUNT(t->x); i++)
        t->x[i] = (real)rng_normal(&rng);
    for (size_t i = 0; i < TOY_ROWS; i++) {
        t->task[i] = (real)rng_below(&rng, 2);
        t->task[TOY_ROWS + i] = (real)rng_normal(&rng);
        t->group[i] = (real)rng_below(&rng, 4);
        t->group[TOY_ROWS + i] = (real)rng_below(&rng, 2);
    }
    t->task[3] = t->task[TOY_ROWS + 5] = t->group[0] = t->group[7] = (real)NAN;
    t->batch = (struct batch){
        .rows = TOY_ROWS, .width = TOY_WIDTH, .x = t->x, .task = t->task, .group = t->group};

    static const struct probe_head heads[TOY_HEADS] = {
        {0, PROBE_MLP, false, 0, 0, 1, 0, 0},    {1, PROBE_LINEAR, true, 0, 0, 0, 0, 0},
        {0, PROBE_LINEAR, false, 0, 0, 0, 0, 0}, {1, PROBE_MLP, true, 0, 0, 2, 0, 0},
        {0, PROBE_LINEAR, false, 1, 0, 0, 0, 0}, {0, PROBE_MLP, true, 0, 0, 1, 0, 0},
        {1, PROBE_MLP, false, 1, 0, 1, 0, 0},    {1, PROBE_LINEAR, true, 1, 0, 0, 0, 0},
        {0, PROBE_LINEAR, true, 0, 0, 0, 0, 0},
    };
    memcpy(t->head, heads, sizeof heads);
    t->spec = (struct probe_spec){
        .width = TOY_WIDTH,
        .slice_count = 2,
        .slice = {{.at = 0, .width = 4}, {.at = 5, .width = 4}},
        .head_count = TOY_HEADS,
        .head = t->head,
        .hidden = TOY_HIDDEN,
        .dropout = dropout,
        .lr = .05,
        .decay = .1,
        .mlp_lr = .02,
        .mlp_decay = .03,
    };
}

/* An arena of exactly the size the model asks for, its slab starting at an odd place. */
static inline void toy_arena(struct arena *a, unsigned char **slab, const struct model *m,
                             size_t rows)
{
    size_t bytes = m->ops->scratch_bytes(m, rows);
    *slab = malloc(bytes + 1);
    must(*slab != NULL);
    arena_init(a, *slab + 1, bytes);
}

/* `steps` steps of every phase on one batch with AdamW, as the trainer of a site does them. */
static inline void toy_train(real *theta, const struct model *m, const struct batch *b,
                             uint64_t steps)
{
    static const struct optim adam = {OPTIM_ADAM, .9, .999, 1e-8};
    struct arena arena;
    unsigned char *slab;
    real *grad = must_alloc(m->params, sizeof *grad);
    real *state = must_alloc(2 * m->params, sizeof *state);
    double losses[MODEL_LOSSES_MAX];
    toy_arena(&arena, &slab, m, b->rows);
    for (uint64_t t = 0; t < steps; t++)
        for (size_t phase = 0; phase < m->phases; phase++) {
            struct model_part part = m->part[phase];
            struct step_key key = {.seed = 4, .site = 1, .round = 2, .step = t};
            m->ops->step(grad, losses, m, theta, b, phase, &key, &arena);
            optim_step(theta + part.at, state + 2 * part.at, &adam, grad + part.at, part.count,
                       &(struct optim_move){part.lr, part.decay, 1, t + 1});
        }
    arena_rewind(&arena, 0);
    free(slab);
    free(grad);
    free(state);
}

#endif
