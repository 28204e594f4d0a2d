/* Verdicts from numbers that are made up, and from those of rows. */
#include "coordinator/eval/gate.h"

#include <math.h>

#include "proto/adopt/parts.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"
#include "tests/unit/models/metrics/cohort.h"

#define HEAD "rounds = 1; model = { name = \"linear\"; };\n"
#define NONE ((double)NAN)

static void load(struct plan *p, const char *lines)
{
    char text[2048], path[SCRATCH_MAX];
    struct scratch s = scratch_open();
    snprintf(text, sizeof(text), HEAD "%s", lines);
    check_ok(fixture_plan(path, sizeof(path), s.path, text));
    check_ok(plan_load(p, path, NULL, 0, adopt_parts, adopt_part_count));
    scratch_close(&s);
}

static struct fairness_measure measure(const char *metric, const char *group, double threshold,
                                       double value, double lo, double hi)
{
    return (struct fairness_measure){.metric = metric,
                                     .group = group,
                                     .other = "",
                                     .threshold = threshold,
                                     .value = value,
                                     .lo = lo,
                                     .hi = hi,
                                     .interval = "",
                                     .noise_floor = NONE,
                                     .lowest = "",
                                     .highest = ""};
}

static struct panel panel(const char *task, const char *attribute, const char *representation,
                          struct fairness_measure *m, size_t count)
{
    struct panel p = {.representation = representation, .probe = "mlp", .fairness = {count, m}};
    snprintf(p.task, sizeof(p.task), "%s", task);
    snprintf(p.attribute, sizeof(p.attribute), "%s", attribute);
    return p;
}

static struct gate judge_one(const char *lines, const struct panel *panels, size_t count)
{
    struct plan p;
    struct gate g;
    load(&p, lines);
    assert_int_equal(gate_count(p.set), 1);
    gate_judge(&g, p.set, panels, count);
    plan_close(&p);
    return g; /* and keeps nothing of the plan */
}

#define GAP(more) "tolerances = ( { metric = \"tpr_gap\"; " more " } );"

