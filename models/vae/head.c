#include "models/vae/head.h"

#include "models/core/blas.h"
#include "models/core/layer.h"
#include "models/core/loss.h"
#include "proto/base/must.h"

static struct dense first_of(const struct head *h)
{
    return (struct dense){h->latent, h->hidden > 0 ? h->hidden : h->outputs};
}

static struct dense last_of(const struct head *h)
{
    must(h->hidden > 0);
    return (struct dense){h->hidden, h->outputs};
}

void head_plan(struct head *h, const struct population *who, size_t latent, size_t hidden,
               bool balanced)
{
    *h = (struct head){.who = who, .latent = latent, .hidden = hidden};
    for (size_t t = 0; t < TASKS_MAX; t++)
        h->at[t] = SIZE_MAX;
    for (size_t t = 0; t < who->task_count; t++)
        if (who->task[t].train) {
            h->at[t] = h->outputs;
            h->outputs += target_outputs(&who->task[t]);
        }
    for (size_t t = 0; t < who->task_count; t++) {
        for (size_t l = 0; l < TARGET_LEVELS_MAX; l++)
            h->class_weight[t][l] = 1;
        if (balanced)
            target_balance(h->class_weight[t], &who->task[t]);
    }
}

size_t head_params(const struct head *h)
{
    if (h->outputs == 0)
        return 0;
    return dense_params(first_of(h)) + (h->hidden > 0 ? dense_params(last_of(h)) : 0);
}

void head_map(struct map *map, const struct head *h)
{
    if (h->outputs == 0)
        return;
    map_add(map, first_of(h).out, h->latent, false, "head.0.weight");
    map_add(map, first_of(h).out, 1, false, "head.0.bias");
    if (h->hidden > 0) {
        map_add(map, h->outputs, h->hidden, false, "head.1.weight");
        map_add(map, h->outputs, 1, false, "head.1.bias");
    }
}

/* hidden, pre and the gradient of hidden; logits and theirs. */
size_t head_scratch_reals(const struct head *h, size_t rows)
{
    return rows * (3 * h->hidden + 2 * h->outputs);
}

void head_init(real *theta, const struct head *h, uint64_t seed, uint64_t stream)
{
    if (h->outputs == 0)
        return;
    struct rng rng = rng_open(seed, RNG_INIT, 0, 0, stream);
    dense_init(theta, first_of(h), &rng);
    if (h->hidden > 0)
        dense_init(theta + dense_params(first_of(h)), last_of(h), &rng);
}

void head_forward(struct head_acts *acts, const struct head *h, const real *theta, const real *z,
                  size_t rows, struct arena *arena)
{
    struct dense first = first_of(h);
    *acts = (struct head_acts){.rows = rows, .z = z};
    acts->logits = arena_reals(arena, rows * h->outputs);
    if (h->hidden == 0) {
        dense_forward(acts->logits, first, theta, z, rows, h->latent);
        return;
    }
    size_t count = rows * h->hidden;
    acts->hidden = arena_reals(arena, count);
    acts->pre = arena_reals(arena, count);
    dense_forward(acts->pre, first, theta, z, rows, h->latent);
    act_forward(acts->hidden, acts->pre, ACT_GELU, acts->pre, count);
    dense_forward(acts->logits, last_of(h), theta + dense_params(first), acts->hidden, rows,
                  h->hidden);
}

double head_loss(real *dlogits, const struct head *h, const struct head_acts *acts,
                 const struct batch *b, double weight)
{
    double sum = 0;
    size_t rows = acts->rows, stride = h->outputs;
    for (size_t t = 0; t < h->who->task_count; t++) {
        if (h->at[t] == SIZE_MAX)
            continue;
        const struct target *task = &h->who->task[t];
        const real *logits = acts->logits + h->at[t], *y = b->task + t * rows;
        const double *level = h->class_weight[t];
        real *grad = dlogits + h->at[t];
        switch (task->kind) {
        case TARGET_BINARY:
            sum += loss_binary(grad, logits, y, rows, stride, weight, level[1] / level[0]);
            break;
        case TARGET_CATEGORICAL:
            sum += loss_categorical(grad, logits, y, rows, task->levels, stride, weight, level);
            break;
        case TARGET_REGRESSION:
            sum += loss_square(grad, logits, y, rows, stride, weight);
            break;
        }
    }
    return sum;
}

void head_backward(real *grad, real *dz, const struct head *h, const struct head_acts *acts,
                   const real *theta, const real *dlogits, struct arena *arena)
{
    struct dense first = first_of(h);
    const real *dfirst = dlogits;
    if (h->hidden > 0) {
        size_t count = acts->rows * h->hidden, last_at = dense_params(first);
        real *dhidden = arena_reals(arena, count);
        dense_backward(grad + last_at, dhidden, last_of(h), theta + last_at, acts->hidden, dlogits,
                       acts->rows, h->hidden);
        act_backward(dhidden, ACT_GELU, dhidden, acts->hidden, acts->pre, count);
        dfirst = dhidden;
    }
    dense_backward(grad, NULL, first, theta, acts->z, dfirst, acts->rows, h->latent);
    blas_nn(dz, dfirst, theta, acts->rows, h->latent, first.out, 1,
            (size_t[]){h->latent, first.out, h->latent});
}
