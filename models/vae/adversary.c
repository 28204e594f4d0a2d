#include "models/vae/adversary.h"

#include "models/core/blas.h"
#include "models/core/layer.h"
#include "models/core/loss.h"
#include "proto/base/must.h"

/* Layer 0 is a player's slice of the stacked one, layer hidden_count gives its outputs. */
static struct dense layer_of(const struct adversaries *a, const struct player *p, size_t layer)
{
    const struct adversary_shape *s = &a->shape;
    return (struct dense){
        .in = layer == 0 ? s->latent : s->hidden[layer - 1],
        .out = layer == s->hidden_count ? p->outputs : s->hidden[layer],
    };
}

/* Where a layer's outputs stand, and how far apart its rows are. */
static real *layer_at(size_t *stride, const struct adversaries *a, const struct player *p,
                      const struct adversary_acts *acts, size_t layer)
{
    if (layer == 0) {
        *stride = a->columns;
        return acts->first + p->column;
    }
    size_t units = p->units;
    for (size_t l = 1; l < layer; l++)
        units += layer_of(a, p, l).out;
    *stride = layer_of(a, p, layer).out;
    return acts->later + acts->rows * units;
}

static size_t weights_at(const struct adversaries *a, const struct player *p, size_t layer)
{
    size_t at = p->weights;
    for (size_t l = 1; l < layer; l++)
        at += dense_params(layer_of(a, p, l));
    return at;
}

static struct dense stacked(const struct adversaries *a)
{
    return (struct dense){a->shape.latent, a->columns};
}

/* Rare levels weigh more in a categorical loss; the prior is what a clueless player then says. */
static void plan_levels(double weight[static TARGET_LEVELS_MAX], double *prior,
                        const struct target *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->levels; i++)
        weight[i] = 1;
    if (t->kind == TARGET_CATEGORICAL)
        target_balance(weight, t);
    for (size_t i = 0; i < t->levels; i++)
        sum += weight[i] * t->share[i];
    for (size_t i = 0; i < t->levels; i++)
        prior[i] = weight[i] * t->share[i] / sum;
}

static void add_player(struct adversaries *a, size_t group)
{
    struct player *p = &a->player[a->count++];
    *p = (struct player){.group = group,
                         .outputs = target_outputs(&a->who->group[group]),
                         .column = a->columns,
                         .units = a->units};
    a->columns += layer_of(a, p, 0).out;
    for (size_t l = 1; l <= a->shape.hidden_count; l++)
        a->units += layer_of(a, p, l).out;
}

void adversary_plan(struct adversaries *a, const struct population *who,
                    const struct adversary_shape *shape)
{
    must(who->group_count <= GROUPS_MAX);
    must(shape->copies <= ADVERSARY_COPIES_MAX);
    must(shape->hidden_count <= ADVERSARY_LAYERS_MAX);

    *a = (struct adversaries){.who = who, .shape = *shape};
    for (size_t g = 0; g < who->group_count; g++) {
        if (!target_learnable(&who->group[g])) {
            a->left_out[g] = true;
            a->left_out_count++;
            continue;
        }
        plan_levels(a->class_weight[g], a->prior[g], &who->group[g]);
        for (size_t copy = 0; copy < shape->copies; copy++)
            add_player(a, g);
    }
    a->params = a->count > 0 ? dense_params(stacked(a)) : 0;
    for (size_t i = 0; i < a->count; i++) {
        a->player[i].weights = a->params;
        a->params = weights_at(a, &a->player[i], shape->hidden_count + 1);
    }
}

void adversary_map(struct map *map, const struct adversaries *a)
{
    if (a->count == 0)
        return;
    map_add(map, a->columns, a->shape.latent, false, "adversary.first.weight");
    map_add(map, a->columns, 1, false, "adversary.first.bias");
    for (size_t i = 0; i < a->count && a->shape.hidden_count > 0; i++) {
        size_t end = weights_at(a, &a->player[i], a->shape.hidden_count + 1);
        map_add(map, end - a->player[i].weights, 1, false, "adversary.%zu.later", i);
    }
}

