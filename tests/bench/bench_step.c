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
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "tests/support/drill.h"
#include "tests/support/products.h"

#define RUNS  9
#define RUN_S 0.05 /* of one of them, about */

/* What is measured: a trainer, and its floor. */
struct subject {
    const char *name;
    size_t batch;
    struct trainer trainer;
    double *losses;
    real *theta; /* of the round */
    struct products products;
    double bytes;     /* of a step */
    float *from, *to; /* for memcpy: together as many bytes as weights, gradient and moments */
    uint64_t round;
};

static double products_s(struct subject *s, size_t times)
{
    double start = clock_seconds();
    for (size_t i = 0; i < times; i++)
        products_run(&s->products);
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
    double took[COUNT(runs)][RUNS], ratio[RUNS], flops = products_flops(&s->products);
    size_t times[COUNT(runs)];
    for (size_t i = 0; i < COUNT(runs); i++)
        times[i] = fill(runs[i], s);
    for (size_t k = 0; k < RUNS; k++) {
        for (size_t i = 0; i < COUNT(runs); i++)
            took[i][k] = runs[i](s, times[i]);
        ratio[k] = took[0][k] / (took[1][k] > took[2][k] ? took[1][k] : took[2][k]);
    }
    double step = median(took[0]), products = median(took[1]), bytes = median(took[2]);
    printf("  %-22s %4zu %8.2f ms %7.0f rows/s   %8.2f ms %6.1f GFLOP/s   %6.2f ms %5.1f GB/s"
           "   %.2f\n",
           s->name, s->batch, 1e3 * step, (double)s->batch / step, 1e3 * products,
           flops / products / 1e9, 1e3 * bytes, s->bytes / bytes / 1e9, median(ratio));
    fflush(stdout);
}

/* s->name, batch and products are there already. */
static void measure_model(struct subject *s)
{
    const struct model *m = s->trainer.model;
    for (size_t i = 0; i < m->phases; i++)
        s->bytes += (double)sizeof(float) *
                    (7 * (double)m->part[i].count + (double)(s->batch * m->who->width));
    s->losses = must_alloc(m->loss_count, sizeof(double));
    s->theta = must_alloc(m->params, sizeof(real));
    s->from = must_alloc(2 * m->params, sizeof(float));
    s->to = must_alloc(2 * m->params, sizeof(float));
    m->ops->init(s->theta, m, 1);
    products_open(&s->products);
    measure(s);
    products_close(&s->products);
    free(s->from);
    free(s->to);
    free(s->theta);
    free(s->losses);
    trainer_close(&s->trainer);
}

static const size_t batches[] = {32, 256};

static void bench_debias(const struct drill_shape *shape)
{
    struct drill d;
    if (drill_open(&d, shape, 1) != ST_OK) {
        fprintf(stderr, "%s\n", fault_text());
        exit(1);
    }
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct subject s = {.name = shape->name, .batch = batches[i]};
        s.products = products_of_debias(d.plan.set, &d.who, s.batch);
        drill_trainer(&s.trainer, &d, s.batch);
        measure_model(&s);
    }
    drill_close(&d);
}

/* The nonlinear probes of one representation in an evaluation of tcga.cfg: five targets, 3 seeds. */
static void bench_probes(void)
{
    enum { WIDTH = 1526, HEADS = 15, HIDDEN = 128 };
    static const struct population who = {
        .width = WIDTH,
        .rows = DRILL_ROWS,
        .group_count = 5,
        .group = {{.levels = 2, .share = {.5, .5}, .known = DRILL_ROWS},
                  {.levels = 2, .share = {.5, .5}, .known = DRILL_ROWS},
                  {.levels = 2, .share = {.5, .5}, .known = DRILL_ROWS},
                  {.levels = 2, .share = {.5, .5}, .known = DRILL_ROWS},
                  {.kind = TARGET_CATEGORICAL,
                   .levels = 3,
                   .share = {.25, .5, .25},
                   .known = DRILL_ROWS}}};
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
    struct drill_rows rows;
    struct train_spec train = {
        .optim = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8}};
    drill_rows_open(&rows, &who, 1);
    must(probes_open(&m, &spec, &who) == ST_OK);
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct subject s = {.name = "mlp probes 1526-15x128", .batch = batches[i]};
        size_t first[] = {WIDTH, HEADS * HIDDEN};
        products_add_forward(&s.products, first, 1, s.batch, 1);
        for (size_t g = 0; g < who.group_count; g++) {
            size_t second[] = {HIDDEN, target_outputs(&who.group[g])};
            products_add_forward(&s.products, second, 1, s.batch, 3);
            products_add_inputs(&s.products, second, 1, 0, s.batch, 3);
            products_add_weights(&s.products, second, 1, s.batch, 3);
        }
        products_add_weights(&s.products, first, 1, s.batch, 1);
        for (size_t k = 0; k < COUNT(train.pace); k++)
            train.pace[k] = (struct train_pace){.steps = 1, .batch = s.batch};
        trainer_open(&s.trainer, m, &train, &rows.view);
        measure_model(&s);
    }
    m->ops->close(&m);
    drill_rows_close(&rows);
}

int main(void)
{
    blas_threads(1);
    printf("step: one thread, medians of %d\n  %-22s %4s %27s   %25s   %19s   %s\n", RUNS, "",
           "rows", "a step", "its products by sgemm", "its bytes by memcpy", "step / floor");
    for (size_t i = 0; i < COUNT(drill_shapes); i++)
        bench_debias(&drill_shapes[i]);
    bench_probes();
    return 0;
}
