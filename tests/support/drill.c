#include "tests/support/drill.h"

#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "proto/adopt/parts.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

const struct drill_shape drill_shapes[2] = {
    {"debias 1408-500", "tests/bench/linear.cfg", 1408},
    {"debias tcga.cfg", "configs/tcga.cfg", 1526},
};

const struct drill_shape *drill_shape_find(const char *name)
{
    for (size_t i = 0; i < COUNT(drill_shapes); i++)
        if (strcmp(drill_shapes[i].name, name) == 0)
            return &drill_shapes[i];
    return NULL;
}

/* Everybody's targets, as the plan names them. */
static void population_fill(struct population *who, const struct settings *plan, size_t width)
{
    *who = (struct population){.width = width,
                               .rows = DRILL_ROWS,
                               .task_count = settings_count(plan, "tasks"),
                               .group_count = settings_count(plan, "groups")};
    for (size_t i = 0; i < who->task_count + who->group_count; i++) {
        bool task = i < who->task_count;
        size_t at = task ? i : i - who->task_count;
        struct target *t = task ? &who->task[at] : &who->group[at];
        const char *kind = task ? settings_text(plan, "tasks[%zu].kind", at)
                                : settings_text(plan, "groups[%zu].kind", at);
        *t = (struct target){.levels = 2, .known = DRILL_ROWS, .share = {.5, .5}, .sd = 1};
        t->train = task && settings_bool(plan, "tasks[%zu].train", at);
        if (strcmp(kind, "categorical") == 0) {
            t->kind = TARGET_CATEGORICAL;
            t->levels = 3;
            t->share[0] = .25, t->share[2] = .25;
        } else if (strcmp(kind, "regression") == 0) {
            t->kind = TARGET_REGRESSION;
            t->levels = 0;
        }
    }
}

static void draw_targets(real *value, const struct target *targets, size_t count, struct rng *rng)
{
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < DRILL_ROWS; i++)
            value[t * DRILL_ROWS + i] = targets[t].kind == TARGET_REGRESSION
                                            ? (real)rng_normal(rng)
                                            : (real)rng_below(rng, (uint32_t)targets[t].levels);
}

void drill_rows_open(struct drill_rows *rows, const struct population *who, uint64_t seed)
{
    struct rng rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    size_t values = DRILL_ROWS * who->width;
    rows->x = must_alloc(values, sizeof(real));
    rows->task = must_alloc(DRILL_ROWS * who->task_count, sizeof(real));
    rows->group = must_alloc(DRILL_ROWS * who->group_count, sizeof(real));
    rows->row = must_alloc(DRILL_ROWS, sizeof(uint32_t));
    for (size_t i = 0; i < values; i++)
        rows->x[i] = (real)rng_normal(&rng);
    draw_targets(rows->task, who->task, who->task_count, &rng);
    draw_targets(rows->group, who->group, who->group_count, &rng);
    for (uint32_t i = 0; i < DRILL_ROWS; i++)
        rows->row[i] = i;
    rows->view = (struct rows_view){.width = who->width,
                                    .x = rows->x,
                                    .task = rows->task,
                                    .group = rows->group,
                                    .total = DRILL_ROWS,
                                    .task_count = who->task_count,
                                    .group_count = who->group_count,
                                    .row = rows->row,
                                    .count = DRILL_ROWS};
}

void drill_rows_close(struct drill_rows *rows)
{
    free(rows->x);
    free(rows->task);
    free(rows->group);
    free(rows->row);
}

enum status drill_open(struct drill *d, const struct drill_shape *shape, uint64_t seed)
{
    *d = (struct drill){0};
    enum status st = plan_load(&d->plan, shape->path, NULL, 0, adopt_parts, adopt_part_count);
    if (st != ST_OK)
        return st;
    population_fill(&d->who, d->plan.set, shape->width);
    const char *name = settings_text(d->plan.set, "model.name");
    st = model_find(name)->open(&d->model, d->plan.set, &d->who);
    if (st != ST_OK) {
        plan_close(&d->plan);
        return st;
    }
    drill_rows_open(&d->rows, &d->who, seed);
    return ST_OK;
}

void drill_close(struct drill *d)
{
    drill_rows_close(&d->rows);
    d->model->ops->close(&d->model);
    plan_close(&d->plan);
}

void drill_trainer(struct trainer *t, const struct drill *d, size_t batch)
{
    struct train_spec spec = train_spec_model(d->plan.set);
    spec.pace[0].batch = batch;
    spec.pace[0].steps = 1;
    trainer_open(t, d->model, &spec, &d->rows.view);
}
