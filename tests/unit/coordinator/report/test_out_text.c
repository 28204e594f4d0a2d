#include "tests/support/check.h"

#include <ctype.h>

#include "tests/support/sample.h"

static void it_says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("`%s` is not said in:\n%s", wanted, text);
}

static void it_does_not_say(const char *text, const char *unwanted)
{
    if (strstr(text, unwanted) != NULL)
        fail_msg("`%s` is said in:\n%s", unwanted, text);
}

static void a_warning_comes_first_when_a_check_failed(void **state)
{
    (void)state;
    struct report r = sample_report(3, true);
    char *text = sample_text(&r, 100);
    const char *first = "WARNING: 1 of 2 checks failed: noise control\n";
    assert_int_equal(strncmp(text, first, strlen(first)), 0);
    it_says(text, "  FAIL  noise control: reads something\n");
    it_says(text, "  ok    collapse guard: active units: 61 of 64\n");
    free(text);
    report_close(&r);

    r = sample_report(3, false);
    text = sample_text(&r, 100);
    it_does_not_say(text, "WARNING");
    it_does_not_say(text, "FAIL");
    assert_int_equal(strncmp(text, "From the debiased embeddings", 28), 0);
    free(text);
    report_close(&r);
}

/* methods.md section 11, and what is like it. */
static void nothing_is_called_removed_or_preserved(void **state)
{
    (void)state;
    static const char *const forbidden[] = {
        "removed",   "preserved", "eliminated", "bias-free", "unbiased", "anonym",
        "protected", "safe",      "no leakage", "guarantee", "proves",   "private",
    };
    size_t met = 0;
    for (size_t representations = 1; representations <= 4; representations++)
        for (int fails = 0; fails < 2; fails++) {
            struct report r = sample_report(representations, fails == 1);
            char *text = sample_text(&r, 100);
            for (char *c = text; *c != '\0'; c++)
                *c = (char)tolower((unsigned char)*c);
            for (size_t i = 0; i < COUNT(forbidden); i++)
                it_does_not_say(text, forbidden[i]);
            free(text);
            report_close(&r);
            met++;
        }
    assert_int_equal(met, 8);
}

static void a_report_says_what_its_numbers_mean(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "AUC .5 or r2 0 (and less): a probe reads nothing; 1: everything.",
        "95 % interval",
        "Resistance to these probes does not imply resistance to others.",
        "mean of 3 fresh probes",
        "held-out patients",
        "a coordinator could read each site's",
        "no epsilon is claimed",
        "counts from 1 to 10 are withheld",
        "not as in the plan's file: model.beta = 0.5",
        "plan demo, plan digest aaaaaaaaaaaa,",
        "model debias-vae, model digest bbbbbbbbbbbb,",
        "seed 7, rounds 40 of 40",
        "west: lost, joined 12 rounds, missed 28: 7, 14 to 40",
        "4 sites, 3 of them in every round:",
        "north, east, south",
        "train.recon .920 > .413",
        "total 41.2 s",
        "up 1.2 GB",
    };
    struct report r = sample_report(3, false);
    char *text = sample_text(&r, 1000); /* wide: no sentence is broken */
    for (size_t i = 0; i < COUNT(wanted); i++)
        it_says(text, wanted[i]);
    it_does_not_say(text, "aaaaaaaaaaaaa");
    free(text);
    report_close(&r);
}

static void changes_follow_the_table_they_are_of(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    char *text = sample_text(&r, 100);
    const char *utility = strstr(text, "\nUtility, before and after");
    const char *leakage = strstr(text, "\nLeakage, before and after");
    const char *title =
        "\n  Change from the original (same patients and probe; paired 95 % interval)\n  task";
    const char *changes = strstr(utility, title);
    assert_non_null(changes);
    assert_true(changes < leakage);
    it_says(changes, "cancer_2y auc linear -.017 [-.032 -.002]");
    it_says(leakage, "sex              auc linear -.281 [-.296 -.266]");
    free(text);
    report_close(&r);
}

static void a_run_that_compares_nothing_has_one_column(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    char *text = sample_text(&r, 100);
    it_says(text, "\nLeakage (held-out");
    it_says(text, "From the original embeddings, held-out probes read these attributes:");
    it_does_not_say(text, "debiased embeddings");
    it_does_not_say(text, "before and after");
    it_does_not_say(text, "noise  ");
    it_does_not_say(text, "Change from");
    free(text);
    report_close(&r);
}