size_t adversary_scratch_reals(const struct adversaries *a, size_t rows)
{
    return 2 * rows * (a->columns + a->units);
}

void adversary_init(real *theta, const struct adversaries *a, uint64_t seed, uint64_t first_stream)
{
    size_t k = a->shape.latent;
    double bound = 1 / sqrt((double)k);
    for (size_t i = 0; i < a->count; i++) {
        const struct player *p = &a->player[i];
        struct rng rng = rng_open(seed, RNG_INIT, 0, 0, first_stream + i);
        size_t rows = layer_of(a, p, 0).out;
        real *w = theta + p->column * k, *b = theta + a->columns * k + p->column;
        for (size_t j = 0; j < rows * k; j++)
            w[j] = (real)((2 * rng_uniform(&rng) - 1) * bound);
        for (size_t j = 0; j < rows; j++)
            b[j] = (real)((2 * rng_uniform(&rng) - 1) * bound);
        for (size_t l = 1; l <= a->shape.hidden_count; l++)
            dense_init(theta + weights_at(a, p, l), layer_of(a, p, l), &rng);
    }
}

static struct adversary_acts take_acts(const struct adversaries *a, size_t rows,
                                       struct arena *arena)
{
    return (struct adversary_acts){.rows = rows,
                                   .first = arena_reals(arena, rows * a->columns),
                                   .later = arena_reals(arena, rows * a->units)};
}

void adversary_forward(struct adversary_acts *acts, const struct adversaries *a, const real *theta,
                       const real *z, size_t rows, struct arena *arena)
{
    size_t last = a->shape.hidden_count;
    *acts = take_acts(a, rows, arena);
    dense_forward(acts->first, stacked(a), theta, z, rows, a->shape.latent);
    if (last > 0)
        act_forward(acts->first, NULL, ACT_RELU, acts->first, rows * a->columns);

    for (size_t i = 0; i < a->count; i++) {
        const struct player *p = &a->player[i];
        for (size_t l = 1; l <= last; l++) {
            size_t in_stride, stride;
            const real *in = layer_at(&in_stride, a, p, acts, l - 1);
            real *out = layer_at(&stride, a, p, acts, l);
            dense_forward(out, layer_of(a, p, l), theta + weights_at(a, p, l), in, rows, in_stride);
            if (l < last)
                act_forward(out, NULL, ACT_RELU, out, rows * stride);
        }
    }
}

/* A player's logits, the gradient that belongs to them, and what they should have said. */
struct said {
    const real *logits, *y;
    real *grad;
    size_t stride;
};

static struct said said_by(const struct adversaries *a, const struct player *p,
                           const struct adversary_acts *acts, const struct adversary_acts *d,
                           const struct batch *b)
{
    must(b->rows == acts->rows);
    struct said s = {.y = b->group + p->group * b->rows};
    s.logits = layer_at(&s.stride, a, p, acts, a->shape.hidden_count);
    s.grad = layer_at(&s.stride, a, p, d, a->shape.hidden_count);
    return s;
}

static double own_loss(const struct adversaries *a, const struct player *p, struct said s,
                       size_t rows, double weight)
{
    const struct target *t = &a->who->group[p->group];
    switch (t->kind) {
    case TARGET_BINARY:
        return loss_binary(s.grad, s.logits, s.y, rows, s.stride, weight, 1);
    case TARGET_CATEGORICAL:
        return loss_categorical(s.grad, s.logits, s.y, rows, t->levels, s.stride, weight,
                                a->class_weight[p->group]);
    case TARGET_REGRESSION:
        return loss_square(s.grad, s.logits, s.y, rows, s.stride, weight);
    }
    must_fail("a kind of target we know", __FILE__, __LINE__);
}

