/* The search around its runs: what is judged before any, what is run again, what test patients see. */
#include "tests/support/check.h"

#include <unistd.h>

#include "coordinator/sim/sweep.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "tests/support/fixture.h"
#include "tests/support/sample.h"
#include "tests/support/scratch.h"

#define RUNS_MAX 16

static const char lines[] =
    "rounds = 1; model = { name = \"debias-vae\"; latent = 4; hidden = 8; };\n";
static const char *const over[] = {"seed=1,2", "model.beta=0.1,0.5"};
static const struct digest data = {.byte = {7}}, other_data = {.byte = {8}};

/* Runs that are made up: a report of the sample's numbers, and less leakage with every run. */
struct runs {
    char said[RUNS_MAX][64]; /* "1 0.5 valid" */
    size_t count;
    size_t stop_at;       /* the run of this place ends in a fault; 0: none */
    enum complaint fault; /* which */
    size_t told, kept;
};

struct searched {
    struct scratch scratch;
    char plan[SCRATCH_MAX], out[SCRATCH_MAX];
    struct grid *grid;
    struct runs runs;
    struct sweep s;
};

static enum status run(void *ctx, int *ended, const struct plan *plan, const char *folder,
                       const struct frontier *frontier)
{
    struct runs *r = ctx;
    assert_true(r->count < RUNS_MAX);
    snprintf(r->said[r->count++], sizeof(r->said[0]), "%lld %.1f %s",
             (long long)settings_int(plan->set, "seed"), settings_real(plan->set, "model.beta"),
             settings_text(plan->set, "evaluate.score"));
    if (r->count == r->stop_at)
        return fault(r->fault, "run", "made up");
    struct report report = sample_report(3, false);
    digest_text(report.run.plan_digest, &plan->digest);
    report.frontier = frontier;
    for (size_t i = 0; i < report.measure_count; i++) {
        struct measure *m = &report.measure[i];
        m->withheld = m->withheld || strcmp(m->target, "cancer_1y") == 0;
        if (strcmp(m->target, "sex") == 0 && strcmp(m->representation, "debiased") == 0)
            m->value -= .01 * (double)r->count;
    }
    if (frontier != NULL)
        *ended = 3;
    enum status st = report_write(&report, folder);
    report_close(&report);
    return st;
}

static void told(void *ctx, const struct frontier *f, size_t point, bool kept)
{
    struct runs *r = ctx;
    assert_true(point < f->count);
    r->told++;
    r->kept += kept ? 1 : 0;
}

static void open_trial(struct searched *t)
{
    *t = (struct searched){.scratch = scratch_open(), .grid = must_alloc(1, sizeof(*t->grid))};
    check_ok(fixture_plan(t->plan, sizeof(t->plan), t->scratch.path, lines));
    scratch_file(t->out, &t->scratch, "out");
    check_ok(file_folder(t->out));
    check_ok(grid_parse(t->grid, over, COUNT(over)));
}

static void close_trial(struct searched *t)
{
    sweep_close(&t->s);
    free(t->grid);
    scratch_close(&t->scratch);
}

/* The search once more, from what lies in the folder. */
static enum status again(struct searched *t, double least, const struct digest *on)
{
    struct sweep_options o = {.plan = t->plan,
                              .grid = t->grid,
                              .least = least,
                              .out = t->out,
                              .run = run,
                              .told = told,
                              .ctx = &t->runs};
    sweep_close(&t->s);
    check_ok(sweep_open(&t->s, &o));
    return sweep_run(&t->s, on);
}

