#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/rows.h"
#include "tests/support/sample.h"

struct fixture {
    struct report report;
    struct json *tree;
    struct measure_rows leakage, utility;
};

static struct fixture fixture_open(size_t representations)
{
    struct fixture f = {.report = sample_report(representations, false)};
    f.tree = report_json(&f.report);
    rows_open(&f.leakage, f.tree, "leakage", "attribute");
    rows_open(&f.utility, f.tree, "utility", "task");
    return f;
}

static void fixture_close(struct fixture *f)
{
    rows_close(&f->leakage);
    rows_close(&f->utility);
    json_close(&f->tree);
    report_close(&f->report);
}

static char *printed(const struct measure_rows *rows, enum rows_what what, size_t width)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    rows_print(to, rows, false, what, "attribute", width);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void rows_of_a_target_stand_together(void **state)
{
    (void)state;
    static const struct {
        const char *target, *metric, *probe;
    } want[] = {
        {"sex", "auc", "linear"},
        {"sex", "auc", "mlp"},
        {"age", "r2", "linear"},
        {"age", "r2", "mlp"},
        {"race=Asian/White", "auc", "linear"},
        {"race=Asian/White", "auc", "mlp"},
    };
    struct fixture f = fixture_open(3);
    assert_int_equal(f.leakage.count, COUNT(want));
    assert_int_equal(f.utility.count, 4);
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_string_equal(f.leakage.row[i].target, want[i].target);
        assert_string_equal(f.leakage.row[i].metric, want[i].metric);
        assert_string_equal(f.leakage.row[i].probe, want[i].probe);
        assert_non_null(f.leakage.row[i].cell[REP_NOISE]);
        assert_null(f.leakage.row[i].cell[REP_ERASURE]);
    }
    fixture_close(&f);
}

static void a_cell_shows_a_number_or_why_there_is_none(void **state)
{
    (void)state;
    /* original, debiased, noise, patients; a negative r2, no minus before zero; the target named
     * once; withheld without its patients; the reason, once */
    static const char *const lines[] = {
        "  sex              auc linear .893 [.863 .923] .612 [.582 .642]    .498 [.468 .528]      "
        "2,199",
        "  age              r2  linear .445 [.415 .475] -.012 [-.042 .018]  .000 [-.030 .030]     "
        "2,199",
        "                   auc mlp    .873 [.843 .903] .592 [.562 .622]    .478 [.448 .508]      "
        "2,199",
        "  race=Asian/White auc linear withheld         withheld            withheld               "
        "   -",
        "  race=Asian/White: fewer than 11 patients in a class",
    };
    struct fixture f = fixture_open(3);
    char *text = printed(&f.leakage, ROWS_VALUES, 100);
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *found = strstr(text, lines[i]);
        if (found == NULL || found[strlen(lines[i])] != '\n')
            fail_msg("%s\nis missing in:\n%s", lines[i], text);
    }
    assert_null(strstr(strstr(text, "fewer than") + 1, "fewer than"));
    assert_null(strstr(text, "erasure"));
    free(text);
    text = printed(&f.utility, ROWS_VALUES, 100);
    assert_non_null(strstr(text, "cancer_1y auc linear .801 [.771 .831] not estimable "));
    assert_non_null(strstr(text, "\n  cancer_1y: all scores are equal\n"));
    free(text);
    fixture_close(&f);
}

static void a_table_that_is_too_wide_names_targets_on_lines_of_their_own(void **state)
{
    (void)state;
    struct fixture f = fixture_open(4);
    char *text = printed(&f.leakage, ROWS_VALUES, 100);
    assert_non_null(strstr(text, "\n  sex\n   auc linear .893 [.863 .923] .612"));
    assert_non_null(strstr(text, " erasure "));
    free(text);
    text = printed(&f.leakage, ROWS_VALUES, 120);
    assert_non_null(strstr(text, "\n  sex              auc linear .893"));
    free(text);
    fixture_close(&f);
}

