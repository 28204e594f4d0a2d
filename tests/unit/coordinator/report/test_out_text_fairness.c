#include "tests/support/check.h"
#include <math.h>

#include "coordinator/report/words.h"

#include "tests/support/sample.h"
#include "tests/support/sample_fair.h"

static char *fair_text(const struct sample_names *names, size_t width)
{
    struct report r = sample_report(2, false);
    sample_fair(&r, 1, names);
    char *text = sample_text(&r, width);
    report_close(&r);
    return text;
}

static void it_says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("`%s` is not said in:\n%s", wanted, text);
}

/* Each somewhere behind the one before. */
static void in_this_order(const char *text, const char *const *wanted, size_t count)
{
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(at, wanted[i]);
        if (found == NULL)
            fail_msg("`%s` is not said, or too early, in:\n%s", wanted[i], text);
        at = found == NULL ? text : found + 1;
    }
}

static void tolerances_come_right_behind_the_verdict_the_worst_first(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "strongest probe's 95 % interval",
        "Of 4 tolerances that the plan stated: 2 met, 1 not met, 1 without enough evidence.",
        "  not met: tpr_gap at .500 of cancer_2y by race (debiased, linear): the interval begins",
        "  not enough evidence: auc_gap of cancer_2y by race (debiased, linear): the interval",
        "  met: auc_gap of cancer_2y by sex",
        "  met: fpr_gap at .250 of cancer_2y by sex",
        "Who took part",
        "Utility, before and after",
        "For whom it works",
        "Leakage, before and after",
    };
    char *text = fair_text(&sample_calm, 160);
    in_this_order(text, wanted, COUNT(wanted));
    free(text);
    struct report r = sample_report(2, false);
    text = sample_text(&r, 160);
    assert_null(strstr(text, "tolerance"));
    assert_null(strstr(text, "For whom"));
    free(text);
    report_close(&r);
}

/* The numbers of a line are those of the panel. */
static void a_line_says_who_is_worst_off_and_by_how_much_groups_differ(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    sample_fair(&r, 1, &sample_calm);
    char *text = sample_text(&r, 200);
    it_says(text, "  task      attribute predictor");
    it_says(text, "TPR gap at .250\n");
    size_t met = 0;
    for (size_t i = 0; i < r.panel_count; i++) {
        const struct panel *p = &r.panel[i];
        const char *worst = p->group[1];
        const struct fairness_measure *auc =
            fairness_find(&p->fairness, "auc", worst, "", (double)NAN);
        const struct fairness_measure *gap =
            fairness_find(&p->fairness, "auc_gap", "", "", (double)NAN);
        assert_non_null(auc);
        assert_non_null(gap);
        char n[7][WORDS_FIGURE_MAX], wanted[512];
        const double v[] = {auc->value, auc->lo, auc->hi,         gap->value,
                            gap->lo,    gap->hi, gap->noise_floor};
        for (size_t k = 0; k < COUNT(v); k++)
            words_figure(n[k], v[k]);
        snprintf(wanted, sizeof(wanted), "%s, linear %s %s [%s %s]", p->representation, worst, n[0],
                 n[1], n[2]);
        it_says(text, wanted);
        snprintf(wanted, sizeof(wanted), "%s [%s %s] (floor %s)", n[3], n[4], n[5], n[6]);
        it_says(text, wanted);
        met++;
    }
    assert_int_equal(met, 4);
    free(text);
    report_close(&r);
}

static void a_panel_without_numbers_takes_no_threshold_from_the_others(void **state)
{
    (void)state;
    for (size_t without = 0; without < 4; without++) {
        struct report r = sample_report(2, false);
        sample_fair(&r, 1, &sample_calm);
        r.panel[without].fairness.count = 0;
        char *text = sample_text(&r, 200);
        it_says(text, "TPR gap at .250\n");
        free(text);
        report_close(&r);
    }
}

static void a_narrow_terminal_gets_sentences(void **state)
{
    (void)state;
    char *text = fair_text(&sample_calm, 80);
    it_says(text, "  cancer_2y by sex (original, linear): lowest AUC male");
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1)
        if (words_columns(at) - words_columns(at + strcspn(at, "\n")) > 80)
            fail_msg("a line of more than 80 columns: %.100s", at);
    free(text);
}

static void who_is_missing_is_named(void **state)
{
    (void)state;
    char *text = fair_text(&sample_calm, 160);
    it_says(
        text,
        "  cancer_2y by race (debiased, linear): Asian has 24 positives: its numbers are wide.\n");
    it_says(text,
            "  cancer_2y by sex (debiased, linear): Other is withheld: fewer than 11 patients.\n");
    it_says(text, "The group of 2.1 % of the scored rows is not known");
    assert_null(strstr(strstr(text, "Asian has") + 1, "Asian has")); /* said once */
    free(text);
}

/* What is of one predictor alone names it; what is of several tasks names neither. */
static void a_remark_says_of_whom_it_is(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    sample_fair(&r, 2, &sample_calm);
    snprintf(r.panel[3].note[0], sizeof(r.panel[3].note[0]), "It reads nothing.");
    char *text = sample_text(&r, 160);
    it_says(text, "  cancer_2y by race (debiased, linear): It reads nothing.\n");
    it_says(text, "  cancer_2y_1 by race (debiased, linear): Asian has 24 positives");
    free(text);
    report_close(&r);
}

static void what_is_no_evidence_is_labelled(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    sample_fair(&r, 1, &sample_calm);
    r.panel[0].split = "in-sample";
    r.panel[2].unit = "row";
    char *text = sample_text(&r, 200);
    it_says(text, "For whom it works (in-sample, not evidence of utility; ");
    it_says(text, "original, linear, in-sample male");
    it_says(text, "  cancer_2y by sex (debiased, linear): Every row counts as a patient");
    free(text);
    report_close(&r);
}

static void a_name_cannot_command_the_terminal(void **state)
{
    (void)state;
    static const struct sample_names bad = {"t\x1B[2J", "a\x1B[2J", "g\x1B[2J", "n\x1B[2J",
                                            "s\x1B[2J"};
    char *text = fair_text(&bad, 160);
    assert_null(strchr(text, '\x1B'));
    it_says(text, "g?[2J");
    it_says(text, "n?[2J");
    it_says(text, "t?[2J by a?[2J");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tolerances_come_right_behind_the_verdict_the_worst_first),
        cmocka_unit_test(a_line_says_who_is_worst_off_and_by_how_much_groups_differ),
        cmocka_unit_test(a_panel_without_numbers_takes_no_threshold_from_the_others),
        cmocka_unit_test(a_narrow_terminal_gets_sentences),
        cmocka_unit_test(who_is_missing_is_named),
        cmocka_unit_test(a_remark_says_of_whom_it_is),
        cmocka_unit_test(what_is_no_evidence_is_labelled),
        cmocka_unit_test(a_name_cannot_command_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
