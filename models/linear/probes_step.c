#include <string.h>

#include "models/core/blas.h"
#include "models/core/loss.h"
#include "models/linear/probes_inside.h"
#include "proto/base/must.h"

/* Mean loss of one head over the batch. Logits and their gradient: [B,outputs], `stride` apart. */
static double head_loss(real *dlogits, const real *logits, const struct probes *p,
                        const struct probe_head *h, const struct batch *b, size_t stride,
                        double rate)
{
    const struct target *t = probes_target(h, p->model.who);
    size_t column = h->labels > 0 ? p->model.who->task_count + h->labels - 1 : h->target;
    const real *y = (h->group ? b->group : b->task) + column * b->rows;
    switch (t->kind) {
    case TARGET_BINARY:
        return loss_binary(dlogits, logits, y, b->rows, stride, rate, 1);
    case TARGET_CATEGORICAL:
        return loss_categorical(dlogits, logits, y, b->rows, t->levels, stride, rate, NULL);
    case TARGET_REGRESSION:
        return loss_square(dlogits, logits, y, b->rows, stride, rate);
    }
    must_fail("a kind of target we know", __FILE__, __LINE__);
}

/* Squared errors curve four times as much as the others at most do. */
static double rate_of(const struct probes *p, const struct probe_head *h)
{
    double rate = p->spec.slice[h->slice].rate;
    if (rate == 0)
        return 1;
    return probes_target(h, p->model.who)->kind == TARGET_REGRESSION ? rate / 4 : rate;
}

/* Gradients of the linear heads of slice s; returns the sum of their losses. */
static double linear_slice(real *grad, const struct probes *p, const real *theta,
                           const struct batch *b, size_t s, struct arena *arena)
{
    const struct probe_block *block = &p->block[PROBE_LINEAR][s];
    const real *x = b->x + p->spec.slice[s].at;
    size_t outputs = block->dense.out;
    real *y = arena_reals(arena, b->rows * outputs);
    real *dy = arena_reals(arena, b->rows * outputs);

    dense_forward(y, block->dense, theta + block->at, x, b->rows, b->width);
    double sum = 0;
    for (size_t i = 0; i < p->spec.head_count; i++) {
        const struct probe_head *h = &p->spec.head[i];
        size_t at = p->place[i].row;
        if (h->kind == PROBE_LINEAR && h->slice == s)
            sum += head_loss(dy + at, y + at, p, h, b, outputs, rate_of(p, h));
    }
    dense_backward(grad + block->at, NULL, block->dense, theta + block->at, x, dy, b->rows,
                   b->width);
    return sum;
}

/* The slice's columns through one mask, that all its mlp heads share and no other slice does. */
static const real *dropped(const struct probes *p, const struct batch *b, size_t s,
                           const struct step_key *key, struct arena *arena)
{
    const struct probe_slice *slice = &p->spec.slice[s];
    size_t n = b->rows * slice->width;
    real *x = arena_reals(arena, n);
    struct rng rng =
        rng_open(key->seed, RNG_DROPOUT, key->site, key->round, key->step * PROBE_SLICES_MAX + s);
    for (size_t row = 0; row < b->rows; row++)
        memcpy(x + row * slice->width, b->x + row * b->width + slice->at, slice->width * sizeof *x);
    dropout_forward(x, NULL, x, n, p->spec.dropout, &rng);
    return x;
}

/* hidden [B, n H] of all mlp heads of a slice. */
static void hidden_forward(real *hidden, const struct probe_block *block, const real *theta,
                           const real *x, size_t rows, size_t x_stride)
{
    dense_forward(hidden, block->dense, theta + block->at, x, rows, x_stride);
    act_forward(hidden, NULL, ACT_RELU, hidden, rows * block->dense.out);
}

/* Gradients of the mlp heads of slice s; returns the sum of their losses. */
static double mlp_slice(real *grad, const struct probes *p, const real *theta,
                        const struct batch *b, size_t s, const struct step_key *key,
                        struct arena *arena)
{
    const struct probe_block *block = &p->block[PROBE_MLP][s];
    size_t units = block->dense.out, mine = p->spec.hidden;
    bool drops = p->spec.dropout > 0;
    const real *x = drops ? dropped(p, b, s, key, arena) : b->x + p->spec.slice[s].at;
    size_t x_stride = drops ? p->spec.slice[s].width : b->width;
    real *hidden = arena_reals(arena, b->rows * units);
    real *dhidden = arena_reals(arena, b->rows * units);
    real *y = arena_reals(arena, b->rows * TARGET_LEVELS_MAX);
    real *dy = arena_reals(arena, b->rows * TARGET_LEVELS_MAX);