static void a_line_is_never_longer_than_the_width(void **state)
{
    (void)state;
    struct fixture f = fixture_open(4);
    size_t layouts[2] = {0};
    for (size_t width = 98; width < 130; width++) {
        char *text = printed(&f.leakage, ROWS_VALUES, width);
        layouts[strstr(text, "\n  sex\n") != NULL]++;
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            if (strlen(line) > width)
                fail_msg("%zu columns, %zu wanted: %s", strlen(line), width, line);
        free(text);
    }
    assert_true(layouts[0] > 0);
    assert_true(layouts[1] > 0);
    fixture_close(&f);
}

static void a_change_stands_with_its_sign_and_the_originals_have_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "  sex              auc linear -.281 [-.296 -.266] -.395 [-.410 -.380]    2,199",
        "                   auc mlp    -.281 [-.296 -.266] -.395 [-.410 -.380]    2,199",
        "  race=Asian/White auc linear withheld            withheld                   -",
    };
    struct fixture f = fixture_open(3);
    char *text = printed(&f.leakage, ROWS_CHANGES, 100);
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *found = strstr(text, lines[i]);
        if (found == NULL || found[strlen(lines[i])] != '\n')
            fail_msg("%s\nis missing in:\n%s", lines[i], text);
    }
    assert_null(strstr(text, "original"));
    assert_null(strstr(text, "fewer than")); /* the table of values says why */
    free(text);
    text = printed(&f.utility, ROWS_CHANGES, 100);
    assert_non_null(strstr(text, " cancer_2y auc linear -.017 [-.032 -.002] -.283"));
    assert_non_null(strstr(text, " cancer_1y auc linear not estimable       -.291"));
    free(text);
    fixture_close(&f);
}

static void rows_without_a_change_are_in_no_table_of_changes(void **state)
{
    (void)state;
    struct fixture f = fixture_open(1);
    assert_false(rows_any(&f.leakage, false, ROWS_CHANGES));
    assert_true(rows_any(&f.leakage, false, ROWS_VALUES));
    char *text = printed(&f.leakage, ROWS_CHANGES, 100);
    assert_string_equal(text, "");
    free(text);
    fixture_close(&f);
    f = fixture_open(3);
    assert_true(rows_any(&f.leakage, false, ROWS_CHANGES));
    assert_false(rows_any(&f.leakage, true, ROWS_CHANGES));
    assert_true(rows_have(&f.leakage, REP_NOISE, false, ROWS_CHANGES));
    assert_false(rows_have(&f.leakage, REP_ORIGINAL, false, ROWS_CHANGES));
    fixture_close(&f);
}

/* A number that is marked as withheld takes its change with it. */
static void a_change_of_a_number_marked_as_withheld_is_not_shown(void **state)
{
    (void)state;
    struct json *tree = sample_json(
        "{\"leakage\": [{\"attribute\": \"sex\", \"representation\": \"debiased\", \"probe\": "
        "\"mlp\", \"metric\": \"auc\", \"split\": \"test\", \"withheld\": true, "
        "\"change\": {\"from\": \"original\", \"value\": -0.25, \"lo\": -0.5, \"hi\": 0.125}}]}");
    struct measure_rows rows;
    rows_open(&rows, tree, "leakage", "attribute");
    char *text = printed(&rows, ROWS_CHANGES, 100);
    assert_non_null(strstr(text, "withheld"));
    assert_null(strpbrk(text, "0123456789"));
    free(text);
    rows_close(&rows);
    json_close(&tree);
}

static void a_row_shows_the_fewest_patients_behind_it(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    r.measure[0].patients = 1061; /* sex, linear, original */
    struct json *tree = report_json(&r);
    struct measure_rows rows;
    rows_open(&rows, tree, "leakage", "attribute");
    char *text = printed(&rows, ROWS_VALUES, 100);
    assert_non_null(strstr(text, ".612 [.582 .642]       1,061\n"));
    free(text);
    rows_close(&rows);
    json_close(&tree);
    report_close(&r);
}

