/*
 * toy.h - a small population with every kind of target, rows of it, and plans of debias-vae.
 */
#ifndef EVENHAND_TEST_DEBIAS_TOY_H
#define EVENHAND_TEST_DEBIAS_TOY_H

#include "models/core/optim.h"
#include "models/vae/debias.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/check.h"

#define TOY_WIDTH  7
#define TOY_TASKS  4
#define TOY_GROUPS 3

/* The task "death" is not trained: it must not get a head. */
static const struct population toy_who = {
    .width = TOY_WIDTH,
    .rows = 1000,
    .task_count = TOY_TASKS,
    .group_count = TOY_GROUPS,
    .task = {{.name = "ill", .train = true, .levels = 2, .share = {.7, .3}, .known = 900},
             {.name = "death", .levels = 2, .share = {.9, .1}, .known = 900},
             {.name = "stage",
              .kind = TARGET_CATEGORICAL,
              .train = true,
              .levels = 3,
              .share = {.5, .3, .2},
              .known = 800},
             {.name = "dose", .kind = TARGET_REGRESSION, .train = true, .sd = 1, .known = 700}},
    .group = {{.name = "sex", .levels = 2, .share = {.6, .4}, .known = 1000},
              {.name = "race",
               .kind = TARGET_CATEGORICAL,
               .levels = 3,
               .share = {.7, .2, .1},
               .known = 900},
              {.name = "age", .kind = TARGET_REGRESSION, .sd = 1, .known = 1000}},
};

/* The rows of a plan that belong to no model, as far as this one reads them. */
static const struct setting toy_rows[] = {
    {.key = "local.lr",
     .type = SET_REAL,
     .lo = 0,
     .hi = 1,
     .unit = "",
     .initial = "5e-4",
     .about = "Learning rate."},
    {.key = "groups[].name", .type = SET_TEXT, .unit = "", .about = "Name."},
    {.key = "groups[].weight",
     .type = SET_REAL,
     .lo = -1,
     .hi = 1e6,
     .unit = "",
     .initial = "-1",
     .about = "Weight."},
    {.key = "groups[].ramp",
     .type = SET_REAL,
     .lo = -1,
     .hi = 1,
     .unit = "",
     .initial = "-1",
     .about = "Ramp."},
};

/* pairs: "key=value" texts, the last one NULL; they replace the small shape below. */
static inline struct settings *toy_plan(const struct population *who, const char *const *pairs)
{
    struct setting_table tables[] = {{toy_rows, COUNT(toy_rows)}, debias_vae_ops.settings};
    static const char *const shape[] = {"model.hidden=5", "model.latent=3",
                                        "model.adversary.hidden=[4, 3]", "model.adversary.count=2",
                                        NULL};
    struct settings *plan = settings_open(tables, COUNT(tables));
    for (size_t g = 0; g < who->group_count; g++) {
        char key[SETTINGS_KEY_MAX];
        snprintf(key, sizeof key, "groups[%zu].name", g);
        check_ok(settings_put(plan, key, who->group[g].name, "toy"));
    }
    for (size_t i = 0; shape[i] != NULL; i++)
        check_ok(settings_put_pair(plan, shape[i]));
    for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++)
        check_ok(settings_put_pair(plan, pairs[i]));
    check_ok(settings_finish(plan));
    return plan;
}

/* A model with its weights, a gradient, and an arena that holds what one call may take, no more. */
struct toy_model {
    struct settings *plan;
    struct model *m;
    real *theta, *grad, *state;
    double losses[MODEL_LOSSES_MAX];
    struct arena arena;
};

static inline void toy_open(struct toy_model *t, const struct population *who,
                            const char *const *pairs, size_t rows)
{
    *t = (struct toy_model){.plan = toy_plan(who, pairs)};
    check_ok(debias_vae_ops.open(&t->m, t->plan, who));
    size_t n = t->m->params;
    t->theta = must_alloc(n, sizeof(real));
    t->grad = must_alloc(n, sizeof(real));
    t->state = must_alloc(2 * n, sizeof(real));
    debias_vae_ops.init(t->theta, t->m, 17);
    arena_open(&t->arena, debias_vae_ops.scratch_bytes(t->m, rows));
}

