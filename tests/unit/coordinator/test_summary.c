/* What a report says of a run: made by a federation turned by hand. */
#include "tests/support/check.h"

#include <math.h>

#include "coordinator/summary.h"
#include "proto/base/must.h"
#include "tests/support/meeting.h"

#define HEAD_ONLY                                                                                  \
    "rounds = 3; model = { name = \"linear\"; };\n"                                                \
    "local = { batch = 16; }; round = { quorum = 0.6; };\n"

static const char head_only[] = HEAD_ONLY "evaluate = { probes = []; };\n";
static const char with_noise[] =
    HEAD_ONLY "evaluate = { seeds = 1; rounds = 2; probes = [\"linear\"];\n"
              "  representations = [\"original\", \"noise\"]; };\n";
static const char on_valid[] = HEAD_ONLY "evaluate = { probes = []; score = \"valid\"; };\n";
static const char on_train[] =
    HEAD_ONLY "evaluate = { probes = []; score = \"train\"; mode = \"in-sample\"; };\n";
static const char in_sample[] = HEAD_ONLY "evaluate = { probes = []; mode = \"in-sample\"; };\n";
static const char debias[] = "rounds = 2; local = { batch = 32; };\n"
                             "model = { name = \"debias-vae\"; latent = 3; hidden = 8;\n"
                             "  adversary = { hidden = [4]; count = 1; steps = 1; }; };\n"
                             "evaluate = { seeds = 1; rounds = 1; probes = [\"linear\"];\n"
                             "  representations = [\"original\"]; every = 1; };\n";

static const struct report_check *check_named(const struct report *r, const char *name)
{
    for (size_t i = 0; i < r->check_count; i++)
        if (strcmp(r->check[i].name, name) == 0)
            return &r->check[i];
    return NULL;
}

static bool says(const struct report *r, const char *name, const char *why)
{
    const struct report_check *c = check_named(r, name);
    return c != NULL && strstr(c->why, why) != NULL;
}

static void a_run_is_known_by_its_plan_and_its_model(void **state)
{
    (void)state;
    struct meeting m;
    struct report r;
    char model[DIGEST_TEXT];
    char plan[DIGEST_TEXT];
    meeting_open(&m, head_only, 3, 3);
    check_ok(meeting_run(&m));
    summary_fill(&r, &m.coordinator, "local", 1);
    digest_text(plan, &m.plan.digest);
    assert_string_equal(r.run.plan_digest, plan);
    assert_string_equal(r.run.model_digest, meeting_model(model, &m));
    assert_memory_equal(r.run.id, plan, 12);
    assert_memory_equal(r.run.id + 13, model, 12);
    assert_int_equal(strlen(r.run.id), 25);
    assert_string_equal(r.run.plan, "fixture");
    assert_string_equal(r.run.model, "linear");
    assert_string_equal(r.run.aggregation, "plain");
    assert_string_equal(r.run.engine, "local");
    assert_int_equal(r.run.seed, 7);
    assert_int_equal(r.run.rounds_planned, 3);
    assert_int_equal(r.run.rounds_done, 3);
    assert_int_equal(r.min_cell, 11);
    assert_true(r.traffic.bytes_model == 7 * 4); /* six weights and a bias */
    assert_true(r.memory_peak > 1e6);
    assert_int_equal(r.override_count, 0);
    report_close(&r);
    meeting_close(&m);
}

static void sites_are_done_late_or_lost(void **state)
{
    (void)state;
    static const char *const want[MEETING_SITES] = {"done", "late", "lost"};
    struct meeting m;
    struct report r;
    meeting_open(&m, head_only, 3, 2);
    check_ok(meeting_run(&m));
    meeting_wait(&m);
    check_ok(meeting_run(&m));
    assert_true(m.coordinator.finished);
    m.coordinator.presence.site[1].rounds_missed = 1;
    m.coordinator.presence.site[1].rounds_joined--;
    summary_fill(&r, &m.coordinator, "local", 1);
    assert_int_equal(r.site_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(r.site[i].state, want[i]);
    assert_string_equal(r.site[0].name, "north");
    assert_string_equal(r.site[2].name, "site 3"); /* it never said what it is called */
    assert_int_equal(r.site[0].rounds_joined, 9);
    assert_int_equal(r.site[1].rounds_joined, 8);
    assert_int_equal(r.site[2].rounds_missed, 9);
    report_close(&r);
    meeting_close(&m);
}

static void the_history_has_the_losses_of_every_round_and_the_guards(void **state)
{
    (void)state;
    struct meeting m;
    struct report r;
    meeting_open(&m, debias, 3, 3);
    check_ok(meeting_run(&m));
    summary_fill(&r, &m.coordinator, "local", 1);
    size_t losses = 0;
    size_t guards = 0;
    for (size_t i = 0; i < r.history_count; i++) {
        const struct report_point *p = &r.history[i];
        assert_true(p->round == 1 || p->round == 2);
        losses += strncmp(p->metric, "loss.", 5) == 0;
        guards += strncmp(p->metric, "guard.", 6) == 0;
        assert_true(isfinite(p->value));
    }
    assert_int_equal(losses, 2 * m.coordinator.course.model->loss_count);
    assert_int_equal(guards, 2 * m.coordinator.course.guard_count);
    assert_int_equal(losses + guards, r.history_count);
    assert_true(guards > 0);
    assert_int_equal(r.run.rounds_done, 2);
    for (size_t i = 0; i < m.coordinator.course.guard_count; i++) {
        char name[REPORT_NAME_MAX];
        const struct guard *g = &m.coordinator.course.guard[i];
        snprintf(name, sizeof name, "collapse guard: %s", g->name);
        const struct report_check *c = check_named(&r, name);
        must(c != NULL);
        assert_int_equal(c->ok, g->ok);
        assert_string_equal(c->why, g->why);
    }
    report_close(&r);
    meeting_close(&m);
}

/* A run whose test histograms of noise are put in its place: `up` of 1000 positives are above. */
static void read_from_noise(struct meeting *m, double up)
{
    struct exam *e = &m->coordinator.course.exam;
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        if (row->r2)
            continue;
        bool noise = e->unit[row->unit].representation == REP_NOISE;
        double *positive = e->test + row->valid_at;
        double *negative = positive + e->axis.bins;
        double *place = e->place + row->place_at;
        memset(positive, 0, 2 * e->axis.bins * sizeof *positive);
        positive[9] = noise ? up : 900, positive[1] = 1000 - positive[9];
        negative[5] = 1000;
        /* Placements are 0 and 1 of the positives, one share for all negatives. */
        double auc = positive[9] / 1000;
        place[0] = 1000 * auc * (1 - auc), place[1] = 0, place[2] = 0;
        place[3] = 2000, place[4] = place[5] = 1000;
    }
}

