/*
 * What a whole run says of data whose truth is known: T6, T7, T11 and T13 of methods.md section 8.
 */
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

#include "coordinator/sim/sim.h"
#include "proto/adopt/parts.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define SITES   3
#define PLANTED 2.0 /* standard deviations between the sexes, and between ill and well */
#define LOUD    4.0 /* and women's feature 4 is so many times as far from 0 */

struct run {
    struct scratch scratch;
    char path[SITES][SCRATCH_MAX];
    const char *flat[SITES];
    struct plan plan;
    struct report report;
};

static void run_plan(struct run *r, size_t sites, const char *lines, const char *const *overrides,
                     size_t count)
{
    char plan[SCRATCH_MAX];
    struct sim_options options = {.jobs = 2};
    check_ok(fixture_plan(plan, sizeof plan, r->scratch.path, lines));
    check_ok(plan_load(&r->plan, plan, overrides, count, adopt_parts, adopt_part_count));
    check_ok(sim_run(&r->report, &r->plan, r->flat, sites, NULL, &options));
}

static void open_run(struct run *r, struct fixture f, const char *lines,
                     const char *const *overrides, size_t count)
{
    static const char *const names[SITES] = {"north", "east", "south"};
    r->scratch = scratch_open();
    for (size_t i = 0; i < SITES; i++) {
        f.seed = i + 1;
        check_ok(fixture_flat(r->path[i], sizeof r->path[i], r->scratch.path, names[i], &f));
        r->flat[i] = r->path[i];
    }
    run_plan(r, SITES, lines, overrides, count);
}

static void close_run(struct run *r)
{
    report_close(&r->report);
    plan_close(&r->plan);
    scratch_close(&r->scratch);
}

static const struct measure *find(const struct run *r, const char *target, const char *rep,
                                  const char *probe)
{
    for (size_t i = 0; i < r->report.measure_count; i++) {
        const struct measure *m = &r->report.measure[i];
        if (strcmp(m->target, target) == 0 && strcmp(m->representation, rep) == 0 &&
            strcmp(m->probe, probe) == 0)
            return m;
    }
    fail_msg("no measure of %s from %s by %s", target, rep, probe);
    return NULL;
}

static void check_says(const struct run *r, const char *name, bool ok, const char *words)
{
    for (size_t i = 0; i < r->report.check_count; i++) {
        const struct report_check *c = &r->report.check[i];
        if (strcmp(c->name, name) != 0)
            continue;
        if (c->ok != ok || strstr(c->why, words) == NULL)
            fail_msg("%s: %s", name, c->why);
        return;
    }
    fail_msg("no check called %s", name);
}

/* Of an AUC: its interval is of 95 %. */
static double error_of(const struct measure *m)
{
    return (m->hi - m->lo) / (2 * 1.96);
}

static const char debias[] =
    "rounds = 20; local = { batch = 64; epochs = 2; lr = 2e-3; };\n"
    "model = { name = \"debias-vae\"; erase_first = true; latent = 16; hidden = 64; beta = 0.1;\n"
    "  reconstruct = 6.0; dropout = 0.0; adversary = { hidden = [64]; count = 2; steps = 3;\n"
    "  lr = 3e-3; weight = 5.0; form = \"reverse\"; }; };\n"
    "evaluate = { seeds = 5; rounds = 30; every = 100; trace = false; fairness = false;\n"
    "  representations = [\"original\", \"erasure\", \"debiased\", \"noise\"]; };\n";

static struct fixture planted(void)
{
    return (struct fixture){.patients = 700,
                            .images = 1,
                            .width = 16,
                            .signal = PLANTED,
                            .loud = LOUD,
                            .test_share = .5};
}

/*
 * T6 and T11: five fresh probes of a kind read of the originals what was planted. After linear erasure the linear
 * one reads nothing and the mlp still hears who is loud. Adversaries take that too, and leave what
 * tells the ill: all of it on patients that nobody was fitted to.
 */
