/*
 * bench_step.c - a training step, beside what no training step can do without.
 *
 * A step is what a site does with a batch: draw it, all phases of the model with their gradients,
 * clip, move. Its floor is the larger of two times measured in the same run, on one thread:
 *
 *     products  the matrix products of the step, of the same shapes and in the same order, by sgemm
 *     bytes     each phase's input read, its weights and moments read and written, its gradient
 *               read once, at the rate of memcpy on as many bytes
 *
 * Medians of nine, all taken in turns, so that a busy machine is busy for all; the ratio is the
 * median of the turns' ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/blas.h"
#include "models/linear/probes.h"
#include "models/registry.h"
#include "node/train.h"
#include "proto/adopt/parts.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

#define RUNS         9
#define RUN_S        0.05 /* of one of them, about */
#define PRODUCTS_MAX 64
#define ROWS         1024

enum form { NN, NT, TN };

/* c [m,n] = a b, summed over k, so many times a step. */
struct product {
    enum form form;
    size_t m, n, k, times;
};

struct products {
    size_t count;
    struct product row[PRODUCTS_MAX];
};

static void add(struct products *p, enum form form, size_t m, size_t n, size_t k, size_t times)
{
    must(p->count < PRODUCTS_MAX);
    p->row[p->count++] = (struct product){form, m, n, k, times};
}

/* What layers of these widths need: widths[0] -> widths[1] -> ... */
static void add_forward(struct products *p, const size_t *widths, size_t layers, size_t batch,
                        size_t times)
{
    for (size_t i = 0; i < layers; i++)
        add(p, NT, batch, widths[i + 1], widths[i], times);
}

static void add_weights(struct products *p, const size_t *widths, size_t layers, size_t batch,
                        size_t times)
{
    for (size_t i = layers; i-- > 0;)
        add(p, TN, widths[i + 1], widths[i], batch, times);
}

/* Gradients of the inputs of layers `from` and up. */
static void add_inputs(struct products *p, const size_t *widths, size_t layers, size_t from,
                       size_t batch, size_t times)
{
    for (size_t i = layers; i-- > from;)
        add(p, NN, batch, widths[i], widths[i + 1], times);
}

/* The players' layers; the first ones of all players are one product. */
static void add_players(struct products *p, const struct settings *plan,
                        const struct population *who, size_t batch, bool train, size_t times)
{
    size_t copies = settings_size(plan, "model.adversary.count");
    size_t hidden = settings_count(plan, "model.adversary.hidden");
    size_t latent = settings_size(plan, "model.latent"), widths[8] = {0};
    must(hidden > 0);
    must(hidden + 1 < COUNT(widths));
    for (size_t i = 0; i < hidden; i++)
        widths[i] = settings_list_size(plan, i, "model.adversary.hidden");
    size_t stacked[] = {latent, widths[0] * copies * who->group_count};
    add_forward(p, stacked, 1, batch, times);
    for (size_t g = 0; g < who->group_count; g++) {
        widths[hidden] = target_outputs(&who->group[g]);
        add_forward(p, widths, hidden, batch, times * copies);
        add_inputs(p, widths, hidden, 0, batch, times * copies);
        if (train)
            add_weights(p, widths, hidden, batch, times * copies);
    }
    if (train)
        add_weights(p, stacked, 1, batch, times);
    else
        add_inputs(p, stacked, 1, 0, batch, times);
}

/* Phases of the adversaries, each behind the encoder; then encoder, decoder, head and players. */
static struct products debias_products(const struct settings *plan, const struct population *who,
                                       size_t batch)
{
    struct products p = {0};
    size_t latent = settings_size(plan, "model.latent");
    size_t hidden = settings_size(plan, "model.hidden"), steps;
    size_t layers = hidden > 0 ? 2 : 1;
    size_t down[] = {who->width, hidden > 0 ? hidden : 2 * latent, 2 * latent};
    size_t up[] = {latent, hidden > 0 ? hidden : who->width, who->width};
    size_t head[] = {latent, target_outputs(&who->task[0])};
    must(settings_size(plan, "model.task.hidden") == 0);

    steps = settings_size(plan, "model.adversary.steps");
    add_forward(&p, down, layers, batch, steps);
    add_players(&p, plan, who, batch, true, steps);
    add_forward(&p, down, layers, batch, 1);
    add_forward(&p, up, layers, batch, 1);
    add_inputs(&p, up, layers, 0, batch, 1);
    add_weights(&p, up, layers, batch, 1);
    add_forward(&p, head, 1, batch, 1);
    add_inputs(&p, head, 1, 0, batch, 1);
    add_weights(&p, head, 1, batch, 1);
    add_players(&p, plan, who, batch, false, 1);
    add_inputs(&p, down, layers, 1, batch, 1);
    add_weights(&p, down, layers, batch, 1);
    return p;
}

