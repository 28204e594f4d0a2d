/*
 * site_steps.c - sites that train side by side, a round at a time, whenever they are asked.
 *
 *     site_steps DRILL ROWS SITES [products]
 *
 * Each site has a thread of its own, as under `simulate run --jobs SITES`, and rows of its own.
 * With `products` a step is nothing but its matrix products, so no step can be faster.
 * Prints one line of JSON about the drill: its plan in normal form, its targets, how many weights
 * and phases a step moves. Then, for each line of stdin, which is a number of steps, it lets every
 * site take so many from the initial weights on, and prints how long all of them took, by the clock
 * and in seconds of processors, and the first site's mean losses. Ends with its stdin.
 *
 * scripts/bench/torch_step.py asks, and scripts/bench/torch_site.py answers in the same words.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/core/blas.h"
#include "proto/base/clock.h"
#include "proto/base/json.h"
#include "proto/base/must.h"
#include "tests/support/drill.h"
#include "tests/support/products.h"

#define SITES_MAX 256
#define LINE_MAX  64

struct site {
    struct drill drill;
    struct trainer trainer;
    struct products products;
    real *theta; /* of every round */
    double losses[MODEL_LOSSES_MAX];
    struct step_key key;
    size_t steps;
    pthread_t thread;
};

static void site_open(struct site *s, const struct drill_shape *shape, size_t batch, uint64_t at)
{
    if (drill_open(&s->drill, shape, at) != ST_OK) {
        fprintf(stderr, "%s\n", fault_text());
        exit(1);
    }
    const struct model *m = s->drill.model;
    drill_trainer(&s->trainer, &s->drill, batch);
    s->theta = must_alloc(m->params, sizeof(real));
    m->ops->init(s->theta, m, 1);
    s->products = products_of_debias(s->drill.plan.set, &s->drill.who, batch);
    products_open(&s->products);
    s->key = (struct step_key){.seed = 1, .site = at, .progress = 1};
}

static void site_close(struct site *s)
{
    products_close(&s->products);
    free(s->theta);
    trainer_close(&s->trainer);
    drill_close(&s->drill);
}

static void *train(void *arg)
{
    struct site *s = arg;
    s->trainer.spec.pace[0].steps = s->steps;
    must(trainer_round(&s->trainer, s->losses, s->theta, &s->key) == ST_OK);
    s->key.round++;
    return NULL;
}

static void *multiply(void *arg)
{
    struct site *s = arg;
    for (size_t i = 0; i < s->steps; i++)
        products_run(&s->products);
    return NULL;
}

static double processor_seconds(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_line(struct json **j)
{
    char *text = json_text(*j, 0);
    puts(text);
    fflush(stdout);
    free(text);
    json_close(j);
}

static void turn(struct site *sites, size_t count, void *(*work)(void *), size_t steps)
{
    double start = clock_seconds(), used = processor_seconds();
    for (size_t i = 0; i < count; i++) {
        sites[i].steps = steps;
        must(pthread_create(&sites[i].thread, NULL, work, &sites[i]) == 0);
    }
    for (size_t i = 0; i < count; i++)
        must(pthread_join(sites[i].thread, NULL) == 0);

    struct json *said = json_object(), *losses = json_object();
    json_put_real(said, "seconds", clock_seconds() - start);
    json_put_real(said, "processor_seconds", processor_seconds() - used);
    const struct model *m = sites[0].drill.model;
    for (size_t i = 0; i < m->loss_count; i++)
        json_put_real(losses, m->loss_name[i], sites[0].losses[i]);
    json_put(said, "losses", losses);
    print_line(&said);
}

static struct json *targets_json(const struct target *targets, size_t count)
{
    struct json *list = json_array();
    for (size_t i = 0; i < count; i++) {
        struct json *one = json_object(), *share = json_array();
        json_put_int(one, "outputs", (int64_t)target_outputs(&targets[i]));
        for (size_t k = 0; k < targets[i].levels; k++)
            json_add_real(share, targets[i].share[k]);
        json_put(one, "share", share);
        json_add(list, one);
    }
    return list;
}

static void introduce(const struct drill *d)
{
    struct json *about = json_object();
    char *plan = settings_normal(d->plan.set);
    json_put_text(about, "plan", plan);
    json_put_int(about, "width", (int64_t)d->who.width);
    json_put_int(about, "rows", DRILL_ROWS);
    json_put(about, "tasks", targets_json(d->who.task, d->who.task_count));
    json_put(about, "groups", targets_json(d->who.group, d->who.group_count));
    json_put_int(about, "weights", (int64_t)d->model->params);
    json_put_int(about, "phases", (int64_t)d->model->phases);
    free(plan);
    print_line(&about);
}

int main(int argc, char **argv)
{
    bool alone = argc == 5 && strcmp(argv[4], "products") == 0, asked = argc == 4 || alone;
    const struct drill_shape *shape = asked ? drill_shape_find(argv[1]) : NULL;
    size_t batch = asked ? strtoul(argv[2], NULL, 10) : 0;
    size_t count = asked ? strtoul(argv[3], NULL, 10) : 0;
    if (shape == NULL || batch == 0 || count == 0 || count > SITES_MAX) {
        fprintf(stderr, "site_steps DRILL ROWS SITES [products]\n");
        return 64;
    }
    blas_threads(1);
    struct site *sites = must_alloc(count, sizeof *sites);
    for (size_t i = 0; i < count; i++)
        site_open(&sites[i], shape, batch, i);
    introduce(&sites[0].drill);

    char line[LINE_MAX];
    while (fgets(line, sizeof line, stdin) != NULL)
        turn(sites, count, alone ? multiply : train, strtoul(line, NULL, 10));
    for (size_t i = 0; i < count; i++)
        site_close(&sites[i]);
    free(sites);
    return 0;
}