static void adversaries_take_what_erasure_leaves_and_probes_would_find(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, planted(), debias, NULL, 0);
    double want = erfc(-PLANTED / 2) / 2; /* Phi(d' / sqrt 2) = .921 */
    static const char *const targets[] = {"disease", "sex"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        const struct measure *m = find(&r, targets[i], "original", "linear");
        if (fabs(m->value - want) > 3 * error_of(m))
            fail_msg("%s: AUC %.3f, %.3f planted", targets[i], m->value, want);
    }
    double loud = 2 * atan(LOUD) / acos(-1); /* .844: |a woman's| > |a man's| */
    double linear = find(&r, "sex", "erasure", "linear")->value;
    double mlp = find(&r, "sex", "erasure", "mlp")->value;
    if (!(fabs(linear - .5) <= .05 && mlp > .7 && mlp < loud + .03))
        fail_msg("after erasure sex is read with %.3f, and by mlp with %.3f", linear, mlp);
    linear = find(&r, "sex", "debiased", "linear")->value;
    mlp = find(&r, "sex", "debiased", "mlp")->value;
    if (!(linear <= .55 && mlp <= .55))
        fail_msg("after debiasing sex is read with %.3f, and by mlp with %.3f", linear, mlp);
    assert_true(find(&r, "disease", "debiased", "linear")->value > want - .02);
    check_says(&r, "utility", true, "1 of 1 tasks are read above chance from the debiased");
    check_says(&r, "collapse guard: recon_r2", true, "");
    close_run(&r);
}

/* The same without adversaries: it is they who take it, not the bottleneck. */
static void without_adversaries_a_probe_finds_the_nonlinear_leak(void **state)
{
    (void)state;
    static const char *const without[] = {"model.adversary.count=0", "evaluate.seeds=1",
                                          "evaluate.representations=[debiased]"};
    struct run r;
    open_run(&r, planted(), debias, without, COUNT(without));
    assert_true(find(&r, "sex", "debiased", "linear")->value < .6);
    assert_true(find(&r, "sex", "debiased", "mlp")->lo > .65);
    close_run(&r);
}

/* T7: embeddings that are N(0, I) are read by chance, whoever reads them, and the report says none. */
static void of_pure_noise_nothing_is_read_and_utility_is_none(void **state)
{
    (void)state;
    static const char *const short_run[] = {"rounds=3", "evaluate.rounds=10"};
    struct fixture noise = planted();
    noise.signal = noise.loud = 0;
    struct run r;
    open_run(&r, noise, debias, short_run, COUNT(short_run));
    size_t met = 0;
    for (size_t i = 0; i < r.report.measure_count; i++) {
        const struct measure *m = &r.report.measure[i];
        if (strcmp(m->metric, "auc") != 0 || isnan(m->lo))
            continue;
        if (fabs(m->value - .5) > 3 * error_of(m))
            fail_msg("%s from %s by %s: %.3f", m->target, m->representation, m->probe, m->value);
        met++;
    }
    assert_true(met >= 20);
    check_says(&r, "utility", false, "none: no task is read above chance");
    check_says(&r, "noise control", true, "");
    close_run(&r);
}

/*
 * Section 9 of methods.md: in sample, the best line through `columns` of noise seems to tell
 * Phi(delta / sqrt 2), delta^2 = R^2 / (1 - R^2) / (share (1 - share)), R^2 = columns / rows.
 */
static double worth_of_noise(double columns, double rows, double share)
{
    double r2 = columns / rows;
    return erfc(-sqrt(r2 / (1 - r2) / (share * (1 - share))) / 2) / 2;
}

static void noise_read_in_sample_is_worth_what_the_closed_form_says(void **state)
{
    (void)state;
    static const struct {
        double share, auc; /* published, of 500 columns and 11,421 rows */
    } known[] = {{.01453, .897}, {.02303, .843}, {.404, .621}};
    for (size_t i = 0; i < COUNT(known); i++)
        assert_true(fabs(worth_of_noise(500, 11421, known[i].share) - known[i].auc) < 5e-4);

    static const char lines[] =
        "rounds = 1; model = { name = \"linear\"; };\n"
        "evaluate = { mode = \"in-sample\"; score = \"train\"; probes = [\"linear\"]; seeds = 1;\n"
        "  representations = [\"original\"]; trace = false; fairness = false; };\n";
    struct fixture noise = {.patients = 300, .images = 1, .width = 120};
    struct run r;
    open_run(&r, noise, lines, NULL, 0);
    const struct measure *m = find(&r, "sex", "original", "linear");
    double want = worth_of_noise(120, m->rows, .5);
    assert_string_equal(m->split, "in-sample");
    if (fabs(m->value - want) > 3 * error_of(m))
        fail_msg("AUC %.3f of %g rows, %.3f wanted", m->value, m->rows, want);
    assert_true(m->lo > .5); /* and its interval believes it */
    check_says(&r, "split", false, "not evidence of utility");
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adversaries_take_what_erasure_leaves_and_probes_would_find),
        cmocka_unit_test(without_adversaries_a_probe_finds_the_nonlinear_leak),
        cmocka_unit_test(noise_read_in_sample_is_worth_what_the_closed_form_says),
        cmocka_unit_test(of_pure_noise_nothing_is_read_and_utility_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
