#include "tests/support/check.h"

#include <math.h>

#include "tests/support/sample.h"
#include "tests/support/sample_fair.h"

struct fixture {
    struct report report;
    struct json *tree;
};

static struct fixture fixture_open(void)
{
    struct fixture f = {.report = sample_report(2, false)};
    sample_fair(&f.report, 1, &sample_calm);
    f.tree = report_json(&f.report);
    return f;
}

static void fixture_close(struct fixture *f)
{
    json_close(&f->tree);
    report_close(&f->report);
}

static bool is(const struct json *object, const char *key, const char *text)
{
    return strcmp(json_string(json_get(object, key), ""), text) == 0;
}

static const struct json *row_of(const struct json *tree, const struct panel *p,
                                 const struct fairness_measure *m)
{
    const struct json *rows = json_get(tree, "fairness");
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        double at = json_real(json_get(row, "threshold"), (double)NAN);
        if (is(row, "task", p->task) && is(row, "attribute", p->attribute) &&
            is(row, "representation", p->representation) && is(row, "probe", p->probe) &&
            is(row, "split", p->split) && is(row, "unit", p->unit) &&
            is(row, "metric", m->metric) && is(row, "other", m->other) &&
            (isnan(at) ? isnan(m->threshold) : at == m->threshold))
            return row;
    }
    fail_msg("no row %s against '%s' at %g", m->metric, m->other, m->threshold);
    return NULL;
}

static const struct json *group_of(const struct json *row, const char *name)
{
    const struct json *groups = json_get(row, "groups");
    for (size_t i = 0; i < json_count(groups); i++)
        if (is(json_at(groups, i), "group", name))
            return json_at(groups, i);
    fail_msg("no group %s", name);
    return NULL;
}

static void check_real(const struct json *object, const char *key, double wanted)
{
    const struct json *value = json_get(object, key);
    assert_non_null(value);
    double got = json_real(value, (double)NAN);
    if (isnan(wanted) ? !isnan(got) : got != wanted)
        fail_msg("%s is %g, %g wanted", key, got, wanted);
}

static void every_measure_has_its_place(void **state)
{
    (void)state;
    struct fixture f = fixture_open();
    size_t met = 0, nested = 0;
    for (size_t i = 0; i < f.report.panel_count; i++) {
        const struct panel *p = &f.report.panel[i];
        for (size_t k = 0; k < p->fairness.count; k++) {
            const struct fairness_measure *m = &p->fairness.measure[k];
            const struct json *row = row_of(f.tree, p, m), *at = row;
            if (m->group[0] != '\0') {
                at = group_of(row, m->group);
                assert_true(is(at, "metric", m->metric));
            } else {
                check_real(row, "noise_floor", m->noise_floor);
                assert_true(is(row, "lowest", m->lowest));
                assert_true(is(row, "highest", m->highest));
            }
            if (m->withheld)
                continue;
            check_real(at, "value", m->value);
            check_real(at, "lo", m->lo);
            check_real(at, "hi", m->hi);
            check_real(at, "rows", m->rows);
            check_real(at, "positives", m->positives);
            assert_true(is(at, "interval", m->interval));
            assert_true(is(at, "why", m->why));
            met++;
        }
    }
    const struct json *rows = json_get(f.tree, "fairness");
    for (size_t i = 0; i < json_count(rows); i++)
        nested += json_count(json_get(json_at(rows, i), "groups"));
    assert_true(met > 500);
    size_t measures = 0;
    for (size_t i = 0; i < f.report.panel_count; i++)
        for (size_t k = 0; k < f.report.panel[i].fairness.count; k++)
            measures += f.report.panel[i].fairness.measure[k].group[0] != '\0' ? 1 : 0;
    assert_int_equal(nested, measures); /* and nothing twice */
    fixture_close(&f);
}

