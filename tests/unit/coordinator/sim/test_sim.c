#include "tests/support/check.h"

#include <math.h>

#include "coordinator/sim/sim.h"
#include "proto/adopt/parts.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define SITES 4

struct run {
    struct scratch scratch;
    char path[SITES][SCRATCH_MAX];
    const char *flat[SITES];
    struct plan plan;
};

static const char debias[] =
    "rounds = 3;\n"
    "model = { name = \"debias-vae\"; latent = 6; hidden = 16;\n"
    "  adversary = { hidden = [16]; count = 2; steps = 2; }; };\n"
    "local = { batch = 32; };\n"
    "evaluate = { seeds = 2; rounds = 4; patience = 2; hidden = 8; every = 2; };\n";
static const char head_only[] = "model = { name = \"linear\"; }; evaluate = { probes = []; };\n"
                                "local = { lr = 0.05; batch = 16; epochs = 2; }; rounds = 12;\n";

static void open_run(struct run *r, const char *lines, const char *const *overrides, size_t count)
{
    static const char *const names[SITES] = {"north", "east", "south", "west"};
    r->scratch = scratch_open();
    for (size_t i = 0; i < SITES; i++) {
        struct fixture f = {.seed = i + 1,
                            .patients = 60 + 25 * i,
                            .images = i == 3 ? 2 : 1,
                            .width = 8,
                            .signal = 2,
                            .test_share = .4,
                            .one_sex = i == 1,
                            .no_race = i == 2};
        check_ok(fixture_flat(r->path[i], sizeof r->path[i], r->scratch.path, names[i], &f));
        r->flat[i] = r->path[i];
    }
    char plan[SCRATCH_MAX];
    check_ok(fixture_plan(plan, sizeof plan, r->scratch.path, lines));
    check_ok(plan_load(&r->plan, plan, overrides, count, adopt_parts, adopt_part_count));
}

static void close_run(struct run *r)
{
    plan_close(&r->plan);
    scratch_close(&r->scratch);
}

static void digest_of_run(char out[static 65], struct run *r, const struct sim_options *options)
{
    struct report report;
    check_ok(sim_run(&report, &r->plan, r->flat, SITES, NULL, options));
    memcpy(out, report.run.model_digest, 65);
    report_close(&report);
}

static const struct measure *find(const struct report *r, const char *target, const char *rep,
                                  const char *probe, const char *metric)
{
    for (size_t i = 0; i < r->measure_count; i++) {
        const struct measure *m = &r->measure[i];
        if (strcmp(m->target, target) == 0 && strcmp(m->representation, rep) == 0 &&
            strcmp(m->probe, probe) == 0 && strcmp(m->metric, metric) == 0)
            return m;
    }
    fail_msg("no measure %s %s %s %s", target, rep, probe, metric);
    return NULL;
}

static void neither_jobs_nor_arrival_order_change_a_byte(void **state)
{
    (void)state;
    static const struct sim_options rows[] = {{.jobs = 1},
                                              {.jobs = 1},
                                              {.jobs = 2},
                                              {.jobs = 3, .shuffle = 5},
                                              {.jobs = 1, .shuffle = 9}};
    struct run r;
    open_run(&r, debias, NULL, 0);
    char first[65];
    digest_of_run(first, &r, &rows[0]);
    for (size_t i = 1; i < COUNT(rows); i++) {
        char again[65];
        digest_of_run(again, &r, &rows[i]);
        assert_string_equal(again, first);
    }
    close_run(&r);
}

static void every_number_agrees_whatever_the_order(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, debias, NULL, 0);
    struct report a;
    struct report b;
    check_ok(sim_run(&a, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 1}));
    check_ok(
        sim_run(&b, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 2, .shuffle = 3}));
    assert_int_equal(a.measure_count, b.measure_count);
    assert_true(a.measure_count > 20);
    for (size_t i = 0; i < a.measure_count; i++) {
        assert_memory_equal(&a.measure[i].value, &b.measure[i].value, sizeof(double));
        assert_memory_equal(&a.measure[i].lo, &b.measure[i].lo, sizeof(double));
    }
    report_close(&a);
    report_close(&b);
    close_run(&r);
}

static void another_seed_gives_another_model(void **state)
{
    (void)state;
    struct sim_options options = {.jobs = 1};
    struct run r;
    char one[65];
    char two[65];
    open_run(&r, debias, NULL, 0);
    digest_of_run(one, &r, &options);
    close_run(&r);
    open_run(&r, debias, (const char *const[]){"seed=8"}, 1);
    digest_of_run(two, &r, &options);
    close_run(&r);
    assert_string_not_equal(one, two);
}

