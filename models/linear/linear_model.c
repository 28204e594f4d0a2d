#include <stdlib.h>

#include "models/linear/probes_inside.h"
#include "proto/base/must.h"

static const struct setting linear_rows[] = {
    {.key = "model.decay",
     .type = SET_REAL,
     .lo = 0,
     .hi = 10,
     .unit = "",
     .initial = "0.01",
     .about = "Decoupled weight decay (AdamW), multiplied by the learning rate; biases included."},
};

static const struct setting mlp_rows[] = {
    {.key = "model.hidden",
     .type = SET_INT,
     .lo = 1,
     .hi = 8192,
     .unit = "units",
     .initial = "128",
     .about = "Hidden units of each task's net."},
    {.key = "model.dropout",
     .type = SET_REAL,
     .lo = 0,
     .hi = 0.95,
     .unit = "",
     .initial = "0.2",
     .about = "Share of the input features that a training step leaves out."},
    {.key = "model.decay",
     .type = SET_REAL,
     .lo = 0,
     .hi = 10,
     .unit = "",
     .initial = "0.01",
     .about = "Decoupled weight decay (AdamW), multiplied by the learning rate; biases included."},
};

/* One head a training task, over the whole row. */
static enum status open_heads(struct model **m, struct probe_spec *spec, enum probe_kind kind,
                              const struct population *who, const struct model_ops *ops)
{
    spec->width = who->width;
    spec->slice_count = 1;
    spec->slice[0] = (struct probe_slice){.width = who->width};
    spec->head = must_alloc(TASKS_MAX, sizeof *spec->head);
    for (size_t t = 0; t < who->task_count; t++)
        if (who->task[t].train)
            spec->head[spec->head_count++] = (struct probe_head){.kind = kind, .target = t};

    enum status st = ST_OK;
    if (spec->head_count == 0)
        st = fault(EC_MODEL_SHAPE, "tasks", "model \"%s\" learns tasks, and none has train = true",
                   ops->name);
    if (st == ST_OK)
        st = probes_open(m, spec, who);
    if (st != ST_OK) {
        free(spec->head);
        return st;
    }
    (*m)->ops = ops;
    for (size_t i = 0; i < spec->head_count; i++)
        (*m)->task_at[spec->head[i].target] = spec->head[i].out_at;
    return ST_OK;
}

static void close_heads(struct model **m)
{
    if (*m == NULL)
        return;
    struct probe_head *head = probes_spec(*m)->head;
    probes_close(m);
    free(head);
}

static enum status linear_open(struct model **m, const struct settings *plan,
                               const struct population *who)
{
    struct probe_spec spec = {
        .lr = settings_real(plan, "local.lr"),
        .decay = settings_real(plan, "model.decay"),
    };
    return open_heads(m, &spec, PROBE_LINEAR, who, &linear_ops);
}

static enum status mlp_open(struct model **m, const struct settings *plan,
                            const struct population *who)
{
    struct probe_spec spec = {
        .hidden = settings_size(plan, "model.hidden"),
        .dropout = settings_real(plan, "model.dropout"),
        .mlp_lr = settings_real(plan, "local.lr"),
        .mlp_decay = settings_real(plan, "model.decay"),
    };
    return open_heads(m, &spec, PROBE_MLP, who, &mlp_ops);
}

const struct model_ops linear_ops = {
    .name = "linear",
    .about = "logistic, multinomial or linear regression of each training task on the features",
    .settings = {linear_rows, COUNT(linear_rows)},
    .open = linear_open,
    .close = close_heads,
    .init = probes_init,
    .scratch_bytes = probes_scratch_bytes,
    .step = probes_step,
    .predict = probes_predict,
    .map = probes_map,
};

const struct model_ops mlp_ops = {
    .name = "mlp",
    .about = "a net with one hidden layer for each training task",
    .settings = {mlp_rows, COUNT(mlp_rows)},
    .open = mlp_open,
    .close = close_heads,
    .init = probes_init,
    .scratch_bytes = probes_scratch_bytes,
    .step = probes_step,
    .predict = probes_predict,
    .map = probes_map,
};