static void a_withheld_group_leaves_no_number(void **state)
{
    (void)state;
    struct fixture f = fixture_open();
    static const char *const keys[] = {"value", "lo", "hi", "rows", "positives"};
    static const struct fairness_measure n = {.metric = "n", .other = "", .threshold = (double)NAN};
    for (size_t i = 0; i < f.report.panel_count; i++) {
        const struct json *group = group_of(row_of(f.tree, &f.report.panel[i], &n), "Other");
        for (size_t k = 0; k < COUNT(keys); k++)
            check_real(group, keys[k], (double)NAN);
        assert_true(json_bool(json_get(group, "suppressed"), false));
        assert_true(is(group, "why", "withheld: a cell is below 11 patients"));
        const struct json *withheld = json_get(json_at(json_get(f.tree, "figures"), i), "withheld");
        assert_int_equal(json_count(withheld), 1);
        assert_string_equal(json_string(json_at(withheld, 0), ""), "Other");
    }
    fixture_close(&f);
}

static void a_row_that_is_withheld_says_nothing(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    sample_fair(&r, 1, &sample_calm);
    struct fairness_measure *m = &r.panel[0].fairness.measure[0];
    while (m->group[0] != '\0')
        m++;
    m->withheld = true;
    struct json *tree = report_json(&r);
    const struct json *row = row_of(tree, &r.panel[0], m);
    static const char *const keys[] = {"value", "lo", "hi", "noise_floor", "rows", "positives"};
    for (size_t k = 0; k < COUNT(keys); k++)
        check_real(row, keys[k], (double)NAN);
    assert_true(json_bool(json_get(row, "withheld"), false));
    json_close(&tree);
    report_close(&r);
}

static void figures_hold_the_curves(void **state)
{
    (void)state;
    struct fixture f = fixture_open();
    const struct json *figures = json_get(f.tree, "figures");
    assert_int_equal(json_count(figures), f.report.panel_count);
    for (size_t i = 0; i < f.report.panel_count; i++) {
        const struct panel *p = &f.report.panel[i];
        const struct json *figure = json_at(figures, i), *curves = json_get(figure, "curves");
        assert_int_equal(json_count(curves), p->curves.count);
        check_real(figure, "unknown", .021);
        assert_int_equal(json_count(json_get(figure, "notes")), p->notes);
        for (size_t c = 0; c < p->curves.count; c++) {
            const struct curve *curve = &p->curves.curve[c];
            const struct json *roc = json_get(json_at(curves, c), "roc");
            const struct json *bins = json_get(json_at(curves, c), "calibration");
            assert_int_equal(json_count(roc), curve->points);
            assert_int_equal(json_count(bins), curve->bins);
            const double point[] = {curve->point[2].threshold, curve->point[2].fpr,
                                    curve->point[2].tpr, curve->point[2].selection_rate,
                                    curve->point[2].ppv};
            for (size_t k = 0; k < COUNT(point); k++)
                assert_true(json_real(json_at(json_at(roc, 2), k), 0) == point[k]);
            assert_true(json_real(json_at(json_at(bins, 1), 6), 0) == curve->bin[1].rows);
        }
    }
    fixture_close(&f);
}

static void a_tolerance_has_its_verdict_in_words(void **state)
{
    (void)state;
    struct fixture f = fixture_open();
    static const char *const verdicts[] = {"met", "not met", "not enough evidence", "met"};
    const struct json *gates = json_get(f.tree, "gate");
    assert_int_equal(json_count(gates), COUNT(verdicts));
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        const struct json *gate = json_at(gates, i);
        assert_true(is(gate, "verdict", verdicts[i]));
        assert_true(is(gate, "rule", "interval"));
        check_real(gate, "most", f.report.gate[i].most);
        check_real(gate, "least", (double)NAN);
        check_real(gate, "threshold", f.report.gate[i].threshold);
        check_real(gate, "value", f.report.gate[i].value);
        assert_true(is(gate, "why", f.report.gate[i].why));
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_measure_has_its_place),
        cmocka_unit_test(a_withheld_group_leaves_no_number),
        cmocka_unit_test(a_row_that_is_withheld_says_nothing),
        cmocka_unit_test(figures_hold_the_curves),
        cmocka_unit_test(a_tolerance_has_its_verdict_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
