#include "tests/support/check.h"

#include <math.h>

#include "models/course.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

static const char text[] =
    "plan = \"course\"; seed = 7;\n"
    "tasks = ( { name = \"disease\"; } ); groups = ( { name = \"sex\"; } );\n"
    "rounds = 3; model = { name = \"debias-vae\"; latent = 3; hidden = 0;\n"
    "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
    "evaluate = { every = 2; seeds = 1; rounds = 6; patience = 2; probes = [\"linear\"];\n"
    "  representations = [\"original\"]; };\n";

struct run {
    struct scratch scratch;
    struct plan plan;
    struct course c;
    double *values; /* zeroed, long enough for any leg */
};

/* Two features, a task with both levels, a group with one. */
static struct population schema(void)
{
    struct population who = {.width = 2, .task_count = 1, .group_count = 1};
    who.task[0] = (struct target){.name = "disease", .levels = 2, .level = {"no", "yes"}};
    who.task[0].train = true;
    who.group[0] = (struct target){.name = "sex", .levels = 2, .level = {"male", "female"}};
    return who;
}

static void open_run(struct run *r, const char *const *overrides, size_t count)
{
    char path[SCRATCH_MAX];
    struct population who = schema();
    r->scratch = scratch_open();
    check_ok(file_write(scratch_file(path, &r->scratch, "plan.cfg"), text, strlen(text)));
    check_ok(plan_load(&r->plan, path, overrides, count, adopt_parts, adopt_part_count));
    check_ok(course_open(&r->c, r->plan.set, &who));
    r->values = must_alloc(1u << 16, sizeof *r->values);
}

static void close_run(struct run *r)
{
    course_close(&r->c);
    plan_close(&r->plan);
    free(r->values);
    scratch_close(&r->scratch);
}

/* 100 rows: feature 0 has mean 2 and variance about 4, feature 1 is constant; 30 cases; men only
 * unless women says otherwise. */
static void moments(struct run *r, double women)
{
    double *v = r->values;
    assert_int_equal(r->c.leg.kind, LEG_MOMENTS);
    v[0] = 200, v[1] = 500;                   /* sums */
    v[2] = 100 * (4 + 3.96), v[3] = 100 * 25; /* squares */
    v[4] = 100, v[5] = 90;                    /* rows, patients */
    v[6] = 70, v[7] = 30;                     /* disease */
    v[6 + TARGET_LEVELS_MAX] = 100 - women, v[7 + TARGET_LEVELS_MAX] = women;
    check_ok(course_fold(&r->c, v, 0));
    memset(v, 0, 64 * sizeof *v);
}

static void moments_become_scale_and_shares(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, NULL, 0);
    moments(&r, 0);
    assert_true(fabs(r.c.mean[0] - 2) < 1e-12);
    assert_true(fabs(r.c.scale[0] - 2) < 1e-9);
    assert_true(r.c.scale[1] == 0); /* constant: becomes 0, never 1/0 */
    assert_true(r.c.who.task[0].share[1] == .3);
    assert_true(r.c.who.group[0].share[0] == 1);
    assert_true(course_weight_cap(&r.c) == 100);
    close_run(&r);
}

/* The legs behind the moments, each with an empty sum. */
static void check_legs(const enum leg_kind *want, const char *const *overrides, size_t count)
{
    struct run r;
    open_run(&r, overrides, count);
    moments(&r, 50);
    for (size_t i = 0;; i++) {
        assert_int_equal(r.c.leg.kind, want[i]);
        assert_int_equal(r.c.leg.round, i + 2);
        if (want[i] == LEG_END)
            break;
        /* Empty histograms: no score can be estimated, so every probe runs out of patience. */
        r.values[0] = want[i] == LEG_FIT ? 100 : 0; /* rows without any spread */
        check_ok(course_fold(&r.c, r.values, 1));
    }
    close_run(&r);
}

static void the_legs_come_in_their_order(void **state)
{
    (void)state;
    static const enum leg_kind want[] = {
        LEG_TRAIN, LEG_TRAIN, LEG_GUARD, LEG_TRAIN, LEG_GUARD, LEG_SCALE,  LEG_SPREAD,   LEG_PROBE,
        LEG_VALID, LEG_PROBE, LEG_VALID, LEG_TEST,  LEG_PLACE, LEG_GROUPS, LEG_PATIENTS, LEG_END};
    check_legs(want, NULL, 0);
}

