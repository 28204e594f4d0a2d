#include "tests/support/check.h"

#include <math.h>

#include "models/core/score.h"
#include "models/given/given.h"
#include "models/metrics/hist.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/base/rng.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

static const char text[] = "plan = \"given\"; model = { name = \"given\"; };\n"
                           "tasks = ( { name = \"death\"; }, { name = \"stay\"; } );\n"
                           "evaluate = { thresholds = [0.1, 0.5, 0.0731]; };\n";

struct given_run {
    struct scratch scratch;
    struct plan plan;
    struct population who;
    struct model *m;
};

static enum status open_run(struct given_run *r, const char *const *overrides, size_t count,
                            enum target_kind second)
{
    char path[SCRATCH_MAX];
    *r = (struct given_run){.scratch = scratch_open(),
                            .who = {.width = 2 * SCORE_PARTS, .rows = 9, .task_count = 2}};
    r->who.task[0] = (struct target){.name = "death", .levels = 2};
    r->who.task[1] = (struct target){.name = "stay", .kind = second, .levels = 2};
    check_ok(file_write(scratch_file(path, &r->scratch, "plan.cfg"), text, strlen(text)));
    enum status st = plan_load(&r->plan, path, overrides, count, adopt_parts, adopt_part_count);
    return st == ST_OK ? given_ops.open(&r->m, r->plan.set, &r->who) : st;
}

static void close_run(struct given_run *r)
{
    given_ops.close(&r->m);
    plan_close(&r->plan);
    scratch_close(&r->scratch);
}

/* The logits of a row with these two scores. */
static void predict(double out[static 2], const struct given_run *r, double death, double stay)
{
    float part[2 * SCORE_PARTS];
    real x[2 * SCORE_PARTS], logit[2];
    score_split(part, death);
    score_split(part + SCORE_PARTS, stay);
    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = (real)part[i];
    given_ops.predict(logit, r->m, NULL, x, 1, NULL);
    out[0] = (double)logit[0];
    out[1] = (double)logit[1];
}

static void a_task_has_the_logit_of_its_score(void **state)
{
    (void)state;
    struct given_run r;
    check_ok(open_run(&r, NULL, 0, TARGET_BINARY));
    assert_int_equal(r.m->outputs, 2);
    assert_int_equal(r.m->task_at[1], 1);
    assert_true(r.m->task_at[2] == SIZE_MAX);
    assert_int_equal(r.m->params, 0);
    double logit[2];
    predict(logit, &r, .25, .9);
    assert_true(fabs(logit[0] - log(1.0 / 3)) < 1e-6);
    assert_true(fabs(logit[1] - log(9)) < 1e-6);
    predict(logit, &r, 0, 1);
    assert_true(logit[0] < -999 && isfinite(logit[0]));
    assert_true(logit[1] > 999 && isfinite(logit[1]));
    close_run(&r);
}

/* At, just below and just above every edge, and anywhere: the bin of the float is that of the score. */
static void rounding_moves_nobody_across_an_edge(void **state)
{
    (void)state;
    struct given_run r;
    check_ok(open_run(&r, NULL, 0, TARGET_BINARY));
    static struct hist_axis axis;
    hist_axis_open(&axis, (const double[]){.1, .5, .0731}, 3);
    static const double edges[] = {.1, .2, .3, .4, .5, .6, .7, .8, .9, .0731};
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    size_t moved = 0;
    for (size_t i = 0; i < 40000; i++) {
        double p = edges[i % COUNT(edges)];
        if (i >= 10000)
            p = rng_uniform(&rng);
        else if (i >= COUNT(edges))
            p *= 1 + (rng_uniform(&rng) - .5) * 4e-8;
        double logit[2];
        predict(logit, &r, p, p);
        if (hist_bin(&axis, logit[0]) != hist_bin(&axis, hist_logit(p)))
            fail_msg("%.17g is in another bin", p);
        moved += hist_bin(&axis, (double)(float)hist_logit(p)) != hist_bin(&axis, hist_logit(p));
    }
    assert_true(moved > 1000); /* plain rounding would have */
    double at[2], below[2];
    predict(at, &r, .7, .1);
    predict(below, &r, nextafter(.7, 0) - 1e-15, .1 - 1e-15);
    size_t seven = hist_bin_of_threshold(&axis, .7), one = hist_bin_of_threshold(&axis, .1);
    assert_int_equal(hist_bin(&axis, at[0]), seven);
    assert_int_equal(hist_bin(&axis, at[1]), one);
    assert_int_equal(hist_bin(&axis, below[0]), seven - 1);
    assert_int_equal(hist_bin(&axis, below[1]), one - 1);
    close_run(&r);
}

static void what_cannot_be_scored_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *override, *says;
        enum target_kind second;
        enum complaint want;
    } rows[] = {
        {"a categorical task", "seed=1", "`stay` is not binary", TARGET_CATEGORICAL,
         EC_MODEL_SHAPE},
        {"two thresholds with no float between", "evaluate.thresholds=[0.1, 0.1000000000001]",
         "choose another threshold", TARGET_BINARY, EC_CFG_CONFLICT},
        {"rounds", "rounds=3", "`rounds` is 3", TARGET_BINARY, EC_CFG_RANGE},
        {"standardised scores", "data.standardise=global", "data.standardise", TARGET_BINARY,
         EC_CFG_CHOICE},
        {"probes", "evaluate.probes=[linear]", "evaluate.probes", TARGET_BINARY, EC_CFG_CONFLICT},
        {"erasing", "model.erase_first=true", "model.erase_first", TARGET_BINARY, EC_CFG_CONFLICT},
        {"noise", "evaluate.representations=[noise]", "noise", TARGET_BINARY, EC_CFG_CHOICE},
        {"no task", "tasks=[]", "names no task", TARGET_BINARY, EC_CFG_MISSING_KEY},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct given_run r;
        const char *overrides[] = {rows[i].override, "groups[0].name=sex"};
        enum status st = open_run(&r, overrides, COUNT(overrides), rows[i].second);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        close_run(&r);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_has_the_logit_of_its_score),
        cmocka_unit_test(rounding_moves_nobody_across_an_edge),
        cmocka_unit_test(what_cannot_be_scored_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