static inline void toy_close(struct toy_model *t)
{
    debias_vae_ops.close(&t->m);
    settings_close(&t->plan);
    free(t->theta);
    free(t->grad);
    free(t->state);
    arena_close(&t->arena);
}

static inline size_t toy_main(const struct toy_model *t)
{
    return t->m->phases - 1;
}

static inline size_t toy_loss_at(const struct toy_model *t, const char *name)
{
    size_t i = 0;
    while (i < t->m->loss_count && strcmp(t->m->loss_name[i], name) != 0)
        i++;
    assert_true(i < t->m->loss_count);
    return i;
}

static inline double toy_loss(const struct toy_model *t, const char *name)
{
    return t->losses[toy_loss_at(t, name)];
}

/* One phase, its losses and its gradient; the arena is empty again afterwards. */
static inline void toy_step(struct toy_model *t, const struct batch *b, size_t phase,
                            const struct step_key *key)
{
    size_t mark = arena_mark(&t->arena);
    t->m->ops->step(t->grad, t->losses, t->m, t->theta, b, phase, key, &t->arena);
    arena_rewind(&t->arena, mark);
}

/* Adam moves the phase's part; at counts its steps from 1. */
static inline void toy_move(struct toy_model *t, size_t phase, double lr, uint64_t at)
{
    const struct optim adam = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8};
    const struct model_part *p = &t->m->part[phase];
    optim_step(t->theta + p->at, t->state + 2 * p->at, &adam, t->grad + p->at, p->count,
               &(struct optim_move){.lr = lr, .scale = 1, .t = at});
}

struct toy_rows {
    struct batch batch;
    real *x, *task, *group;
};

/*
 * Rows of toy_who; signal shifts feature 0 by sex, 1 by race 1, 2 by age, 3 by illness, and every
 * seventh value of a target is unknown.
 */
static inline void toy_draw(struct toy_rows *r, size_t rows, double signal, uint64_t seed)
{
    struct rng rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    r->x = must_alloc(rows * TOY_WIDTH, sizeof(real));
    r->task = must_alloc(rows * TOY_TASKS, sizeof(real));
    r->group = must_alloc(rows * TOY_GROUPS, sizeof(real));
    r->batch = (struct batch){
        .rows = rows, .width = TOY_WIDTH, .x = r->x, .task = r->task, .group = r->group};
    for (size_t i = 0; i < rows; i++) {
        real *x = r->x + i * TOY_WIDTH;
        double u = rng_uniform(&rng);
        r->group[i] = rng_uniform(&rng) < .4 ? 1 : 0;
        r->group[rows + i] = u < .7 ? 0 : u < .9 ? 1 : 2;
        r->group[2 * rows + i] = (real)rng_normal(&rng);
        r->task[i] = rng_uniform(&rng) < .3 ? 1 : 0;
        r->task[rows + i] = 0;
        r->task[2 * rows + i] = (real)rng_below(&rng, 3);
        r->task[3 * rows + i] = (real)rng_normal(&rng);
        for (size_t j = 0; j < TOY_WIDTH; j++)
            x[j] = (real)rng_normal(&rng);
        x[0] += (real)signal * r->group[i];
        x[1] += (real)signal * (r->group[rows + i] == 1 ? 1 : 0);
        x[2] += (real)signal * r->group[2 * rows + i];
        x[3] += (real)signal * r->task[i];
    }
    for (size_t i = 3; i < rows * TOY_TASKS; i += 7)
        r->task[i] = (real)NAN;
    for (size_t i = 5; i < rows * TOY_GROUPS; i += 7)
        r->group[i] = (real)NAN;
}

static inline void toy_free(struct toy_rows *r)
{
    free(r->x);
    free(r->task);
    free(r->group);
}

#endif