static void what_is_released_is_traced_and_thresholds_are_chosen_before_the_test(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.representations=[\"debiased\"]",
                                            "evaluate.sensitivity=0.8"};
    static const enum leg_kind want[] = {
        LEG_TRAIN, LEG_TRAIN,  LEG_GUARD, LEG_FIT,    LEG_TRACE,  LEG_TRAIN,    LEG_GUARD,
        LEG_FIT,   LEG_TRACE,  LEG_SCALE, LEG_SPREAD, LEG_PROBE,  LEG_VALID,    LEG_PROBE,
        LEG_VALID, LEG_CHOOSE, LEG_TEST,  LEG_PLACE,  LEG_GROUPS, LEG_PATIENTS, LEG_END};
    check_legs(want, overrides, COUNT(overrides));
}

static void a_plan_may_go_without_trace_and_groups(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.representations=[\"debiased\"]",
                                            "evaluate.trace=false", "evaluate.fairness=false"};
    static const enum leg_kind want[] = {LEG_TRAIN, LEG_TRAIN,  LEG_GUARD, LEG_TRAIN, LEG_GUARD,
                                         LEG_SCALE, LEG_SPREAD, LEG_PROBE, LEG_VALID, LEG_PROBE,
                                         LEG_VALID, LEG_TEST,   LEG_PLACE, LEG_END};
    check_legs(want, overrides, COUNT(overrides));
}

/* All rounds of the plan, and the last one counts. */
static void in_sample_nobody_is_asked_when_to_stop(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.mode=in-sample", "evaluate.rounds=3",
                                            "evaluate.fairness=false"};
    static const enum leg_kind want[] = {LEG_TRAIN, LEG_TRAIN,  LEG_GUARD, LEG_TRAIN, LEG_GUARD,
                                         LEG_SCALE, LEG_SPREAD, LEG_PROBE, LEG_PROBE, LEG_PROBE,
                                         LEG_TEST,  LEG_PLACE,  LEG_END};
    check_legs(want, overrides, COUNT(overrides));

    struct run r;
    open_run(&r, overrides, COUNT(overrides));
    moments(&r, 50);
    while (r.c.leg.kind != LEG_TEST) {
        r.values[0] = r.c.leg.kind == LEG_PROBE ? .25 : 0;
        r.values[4] = r.c.leg.kind == LEG_SCALE ? 700 : 0; /* rows that probes are fitted to */
        check_ok(course_fold(&r.c, r.values, 1));
        assert_true(course_weight_cap(&r.c) == (r.c.leg.kind == LEG_PROBE ? 700 : 100));
    }
    /* With momentum: .25, .475 and .6775 of a step. */
    assert_true(fabs((double)r.c.exam.best[0] - (.25 + .475 + .6775)) < 1e-6);
    assert_memory_equal(r.c.exam.best, r.c.exam.theta, r.c.exam.probes->params * sizeof(real));
    close_run(&r);
}

static void a_mean_difference_moves_the_model_and_losses_come_back_in_their_unit(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, NULL, 0);
    moments(&r, 50);
    float before = r.c.theta[1];
    size_t n = r.c.model->params;
    r.values[1] = .25;
    r.values[n] = .5; /* the first loss */
    assert_int_equal(r.c.leg.values, n + r.c.model->loss_count);
    check_ok(course_fold(&r.c, r.values, 10));
    assert_true(r.c.theta[1] == (float)((double)before + .25));
    assert_true(r.c.loss[0] == .5 * COURSE_LOSS_UNIT);
    close_run(&r);
}

static void a_run_without_rows_is_refused(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, NULL, 0);
    check_fault(course_fold(&r.c, r.values, 0), EC_DATA_EMPTY);
    close_run(&r);
}

/* Walks to the first VALID leg; there, row 0 is disease and row 1 is sex. */
static void to_valid(struct run *r)
{
    moments(r, 50);
    while (r->c.leg.kind != LEG_VALID)
        check_ok(course_fold(&r->c, r->values, 1));
}

/* Histograms whose AUC is `auc` for every row. */
static void score(struct run *r, double auc)
{
    const struct exam *e = &r->c.exam;
    memset(r->values, 0, e->test_values * sizeof *r->values);
    for (size_t w = 0; w < e->row_count; w++) {
        double *positive = r->values + e->row[w].valid_at;
        double *negative = positive + e->axis.bins;
        positive[10] = round(1000 * auc), positive[0] = 1000 - positive[10];
        negative[5] = 1000;
    }
}

