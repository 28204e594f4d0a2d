#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/verdict.h"
#include "tests/support/sample.h"

static char *verdict(const struct report *r)
{
    struct json *tree = report_json(r);
    struct measure_rows leakage, utility;
    rows_open(&leakage, tree, "leakage", "attribute");
    rows_open(&utility, tree, "utility", "task");
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    struct verdict v;
    verdict_open(&v, tree, &leakage, &utility);
    verdict_print(to, &v, 200);
    verdict_close(&v);
    assert_int_equal(fclose(to), 0);
    rows_close(&leakage);
    rows_close(&utility);
    json_close(&tree);
    return text;
}

static void a_verdict_names_number_interval_probe_patients_and_what_stands_beside(void **state)
{
    (void)state;
    struct report r = sample_report(3, false);
    char *text = verdict(&r);
    assert_string_equal(
        text, "From the debiased embeddings, held-out probes read these attributes:\n"
              "  sex with AUC .612 [.582 .642] (linear, 2,199 patients); from the originals .893, "
              "from noise "
              ".498\n"
              "  age with r2 -.012 [-.042 .018] (linear, 2,199 patients); from the originals .445, "
              "from noise "
              ".000\n"
              "  race=Asian/White: withheld, too few patients\n"
              "  For 1 of 2 attributes the strongest probe's 95 % interval lies above chance.\n"
              "From the debiased embeddings, held-out probes read these tasks:\n"
              "  cancer_2y with AUC .761 [.731 .791] (linear, 2,199 patients); from the originals "
              ".778, from "
              "noise .495\n"
              "  cancer_1y: not estimable; the table says why\n"
              "  For 1 of 1 task the strongest probe's 95 % interval lies above chance.\n");
    free(text);
    report_close(&r);
}

static void a_verdict_speaks_of_the_released_embeddings_where_there_are_any(void **state)
{
    (void)state;
    static const struct {
        const char *what, *drop, *opening;
        size_t representations;
    } rows[] = {
        {"debiased among all", "", "From the debiased embeddings", 4},
        {"erasure without it", "debiased", "From the linearly erased embeddings", 4},
        {"originals without both", "debiased", "From the original embeddings", 3},
        {"a plain head", "", "From the original embeddings", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r = sample_report(rows[i].representations, false);
        size_t kept = 0;
        for (size_t m = 0; m < r.measure_count; m++)
            if (strcmp(r.measure[m].representation, rows[i].drop) != 0)
                r.measure[kept++] = r.measure[m];
        r.measure_count = kept;
        char *text = verdict(&r);
        if (strncmp(text, rows[i].opening, strlen(rows[i].opening)) != 0)
            fail_msg("%s: %s", rows[i].what, text);
        free(text);
        report_close(&r);
    }
}

/* What counts is the lower end of the interval, and held-out rows alone. */
static void only_an_interval_above_chance_counts_and_only_on_held_out_patients(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i++) {
        struct measure *m = &r.measure[i];
        if (strcmp(m->target, "cancer_2y") == 0) {
            m->value = .52;
            m->lo = .49;
        }
        if (strcmp(m->target, "sex") == 0)
            m->split = "in-sample";
    }
    char *text = verdict(&r);
    assert_non_null(strstr(text, "For 0 of 1 task "));
    assert_non_null(strstr(text, "For 0 of 1 attribute "));
    assert_null(strstr(text, "sex"));
    free(text);
    report_close(&r);
}

static void a_metric_without_a_chance_level_is_not_counted_above_it(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].metric = "accuracy";
    char *text = verdict(&r);
    assert_non_null(strstr(text, "cancer_2y with accuracy .778 [.748 .808]"));
    assert_null(strstr(text, "above chance"));
    free(text);
    report_close(&r);
}

/* The accuracy of a rare outcome is the majority's: who reads .778 shall see .976 beside it. */
static void an_accuracy_stands_beside_that_of_one_answer_for_everybody(void **state)
{
    (void)state;
    static const struct {
        const char *metric, *split;
        bool told;
    } rows[] = {{"accuracy", "test", true}, {"accuracy", "valid", false}, {"auc", "test", false}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct report r = sample_report(2, false);
        for (size_t i = 0; i < r.measure_count; i++) {
            struct measure *m = &r.measure[i];
            if (strcmp(m->representation, "original") == 0) {
                m->metric = rows[k].metric;
                continue;
            }
            m->representation = "majority";
            m->probe = "constant";
            m->metric = "accuracy";
            m->value = .976;
            m->split = rows[k].split;
        }
        char *text = verdict(&r);
        bool told = strstr(text, "2,199 patients); the same answer for everybody .976") != NULL;
        if (told != rows[k].told)
            fail_msg("row %zu: %s", k, text);
        free(text);
        report_close(&r);
    }
}

static void patients_that_are_hidden_are_not_counted(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].rows = r.measure[i].patients = (double)NAN;
    char *text = verdict(&r);
    assert_non_null(strstr(text, "cancer_2y with AUC .778 [.748 .808] (linear)"));
    free(text);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_names_number_interval_probe_patients_and_what_stands_beside),
        cmocka_unit_test(a_verdict_speaks_of_the_released_embeddings_where_there_are_any),
        cmocka_unit_test(only_an_interval_above_chance_counts_and_only_on_held_out_patients),
        cmocka_unit_test(a_metric_without_a_chance_level_is_not_counted_above_it),
        cmocka_unit_test(an_accuracy_stands_beside_that_of_one_answer_for_everybody),
        cmocka_unit_test(patients_that_are_hidden_are_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
