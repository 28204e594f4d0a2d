#include "tests/support/check.h"

#include <math.h>

#include "tests/support/sample.h"

/* The row of a list with these four words; fails when there is none. */
static const struct json *row_of(const struct json *report, const char *list, const char *target,
                                 const char *representation, const char *probe)
{
    const struct json *rows = json_get(report, list);
    const char *key = strcmp(list, "leakage") == 0 ? "attribute" : "task";
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        if (strcmp(json_string(json_get(row, key), ""), target) == 0 &&
            strcmp(json_string(json_get(row, "representation"), ""), representation) == 0 &&
            strcmp(json_string(json_get(row, "probe"), ""), probe) == 0)
            return row;
    }
    fail_msg("%s: no row %s, %s, %s", list, target, representation, probe);
    return NULL;
}

static void a_report_has_the_keys_of_its_schema(void **state)
{
    (void)state;
    static const struct {
        const char *group, *keys; /* in this order, and no others */
    } rows[] = {
        {"", "schema run sites utility leakage fairness figures gate attack privacy history "
             "traffic time memory "
             "checks "},
        {"run",
         "id plan plan_digest model_digest model seed rounds_planned rounds_done aggregation "
         "engine version overrides "},
        {"privacy", "aggregation mechanism epsilon delta clip noise min_cell "},
        {"traffic", "bytes_up bytes_down bytes_model "},
        {"memory", "peak_bytes "},
        {"time", "total_s train_s wait_s aggregate_s evaluate_s "},
    };
    struct report r = sample_report(3, false);
    struct json *tree = report_json(&r);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct json *group = rows[i].group[0] == '\0' ? tree : json_get(tree, rows[i].group);
        char got[512] = "";
        size_t at = 0;
        for (size_t k = 0; k < json_count(group); k++)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "%s ", json_key_at(group, k));
        if (strcmp(got, rows[i].keys) != 0)
            fail_msg("%s: %s", rows[i].group, got);
    }
    assert_string_equal(json_string(json_get(tree, "schema"), ""), "evenhand.report/1");
    const struct json *missed = json_get(json_at(json_get(tree, "sites"), 2), "missed");
    assert_int_equal(json_count(missed), 2);
    assert_int_equal(json_real(json_at(json_at(missed, 1), 0), 0), 14);
    assert_int_equal(json_real(json_at(json_at(missed, 1), 1), 0), 40);
    assert_int_equal(json_count(json_get(tree, "fairness")), 0);
    assert_int_equal(json_count(json_get(tree, "attack")), 0);
    json_close(&tree);
    report_close(&r);
}

static void digests_are_whole(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    struct json *tree = report_json(&r);
    const struct json *run = json_get(tree, "run");
    assert_int_equal(strlen(json_string(json_get(run, "plan_digest"), "")), 64);
    assert_int_equal(strlen(json_string(json_get(run, "model_digest"), "")), 64);
    const struct json *overrides = json_get(run, "overrides");
    assert_string_equal(json_string(json_get(overrides, "model.beta"), ""), "0.5");
    json_close(&tree);
    report_close(&r);
}

static void is_null(const struct json *row, const char *key)
{
    const struct json *value = json_get(row, key);
    assert_non_null(value);
    assert_true(isnan(json_real(value, (double)NAN)));
    assert_null(json_string(value, NULL));
}

static void a_withheld_number_leaves_no_trace(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    struct json *tree = report_json(&r);
    const struct json *row = row_of(tree, "leakage", "race=Asian/White", "debiased", "mlp");
    static const char *const keys[] = {"value", "lo", "hi", "rows", "patients"};
    for (size_t i = 0; i < COUNT(keys); i++)
        is_null(row, keys[i]);
    for (size_t i = 0; i < 3; i++)
        is_null(json_get(row, "change"), keys[i]);
    assert_true(json_bool(json_get(row, "withheld"), false));
    assert_string_equal(json_string(json_get(row, "why"), ""), "fewer than 11 patients in a class");
    json_close(&tree);
    report_close(&r);
}

static void a_number_keeps_its_interval_and_its_seeds(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    struct json *tree = report_json(&r);
    const struct json *row = row_of(tree, "utility", "cancer_2y", "original", "linear");
    assert_true(json_real(json_get(row, "value"), 0) == .778);
    assert_true(json_real(json_get(row, "hi"), 0) == .778 + .03);
    assert_int_equal(json_int(json_get(row, "rows"), 0), 11250);
    assert_int_equal(json_int(json_get(row, "patients"), 0), 2199);
    assert_int_equal(json_int(json_get(row, "seeds"), 0), 3);
    assert_string_equal(json_string(json_get(row, "interval"), ""), "clustered");
    assert_string_equal(json_string(json_get(row, "split"), ""), "test");
    assert_false(json_bool(json_get(row, "withheld"), true));
    is_null(row, "why");
    json_close(&tree);
    report_close(&r);
}

static void a_change_says_from_what_and_an_original_has_none(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    struct json *tree = report_json(&r);
    is_null(row_of(tree, "leakage", "sex", "original", "mlp"), "change");
    const struct json *change =
        json_get(row_of(tree, "leakage", "sex", "debiased", "mlp"), "change");
    assert_string_equal(json_string(json_get(change, "from"), ""), "original");
    assert_true(json_real(json_get(change, "value"), 0) == .612 - .893);
    assert_true(json_real(json_get(change, "lo"), 0) == .612 - .893 - .015);
    assert_true(json_real(json_get(change, "hi"), 0) == .612 - .893 + .015);
    assert_string_equal(json_string(json_get(change, "interval"), ""), "clustered");
    json_close(&tree);
    report_close(&r);
}

static void what_is_not_a_number_is_null_and_says_why(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    struct json *tree = report_json(&r);
    const struct json *row = row_of(tree, "utility", "cancer_1y", "debiased", "linear");
    is_null(row, "value");
    is_null(row, "lo");
    assert_false(json_bool(json_get(row, "withheld"), true));
    assert_string_equal(json_string(json_get(row, "why"), ""), "all scores are equal");
    json_close(&tree);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_has_the_keys_of_its_schema),
        cmocka_unit_test(digests_are_whole),
        cmocka_unit_test(a_withheld_number_leaves_no_trace),
        cmocka_unit_test(a_number_keeps_its_interval_and_its_seeds),
        cmocka_unit_test(a_change_says_from_what_and_an_original_has_none),
        cmocka_unit_test(what_is_not_a_number_is_null_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