/* Pools, each as large as its largest matrix: no product is colder than it must be. */
struct pools {
    float *a, *b, *c;
};

static void pools_open(struct pools *pool, const struct products *p)
{
    size_t a = 0, b = 0, c = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct product *r = &p->row[i];
        a = r->m * r->k > a ? r->m * r->k : a;
        b = r->k * r->n > b ? r->k * r->n : b;
        c = r->m * r->n > c ? r->m * r->n : c;
    }
    pool->a = must_alloc(a, sizeof(float));
    pool->b = must_alloc(b, sizeof(float));
    pool->c = must_alloc(c, sizeof(float));
    for (size_t i = 0; i < a; i++)
        pool->a[i] = (float)(i % 17) / 17;
    for (size_t i = 0; i < b; i++)
        pool->b[i] = (float)(i % 13) / 13;
}

static void pools_close(struct pools *pool)
{
    free(pool->a);
    free(pool->b);
    free(pool->c);
}

static void multiply(const struct pools *pool, const struct product *r)
{
    switch (r->form) {
    case NN:
        blas_nn(pool->c, pool->a, pool->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->k, r->n});
        return;
    case NT:
        blas_nt(pool->c, pool->a, pool->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->k, r->k});
        return;
    case TN:
        blas_tn(pool->c, pool->a, pool->b, r->m, r->n, r->k, 0, (size_t[]){r->n, r->m, r->n});
        return;
    }
}

/* What is measured: a trainer, and its floor. */
struct subject {
    const char *name;
    size_t batch;
    struct trainer trainer;
    double *losses;
    real *theta; /* of the round */
    struct products products;
    struct pools pools;
    double bytes;     /* of a step */
    float *from, *to; /* for memcpy: together as many bytes as weights, gradient and moments */
    uint64_t round;
};

static double products_s(struct subject *s, size_t times)
{
    double start = clock_seconds();
    for (size_t i = 0; i < times; i++)
        for (size_t r = 0; r < s->products.count; r++)
            for (size_t k = 0; k < s->products.row[r].times; k++)
                multiply(&s->pools, &s->products.row[r]);
    return (clock_seconds() - start) / (double)times;
}

static double bytes_s(struct subject *s, size_t times)
{
    size_t half = 2 * s->trainer.model->params * sizeof(float);
    double start = clock_seconds();
    for (size_t i = 0; i < times; i++) {
        memcpy(s->to, s->from, half);
        s->from[0] += s->to[1]; /* no copy is in vain */
    }
    double a_byte = (clock_seconds() - start) / (2 * (double)half * (double)times);
    return s->bytes * a_byte;
}

static double step_s(struct subject *s, size_t times)
{
    struct step_key key = {.seed = 1, .round = s->round++, .progress = 1};
    for (size_t i = 0; i < COUNT(s->trainer.spec.pace); i++)
        s->trainer.spec.pace[i].steps = times;
    double start = clock_seconds();
    must(trainer_round(&s->trainer, s->losses, s->theta, &key) == ST_OK);
    return (clock_seconds() - start) / (double)times;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *took)
{
    qsort(took, RUNS, sizeof *took, by_value);
    return took[RUNS / 2];
}

/* As many times as fill a run. */
static size_t fill(double (*run)(struct subject *s, size_t times), struct subject *s)
{
    run(s, 1);
    double one = run(s, 1);
    return one < RUN_S ? (size_t)(RUN_S / one) : 1;
}