static void probes_find_what_was_planted_and_nothing_in_noise(void **state)
{
    (void)state;
    struct run r;
    static const char *const longer[] = {"evaluate.rounds=25", "evaluate.lr=0.02",
                                         "evaluate.epochs=4", "evaluate.batch=16"};
    open_run(&r, debias, longer, COUNT(longer));
    struct report report;
    check_ok(sim_run(&report, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 2}));
    static const char *const targets[] = {"disease", "sex"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        const struct measure *m = find(&report, targets[i], "original", "linear", "auc");
        /* Two sigmas apart: AUC = Phi(2 / sqrt 2) = .921. */
        if (fabs(m->value - .921) >= .05)
            fail_msg("%s: AUC %.3f", targets[i], m->value);
        assert_true(m->lo < m->value && m->value < m->hi);
        assert_true(fabs(find(&report, targets[i], "noise", "linear", "auc")->value - .5) < .15);
    }
    assert_true(find(&report, "age", "original", "linear", "r2")->value > .6);
    assert_true(find(&report, "age", "noise", "linear", "r2")->value < .1);
    assert_true(find(&report, "race=Black/White", "original", "linear", "auc")->value > .8);
    report_close(&report);
    close_run(&r);
}

static void erasing_first_leaves_nothing_linear_of_the_groups(void **state)
{
    (void)state;
    static const char *const more[] = {
        "model.erase_first=true", "evaluate.representations=[\"original\",\"erasure\"]",
        "evaluate.rounds=25", "evaluate.batch=16", "privacy.min_cell=5"};
    struct run r;
    open_run(&r, debias, more, COUNT(more));
    struct report report;
    check_ok(sim_run(&report, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 2}));
    assert_true(find(&report, "sex", "original", "linear", "auc")->value > .85);
    assert_true(fabs(find(&report, "sex", "erasure", "linear", "auc")->value - .5) < .12);
    assert_true(find(&report, "age", "erasure", "linear", "r2")->value < .05);
    assert_true(find(&report, "disease", "erasure", "linear", "auc")->value > .85);
    report_close(&report);
    close_run(&r);
}

static void a_plain_head_is_scored_by_itself(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, head_only, NULL, 0);
    struct report report;
    check_ok(sim_run(&report, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 1}));
    assert_int_equal(report.measure_count, 3);
    assert_true(find(&report, "disease", "original", "linear", "auc")->value > .85);
    assert_true(find(&report, "disease", "majority", "constant", "accuracy")->value < .65);
    const struct measure *m = find(&report, "disease", "original", "linear", "accuracy");
    assert_true(m->value > .75);
    assert_string_equal(m->split, "test");
    report_close(&report);
    close_run(&r);
}

static void in_sample_scoring_is_refused_unless_it_is_named(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, head_only, NULL, 0);
    struct plan plan;
    static const char *const refused[] = {"evaluate.score=train"};
    check_fault(plan_load(&plan, r.plan.path, refused, 1, adopt_parts, adopt_part_count),
                EC_EVAL_IN_SAMPLE);
    close_run(&r);
    static const char *const named[] = {"evaluate.score=train", "evaluate.mode=in-sample"};
    open_run(&r, head_only, named, 2);
    struct report report;
    check_ok(sim_run(&report, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 1}));
    assert_string_equal(report.measure[0].split, "in-sample");
    bool warned = false;
    for (size_t i = 0; i < report.check_count; i++)
        warned = warned || (strcmp(report.check[i].name, "split") == 0 && !report.check[i].ok);
    assert_true(warned);
    report_close(&report);
    close_run(&r);
}

static void a_site_without_the_label_ends_the_run_with_its_name(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, head_only, (const char *const[]){"tasks[0].name=stage"}, 1);
    struct report report;
    check_fault(sim_run(&report, &r.plan, r.flat, SITES, NULL, &(struct sim_options){.jobs = 2}),
                EC_DATA_LABEL);
    assert_non_null(strstr(fault_text(), "stage"));
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_jobs_nor_arrival_order_change_a_byte),
        cmocka_unit_test(every_number_agrees_whatever_the_order),
        cmocka_unit_test(another_seed_gives_another_model),
        cmocka_unit_test(probes_find_what_was_planted_and_nothing_in_noise),
        cmocka_unit_test(erasing_first_leaves_nothing_linear_of_the_groups),
        cmocka_unit_test(a_plain_head_is_scored_by_itself),
        cmocka_unit_test(in_sample_scoring_is_refused_unless_it_is_named),
        cmocka_unit_test(a_site_without_the_label_ends_the_run_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