static void every_point_is_run_on_validation_and_the_chosen_alone_on_test_patients(void **state)
{
    (void)state;
    static const char *const want[] = {"1 0.1 valid", "1 0.5 valid", "2 0.1 valid", "2 0.5 valid",
                                       "2 0.5 test"};
    struct searched t;
    open_trial(&t);
    check_ok(again(&t, -.02, &data));
    assert_int_equal(t.runs.count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(t.runs.said[i], want[i]);
    assert_int_equal(t.s.ended, 3);
    assert_false(t.s.kept);
    assert_int_equal(t.s.frontier.reference_count, 2);
    char *text = json_text(t.s.made, 0);
    assert_non_null(strstr(text, "\"data_digest\":\"07"));
    free(text);
    close_trial(&t);
}

static void what_is_there_is_not_run_again(void **state)
{
    (void)state;
    struct searched t;
    open_trial(&t);
    check_ok(again(&t, -.02, &data));
    size_t before = t.runs.count;
    t.runs.told = 0;
    check_ok(again(&t, -.02, &data));
    assert_int_equal(t.runs.count, before);
    assert_int_equal(t.runs.kept, 4);
    assert_int_equal(t.runs.told, 4);
    assert_true(t.s.kept);
    assert_int_equal(t.s.ended, 3);
    close_trial(&t);
}

/* Wherever it stops, it goes on there, and every plan is run to its end once. */
static void a_search_that_stopped_goes_on_where_it_was(void **state)
{
    (void)state;
    for (size_t at = 1; at <= 5; at++) {
        struct searched t;
        open_trial(&t);
        t.runs.stop_at = at;
        t.runs.fault = EC_IO_WRITE;
        check_fault(again(&t, -.02, &data), EC_IO_WRITE);
        assert_int_equal(t.runs.count, at);
        check_ok(again(&t, -.02, &data));
        assert_int_equal(t.runs.count, 6);
        assert_string_equal(t.runs.said[at - 1], t.runs.said[at]);
        assert_string_equal(t.runs.said[5], "2 0.5 test");
        close_trial(&t);
    }
}

static void the_chosen_is_run_again_when_nobody_knows_how_it_ended(void **state)
{
    (void)state;
    struct searched t;
    char path[SCRATCH_MAX];
    open_trial(&t);
    check_ok(again(&t, -.02, &data));
    scratch_file(path, &t.scratch, "out/chosen/report.json");
    assert_int_equal(unlink(path), 0);
    check_ok(again(&t, -.02, &data));
    assert_int_equal(t.runs.count, 6);
    assert_string_equal(t.runs.said[5], "2 0.5 test");
    close_trial(&t);
}

static void training_that_broke_down_is_a_point_that_is_not_chosen(void **state)
{
    (void)state;
    struct searched t;
    open_trial(&t);
    t.runs.stop_at = 4;
    t.runs.fault = EC_RUN_NAN;
    check_ok(again(&t, -.02, &data));
    assert_string_equal(t.runs.said[4], "2 0.1 test");
    assert_non_null(strstr(t.s.frontier.point[3].why, "NaN"));
    assert_false(t.s.frontier.point[3].on_frontier);
    close_trial(&t);
}

/* Or test patients could be scored by one rule after the other. */
static void a_folder_belongs_to_one_search(void **state)
{
    (void)state;
    struct searched t;
    open_trial(&t);
    check_ok(again(&t, -.02, &data));
    size_t before = t.runs.count;
    check_fault(again(&t, -.05, &data), EC_IO_LEFTOVER);
    check_fault(again(&t, -.02, &other_data), EC_IO_LEFTOVER);
    static const char *const fewer[] = {"seed=1,2"};
    check_ok(grid_parse(t.grid, fewer, 1));
    check_fault(again(&t, -.02, &data), EC_IO_LEFTOVER);
    assert_int_equal(t.runs.count, before);
    close_trial(&t);
}

static void a_report_of_another_plan_is_no_point(void **state)
{
    (void)state;
    struct searched t;
    char from[SCRATCH_MAX], to[SCRATCH_MAX];
    open_trial(&t);
    check_ok(again(&t, -.02, &data));
    scratch_file(from, &t.scratch, "out/points/001/report.json");
    scratch_file(to, &t.scratch, "out/points/002/report.json");
    assert_int_equal(rename(from, to), 0);
    check_fault(again(&t, -.02, &data), EC_IO_LEFTOVER);
    close_trial(&t);
}

static void a_search_without_a_number_says_so_and_sees_no_test_patient(void **state)
{
    (void)state;
    struct searched t;
    open_trial(&t);
    static const char *const one[] = {"seed=1"};
    check_ok(grid_parse(t.grid, one, 1));
    t.runs.stop_at = 1;
    t.runs.fault = EC_RUN_NAN;
    check_fault(again(&t, -.02, &data), EC_SWEEP_NONE);
    assert_int_equal(t.runs.count, 1);
    close_trial(&t);
}

static void a_plan_that_cannot_be_searched_is_refused_before_anything_is_run(void **state)
{
    (void)state;
    static const struct {
        const char *over, *set;
        enum complaint want;
    } rows[] = {
        {"model.beta=0.1,often", NULL, EC_CFG_TYPE},
        {"model.beta=0.1,-3", NULL, EC_CFG_RANGE},
        {"model.bete=1", NULL, EC_CFG_UNKNOWN_KEY},
        {"model.beta=0.1,1e-1", NULL, EC_SWEEP_SAME},
        {"model.beta=0.1", "evaluate.probes=[]", EC_SWEEP_RELEASE},
        {"model.beta=0.1", "evaluate.representations=[\"debiased\"]", EC_SWEEP_RELEASE},
        {"model.beta=0.1", "evaluate.representations=[\"original\"]", EC_SWEEP_RELEASE},
        {"model.beta=0.1", "evaluate.score=test", EC_USAGE},
        {"model.beta=0.1", "model.beta=0.2", EC_USAGE},
        {"model.beta=0.1", "evaluate.mode=in-sample", EC_CFG_CONFLICT},
    };
    struct searched t;
    open_trial(&t);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sweep_options o = {.plan = t.plan,
                                  .overrides = &rows[i].set,
                                  .override_count = rows[i].set == NULL ? 0 : 1,
                                  .grid = t.grid,
                                  .out = t.out,
                                  .run = run,
                                  .ctx = &t.runs};
        check_ok(grid_parse(t.grid, &rows[i].over, 1));
        check_fault(sweep_open(&t.s, &o), rows[i].want);
        sweep_close(&t.s);
    }
    assert_int_equal(t.runs.count, 0);
    close_trial(&t);
}

