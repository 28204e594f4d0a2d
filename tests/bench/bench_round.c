/*
 * bench_round.c - whole rounds of a small model in the local engine: the price of the federation.
 *
 * Eight sites, logistic regression on 32 features, one batch of 32 rows a round: open, train,
 * quantise, sum, publish, adopt at nine ends, accept, commit. Medians of five runs; beside it the
 * same training steps without a federation, so that the ratio says what the rest costs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/sim/sim.h"
#include "node/train.h"
#include "node/work.h"
#include "proto/adopt/parts.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define SITES  8
#define ROUNDS 1000
#define RUNS   5

static const char lines[] = "rounds = 1000; model = { name = \"linear\"; };\n"
                            "local = { steps = 1; batch = 32; optimiser = \"sgd\"; };\n"
                            "evaluate = { probes = []; };\n";

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, RUNS, sizeof *v, by_value);
    return v[RUNS / 2];
}

static double federation_s(const struct plan *plan, const char *const *flat, size_t jobs)
{
    struct report report;
    struct sim_options options = {.jobs = jobs};
    double start = clock_seconds();
    must(sim_run(&report, plan, flat, SITES, NULL, &options) == ST_OK);
    double took = clock_seconds() - start;
    report_close(&report);
    return took;
}

/* What the sites' own training of as many rounds takes: the part that no federation can avoid. */
static double training_s(const struct plan *plan, const char *flat)
{
    struct work w;
    must(work_open(&w, plan, flat) == ST_OK);
    must(work_begin(&w, 0, 1) == ST_OK);
    must(work_contribute(&w) == ST_OK);
    struct digest print;
    must(work_adopt(&w, &print, &w.out, 1) == ST_OK);
    must(work_contribute(&w) == ST_OK); /* opens the trainer */
    double losses[MODEL_LOSSES_MAX];
    double start = clock_seconds();
    for (uint64_t r = 0; r < ROUNDS * SITES; r++) {
        struct step_key key = {.seed = 1, .round = r};
        must(trainer_round(&w.subject, losses, w.course.theta, &key) == ST_OK);
    }
    double took = clock_seconds() - start;
    work_close(&w);
    return took;
}

int main(void)
{
    struct scratch s = scratch_open();
    char path[SITES][SCRATCH_MAX];
    const char *flat[SITES];
    char plan_path[SCRATCH_MAX];
    for (size_t i = 0; i < SITES; i++) {
        char name[16];
        snprintf(name, sizeof name, "site-%zu", i);
        struct fixture f = {.seed = i, .patients = 64, .images = 1, .width = 32, .signal = 1};
        f.test_share = .2;
        must(fixture_flat(path[i], sizeof path[i], s.path, name, &f) == ST_OK);
        flat[i] = path[i];
    }
    struct plan plan;
    must(fixture_plan(plan_path, sizeof plan_path, s.path, lines) == ST_OK);
    must(plan_load(&plan, plan_path, NULL, 0, adopt_parts, adopt_part_count) == ST_OK);
    printf("round: %d sites, logistic regression on 32 features, %d rounds, medians of %d runs\n",
           SITES, ROUNDS, RUNS);
    for (size_t jobs = 1; jobs <= 2; jobs++) {
        double whole[RUNS];
        double bare[RUNS];
        for (size_t i = 0; i < RUNS; i++) {
            whole[i] = federation_s(&plan, flat, jobs);
            bare[i] = training_s(&plan, flat[0]);
        }
        double w = median(whole);
        double b = median(bare);
        printf("  %zu job%s  %8.0f rounds/s  %.2f of the time of the bare training\n", jobs,
               jobs > 1 ? "s" : " ", ROUNDS / w, w / b);
    }
    plan_close(&plan);
    scratch_close(&s);
    return 0;
}
