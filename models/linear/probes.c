#include "models/linear/probes.h"

#include <stdlib.h>
#include <string.h>

#include "models/linear/probes_inside.h"
#include "proto/base/must.h"

/* A stretch of theta that belongs to one head. */
struct piece {
    size_t at, count;
};

static const struct model_ops probes_ops;

static enum status judge(const struct probe_spec *spec, const struct population *who)
{
    must(spec->slice_count <= PROBE_SLICES_MAX);
    must(spec->dropout >= 0);
    must(spec->dropout < 1);
    for (size_t s = 0; s < spec->slice_count; s++) {
        must(spec->slice[s].width > 0);
        must(spec->slice[s].at <= spec->width);
        must(spec->slice[s].width <= spec->width - spec->slice[s].at);
    }
    if (spec->head_count == 0)
        return fault(EC_MODEL_SHAPE, "", "no task or group to learn");
    if (spec->head_count > PROBE_HEADS_MAX)
        return fault(EC_MODEL_SHAPE, "", "%zu heads, at most %d", spec->head_count,
                     PROBE_HEADS_MAX);
    for (size_t i = 0; i < spec->head_count; i++) {
        const struct probe_head *h = &spec->head[i];
        must(h->slice < spec->slice_count);
        must(h->target < (h->group ? who->group_count : who->task_count));
        must(h->labels == 0 || !h->group);
        must(h->kind == PROBE_LINEAR || spec->hidden > 0);
        const struct target *t = probes_target(h, who);
        if (t->kind == TARGET_CATEGORICAL && (t->levels < 2 || t->levels > TARGET_LEVELS_MAX))
            return fault(EC_MODEL_SHAPE, t->name, "%zu levels, 2 to %d can be told apart",
                         t->levels, TARGET_LEVELS_MAX);
    }
    return ST_OK;
}

/* Rows of the blocks' layers and columns of the logits, in the order of the heads. */
static void count_rows(struct probes *p)
{
    for (size_t i = 0; i < p->spec.head_count; i++) {
        struct probe_head *h = &p->spec.head[i];
        struct probe_block *b = &p->block[h->kind][h->slice];
        h->outputs = target_outputs(probes_target(h, p->model.who));
        h->out_at = p->model.outputs;
        p->model.outputs += h->outputs;
        p->place[i].row = b->dense.out;
        b->dense.out += h->kind == PROBE_LINEAR ? h->outputs : p->spec.hidden;
        b->heads++;
        p->heads[h->kind]++;
    }
}

/* Gives the blocks of one kind their place in theta, from `at` on; returns where they end. */
static size_t place_blocks(struct probes *p, enum probe_kind kind, size_t at)
{
    for (size_t s = 0; s < p->spec.slice_count; s++) {
        struct probe_block *b = &p->block[kind][s];
        b->dense.in = p->spec.slice[s].width;
        b->at = at;
        at += dense_params(b->dense);
        for (size_t i = 0; kind == PROBE_MLP && i < p->spec.head_count; i++) {
            const struct probe_head *h = &p->spec.head[i];
            if (h->kind != kind || h->slice != s)
                continue;
            p->place[i].second = at;
            at += dense_params(probes_second(p, h));
        }
    }
    return at;
}

static void add_phase(struct model *m, const char *name, size_t end, double lr, double decay)
{
    if (end == m->params)
        return;
    m->part[m->phases++] =
        (struct model_part){.at = m->params, .count = end - m->params, .lr = lr, .decay = decay};
    m->loss_name[m->loss_count++] = name;
    m->params = end;
}

enum status probes_open(struct model **m, const struct probe_spec *spec,
                        const struct population *who)
{
    enum status st = judge(spec, who);
    if (st != ST_OK)
        return st;

    struct probes *p = must_alloc(1, sizeof *p);
    p->spec = *spec;
    p->model = (struct model){.ops = &probes_ops, .who = who};
    for (size_t t = 0; t < TASKS_MAX; t++)
        p->model.task_at[t] = SIZE_MAX;
    count_rows(p);
    size_t linear_end = place_blocks(p, PROBE_LINEAR, 0);
    size_t end = place_blocks(p, PROBE_MLP, linear_end);
    add_phase(&p->model, "linear", linear_end, spec->lr, spec->decay);
    p->model.separate = true;
    p->model.part[0].plain = spec->plain && linear_end > 0;
    add_phase(&p->model, "mlp", end, spec->mlp_lr, spec->mlp_decay);
    *m = &p->model;
    return ST_OK;
}

void probes_close(struct model **m)
{
    free(*m);
    *m = NULL;
}

void probes_set_rate(struct model *m, size_t slice, double spread)
{
    struct probes *p = (struct probes *)m;
    must(slice < p->spec.slice_count);
    p->spec.slice[slice].rate = spread > 0 ? 4 / spread : 1;
}