static double confusion(const struct adversaries *a, const struct player *p, struct said s,
                        size_t rows, double weight)
{
    const struct target *t = &a->who->group[p->group];
    const double *prior = a->prior[p->group];
    switch (t->kind) {
    case TARGET_BINARY:
        return loss_confusion_binary(s.grad, s.logits, rows, s.stride, weight, prior[1]);
    case TARGET_CATEGORICAL:
        return loss_confusion_categorical(s.grad, s.logits, rows, t->levels, s.stride, weight,
                                          prior);
    case TARGET_REGRESSION:
        return loss_confusion_square(s.grad, s.logits, rows, s.stride, weight);
    }
    must_fail("a kind of target we know", __FILE__, __LINE__);
}

double adversary_loss(struct adversary_acts *d, const struct adversaries *a,
                      const struct adversary_acts *acts, const struct batch *b, struct arena *arena)
{
    *d = take_acts(a, acts->rows, arena);
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct player *p = &a->player[i];
        sum += own_loss(a, p, said_by(a, p, acts, d, b), acts->rows, 1);
    }
    return a->count > 0 ? sum / (double)a->count : 0;
}

/* A site that lacks an attribute cannot tell whether it is hidden there, so it does not hide it. */
static bool knows_any(const struct batch *b, size_t group)
{
    for (size_t row = 0; row < b->rows; row++)
        if (!isnan(b->group[group * b->rows + row]))
            return true;
    return false;
}

double adversary_confuse(struct adversary_acts *d, double *pull, const struct adversaries *a,
                         const struct adversary_acts *acts, const struct batch *b,
                         const double weight[static GROUPS_MAX], struct arena *arena)
{
    *d = take_acts(a, acts->rows, arena);
    *pull = 0;
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct player *p = &a->player[i];
        struct said s = said_by(a, p, acts, d, b);
        bool counts = knows_any(b, p->group);
        double of_one = counts ? weight[p->group] / (double)a->shape.copies : 0;
        double value = a->shape.form == ADVERSARY_REVERSE ? -own_loss(a, p, s, acts->rows, -of_one)
                                                          : confusion(a, p, s, acts->rows, of_one);
        sum += value;
        *pull += of_one * value;
    }
    return a->count > 0 ? sum / (double)a->count : 0;
}

/* From a player's outputs down to its slice of the first layer. */
static void player_backward(real *grad, const struct adversaries *a, const struct player *p,
                            const real *theta, const struct adversary_acts *acts,
                            struct adversary_acts *d)
{
    for (size_t l = a->shape.hidden_count; l > 0; l--) {
        struct dense layer = layer_of(a, p, l);
        size_t at = weights_at(a, p, l), stride, in_stride;
        const real *out = layer_at(&stride, a, p, acts, l);
        const real *in = layer_at(&in_stride, a, p, acts, l - 1);
        real *dout = layer_at(&stride, a, p, d, l);
        real *din = layer_at(&in_stride, a, p, d, l - 1);
        if (l < a->shape.hidden_count)
            act_backward(dout, ACT_RELU, dout, out, NULL, acts->rows * stride);
        if (grad != NULL)
            dense_backward(grad + at, NULL, layer, theta + at, in, dout, acts->rows, in_stride);
        blas_nn(din, dout, theta + at, acts->rows, layer.in, layer.out, 0,
                (size_t[]){in_stride, layer.out, layer.in});
    }
}

void adversary_backward(real *grad, real *dz, const struct adversaries *a, const real *theta,
                        const real *z, const struct adversary_acts *acts, struct adversary_acts *d)
{
    size_t k = a->shape.latent, rows = acts->rows;
    for (size_t i = 0; i < a->count; i++)
        player_backward(grad, a, &a->player[i], theta, acts, d);
    if (a->shape.hidden_count > 0)
        act_backward(d->first, ACT_RELU, d->first, acts->first, NULL, rows * a->columns);
    if (grad != NULL)
        dense_backward(grad, NULL, stacked(a), theta, z, d->first, rows, k);
    if (dz != NULL)
        blas_nn(dz, d->first, theta, rows, k, a->columns, 1, (size_t[]){k, a->columns, k});
}