static void the_best_round_of_a_probe_is_kept(void **state)
{
    (void)state;
    static const double scores[] = {.6, .7, .65, .66};
    struct run r;
    open_run(&r, NULL, 0);
    to_valid(&r);
    for (size_t i = 0; i < COUNT(scores); i++) {
        r.c.exam.theta[0] = (float)i + 1;
        score(&r, scores[i]);
        check_ok(course_fold(&r.c, r.values, 0));
        memset(r.values, 0, 4096 * sizeof *r.values);
        if (i + 1 < COUNT(scores)) {
            assert_int_equal(r.c.leg.kind, LEG_PROBE);
            check_ok(course_fold(&r.c, r.values, 0));
        }
    }
    assert_int_equal(r.c.leg.kind, LEG_TEST); /* two rounds without a better one */
    assert_true(r.c.exam.best[0] == 2.0F);
    close_run(&r);
}

static void measures_say_what_they_rest_on(void **state)
{
    (void)state;
    struct run r;
    open_run(&r, NULL, 0);
    to_valid(&r);
    while (r.c.leg.kind != LEG_TEST) {
        memset(r.values, 0, 4096 * sizeof *r.values);
        check_ok(course_fold(&r.c, r.values, 0));
    }
    const struct exam *e = &r.c.exam;
    score(&r, .8);
    double *sex = r.values + e->row[1].valid_at;
    sex[10] = 3, sex[0] = 1; /* four women */
    check_ok(course_fold(&r.c, r.values, 0));
    memset(r.values, 0, 4096 * sizeof *r.values);
    double *place = r.values + e->row[0].place_at;
    place[0] = 120, place[1] = 130, place[3] = 900, place[4] = 450, place[5] = 480;
    place = r.values + e->row[1].place_at;
    place[0] = 1, place[1] = 30, place[3] = 900, place[4] = 4, place[5] = 896;
    check_ok(course_fold(&r.c, r.values, 0));

    struct measure m[4];
    assert_int_equal(exam_measure_count(e), 2 + 2); /* and the majority of either */
    exam_measures(m, e, 11);
    assert_string_equal(m[0].target, "disease");
    assert_false(m[0].leakage);
    assert_true(fabs(m[0].value - .8) < 1e-12);
    assert_true(m[0].lo > .7 && m[0].lo < .8 && m[0].hi > .8);
    assert_string_equal(m[0].interval, "clustered");
    assert_true(m[0].patients == 900);
    assert_string_equal(m[1].target, "sex");
    assert_true(m[1].leakage);
    assert_true(m[1].withheld);
    assert_true(isnan(m[1].value) && isnan(m[1].lo) && isnan(m[1].patients));
    assert_non_null(strstr(m[1].why, "fewer than 11"));
    close_run(&r);
}

/* One site could send it; the coordinator must not stop for it, nor anybody go on with it. */
static void a_sum_with_less_than_nobody_changes_nothing(void **state)
{
    (void)state;
    static const enum leg_kind legs[] = {LEG_VALID, LEG_TEST, LEG_PLACE, LEG_GROUPS, LEG_PATIENTS};
    struct run r;
    open_run(&r, NULL, 0);
    to_valid(&r);
    for (size_t i = 0; i < COUNT(legs); i++) {
        while (r.c.leg.kind != legs[i])
            check_ok(course_fold(&r.c, r.values, 0));
        uint64_t round = r.c.leg.round;
        memset(r.values, 0, 4096 * sizeof *r.values);
        r.values[3] = -1;
        check_fault(course_fold(&r.c, r.values, 0), EC_RUN_SUM);
        assert_int_equal(r.c.leg.kind, legs[i]);
        assert_int_equal(r.c.leg.round, round);
        r.values[3] = 0;
        check_ok(course_fold(&r.c, r.values, 0));
    }
    assert_int_equal(r.c.leg.kind, LEG_END);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_become_scale_and_shares),
        cmocka_unit_test(the_legs_come_in_their_order),
        cmocka_unit_test(what_is_released_is_traced_and_thresholds_are_chosen_before_the_test),
        cmocka_unit_test(a_plan_may_go_without_trace_and_groups),
        cmocka_unit_test(in_sample_nobody_is_asked_when_to_stop),
        cmocka_unit_test(a_mean_difference_moves_the_model_and_losses_come_back_in_their_unit),
        cmocka_unit_test(a_run_without_rows_is_refused),
        cmocka_unit_test(the_best_round_of_a_probe_is_kept),
        cmocka_unit_test(measures_say_what_they_rest_on),
        cmocka_unit_test(a_sum_with_less_than_nobody_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