static void something_read_from_noise_fails_the_noise_control(void **state)
{
    (void)state;
    static const struct {
        double up; /* the standard error is .0158 */
        bool ok;
    } rows[] = {
        {500, true},
        {535, true}, /* misses one interval in twenty: chance */
        {555, false},
        {450, false}, /* as far below */
    };
    struct meeting m;
    meeting_open(&m, with_noise, 3, 3);
    check_ok(meeting_run(&m));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r;
        read_from_noise(&m, rows[i].up);
        summary_fill(&r, &m.coordinator, "local", 1);
        const struct report_check *c = check_named(&r, "noise control");
        must(c != NULL);
        if (c->ok != rows[i].ok)
            fail_msg("%g of 1000: %s", rows[i].up, c->why);
        report_close(&r);
    }
    meeting_close(&m);
}

static void without_noise_rows_there_is_no_noise_control(void **state)
{
    (void)state;
    struct meeting m;
    struct report r;
    meeting_open(&m, head_only, 3, 3);
    check_ok(meeting_run(&m));
    summary_fill(&r, &m.coordinator, "local", 1);
    assert_null(check_named(&r, "noise control"));
    report_close(&r);
    meeting_close(&m);
}

static void a_split_that_is_not_the_test_rows_fails_its_check(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        bool ok;
        const char *why;
    } rows[] = {
        {head_only, true, "test patients"},
        {on_valid, false, "optimistic"},
        {on_train, false, "in-sample, not evidence of utility"},
        {in_sample, false, "in-sample, not evidence of utility"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m;
        struct report r;
        meeting_open(&m, rows[i].lines, 3, 3);
        check_ok(meeting_run(&m));
        summary_fill(&r, &m.coordinator, "local", 1);
        const struct report_check *c = check_named(&r, "split");
        must(c != NULL);
        assert_int_equal(c->ok, rows[i].ok);
        assert_non_null(strstr(c->why, rows[i].why));
        report_close(&r);
        meeting_close(&m);
    }
}

static void withheld_numbers_are_counted(void **state)
{
    (void)state;
    struct meeting m;
    struct report r;
    meeting_open(&m, HEAD_ONLY "evaluate = { probes = []; }; privacy = { min_cell = 1000; };\n", 3,
                 3);
    check_ok(meeting_run(&m));
    summary_fill(&r, &m.coordinator, "local", 1);
    assert_int_equal(r.measure_count, 3); /* AUC, accuracy, the majority's */
    for (size_t i = 0; i < r.measure_count; i++)
        assert_true(r.measure[i].withheld);
    assert_true(says(&r, "small cells", "3 of 3 numbers"));
    assert_true(says(&r, "small cells", "fewer than 1000"));
    report_close(&r);
    meeting_close(&m);
}

/* Nothing of the plan is kept: it may be closed before the report is read. */
static void a_tolerance_has_a_verdict_even_without_numbers(void **state)
{
    (void)state;
    struct meeting m;
    struct report r;
    meeting_open(&m,
                 HEAD_ONLY
                 "evaluate = { probes = []; };\n"
                 "tolerances = ( { metric = \"tpr_gap\"; attribute = \"age\"; most = 0.1; } );\n",
                 3, 3);
    check_ok(meeting_run(&m));
    summary_fill(&r, &m.coordinator, "local", 1);
    meeting_close(&m);
    assert_int_equal(r.gate_count, 1);
    assert_int_equal(r.gate[0].verdict, GATE_NOT_ENOUGH);
    assert_string_equal(r.gate[0].metric, "tpr_gap");
    assert_string_equal(r.gate[0].attribute, "age");
    assert_string_equal(r.gate[0].rule, "interval");
    assert_true(r.gate[0].most == 0.1 && isnan(r.gate[0].least));
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_known_by_its_plan_and_its_model),
        cmocka_unit_test(sites_are_done_late_or_lost),
        cmocka_unit_test(the_history_has_the_losses_of_every_round_and_the_guards),
        cmocka_unit_test(something_read_from_noise_fails_the_noise_control),
        cmocka_unit_test(without_noise_rows_there_is_no_noise_control),
        cmocka_unit_test(a_split_that_is_not_the_test_rows_fails_its_check),
        cmocka_unit_test(withheld_numbers_are_counted),
        cmocka_unit_test(a_tolerance_has_a_verdict_even_without_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
