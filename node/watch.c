#include "node/watch.h"

#include <stdlib.h>
#include <string.h>

#include "node/batches.h"
#include "node/evaluate.h"
#include "proto/base/must.h"

#define FIT_ROWS 64

/* What the model releases of every row [rows, release_width]. */
static real *released(const struct dataset *d, const struct release *release)
{
    struct arena arena;
    size_t width = release->model->release_width;
    real *z = must_alloc(d->rows * width + 1, sizeof *z);
    arena_open(&arena, release_scratch_bytes(release->model));
    release_rows(z, width, release, d->input, d->flat.patient, d->rows, &arena);
    arena_close(&arena);
    return z;
}

/* The readers' targets, as the groups of what is released. */
static void put_targets(real *to, const struct trace *t, const struct batch *b)
{
    for (size_t g = 0; g < t->who.group_count; g++) {
        bool task = t->who_task[g] != SIZE_MAX;
        const real *from =
            task ? b->task + t->who_task[g] * b->rows : b->group + t->who_group[g] * b->rows;
        memcpy(to + g * b->rows, from, b->rows * sizeof *to);
    }
}

void watch_fit(double *values, const struct dataset *d, const struct course *c,
               const struct release *release)
{
    const struct trace *t = &c->trace;
    real *z = released(d, release);
    struct rows_view view =
        batches_view(d, z, t->who.width, d->split_row[SPLIT_TRAIN], d->split_rows[SPLIT_TRAIN]);
    size_t columns = view.width + view.task_count + view.group_count + GROUPS_MAX;
    struct arena arena;
    arena_open(&arena, arena_need(FIT_ROWS * columns * sizeof(real), 4));
    memset(values, 0, t->fit_values * sizeof *values);
    for (size_t at = 0; at < view.count; at += FIT_ROWS) {
        size_t rows = view.count - at < FIT_ROWS ? view.count - at : FIT_ROWS;
        struct batch b = batches_slice(&view, at, rows, &arena);
        real *target = arena_reals(&arena, rows * GROUPS_MAX);
        put_targets(target, t, &b);
        b.group = target;
        trace_fit_add(values, t, &b);
        arena_rewind(&arena, 0);
    }
    arena_close(&arena);
    free(z);
}

/* Validation rows by patient, and how the readers score them. */
struct scored {
    size_t rows;
    real *x, *task, *group; /* x: input or released [rows, width] */
    uint64_t *patient;
    real *logit; /* [rows, readers], or the head's outputs */
};

static void open_scored(struct scored *s, const struct dataset *d, const real *x, size_t width,
                        size_t logits)
{
    size_t n = d->split_rows[SPLIT_VALID];
    uint32_t *row = must_alloc(n + 1, sizeof *row);
    *s = (struct scored){.rows = n,
                         .x = must_alloc(n * width + 1, sizeof(real)),
                         .task = must_alloc(n * d->schema.task_count + 1, sizeof(real)),
                         .group = must_alloc(n * d->schema.group_count + 1, sizeof(real)),
                         .patient = must_alloc(n + 1, sizeof(uint64_t)),
                         .logit = must_alloc(n * logits + 1, sizeof(real))};
    evaluation_order(row, d, SPLIT_VALID);
    for (size_t i = 0; i < n; i++) {
        memcpy(s->x + i * width, x + row[i] * width, width * sizeof(real));
        s->patient[i] = d->flat.patient[row[i]];
        for (size_t t = 0; t < d->schema.task_count; t++)
            s->task[t * n + i] = d->task[t * d->rows + row[i]];
        for (size_t g = 0; g < d->schema.group_count; g++)
            s->group[g * n + i] = d->group[g * d->rows + row[i]];
    }
    free(row);
}

static void close_scored(struct scored *s)
{
    free(s->x);
    free(s->task);
    free(s->group);
    free(s->patient);
    free(s->logit);
}

static void read_own(struct scored *s, const struct course *c)
{
    const struct model *m = c->model;
    struct arena arena;
    arena_open(&arena, m->ops->scratch_bytes(m, RELEASE_ROWS));
    for (size_t at = 0; at < s->rows; at += RELEASE_ROWS) {
        size_t rows = s->rows - at < RELEASE_ROWS ? s->rows - at : RELEASE_ROWS;
        m->ops->predict(s->logit + at * m->outputs, m, c->theta, s->x + at * m->who->width, rows,
                        &arena);
        arena_rewind(&arena, 0);
    }
    arena_close(&arena);
}

/* By reader of the trace. */
static struct exam_scores scores_of(const struct scored *s, const struct course *c, size_t reader)
{
    const struct trace *t = &c->trace;
    const struct exam_row *row = &c->exam.row[t->reader[reader].row];
    const struct exam_unit *u = &c->exam.unit[row->unit];
    if (!t->fits) {
        struct batch b = {.rows = s->rows, .task = s->task, .group = s->group};
        return exam_scores_of(&c->exam, t->reader[reader].row, NULL, s->logit, &b);
    }
    return (struct exam_scores){.row = row,
                                .rows = s->rows,
                                .value = (u->group ? s->group : s->task) + u->target * s->rows,
                                .level = s->logit + reader,
                                .stride = t->reader_count};
}

void watch_trace(double *values, const struct dataset *d, const struct course *c,
                 const struct release *release)
{
    const struct trace *t = &c->trace;
    struct scored s;
    if (t->fits) {
        real *z = released(d, release);
        open_scored(&s, d, z, t->who.width, t->reader_count);
        trace_read(s.logit, t, s.x, s.rows);
        free(z);
    } else {
        open_scored(&s, d, d->input, d->width, c->model->outputs);
        read_own(&s, c);
    }
    struct exam_scores *scores = must_alloc(t->reader_count, sizeof *scores);
    for (size_t i = 0; i < t->reader_count; i++)
        scores[i] = scores_of(&s, c, i);
    trace_tally(values, t, scores, s.group, s.patient);
    free(scores);
    close_scored(&s);
}
