#include "tests/support/check.h"

#include <math.h>

#include "crypto/fixed.h"
#include "node/update.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

#define SITES 2
#define ROWS  100 /* of all sites */

static const char text[] = "plan = \"update\"; rounds = 2; model = { name = \"linear\"; };\n"
                           "tasks = ( { name = \"disease\"; } );\n"
                           "evaluate = { probes = []; }; update = { clip = 0.25; bits = 64; };\n";

struct run {
    struct scratch scratch;
    struct plan plan;
    struct course c;
    struct ring out;
    float *scratch_values;
    real *trained;
    double losses[MODEL_LOSSES_MAX];
};

/* A course whose next leg is the first training round; the trained copy is the global vector. */
static void open_run(struct run *r)
{
    char path[SCRATCH_MAX];
    struct population who = {.width = 2, .task_count = 1};
    who.task[0] = (struct target){.name = "disease", .levels = 2, .train = true};
    *r = (struct run){.scratch = scratch_open()};
    check_ok(file_write(scratch_file(path, &r->scratch, "plan.cfg"), text, strlen(text)));
    check_ok(plan_load(&r->plan, path, NULL, 0, adopt_parts, adopt_part_count));
    check_ok(course_open(&r->c, r->plan.set, &who));
    /* Sums, squares, rows, patients, disease: no, yes. */
    double moments[6 + TARGET_LEVELS_MAX] = {0, 0, 200, 300, ROWS, ROWS, 60, 40};
    assert_int_equal(r->c.leg.values, COUNT(moments));
    check_ok(course_fold(&r->c, moments, 0));
    adopt_shape(&r->out.bits, &r->out.words, &r->c);
    r->out.word = must_alloc(1, ring_bytes(r->out.bits, r->out.words));
    r->scratch_values = must_alloc(r->c.leg.values, sizeof(float));
    r->trained = must_alloc(r->c.model->params, sizeof(real));
    for (size_t i = 0; i < r->c.model->params; i++) {
        r->c.theta[i] = (real)(.5 + (double)i);
        r->trained[i] = r->c.theta[i];
    }
}

static void close_run(struct run *r)
{
    course_close(&r->c);
    plan_close(&r->plan);
    free(r->out.word);
    free(r->scratch_values);
    free(r->trained);
    scratch_close(&r->scratch);
}

/* What the other end reads of this one contribution. */
static double *decoded(struct run *r, double *weight)
{
    struct quant q;
    struct quant_tail tail;
    double *mean = must_alloc(r->c.leg.values, sizeof *mean);
    check_ok(adopt_quant(&q, &r->c, SITES));
    check_ok(quant_decode(mean, &tail, &r->out, &q, r->c.leg.values, 1));
    *weight = tail.weight;
    return mean;
}

static enum status make(struct run *r, size_t *clipped, double rows)
{
    return update_mean(&r->out, r->scratch_values, clipped, &r->c, r->trained, r->losses, rows,
                       SITES);
}

static void what_leaves_is_the_difference_the_losses_and_the_weight(void **state)
{
    (void)state;
    struct run r;
    size_t clipped = 99;
    double weight = 0;
    open_run(&r);
    size_t n = r.c.model->params;
    assert_int_equal(n, 3); /* two weights and a bias */
    r.trained[0] += .125F, r.trained[1] -= .0625F;
    r.losses[0] = 1.5;
    check_ok(make(&r, &clipped, 40));
    double *mean = decoded(&r, &weight);
    assert_true(weight == 40);
    assert_int_equal(clipped, 0);
    /* 64 bits, .4 of the cap: the grain is far below a float's. */
    assert_true(fabs(mean[0] - .125) < 1e-12 && fabs(mean[1] + .0625) < 1e-12);
    assert_true(mean[2] == 0);
    assert_true(fabs(mean[n] * COURSE_LOSS_UNIT - 1.5) < 1e-9);
    free(mean);
    close_run(&r);
}

static void a_change_beyond_the_clip_is_cut_and_counted(void **state)
{
    (void)state;
    struct run r;
    size_t clipped = 0;
    double weight = 0;
    open_run(&r);
    r.trained[0] += 3, r.trained[1] -= .5F, r.trained[2] += .2F;
    check_ok(make(&r, &clipped, ROWS)); /* the whole weight: the clip as the plan has it */
    double *mean = decoded(&r, &weight);
    assert_int_equal(clipped, 2);
    assert_true(fabs(mean[0] - .25) < 1e-12 && fabs(mean[1] + .25) < 1e-12);
    assert_true(fabs(mean[2] - .2) < 1e-6);
    free(mean);
    close_run(&r);
}

static void a_site_weighs_no_more_than_all_rows_of_the_run(void **state)
{
    (void)state;
    struct run r;
    size_t clipped = 0;
    double weight = 0;
    open_run(&r);
    check_ok(make(&r, &clipped, 5 * ROWS));
    free(decoded(&r, &weight));
    assert_true(weight == ROWS);
    close_run(&r);
}

static void what_is_not_finite_stays_here(void **state)
{
    (void)state;
    static const double rows[] = {(double)NAN, (double)INFINITY};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run r;
        size_t clipped = 0;
        open_run(&r);
        r.trained[1] = (real)rows[i];
        check_fault(make(&r, &clipped, 40), EC_RUN_NAN);
        r.trained[1] = r.c.theta[1];
        r.losses[0] = rows[i];
        check_fault(make(&r, &clipped, 40), EC_RUN_NAN);
        for (size_t k = 0; k < r.out.words; k++)
            assert_int_equal(ring_get(&r.out, k), 0);
        close_run(&r);
    }
}

static void a_leg_of_sums_carries_its_values_and_no_weight(void **state)
{
    (void)state;
    struct run r;
    open_run(&r);
    while (r.c.leg.kind != LEG_TEST) {
        double *zero = must_alloc(r.c.leg.values, sizeof *zero);
        check_ok(course_fold(&r.c, zero, 0));
        free(zero);
    }
    free(r.out.word);
    adopt_shape(&r.out.bits, &r.out.words, &r.c);
    r.out.word = must_alloc(1, ring_bytes(r.out.bits, r.out.words));
    double *values = must_alloc(r.c.leg.values, sizeof *values);
    double *back = must_alloc(r.c.leg.values, sizeof *back);
    for (size_t i = 0; i < r.c.leg.values; i++)
        values[i] = (double)(i % 1000);
    check_ok(update_sum(&r.out, &r.c, values, SITES));
    check_ok(fixed_decode(back, &r.out, r.c.leg.values, r.c.leg.shift, 1));
    assert_memory_equal(back, values, r.c.leg.values * sizeof *values);
    values[3] = (double)NAN;
    check_fault(update_sum(&r.out, &r.c, values, SITES), EC_RUN_NAN);
    free(values);
    free(back);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leaves_is_the_difference_the_losses_and_the_weight),
        cmocka_unit_test(a_change_beyond_the_clip_is_cut_and_counted),
        cmocka_unit_test(a_site_weighs_no_more_than_all_rows_of_the_run),
        cmocka_unit_test(what_is_not_finite_stays_here),
        cmocka_unit_test(a_leg_of_sums_carries_its_values_and_no_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