static void a_model_that_releases_nothing_is_no_debiaser(void **state)
{
    (void)state;
    static const char *const one[] = {"seed=1,2"};
    static const char linear[] = "rounds = 1; model = { name = \"linear\"; };\n";
    struct searched t;
    open_trial(&t);
    check_ok(fixture_plan(t.plan, sizeof(t.plan), t.scratch.path, linear));
    check_ok(grid_parse(t.grid, one, 1));
    struct sweep_options o = {.plan = t.plan, .grid = t.grid, .out = t.out, .run = run};
    check_fault(sweep_open(&t.s, &o), EC_SWEEP_RELEASE);
    assert_non_null(strstr(fault_text(), "linear"));
    close_trial(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_run_on_validation_and_the_chosen_alone_on_test_patients),
        cmocka_unit_test(what_is_there_is_not_run_again),
        cmocka_unit_test(a_search_that_stopped_goes_on_where_it_was),
        cmocka_unit_test(the_chosen_is_run_again_when_nobody_knows_how_it_ended),
        cmocka_unit_test(training_that_broke_down_is_a_point_that_is_not_chosen),
        cmocka_unit_test(a_folder_belongs_to_one_search),
        cmocka_unit_test(a_report_of_another_plan_is_no_point),
        cmocka_unit_test(a_search_without_a_number_says_so_and_sees_no_test_patient),
        cmocka_unit_test(a_plan_that_cannot_be_searched_is_refused_before_anything_is_run),
        cmocka_unit_test(a_model_that_releases_nothing_is_no_debiaser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
