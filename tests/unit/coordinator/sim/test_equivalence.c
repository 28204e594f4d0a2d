/* One local full-batch SGD step at every site and FedAvg weighted by rows is one central step
 * (methods.md 1.13). Adam would break this. */
#include "tests/support/check.h"

#include <math.h>

#include "coordinator/sim/sim.h"
#include "models/core/ckpt.h"
#include "node/flat.h"
#include "proto/adopt/parts.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define SITES 3

static const char lines[] = "rounds = 8; model = { name = \"linear\"; };\n"
                            "local = { steps = 1; batch = 1000000; optimiser = \"sgd\";\n"
                            "  lr = 0.5; clip_l2 = 0.0; };\n"
                            "update = { bits = 64; }; evaluate = { probes = []; };\n"
                            "data = { validation = 0.0; };\n";

/* Rows from..to of a flat file as a site of its own. */
static void cut(char out[static SCRATCH_MAX], const struct scratch *s, const struct flat *all,
                const char *name, size_t from, size_t to)
{
    struct flat part = *all;
    size_t rows = to - from;
    size_t targets = all->task_count + all->group_count;
    float *value = must_alloc(targets * rows, sizeof *value);
    for (size_t t = 0; t < targets; t++)
        memcpy(value + t * rows, all->value + t * all->rows + from, rows * sizeof *value);
    snprintf(part.site, sizeof part.site, "%s", name);
    part.rows = rows;
    part.patient += from;
    part.split += from;
    part.x += from * all->width;
    part.value = value;
    scratch_file(out, s, name);
    check_ok(flat_write(&part, out));
    free(value);
}

static void train(struct ckpt *c, const struct scratch *s, const char *const *flat, size_t sites)
{
    char plan_path[SCRATCH_MAX];
    char model[SCRATCH_MAX];
    struct plan plan;
    struct report report;
    check_ok(fixture_plan(plan_path, sizeof plan_path, s->path, lines));
    check_ok(plan_load(&plan, plan_path, NULL, 0, adopt_parts, adopt_part_count));
    check_ok(sim_run(&report, &plan, flat, sites, s->path, &(struct sim_options){.jobs = 1}));
    check_ok(ckpt_read(c, scratch_file(model, s, "model.evh")));
    assert_string_equal(c->model_digest, report.run.model_digest);
    assert_string_equal(c->plan_digest, report.run.plan_digest);
    report_close(&report);
    plan_close(&plan);
}

static void three_hospitals_step_like_one(void **state)
{
    (void)state;
    static const size_t edge[SITES + 1] = {0, 40, 65, 160};
    struct scratch s = scratch_open();
    struct fixture f = {.seed = 3, .patients = 160, .images = 1, .width = 6, .signal = 1.5};
    f.test_share = .3;
    char whole[SCRATCH_MAX];
    char part[SITES][SCRATCH_MAX];
    const char *parts[SITES];
    struct flat all;
    check_ok(fixture_flat(whole, sizeof whole, s.path, "whole", &f));
    check_ok(flat_open(&all, whole));
    for (size_t i = 0; i < SITES; i++) {
        char name[16];
        snprintf(name, sizeof name, "part-%zu", i);
        cut(part[i], &s, &all, name, edge[i], edge[i + 1]);
        parts[i] = part[i];
    }
    struct ckpt one;
    struct ckpt three;
    train(&one, &s, &(const char *){whole}, 1);
    train(&three, &s, parts, SITES);
    assert_int_equal(one.map.end, three.map.end);
    double moved = 0;
    for (size_t i = 0; i < one.map.end; i++) {
        moved += fabs((double)one.theta[i]);
        /* float32 weights of order 1, 8 steps, 64-bit sums: what is left is the rounding of floats. */
        if (fabs((double)one.theta[i] - (double)three.theta[i]) > 1e-6)
            fail_msg("weight %zu: %.9g alone, %.9g together", i, (double)one.theta[i],
                     (double)three.theta[i]);
    }
    assert_true(moved > .5);
    ckpt_close(&one);
    ckpt_close(&three);
    flat_close(&all);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_hospitals_step_like_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