    hidden_forward(hidden, block, theta, x, b->rows, x_stride);
    double sum = 0;
    for (size_t i = 0; i < p->spec.head_count; i++) {
        const struct probe_head *h = &p->spec.head[i];
        if (h->kind != PROBE_MLP || h->slice != s)
            continue;
        size_t row = p->place[i].row, second = p->place[i].second;
        struct dense top = probes_second(p, h);
        dense_forward(y, top, theta + second, hidden + row, b->rows, units);
        sum += head_loss(dy, y, p, h, b, h->outputs, 1);
        dense_backward(grad + second, NULL, top, theta + second, hidden + row, dy, b->rows, units);
        /* dense_backward's dx is tight; this one is a stretch of wider rows. */
        blas_nn(dhidden + row, dy, theta + second, b->rows, mine, h->outputs, 0,
                (size_t[]){units, h->outputs, mine});
    }
    act_backward(dhidden, ACT_RELU, dhidden, hidden, NULL, b->rows * units);
    dense_backward(grad + block->at, NULL, block->dense, theta + block->at, x, dhidden, b->rows,
                   x_stride);
    return sum;
}

void probes_step(real *grad, double *losses, const struct model *m, const real *theta,
                 const struct batch *b, size_t phase, const struct step_key *key,
                 struct arena *arena)
{
    const struct probes *p = probes_of(m);
    must(phase < m->phases);
    must(b->width == p->spec.width);

    enum probe_kind kind = phase == 0 && p->heads[PROBE_LINEAR] > 0 ? PROBE_LINEAR : PROBE_MLP;
    double sum = 0;
    for (size_t s = 0; s < p->spec.slice_count; s++) {
        if (p->block[kind][s].heads == 0)
            continue;
        size_t mark = arena_mark(arena);
        sum += kind == PROBE_LINEAR ? linear_slice(grad, p, theta, b, s, arena)
                                    : mlp_slice(grad, p, theta, b, s, key, arena);
        arena_rewind(arena, mark);
    }
    losses[phase] = sum / (double)p->heads[kind];
}

/* One head's columns: from [rows, from_stride] into the logits. */
static void put_columns(real *logits, size_t stride, const real *from, size_t from_stride,
                        size_t rows, size_t columns)
{
    for (size_t row = 0; row < rows; row++)
        memcpy(logits + row * stride, from + row * from_stride, columns * sizeof *logits);
}

static void predict_slice(real *logits, const struct probes *p, const real *theta, const real *x,
                          size_t rows, size_t s, enum probe_kind kind, struct arena *arena)
{
    const struct probe_block *block = &p->block[kind][s];
    size_t units = block->dense.out;
    real *layer = arena_reals(arena, rows * units);
    real *y = arena_reals(arena, kind == PROBE_MLP ? rows * TARGET_LEVELS_MAX : 0);

    if (kind == PROBE_LINEAR)
        dense_forward(layer, block->dense, theta + block->at, x, rows, p->spec.width);
    else
        hidden_forward(layer, block, theta, x, rows, p->spec.width);
    for (size_t i = 0; i < p->spec.head_count; i++) {
        const struct probe_head *h = &p->spec.head[i];
        const real *from = layer + p->place[i].row;
        if (h->kind != kind || h->slice != s)
            continue;
        if (kind == PROBE_MLP)
            dense_forward(y, probes_second(p, h), theta + p->place[i].second, from, rows, units);
        put_columns(logits + h->out_at, p->model.outputs, kind == PROBE_MLP ? y : from,
                    kind == PROBE_MLP ? h->outputs : units, rows, h->outputs);
    }
}

void probes_predict(real *logits, const struct model *m, const real *theta, const real *x,
                    size_t rows, struct arena *arena)
{
    const struct probes *p = probes_of(m);
    for (size_t s = 0; s < p->spec.slice_count; s++)
        for (enum probe_kind kind = PROBE_LINEAR; kind <= PROBE_MLP; kind++) {
            if (p->block[kind][s].heads == 0)
                continue;
            size_t mark = arena_mark(arena);
            predict_slice(logits, p, theta, x + p->spec.slice[s].at, rows, s, kind, arena);
            arena_rewind(arena, mark);
        }
}
