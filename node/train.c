#include "node/train.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/vec.h"
#include "proto/base/must.h"

/* Batches of the phases before the last come from a stream of their own. */
#define SIDE_STREAM  (UINT64_C(1) << 40)
#define PHASE_STREAM (UINT64_C(1) << 42)

static struct optim adam(void)
{
    return (struct optim){.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8};
}

struct train_spec train_spec_model(const struct settings *plan)
{
    struct train_spec spec = {.clip = settings_real(plan, "local.clip_l2"), .optim = adam()};
    spec.pace[0].epochs = settings_size(plan, "local.epochs");
    spec.pace[0].steps = settings_size(plan, "local.steps");
    spec.pace[0].batch = settings_size(plan, "local.batch");
    spec.pace[0].rest_alone = strcmp(settings_text(plan, "local.rest"), "alone") == 0;
    if (strcmp(settings_text(plan, "local.optimiser"), "sgd") == 0)
        spec.optim =
            (struct optim){.rule = OPTIM_SGD, .beta1 = settings_real(plan, "local.momentum")};
    return spec;
}

struct train_spec train_spec_probes(const struct settings *plan, bool linear_too)
{
    struct train_spec spec = {.optim = adam()};
    size_t at = 0;
    if (linear_too)
        spec.pace[at++] = (struct train_pace){.epochs = settings_size(plan, "evaluate.epochs"),
                                              .batch = settings_size(plan, "evaluate.batch")};
    spec.pace[at] = (struct train_pace){.epochs = settings_size(plan, "evaluate.mlp_epochs"),
                                        .batch = settings_size(plan, "evaluate.mlp_batch")};
    return spec;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* What a step at this pace takes from the arena at most. */
static size_t step_bytes(const struct trainer *t, const struct train_pace *pace)
{
    if (pace->batch == 0)
        return 0;
    struct batches b;
    batches_open(&b, &t->rows, pace->batch, 0, 0, 0, t->order[0]);
    size_t longest = 2 * b.batch < t->rows.count ? 2 * b.batch : t->rows.count;
    return batches_bytes(&b) + t->model->ops->scratch_bytes(t->model, longest);
}

void trainer_open(struct trainer *t, const struct model *m, const struct train_spec *spec,
                  const struct rows_view *rows)
{
    *t = (struct trainer){.model = m, .spec = *spec, .rows = *rows};
    t->theta = must_alloc(m->params, sizeof(real));
    t->grad = must_alloc(m->params, sizeof(real));
    t->state = must_alloc(optim_state_reals(&spec->optim, m->params) + 1, sizeof(real));
    for (size_t i = 0; i < COUNT(t->order); i++)
        t->order[i] = must_alloc(rows->count, sizeof(uint32_t));
    /* The longest batch need not be that of the longer setting: of 499 rows, 200 give one of 299. */
    size_t bytes = larger(step_bytes(t, &spec->pace[0]), step_bytes(t, &spec->pace[1]));
    arena_open(&t->arena, bytes);
}

void trainer_close(struct trainer *t)
{
    free(t->theta);
    free(t->grad);
    free(t->state);
    for (size_t i = 0; i < COUNT(t->order); i++)
        free(t->order[i]);
    arena_close(&t->arena);
    *t = (struct trainer){0};
}

static void move_part(struct trainer *t, size_t phase)
{
    static const struct optim plain = {.rule = OPTIM_SGD};
    const struct model_part *part = &t->model->part[phase];
    const real *grad = t->grad + part->at;
    struct optim_move move = {.lr = part->lr,
                              .decay = part->decay,
                              .scale = vec_clip(grad, part->count, t->spec.clip),
                              .t = ++t->taken[phase]};
    size_t state_at = optim_state_reals(&t->spec.optim, part->at);
    optim_step(t->theta + part->at, t->state + state_at, part->plain ? &plain : &t->spec.optim,
               grad, part->count, &move);
}

/* Phases that share a part share its optimiser state, so they share its step count too. */
static size_t owner_of(const struct model *m, size_t phase)
{
    for (size_t i = 0; i < phase; i++)
        if (m->part[i].at == m->part[phase].at)
            return i;
    return phase;
}

/* Phases of one step: a whole step of the model, or one of its separate phases. */
struct stretch {
    const struct train_pace *pace;
    size_t first, end;
};

static void train_step(struct trainer *t, double *step_losses, struct batches stream[static 2],
                       const struct stretch *s, const struct step_key *key)
{
    const struct model *m = t->model;
    for (size_t phase = s->first; phase < s->end; phase++) {
        size_t mark = arena_mark(&t->arena);
        bool last = phase + 1 == s->end;
        struct batch b = batches_next(&stream[last ? 0 : 1], &t->arena);
        m->ops->step(t->grad, step_losses, m, t->theta, &b, phase, key, &t->arena);
        move_part(t, owner_of(m, phase));
        arena_rewind(&t->arena, mark);
    }
}

static void train_stretch(struct trainer *t, double *losses, const struct stretch *s,
                          const struct step_key *key)
{
    if (s->pace->rest)
        return;
    struct batches stream[2];
    uint64_t round = key->round + s->first * PHASE_STREAM;
    batches_open(&stream[0], &t->rows, s->pace->batch, key->seed, key->site, round, t->order[0]);
    batches_open(&stream[1], &t->rows, s->pace->batch, key->seed, key->site, round + SIDE_STREAM,
                 t->order[1]);
    for (size_t i = 0; i < COUNT(stream) && s->pace->rest_alone; i++)
        batches_keep_rest(&stream[i]);
    size_t steps = s->pace->steps > 0 ? s->pace->steps : s->pace->epochs * stream[0].per_pass;
    double step_losses[MODEL_LOSSES_MAX] = {0};
    for (size_t i = 0; i < steps; i++) {
        struct step_key now = *key;
        now.step = i;
        train_step(t, step_losses, stream, s, &now);
        for (size_t k = 0; k < t->model->loss_count; k++)
            losses[k] += step_losses[k] / (double)steps;
    }
}

static enum status judge(const struct trainer *t, const double *losses, const struct step_key *key)
{
    for (size_t i = 0; i < t->model->loss_count; i++)
        if (!isfinite(losses[i]))
            return fault(EC_RUN_NAN, "", "loss `%s` is not finite in training round %" PRIu64,
                         t->model->loss_name[i], key->round + 1);
    if (!vec_finite(t->theta, t->model->params))
        return fault(EC_RUN_NAN, "", "a weight is not finite after training round %" PRIu64,
                     key->round + 1);
    return ST_OK;
}

enum status trainer_round(struct trainer *t, double *losses, const real *global,
                          const struct step_key *key)
{
    const struct model *m = t->model;
    memcpy(t->theta, global, m->params * sizeof(real));
    for (size_t i = 0; i < m->loss_count; i++)
        losses[i] = 0;
    must(!m->separate || m->phases <= COUNT(t->spec.pace));
    size_t stretches = m->separate ? m->phases : 1;
    for (size_t i = 0; i < stretches; i++) {
        struct stretch s = {&t->spec.pace[i], i, m->separate ? i + 1 : m->phases};
        train_stretch(t, losses, &s, key);
    }
    return judge(t, losses, key);
}
