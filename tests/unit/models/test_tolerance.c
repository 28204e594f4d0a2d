/* What a plan states about whom it must work for: refused before anything runs. */
#include "models/tolerance.h"

#include "tests/support/check.h"
#include "tests/support/fixture.h"

#define ONE(fields) "tolerances = ( { " fields " } );"
#define LIMIT       "most = 0.1; "

static void a_tolerance_that_nothing_could_keep_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *lines;
        enum complaint want;
        const char *says;
    } rows[] = {
        {"a metric that is misspelt", ONE("metric = \"tpr_gapp\"; " LIMIT), EC_CFG_CHOICE,
         "did you mean `tpr_gap`?"},
        {"a metric of another tool", ONE("metric = \"equalised opportunity\"; " LIMIT),
         EC_CFG_CHOICE, "tpr_gap, fpr_gap,"},
        {"no metric", ONE(LIMIT), EC_CFG_MISSING_KEY, "tolerances[0].metric"},
        {"a task that is not there", ONE("metric = \"auc\"; task = \"death\"; " LIMIT),
         EC_CFG_CHOICE, "disease"},
        {"an attribute that is not there", ONE("metric = \"auc\"; attribute = \"ses\"; " LIMIT),
         EC_CFG_CHOICE, "sex, race, age"},
        {"an intersection that is not evaluated",
         ONE("metric = \"auc\"; attribute = \"sex*race\"; " LIMIT), EC_CFG_CHOICE,
         "evaluate.intersections"},
        {"no limit", ONE("metric = \"auc\";"), EC_CFG_CONFLICT, "neither"},
        {"two limits", ONE("metric = \"auc\"; least = 0.5; " LIMIT), EC_CFG_CONFLICT, "both"},
        {"a threshold of a number without one",
         ONE("metric = \"auc_gap\"; threshold = 0.5; " LIMIT), EC_CFG_CONFLICT, "auc_gap"},
        {"a threshold that is not evaluated", ONE("metric = \"tpr_gap\"; threshold = 0.4; " LIMIT),
         EC_CFG_CONFLICT, "0.4"},
        {"a threshold below 0", ONE("metric = \"tpr_gap\"; threshold = -0.5; " LIMIT),
         EC_CFG_CONFLICT, "-0.5"},
        {"a group of a number between groups",
         ONE("metric = \"tpr_gap\"; group = \"Black\"; " LIMIT), EC_CFG_CONFLICT, "group"},
        {"a rule that is none", ONE("metric = \"auc\"; rule = \"median\"; " LIMIT), EC_CFG_CHOICE,
         "interval"},
        {"a representation that is none", ONE("metric = \"auc\"; representation = \"raw\"; " LIMIT),
         EC_CFG_CHOICE, "debiased"},
        {"the second of two",
         "tolerances = ( { metric = \"auc\"; most = 1; }, { metric = \"x\"; "
         "most = 1; } );",
         EC_CFG_CHOICE, "tolerances[1].metric"},
        {"numbers that nobody makes",
         "evaluate = { fairness = false; };" ONE("metric = \"auc\"; " LIMIT), EC_CFG_CONFLICT,
         "evaluate.fairness"},
        {"an intersection with a stranger", "evaluate = { intersections = [\"sex*ses\"]; };",
         EC_CFG_CHOICE, "`ses`"},
        {"an intersection of one", "evaluate = { intersections = [\"sex\"]; };", EC_CFG_CONFLICT,
         "alone"},
        {"an intersection with itself", "evaluate = { intersections = [\"sex*race*sex\"]; };",
         EC_CFG_CONFLICT, "twice"},
        {"an intersection that stops short", "evaluate = { intersections = [\"sex*\"]; };",
         EC_CFG_CHOICE, "``"},
        {"fewer replicates than say anything", "evaluate = { replicates = 10; };", EC_CFG_RANGE,
         "replicates"},
        {"no site at all", "privacy = { min_sites = 0; };", EC_CFG_RANGE, "min_sites"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        enum status st = fixture_load_plan(&p, rows[i].lines);
        if (st == ST_OK || fault_kept()->what != rows[i].want ||
            strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        if (fault_kept()->where[0] == '\0')
            fail_msg("%s: no place is named", rows[i].what);
    }
}

static void what_can_be_kept_is_accepted(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        ONE("metric = \"tpr_gap\"; attribute = \"sex\"; threshold = 0.5; most = 0.1;"),
        ONE("metric = \"tpr\"; group = \"Black\"; least = 0.7; rule = \"value\";"),
        ONE("metric = \"net_benefit\"; least = 0;"),
        ONE("metric = \"auc_min\"; task = \"disease\"; probe = \"given\"; least = 0.6;"),
        "evaluate = { intersections = [\"sex*race\"]; sensitivity = 0.9; };" ONE(
            "metric = \"auc_gap\"; attribute = \"sex*race\"; representation = \"debiased\"; "
            "most = 0.05;"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan p;
        check_ok(fixture_load_plan(&p, rows[i]));
        plan_close(&p);
    }
}

static void what_a_tolerance_leaves_out_has_a_word(void **state)
{
    (void)state;
    struct plan p;
    check_ok(fixture_load_plan(&p, ONE("metric = \"tpr_gap\"; most = 0.1;")));
    assert_true(settings_real(p.set, "tolerances[0].least") == TOLERANCE_NONE);
    assert_true(settings_real(p.set, "tolerances[0].threshold") == TOLERANCE_EVERY);
    assert_string_equal(settings_text(p.set, "tolerances[0].rule"), "interval");
    assert_string_equal(settings_text(p.set, "tolerances[0].group"), "");
    assert_true(settings_bool(p.set, "evaluate.fairness"));
    assert_int_equal(settings_int(p.set, "privacy.min_sites"), 1);
    plan_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tolerance_that_nothing_could_keep_is_refused),
        cmocka_unit_test(what_can_be_kept_is_accepted),
        cmocka_unit_test(what_a_tolerance_leaves_out_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
