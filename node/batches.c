#include "node/batches.h"

#include <string.h>

#include "proto/base/must.h"

struct rows_view batches_view(const struct dataset *d, const real *x, size_t width,
                              const uint32_t *row, size_t count)
{
    return (struct rows_view){.width = width,
                              .x = x,
                              .task = d->task,
                              .group = d->group,
                              .total = d->rows,
                              .task_count = d->schema.task_count,
                              .group_count = d->schema.group_count,
                              .row = row,
                              .count = count};
}

/* The last batch of a pass takes in a rest that is too small to be one. */
static size_t rows_most(const struct batches *b)
{
    size_t last = b->from.count - (b->per_pass - 1) * b->batch;
    return last > b->batch ? last : b->batch;
}

void batches_open(struct batches *b, const struct rows_view *from, size_t batch, uint64_t seed,
                  uint64_t site, uint64_t round, uint32_t *order)
{
    must(from->count > 0);
    must(from->count <= UINT32_MAX);
    must(batch > 0);
    if (batch > from->count)
        batch = from->count;
    size_t rest = from->count % batch;
    *b = (struct batches){.from = *from,
                          .batch = batch,
                          .per_pass = from->count / batch + (rest > 0 && 2 * rest >= batch ? 1 : 0),
                          .seed = seed,
                          .site = site,
                          .round = round,
                          .order = order};
}

void batches_keep_rest(struct batches *b)
{
    must(b->pass == 0);
    b->per_pass = (b->from.count + b->batch - 1) / b->batch;
}

size_t batches_bytes(const struct batches *b)
{
    const struct rows_view *from = &b->from;
    size_t columns = from->width + from->task_count + from->group_count;
    return arena_need(rows_most(b) * columns * sizeof(real), 3);
}

/* Rows row[order[at..]] of the view, or row[at..] without an order. */
static struct batch gather(const struct rows_view *from, const uint32_t *order, size_t at,
                           size_t count, struct arena *arena)
{
    real *x = arena_reals(arena, count * from->width);
    real *task = arena_reals(arena, count * from->task_count);
    real *group = arena_reals(arena, count * from->group_count);
    for (size_t i = 0; i < count; i++) {
        size_t row = from->row[order == NULL ? at + i : order[at + i]];
        must(row < from->total);
        memcpy(x + i * from->width, from->x + row * from->width, from->width * sizeof(*x));
        for (size_t t = 0; t < from->task_count; t++)
            task[t * count + i] = from->task[t * from->total + row];
        for (size_t g = 0; g < from->group_count; g++)
            group[g * count + i] = from->group[g * from->total + row];
    }
    return (struct batch){
        .rows = count, .width = from->width, .x = x, .task = task, .group = group};
}

struct batch batches_next(struct batches *b, struct arena *arena)
{
    if (b->pass == 0 || b->next == b->per_pass) {
        struct rng rng = rng_open(b->seed, RNG_ORDER, b->site, b->round, b->pass);
        rng_shuffle(b->order, b->from.count, &rng);
        b->pass++;
        b->next = 0;
    }
    size_t at = b->next * b->batch;
    size_t count = b->next + 1 == b->per_pass ? b->from.count - at : b->batch;
    b->next++;
    return gather(&b->from, b->order, at, count, arena);
}

struct batch batches_slice(const struct rows_view *from, size_t at, size_t count,
                           struct arena *arena)
{
    must(at <= from->count);
    must(count <= from->count - at);
    return gather(from, NULL, at, count, arena);
}