/* A file may have been edited: what is marked as withheld is not shown, whatever stands there. */
static void a_number_marked_as_withheld_is_not_shown(void **state)
{
    (void)state;
    struct json *tree = sample_json(
        "{\"leakage\": [{\"attribute\": \"sex\", \"representation\": \"original\", \"probe\": "
        "\"mlp\", "
        "\"metric\": \"auc\", \"value\": 0.75, \"lo\": 0.7, \"hi\": 0.8, \"patients\": 7, "
        "\"split\": \"test\", \"withheld\": true}]}");
    struct measure_rows rows;
    rows_open(&rows, tree, "leakage", "attribute");
    assert_true(isnan(rows_value(rows.row[0].cell[REP_ORIGINAL], "value")));
    assert_null(rows_strongest(&rows, "sex", "auc", REP_ORIGINAL));
    char *text = printed(&rows, ROWS_VALUES, 100);
    assert_non_null(strstr(text, "withheld"));
    assert_null(strchr(text, '7'));
    free(text);
    rows_close(&rows);
    json_close(&tree);
}

static void the_strongest_probe_speaks(void **state)
{
    (void)state;
    struct fixture f = fixture_open(3);
    const struct measure_row *row = rows_strongest(&f.leakage, "sex", "auc", REP_DEBIASED);
    assert_non_null(row);
    assert_string_equal(row->probe, "linear");
    assert_null(rows_strongest(&f.leakage, "race=Asian/White", "auc", REP_DEBIASED));
    assert_null(rows_strongest(&f.utility, "cancer_1y", "auc", REP_DEBIASED));
    assert_non_null(rows_strongest(&f.utility, "cancer_1y", "auc", REP_ORIGINAL));
    assert_null(rows_strongest(&f.leakage, "sex", "r2", REP_DEBIASED));
    assert_true(isnan(rows_value(NULL, "value")));
    fixture_close(&f);
}

static void in_sample_numbers_never_speak(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i += 3)
        r.measure[i].split = "in-sample";
    for (size_t i = 0; i < r.measure_count; i++)
        if (strcmp(r.measure[i].split, "test") != 0)
            r.measure[i].value = .999;
    struct json *tree = report_json(&r);
    struct measure_rows rows;
    rows_open(&rows, tree, "leakage", "attribute");
    for (size_t i = 0; i < rows.count; i++)
        for (size_t rep = 0; rep < REP_COUNT; rep++) {
            const struct json *cell = rows.row[i].cell[rep];
            if (cell == NULL)
                continue;
            const char *split = json_string(json_get(cell, "split"), "");
            assert_int_equal(rows.row[i].in_sample, strcmp(split, "test") != 0);
        }
    const struct measure_row *row = rows_strongest(&rows, "sex", "auc", REP_DEBIASED);
    assert_true(row == NULL || rows_value(row->cell[REP_DEBIASED], "value") < .9);
    rows_close(&rows);
    json_close(&tree);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_target_stand_together),
        cmocka_unit_test(a_cell_shows_a_number_or_why_there_is_none),
        cmocka_unit_test(a_table_that_is_too_wide_names_targets_on_lines_of_their_own),
        cmocka_unit_test(a_line_is_never_longer_than_the_width),
        cmocka_unit_test(a_change_stands_with_its_sign_and_the_originals_have_none),
        cmocka_unit_test(rows_without_a_change_are_in_no_table_of_changes),
        cmocka_unit_test(a_change_of_a_number_marked_as_withheld_is_not_shown),
        cmocka_unit_test(a_row_shows_the_fewest_patients_behind_it),
        cmocka_unit_test(a_number_marked_as_withheld_is_not_shown),
        cmocka_unit_test(the_strongest_probe_speaks),
        cmocka_unit_test(in_sample_numbers_never_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