static void measure(struct subject *s)
{
    static double (*const runs[])(struct subject * s, size_t times) = {step_s, products_s, bytes_s};
    double took[COUNT(runs)][RUNS], ratio[RUNS], flops = 0;
    size_t times[COUNT(runs)];
    for (size_t i = 0; i < COUNT(runs); i++)
        times[i] = fill(runs[i], s);
    for (size_t k = 0; k < RUNS; k++) {
        for (size_t i = 0; i < COUNT(runs); i++)
            took[i][k] = runs[i](s, times[i]);
        ratio[k] = took[0][k] / (took[1][k] > took[2][k] ? took[1][k] : took[2][k]);
    }
    for (size_t i = 0; i < s->products.count; i++) {
        const struct product *r = &s->products.row[i];
        flops += 2.0 * (double)r->m * (double)r->n * (double)r->k * (double)r->times;
    }
    double step = median(took[0]), products = median(took[1]), bytes = median(took[2]);
    printf("  %-22s %4zu %8.2f ms %7.0f rows/s   %8.2f ms %6.1f GFLOP/s   %6.2f ms %5.1f GB/s"
           "   %.2f\n",
           s->name, s->batch, 1e3 * step, (double)s->batch / step, 1e3 * products,
           flops / products / 1e9, 1e3 * bytes, s->bytes / bytes / 1e9, median(ratio));
    fflush(stdout);
}

/* Everybody's targets, as the plan names them. */
static void population_fill(struct population *who, const struct settings *plan, size_t width)
{
    *who = (struct population){.width = width,
                               .rows = ROWS,
                               .task_count = settings_count(plan, "tasks"),
                               .group_count = settings_count(plan, "groups")};
    for (size_t i = 0; i < who->task_count + who->group_count; i++) {
        bool task = i < who->task_count;
        size_t at = task ? i : i - who->task_count;
        struct target *t = task ? &who->task[at] : &who->group[at];
        const char *kind = task ? settings_text(plan, "tasks[%zu].kind", at)
                                : settings_text(plan, "groups[%zu].kind", at);
        *t = (struct target){.levels = 2, .known = ROWS, .share = {.5, .5}, .sd = 1};
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

/* Random rows; a target's value is a level, or a standardised value. */
struct rows {
    real *x, *task, *group;
    uint32_t *row;
    struct rows_view view;
};

static void draw_targets(real *value, const struct target *targets, size_t count, struct rng *rng)
{
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < ROWS; i++)
            value[t * ROWS + i] = targets[t].kind == TARGET_REGRESSION
                                      ? (real)rng_normal(rng)
                                      : (real)rng_below(rng, (uint32_t)targets[t].levels);
}

static void rows_open(struct rows *r, const struct population *who)
{
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    r->x = must_alloc(ROWS * who->width, sizeof(real));
    r->task = must_alloc(ROWS * who->task_count, sizeof(real));
    r->group = must_alloc(ROWS * who->group_count, sizeof(real));
    r->row = must_alloc(ROWS, sizeof(uint32_t));
    rng_normals(r->x, ROWS * who->width, &rng);
    draw_targets(r->task, who->task, who->task_count, &rng);
    draw_targets(r->group, who->group, who->group_count, &rng);
    for (uint32_t i = 0; i < ROWS; i++)
        r->row[i] = i;
    r->view = (struct rows_view){.width = who->width,
                                 .x = r->x,
                                 .task = r->task,
                                 .group = r->group,
                                 .total = ROWS,
                                 .task_count = who->task_count,
                                 .group_count = who->group_count,
                                 .row = r->row,
                                 .count = ROWS};
}

static void rows_close(struct rows *r)
{
    free(r->x);
    free(r->task);
    free(r->group);
    free(r->row);
}

/* s->name, batch and products are there already. */
static void measure_model(struct subject *s, const struct model *m, const struct rows *rows,
                          double clip)
{
    struct train_spec spec = {
        .clip = clip, .optim = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8}};
    for (size_t i = 0; i < COUNT(spec.pace); i++)
        spec.pace[i] = (struct train_pace){.steps = 1, .batch = s->batch};
    for (size_t i = 0; i < m->phases; i++)
        s->bytes += (double)sizeof(float) *
                    (7 * (double)m->part[i].count + (double)(s->batch * m->who->width));
    trainer_open(&s->trainer, m, &spec, &rows->view);
    s->losses = must_alloc(m->loss_count, sizeof(double));
    s->theta = must_alloc(m->params, sizeof(real));
    s->from = must_alloc(2 * m->params, sizeof(float));
    s->to = must_alloc(2 * m->params, sizeof(float));
    m->ops->init(s->theta, m, 1);
    pools_open(&s->pools, &s->products);
    measure(s);
    pools_close(&s->pools);
    free(s->from);
    free(s->to);
    free(s->theta);
    free(s->losses);
    trainer_close(&s->trainer);
}

static const size_t batches[] = {32, 256};