static void no_line_is_longer_than_the_terminal(void **state)
{
    (void)state;
    for (size_t representations = 1; representations <= 4; representations++)
        for (size_t width = 99; width <= 120; width += 7) {
            struct report r = sample_report(representations, true);
            snprintf(r.measure[0].target, sizeof(r.measure[0].target), "%s",
                     "a=very long name of a level/of another one that is long");
            char *text = sample_text(&r, width);
            for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
                if (strlen(line) > width)
                    fail_msg("%zu columns, %zu wanted: %s", strlen(line), width, line);
            free(text);
            report_close(&r);
        }
}

static void numbers_of_validation_patients_stand_apart_under_their_own_name(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].split = "valid";
    char *text = sample_text(&r, 100);
    it_says(text, "\nOn validation patients: settings are chosen by these");
    it_says(text, "This report holds no number from held-out patients");
    it_does_not_say(text, "fitted to");
    free(text);
    report_close(&r);
}

static void in_sample_numbers_stand_apart_and_carry_no_verdict(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].split = "in-sample";
    char *text = sample_text(&r, 100);
    it_says(text, "This report holds no number from held-out patients, and so no evidence");
    it_says(text, "In-sample (compatibility)");
    it_does_not_say(text, "Leakage");
    it_does_not_say(text, "Utility");
    it_does_not_say(text, "held-out probes read");
    free(text);
    report_close(&r);
}

static void an_empty_report_is_still_a_report(void **state)
{
    (void)state;
    struct report r = {.run = {.aggregation = "plain", .engine = "local"}, .min_cell = 11};
    char *text = sample_text(&r, 100);
    it_says(text, "no number from held-out patients");
    it_says(text, "0 sites");
    free(text);
    report_close(&r);
}

static void another_schema_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"{}", "[]", "3", "{\"schema\": 7}",
                                       "{\"schema\": \"evenhand.report/2\"}"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *tree = sample_json(strcmp(rows[i], "3") == 0 ? "[3]" : rows[i]);
        check_fault(report_text(stdout, tree, 100), EC_IO_JSON);
        json_close(&tree);
    }
}

/* A file that was edited, or comes from a later version: nothing is trusted but the schema. */
static void a_mangled_report_is_told_as_far_as_it_goes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"schema\": \"evenhand.report/1\"}",
        "{\"schema\": \"evenhand.report/1\", \"run\": 3, \"sites\": {\"a\": 1}, \"checks\": [1]}",
        "{\"schema\": \"evenhand.report/1\", \"leakage\": [{\"attribute\": 3}, 7, {}], "
        "\"utility\": [{\"task\": \"t\", \"representation\": \"original\", \"value\": \"x\"}]}",
        "{\"schema\": \"evenhand.report/1\", \"history\": [{\"metric\": 1}, {\"value\": 2}, null], "
        "\"time\": [], \"traffic\": null, \"privacy\": \"none\"}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *tree = sample_json(rows[i]);
        FILE *to = tmpfile();
        assert_non_null(to);
        check_ok(report_text(to, tree, 100));
        assert_true(ftell(to) > 0);
        fclose(to);
        json_close(&tree);
    }
}

static void no_cell_is_withheld_below_the_smallest(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 0, -1, INT64_MIN};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r = {.run = {.aggregation = "plain", .engine = "local"}};
        r.min_cell = rows[i];
        char *text = sample_text(&r, 100);
        it_says(text, "counts from 1 to 0 are withheld");
        free(text);
        report_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_comes_first_when_a_check_failed),
        cmocka_unit_test(nothing_is_called_removed_or_preserved),
        cmocka_unit_test(a_report_says_what_its_numbers_mean),
        cmocka_unit_test(changes_follow_the_table_they_are_of),
        cmocka_unit_test(a_run_that_compares_nothing_has_one_column),
        cmocka_unit_test(no_line_is_longer_than_the_terminal),
        cmocka_unit_test(numbers_of_validation_patients_stand_apart_under_their_own_name),
        cmocka_unit_test(in_sample_numbers_stand_apart_and_carry_no_verdict),
        cmocka_unit_test(an_empty_report_is_still_a_report),
        cmocka_unit_test(another_schema_is_refused),
        cmocka_unit_test(a_mangled_report_is_told_as_far_as_it_goes),
        cmocka_unit_test(no_cell_is_withheld_below_the_smallest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