const struct probe_spec *probes_spec(const struct model *m)
{
    return &probes_of(m)->spec;
}

/* The stretches of a head: weights and biases of its rows, then (mlp) its second layer. */
static size_t pieces_of(struct piece piece[static 3], const struct probes *p, size_t head)
{
    const struct probe_head *h = &p->spec.head[head];
    const struct probe_place *place = &p->place[head];
    const struct probe_block *b = &p->block[h->kind][h->slice];
    size_t rows = h->kind == PROBE_LINEAR ? h->outputs : p->spec.hidden;
    size_t bias = b->at + b->dense.out * b->dense.in;

    piece[0] = (struct piece){b->at + place->row * b->dense.in, rows * b->dense.in};
    piece[1] = (struct piece){bias + place->row, rows};
    if (h->kind == PROBE_LINEAR)
        return 2;
    piece[2] = (struct piece){place->second, dense_params(probes_second(p, h))};
    return 3;
}

void probes_copy_head(real *to, const struct model *m, const real *from, size_t head)
{
    const struct probes *p = probes_of(m);
    must(head < p->spec.head_count);

    struct piece piece[3];
    size_t count = pieces_of(piece, p, head);
    for (size_t i = 0; i < count; i++)
        memcpy(to + piece[i].at, from + piece[i].at, piece[i].count * sizeof *to);
}

/* As dense_init, for a layer whose weights and biases stand apart. */
static void init_piece(real *theta, struct piece piece, size_t in, struct rng *rng)
{
    double bound = 1 / sqrt((double)in);
    for (size_t i = 0; i < piece.count; i++)
        theta[piece.at + i] = (real)((2 * rng_uniform(rng) - 1) * bound);
}

void probes_init(real *theta, const struct model *m, uint64_t seed)
{
    const struct probes *p = probes_of(m);

    memset(theta, 0, m->params * sizeof *theta);
    for (size_t i = 0; i < p->spec.head_count; i++) {
        const struct probe_head *h = &p->spec.head[i];
        if (h->kind == PROBE_LINEAR)
            continue;
        struct piece piece[3];
        pieces_of(piece, p, i);
        struct rng rng = rng_open(seed, RNG_INIT, h->seed, i, 0);
        init_piece(theta, piece[0], p->spec.slice[h->slice].width, &rng);
        init_piece(theta, piece[1], p->spec.slice[h->slice].width, &rng);
        dense_init(theta + piece[2].at, probes_second(p, h), &rng);
    }
}

size_t probes_scratch_bytes(const struct model *m, size_t rows)
{
    const struct probes *p = probes_of(m);
    size_t most = 0; /* reals a row; a slice's tensors are gone before the next slice */
    for (size_t s = 0; s < p->spec.slice_count; s++) {
        size_t linear = 2 * p->block[PROBE_LINEAR][s].dense.out;
        size_t hidden = p->block[PROBE_MLP][s].dense.out;
        size_t mlp = p->spec.slice[s].width + 2 * hidden + 2 * TARGET_LEVELS_MAX;
        if (linear > most)
            most = linear;
        if (hidden > 0 && mlp > most)
            most = mlp;
    }
    return arena_need(rows * most * sizeof(real), 5);
}

/* Stacked as in theta: a name a block, a head has rows of it. */
static void map_block(struct map *map, const struct probes *p, enum probe_kind kind, size_t slice)
{
    const struct probe_block *b = &p->block[kind][slice];
    const char *layer = kind == PROBE_LINEAR ? "linear" : "hidden";
    if (b->heads == 0)
        return;
    map_add(map, b->dense.out, b->dense.in, false, "%s.%zu.weight", layer, slice);
    map_add(map, b->dense.out, 1, false, "%s.%zu.bias", layer, slice);
    for (size_t i = 0; kind == PROBE_MLP && i < p->spec.head_count; i++) {
        const struct probe_head *h = &p->spec.head[i];
        if (h->kind != kind || h->slice != slice)
            continue;
        must(map->end == p->place[i].second);
        map_add(map, h->outputs, p->spec.hidden, false, "head.%zu.weight", i);
        map_add(map, h->outputs, 1, false, "head.%zu.bias", i);
    }
}

void probes_map(struct map *map, const struct model *m)
{
    const struct probes *p = probes_of(m);
    for (enum probe_kind kind = PROBE_LINEAR; kind <= PROBE_MLP; kind++)
        for (size_t s = 0; s < p->spec.slice_count; s++)
            map_block(map, p, kind, s);
}

static const struct model_ops probes_ops = {
    .name = "probes",
    .about = "the heads of an evaluation, side by side",
    .close = probes_close,
    .init = probes_init,
    .scratch_bytes = probes_scratch_bytes,
    .step = probes_step,
    .predict = probes_predict,
    .map = probes_map,
};
