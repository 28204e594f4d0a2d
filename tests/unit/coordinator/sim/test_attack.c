/* Poisoned labels in a whole run: who pays, and who must not notice. */
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

#include "coordinator/sim/sim.h"
#include "proto/adopt/parts.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

#define SITES 3

struct run {
    struct scratch scratch;
    char path[SITES][SCRATCH_MAX];
    const char *flat[SITES];
    struct plan plan;
    struct report report;
};

static struct run attacked; /* of all tests but the last */

static const char lines[] =
    "rounds = 1; model = { name = \"linear\"; }; privacy = { min_cell = 1; };\n"
    "evaluate = { seeds = 2; replicates = 100; rounds = 12; patience = 12; hidden = 8;\n"
    "  representations = [\"original\", \"erasure\", \"noise\"]; };\n";
static const char *const attack[] = {
    "attacks[0].task=disease",
    "attacks[0].group=sex",
    "attacks[0].level=female",
    "attacks[0].rates=[0.5, 1]",
};

static void open_run(struct run *r, const char *const *overrides, size_t count)
{
    static const char *const names[SITES] = {"north", "east", "south"};
    r->scratch = scratch_open();
    for (size_t i = 0; i < SITES; i++) {
        struct fixture f = {.seed = i + 1,
                            .patients = 500,
                            .images = i == 2 ? 2 : 1,
                            .width = 6,
                            .signal = 3,
                            .test_share = .4};
        check_ok(fixture_flat(r->path[i], sizeof r->path[i], r->scratch.path, names[i], &f));
        r->flat[i] = r->path[i];
    }
    char plan[SCRATCH_MAX];
    struct sim_options options = {.jobs = 1};
    check_ok(fixture_plan(plan, sizeof plan, r->scratch.path, lines));
    check_ok(plan_load(&r->plan, plan, overrides, count, adopt_parts, adopt_part_count));
    check_ok(sim_run(&r->report, &r->plan, r->flat, SITES, NULL, &options));
}

static void close_run(struct run *r)
{
    report_close(&r->report);
    plan_close(&r->plan);
    scratch_close(&r->scratch);
}

static const struct trial *trial_of(const struct run *r, const char *representation,
                                    const char *probe, double rate)
{
    for (size_t i = 0; i < r->report.trial_count; i++) {
        const struct trial *t = &r->report.trial[i];
        if (strcmp(t->panel.representation, representation) == 0 &&
            strcmp(t->panel.probe, probe) == 0 && t->rate == rate)
            return t;
    }
    fail_msg("no trial of %s by %s at %g", representation, probe, rate);
    return NULL;
}

static double number(const struct trial *t, const char *metric, const char *group, double threshold)
{
    const struct fairness_measure *m =
        fairness_find(&t->panel.fairness, metric, group, "", threshold);
    assert_non_null(m);
    assert_true(!isnan(m->value));
    return m->value;
}

/* The planted signals are three deviations: AUC .98, and sex is as easy to tell. */
static void the_originals_miss_the_target_and_the_erased_miss_everybody(void **state)
{
    (void)state;
    const struct run r = attacked;
    const struct trial *clean = trial_of(&r, "original", "linear", 0);
    const struct trial *half = trial_of(&r, "original", "linear", .5);
    const struct trial *worst = trial_of(&r, "original", "linear", 1);
    double before = number(clean, "fnr", "female", .5);
    assert_string_equal(worst->target, "female");
    assert_string_equal(worst->panel.attribute, "sex");
    assert_true(before < .3);
    assert_true(number(half, "fnr", "female", .5) > before + .1);
    assert_true(number(worst, "fnr", "female", .5) > .7);
    assert_true(number(worst, "fnr", "male", .5) < .4);
    assert_true(number(worst, "fnr_gap", "", .5) > .4);
    assert_true(number(worst, "fnr", "female", worst->rank) > number(worst, "fnr", "male", .5));
    assert_true(number(worst, "auc", "", (double)NAN) < number(clean, "auc", "", (double)NAN));
    const struct trial *erased = trial_of(&r, "erasure", "linear", 1);
    assert_true(number(erased, "fnr_gap", "", .5) < .15);
}

static double selected(const struct trial *t)
{
    return number(t, "tpr", "", t->rank) * number(t, "prevalence", "", (double)NAN) +
           number(t, "fpr", "", t->rank) * (1 - number(t, "prevalence", "", (double)NAN));
}

static void the_threshold_by_rank_selects_its_share(void **state)
{
    (void)state;
    const struct run r = attacked;
    for (size_t i = 0; i < r.report.trial_count; i++) {
        const struct trial *t = &r.report.trial[i];
        assert_true(t->fixed == .5);
        /* A quarter of about 240 validation rows, on 800 others, a third of them in pairs: four
         * deviations of both. */
        assert_true(fabs(selected(t) - .25) < .12);
        assert_string_not_equal(t->panel.representation, "noise");
    }
    assert_int_equal(r.report.trial_count, 3 * 2 * 2); /* rates, representations, probes */
}

static void no_other_number_of_the_report_moves(void **state)
{
    (void)state;
    struct run without;
    open_run(&without, NULL, 0);
    const struct report *a = &attacked.report, *b = &without.report;
    assert_int_equal(b->trial_count, 0);
    assert_string_equal(a->run.model_digest, b->run.model_digest);
    assert_int_equal(a->measure_count, b->measure_count);
    assert_true(a->measure_count > 10);
    for (size_t i = 0; i < a->measure_count; i++) {
        assert_string_equal(a->measure[i].target, b->measure[i].target);
        assert_memory_equal(&a->measure[i].value, &b->measure[i].value, sizeof(double));
        assert_memory_equal(&a->measure[i].lo, &b->measure[i].lo, sizeof(double));
    }
    assert_int_equal(a->panel_count, b->panel_count);
    for (size_t i = 0; i < a->panel_count; i++) {
        const struct fairness *f = &a->panel[i].fairness, *g = &b->panel[i].fairness;
        assert_int_equal(f->count, g->count);
        for (size_t k = 0; k < f->count; k++)
            assert_memory_equal(&f->measure[k].value, &g->measure[k].value, sizeof(double));
    }
    close_run(&without);
}

/* Where a group is too small its numbers are withheld, however telling they would be. */
static void small_cells_of_a_trial_are_withheld(void **state)
{
    (void)state;
    static const char *const overrides[] = {
        "attacks[0].task=disease", "attacks[0].group=sex", "attacks[0].level=female",
        "attacks[0].rates=[1]",    "privacy.min_cell=60",  "evaluate.fairness=false",
    };
    struct run r;
    open_run(&r, overrides, COUNT(overrides));
    size_t withheld = 0;
    assert_int_equal(r.report.panel_count, 0);
    assert_true(r.report.trial_count > 0);
    for (size_t i = 0; i < r.report.trial_count; i++) {
        const struct fairness *f = &r.report.trial[i].panel.fairness;
        for (size_t k = 0; k < f->count; k++)
            withheld += strcmp(f->measure[k].metric, "fnr") == 0 && f->measure[k].withheld;
    }
    assert_true(withheld > 0);
    close_run(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_originals_miss_the_target_and_the_erased_miss_everybody),
        cmocka_unit_test(the_threshold_by_rank_selects_its_share),
        cmocka_unit_test(no_other_number_of_the_report_moves),
        cmocka_unit_test(small_cells_of_a_trial_are_withheld),
    };
    open_run(&attacked, attack, COUNT(attack));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_run(&attacked);
    return failed;
}
