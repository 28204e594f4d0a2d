#include "models/given/given.h"

#include <math.h>
#include <stdlib.h>

#include "models/core/score.h"
#include "models/metrics/hist.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define LOGIT_MAX 1000.0 /* beyond that of any probability between 0 and 1 */

struct given {
    struct model base;
    struct hist_axis axis;
};

static const struct setting rows[] = {
    {.key = "rounds",
     .type = SET_INT,
     .lo = 0,
     .hi = 0.5, /* equal limits would mean any */
     .unit = "rounds",
     .initial = "0",
     .about = "Nothing is trained: 0, and need not be given."},
    {.key = "data.standardise",
     .type = SET_TEXT,
     .unit = "",
     .initial = "\"none\"",
     .choices = "none",
     .about = "Scores are taken as they are."},
    {.key = "data.features",
     .type = SET_TEXT,
     .unit = "",
     .initial = "\"/score\"",
     .local = true,
     .about = "The folder of an HDF5 file that holds the score of each task."},
    {.key = "evaluate.representations",
     .type = SET_LIST_TEXT,
     .unit = "",
     .initial = "[\"original\"]",
     .choices = "original",
     .about = "There are no features to make others of."},
    {.key = "evaluate.probes",
     .type = SET_LIST_TEXT,
     .unit = "",
     .initial = "[]",
     .choices = "linear|mlp",
     .about = "None: fresh probes would have to be trained."},
};

static float above(double x)
{
    float f = (float)x;
    return (double)f < x ? nextafterf(f, INFINITY) : f;
}

/* Has every bin a float32 in it? */
static enum status judge_axis(const struct hist_axis *axis)
{
    for (size_t k = 0; k + 2 < axis->bins; k++)
        if (!((double)above(axis->edge[k]) < axis->edge[k + 1]))
            return fault(EC_CFG_CONFLICT, "evaluate.thresholds",
                         "no score can be told to lie between the probabilities %.17g and %.17g, "
                         "both of which are edges; choose another threshold",
                         1 / (1 + exp(-axis->edge[k])), 1 / (1 + exp(-axis->edge[k + 1])));
    return ST_OK;
}

static enum status judge_tasks(const struct population *who)
{
    must(who->width == who->task_count * SCORE_PARTS);
    for (size_t t = 0; t < who->task_count; t++)
        if (who->task[t].kind != TARGET_BINARY)
            return fault(EC_MODEL_SHAPE, "tasks",
                         "model \"given\" has one probability for a task; `%s` is not binary",
                         who->task[t].name);
    return ST_OK;
}

static enum status given_open(struct model **m, const struct settings *plan,
                              const struct population *who)
{
    double threshold[SETTINGS_LIST_MAX];
    size_t count = settings_count(plan, "evaluate.thresholds");
    for (size_t i = 0; i < count; i++)
        threshold[i] = settings_list_real(plan, i, "evaluate.thresholds");

    struct given *g = must_alloc(1, sizeof *g);
    hist_axis_open(&g->axis, threshold, count);
    g->base = (struct model){.ops = &given_ops, .who = who, .outputs = who->task_count};
    for (size_t t = 0; t < TASKS_MAX; t++)
        g->base.task_at[t] = t < who->task_count ? t : SIZE_MAX;
    enum status st = judge_tasks(who);
    if (st == ST_OK)
        st = judge_axis(&g->axis);
    *m = &g->base;
    if (st != ST_OK)
        given_ops.close(m);
    return st;
}

static void given_close(struct model **m)
{
    free(*m);
    *m = NULL;
}

static void given_init(real *theta, const struct model *m, uint64_t seed)
{
    (void)theta;
    (void)m;
    (void)seed;
}

static size_t given_scratch_bytes(const struct model *m, size_t batch)
{
    (void)m;
    (void)batch;
    return 0;
}

/* The float32 nearest to the logit of p that lies in the bin of p. */
static float logit_of(const struct hist_axis *axis, double p)
{
    double exact = hist_logit(p);
    float near = (float)fmax(-LOGIT_MAX, fmin(LOGIT_MAX, exact));
    size_t bin = hist_bin(axis, exact);
    while (hist_bin(axis, (double)near) < bin)
        near = nextafterf(near, INFINITY);
    while (hist_bin(axis, (double)near) > bin)
        near = nextafterf(near, -INFINITY);
    return near;
}

static void given_predict(real *logits, const struct model *m, const real *theta, const real *x,
                          size_t batch, struct arena *arena)
{
    (void)theta;
    (void)arena;
    const struct given *g = (const struct given *)m;
    for (size_t i = 0; i < batch * m->outputs; i++)
        logits[i] = (real)logit_of(&g->axis, score_join(x + i * SCORE_PARTS));
}

const struct model_ops given_ops = {
    .name = "given",
    .about = "predictions that the sites have already: nothing is trained, they are evaluated",
    .settings = {rows, COUNT(rows)},
    .fixed = true,
    .open = given_open,
    .close = given_close,
    .init = given_init,
    .scratch_bytes = given_scratch_bytes,
    .predict = given_predict,
};