static void bench_debias(const char *name, const char *path, size_t width)
{
    struct plan plan;
    if (plan_load(&plan, path, NULL, 0, adopt_parts, adopt_part_count) != ST_OK) {
        fprintf(stderr, "%s\n", fault_text());
        exit(1);
    }
    struct population who;
    struct rows rows;
    struct model *m;
    population_fill(&who, plan.set, width);
    rows_open(&rows, &who);
    must(model_find("debias-vae")->open(&m, plan.set, &who) == ST_OK);
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct subject s = {.name = name, .batch = batches[i]};
        s.products = debias_products(plan.set, &who, s.batch);
        measure_model(&s, m, &rows, settings_real(plan.set, "local.clip_l2"));
    }
    m->ops->close(&m);
    rows_close(&rows);
    plan_close(&plan);
}

/* The published shape: one dense layer either way, and small adversaries of sex and age. */
static void bench_linear(const struct scratch *s)
{
    static const char text[] =
        "plan = \"linear\"; seed = 1; rounds = 1;\n"
        "tasks = ( { name = \"disease\"; kind = \"binary\"; train = true; } );\n"
        "groups = ( { name = \"sex\"; kind = \"binary\"; },\n"
        "           { name = \"age\"; kind = \"regression\"; } );\n"
        "model = { name = \"debias-vae\"; latent = 500; hidden = 0;\n"
        "          adversary = { hidden = [ 128 ]; count = 1; steps = 1; }; };\n"
        "local = { clip_l2 = 5.0; };\n";
    char path[SCRATCH_MAX];
    scratch_file(path, s, "linear.cfg");
    must(file_write(path, text, sizeof text - 1) == ST_OK);
    bench_debias("debias 1408-500", path, 1408);
}

/* The nonlinear probes of one representation in an evaluation of tcga.cfg: five targets, 3 seeds. */
static void bench_probes(void)
{
    enum { WIDTH = 1526, HEADS = 15, HIDDEN = 128 };
    static const struct population who = {
        .width = WIDTH,
        .rows = ROWS,
        .group_count = 5,
        .group = {
            {.levels = 2, .share = {.5, .5}, .known = ROWS},
            {.levels = 2, .share = {.5, .5}, .known = ROWS},
            {.levels = 2, .share = {.5, .5}, .known = ROWS},
            {.levels = 2, .share = {.5, .5}, .known = ROWS},
            {.kind = TARGET_CATEGORICAL, .levels = 3, .share = {.25, .5, .25}, .known = ROWS}}};
    static struct probe_head heads[HEADS];
    for (size_t i = 0; i < HEADS; i++)
        heads[i] =
            (struct probe_head){.kind = PROBE_MLP, .group = true, .target = i / 3, .seed = i % 3};
    const struct probe_spec spec = {.width = WIDTH,
                                    .slice_count = 1,
                                    .slice[0] = {.width = WIDTH},
                                    .head_count = HEADS,
                                    .head = heads,
                                    .hidden = HIDDEN,
                                    .dropout = .5,
                                    .mlp_lr = 1e-3,
                                    .mlp_decay = 1e-3};
    struct model *m;
    struct rows rows;
    rows_open(&rows, &who);
    must(probes_open(&m, &spec, &who) == ST_OK);
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct subject s = {.name = "mlp probes 1526-15x128", .batch = batches[i]};
        size_t first[] = {WIDTH, HEADS * HIDDEN};
        add_forward(&s.products, first, 1, s.batch, 1);
        for (size_t g = 0; g < who.group_count; g++) {
            size_t second[] = {HIDDEN, target_outputs(&who.group[g])};
            add_forward(&s.products, second, 1, s.batch, 3);
            add_inputs(&s.products, second, 1, 0, s.batch, 3);
            add_weights(&s.products, second, 1, s.batch, 3);
        }
        add_weights(&s.products, first, 1, s.batch, 1);
        measure_model(&s, m, &rows, 0);
    }
    m->ops->close(&m);
    rows_close(&rows);
}

int main(void)
{
    struct scratch s = scratch_open();
    blas_threads(1);
    printf("step: one thread, medians of %d\n  %-22s %4s %27s   %25s   %19s   %s\n", RUNS, "",
           "rows", "a step", "its products by sgemm", "its bytes by memcpy", "step / floor");
    bench_linear(&s);
    bench_debias("debias tcga.cfg", "configs/tcga.cfg", 1526);
    bench_probes();
    scratch_close(&s);
    return 0;
}