static void a_limit_is_kept_by_all_of_an_interval_or_by_a_value(void **state)
{
    (void)state;
    static const struct {
        const char *what, *lines;
        double value, lo, hi;
        enum gate_verdict want;
        const char *says;
    } rows[] = {
        {"all below", GAP("most = 0.1;"), 0.05, 0.01, 0.09, GATE_MET, ".050 [.010 .090]"},
        {"up to the limit", GAP("most = 0.1;"), 0.05, 0.01, 0.1, GATE_MET, "at most .100"},
        {"across", GAP("most = 0.1;"), 0.05, 0.01, 0.101, GATE_NOT_ENOUGH, "inside"},
        {"a value beyond, across", GAP("most = 0.1;"), 0.15, 0.09, 0.2, GATE_NOT_ENOUGH, "inside"},
        {"from the limit", GAP("most = 0.1;"), 0.15, 0.1, 0.2, GATE_NOT_ENOUGH, "inside"},
        {"all above", GAP("most = 0.1;"), 0.15, 0.11, 0.2, GATE_NOT_MET, "beyond"},
        {"no interval", GAP("most = 0.1;"), 0.05, NONE, NONE, GATE_NOT_ENOUGH, "interval"},
        {"half an interval", GAP("most = 0.1;"), 0.05, 0.01, NONE, GATE_NOT_ENOUGH, "interval"},
        {"no number", GAP("most = 0.1;"), NONE, NONE, NONE, GATE_NOT_ENOUGH, "not estimable"},
        {"a value that keeps it", GAP("most = 0.1; rule = \"value\";"), 0.1, 0, 0.9, GATE_MET,
         "the value keeps it"},
        {"a value that does not", GAP("most = 0.1; rule = \"value\";"), 0.11, 0, 0.9, GATE_NOT_MET,
         "the value is beyond it"},
        {"a value without interval", GAP("most = 0.1; rule = \"value\";"), 0.05, NONE, NONE,
         GATE_MET, "is .050;"},
        {"no value", GAP("most = 0.1; rule = \"value\";"), NONE, NONE, NONE, GATE_NOT_ENOUGH,
         "not estimable"},
        {"a minimum, above", GAP("least = 0.8;"), 0.9, 0.8, 0.95, GATE_MET, "at least .800"},
        {"a minimum, across", GAP("least = 0.8;"), 0.9, 0.79, 0.95, GATE_NOT_ENOUGH, "inside"},
        {"a minimum, below", GAP("least = 0.8;"), 0.7, 0.6, 0.79, GATE_NOT_MET, "beyond"},
        {"a minimum by value", GAP("least = 0.8; rule = \"value\";"), 0.79, 0.7, 0.9, GATE_NOT_MET,
         "beyond"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fairness_measure m =
            measure("tpr_gap", "", 0.5, rows[i].value, rows[i].lo, rows[i].hi);
        struct panel p = panel("disease", "sex", "debiased", &m, 1);
        struct gate g = judge_one(rows[i].lines, &p, 1);
        if (g.verdict != rows[i].want || strstr(g.why, rows[i].says) == NULL)
            fail_msg("%s: %s: %s", rows[i].what, gate_verdict_text(g.verdict), g.why);
        assert_string_equal(g.metric, "tpr_gap");
        assert_string_equal(g.task, "disease");
        assert_string_equal(g.representation, "debiased");
        assert_true(g.threshold == 0.5);
    }
}

/* T8 of methods.md section 8: a constant predictor keeps every gap, and is not fair for that. */
static void what_a_degenerate_predictor_keeps_is_no_evidence(void **state)
{
    (void)state;
    static const char gap[] = GAP("most = 0.1;"), value[] = GAP("most = 0.1; rule = \"value\";");
    static const char rate[] = "tolerances = ( { metric = \"tpr\"; group = \"f\"; most = 0.1; } );";
    static const struct {
        const char *what, *lines;
        bool degenerate;
        double selected;
        enum gate_verdict want;
        const char *says;
    } rows[] = {
        {"it selects some", gap, false, 0.01, GATE_MET, "keeps it"},
        {"one score for all", gap, true, 0.01, GATE_NOT_ENOUGH, "everybody has one score"},
        {"one score, by value", value, true, NONE, GATE_NOT_ENOUGH, "by construction"},
        {"nobody is selected", gap, false, 0, GATE_NOT_ENOUGH, "nobody is selected"},
        {"everybody is", gap, false, 1, GATE_NOT_ENOUGH, "everybody is selected"},
        {"nobody knows how many are", gap, false, NONE, GATE_MET, "keeps it"},
        {"a group's own rate", rate, true, 0, GATE_MET, "keeps it"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool own = rows[i].lines == rate;
        struct fairness_measure m[] = {
            measure("selection_rate", "", 0.25, 0.5, NONE, NONE),
            measure("selection_rate", "", 0.5, rows[i].selected, NONE, NONE),
            measure(own ? "tpr" : "tpr_gap", own ? "f" : "", 0.5, 0, 0, 0.05)};
        struct panel p = panel("disease", "sex", "debiased", m, COUNT(m));
        p.degenerate = rows[i].degenerate;
        struct gate g = judge_one(rows[i].lines, &p, 1);
        if (g.verdict != rows[i].want || strstr(g.why, rows[i].says) == NULL)
            fail_msg("%s: %s: %s", rows[i].what, gate_verdict_text(g.verdict), g.why);
    }
    struct fairness_measure wide = measure("tpr_gap", "", 0.5, 0.3, 0.2, 0.4);
    struct panel p = panel("disease", "sex", "debiased", &wide, 1);
    p.degenerate = true;
    assert_int_equal(judge_one(gap, &p, 1).verdict, GATE_NOT_MET); /* it excuses nothing */
}

static void a_withheld_number_decides_nothing(void **state)
{
    (void)state;
    struct fairness_measure m = measure("auc", "Asian", NONE, 0.9, 0.85, 0.95);
    m.withheld = true;
    snprintf(m.why, sizeof(m.why), "withheld: a cell is small");
    struct panel p = panel("disease", "race", "debiased", &m, 1);
    static const char lines[] =
        "tolerances = ( { metric = \"auc\"; group = \"Asian\"; least = 0.5; rule = \"value\"; } );";
    struct gate g = judge_one(lines, &p, 1);
    assert_int_equal(g.verdict, GATE_NOT_ENOUGH);
    assert_non_null(strstr(g.why, "withheld"));
    /* of a withheld group there is a row that says so, and no AUC */
    m.metric = "n";
    g = judge_one(lines, &p, 1);
    assert_int_equal(g.verdict, GATE_NOT_ENOUGH);
    assert_non_null(strstr(g.why, "too few"));
    m.group = "White";
    g = judge_one(lines, &p, 1);
    assert_non_null(strstr(g.why, "no such group"));
}

static void what_is_left_empty_is_asked_of_all_and_the_worst_stands(void **state)
{
    (void)state;
    struct fairness_measure m[] = {
        measure("tpr_gap", "", 0.25, 0.02, 0.01, 0.03), measure("tpr_gap", "", 0.5, 0.2, 0.15, 0.3),
        measure("tpr_gap", "", 0.5, 0.01, 0, 0.02),     measure("tpr_gap", "", 0.5, 0.3, 0.2, 0.5),
        measure("tpr_gap", "", 0.5, 0.1, 0, 0.5),
    };
    const struct panel panels[] = {
        panel("disease", "sex", "original", &m[0], 2),
        panel("disease", "sex", "debiased", &m[2], 1),
        panel("disease", "race", "original", &m[3], 1),
        panel("stage=2/1", "sex*race", "debiased", &m[4], 1),
        panel("stages", "sex*race", "debiased", &m[1], 1),
    };
    static const struct {
        const char *what, *lines;
        enum gate_verdict want;
        const char *attribute, *representation;
        double value;
    } rows[] = {
        {"all of them", GAP("most = 0.1;"), GATE_NOT_MET, "race", "original", 0.3},
        {"by sex", GAP("attribute = \"sex\"; most = 0.1;"), GATE_NOT_MET, "sex", "original", 0.2},
        {"by sex, debiased", GAP("attribute = \"sex\"; representation = \"debiased\"; most = 0.1;"),
         GATE_MET, "sex", "debiased", 0.01},
        {"from the originals, at 1/4",
         "evaluate = { thresholds = [0.25, 0.5]; };" GAP(
             "attribute = \"sex\"; representation = \"original\"; threshold = 0.25; most = 0.1;"),
         GATE_MET, "sex", "original", 0.02},
        {"by sex, at 1/4, which one panel has not",
         "evaluate = { thresholds = [0.25, 0.5]; };" GAP(
             "attribute = \"sex\"; threshold = 0.25; most = 0.1;"),
         GATE_NOT_ENOUGH, "sex", "debiased", NONE},
        {"an intersection",
         "evaluate = { intersections = [\"sex*race\"]; };" GAP(
             "attribute = \"sex*race\"; probe = \"mlp\"; most = 0.6;"),
         GATE_MET, "sex*race", "debiased", 0.1},
        {"another probe", GAP("probe = \"linear\"; attribute = \"sex\"; most = 0.1;"),
         GATE_NOT_ENOUGH, "sex", "", NONE},
        {"another attribute", GAP("attribute = \"age\"; most = 0.1;"), GATE_NOT_ENOUGH, "age", "",
         NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct gate g = judge_one(rows[i].lines, panels, COUNT(panels));
        bool same = isnan(rows[i].value) ? isnan(g.value) : g.value == rows[i].value;
        if (g.verdict != rows[i].want || strcmp(g.attribute, rows[i].attribute) != 0 ||
            strcmp(g.representation, rows[i].representation) != 0 || !same)
            fail_msg("%s: %s, %g by %s from %s", rows[i].what, gate_verdict_text(g.verdict),
                     g.value, g.attribute, g.representation);
    }
    assert_int_equal(judge_one(GAP("most = 0.1;"), NULL, 0).verdict, GATE_NOT_ENOUGH);
}

static void of_two_without_evidence_the_one_without_a_number_is_told(void **state)
{
    (void)state;
    struct fairness_measure m[] = {measure("tpr_gap", "", 0.5, 0.1, 0, 0.2),
                                   measure("tpr_gap", "", 0.5, NONE, NONE, NONE)};
    const struct panel panels[] = {panel("disease", "sex", "debiased", &m[0], 1),
                                   panel("disease", "race", "debiased", &m[1], 1),
                                   panel("disease", "age", "debiased", &m[0], 1)};
    for (size_t first = 0; first < 2; first++) {
        struct gate g = judge_one(GAP("most = 0.1;"), panels + first, 2);
        assert_int_equal(g.verdict, GATE_NOT_ENOUGH);
        assert_string_equal(g.attribute, "race");
    }
}

static void a_task_asks_its_levels_and_no_longer_name(void **state)
{
    (void)state;
    static const char lines[] = GAP("task = \"disease\"; most = 0.1;");
    struct fairness_measure m = measure("tpr_gap", "", 0.5, 0.3, 0.2, 0.4);
    static const struct {
        const char *task;
        enum gate_verdict want;
    } rows[] = {{"disease", GATE_NOT_MET},
                {"disease=2/1", GATE_NOT_MET},
                {"diseases", GATE_NOT_ENOUGH},
                {"dis", GATE_NOT_ENOUGH}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct panel p = panel(rows[i].task, "sex", "debiased", &m, 1);
        assert_int_equal(judge_one(lines, &p, 1).verdict, rows[i].want);
    }
}

static void numbers_of_rows_are_held_against_the_plan(void **state)
{
    (void)state;
    static struct cohort cohort;
    static struct asked asked;
    struct panel p = panel("disease", "sex", "debiased", NULL, 0);
    struct plan plan;
    struct gate g[5];
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 400, 50, 100, 450);
    cohort_table(&cohort, 1, 395, 52, 105, 448);
    cohort_ask(&asked, &cohort);
    fairness_open(&p.fairness, &asked.q, asked.sums);
    load(&plan, "tolerances = ( { metric = \"tpr_gap\"; threshold = 0.5; most = 0.1; },\n"
                "  { metric = \"auc_min\"; least = 0.99; },\n"
                "  { metric = \"xauc\"; least = 0.5; },\n"
                "  { metric = \"tpr\"; threshold = 0.5; group = \"B\"; least = 0.79; },\n"
                "  { metric = \"disparate_impact\"; least = 0.8; } );");
    gate_judge(g, plan.set, &p, 1);
    plan_close(&plan);
    assert_int_equal(g[0].verdict, GATE_MET);
    assert_true(fabs(g[0].value - 0.01) < 1e-12);
    assert_int_equal(g[1].verdict, GATE_NOT_MET);
    assert_int_equal(g[2].verdict, GATE_MET); /* of both pairs */
    assert_true(g[2].group[0] != '\0' && g[2].other[0] != '\0');
    assert_int_equal(g[3].verdict, GATE_NOT_ENOUGH);
    assert_string_equal(g[3].group, "B");
    assert_int_equal(g[4].verdict, GATE_NOT_ENOUGH); /* nobody is privileged */
    fairness_close(&p.fairness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_kept_by_all_of_an_interval_or_by_a_value),
        cmocka_unit_test(what_a_degenerate_predictor_keeps_is_no_evidence),
        cmocka_unit_test(a_withheld_number_decides_nothing),
        cmocka_unit_test(what_is_left_empty_is_asked_of_all_and_the_worst_stands),
        cmocka_unit_test(of_two_without_evidence_the_one_without_a_number_is_told),
        cmocka_unit_test(a_task_asks_its_levels_and_no_longer_name),
        cmocka_unit_test(numbers_of_rows_are_held_against_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
