/* Attacks of a report: as JSON, sorted into lines, in the text and on the page. */
#include "tests/support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/report/trials.h"
#include "proto/base/arena.h"
#include "tests/support/markup.h"
#include "tests/support/sample.h"

#define RATES 3

static const double rates[RATES] = {0, .5, 1};

/* FNR of the target at .5 and by rank, FNR of the others, the gap, FPR and AUC of all. */
struct numbers {
    double target, target_rank, other, gap, fpr, auc;
};
static const struct numbers original[RATES] = {
    {.3, .4, .31, .01, .2, .77},
    {.7, .75, .32, .38, .18, .70},
    {(double)NAN, (double)NAN, .42, (double)NAN, .1, .6}};
static const struct numbers debiased[RATES] = {
    {.3, .4, .3, .01, .2, .75}, {.5, .5, .5, .02, .15, .72}, {.7, .5, .71, .02, .1, .7}};

static void add(struct fairness *f, const char *metric, const char *group, double threshold,
                double value)
{
    f->measure[f->count++] = (struct fairness_measure){.metric = metric,
                                                       .group = group,
                                                       .other = "",
                                                       .threshold = threshold,
                                                       .value = isnan(value) ? .99 : value,
                                                       .lo = value - .1,
                                                       .hi = value + .1,
                                                       .interval = "wilson",
                                                       .withheld = isnan(value),
                                                       .lowest = "",
                                                       .highest = ""};
}

static void fill(struct trial *t, const char *representation, double rate, const char *target,
                 const struct numbers *n)
{
    *t = (struct trial){.rate = rate,
                        .fixed = .5,
                        .rank = .25,
                        .panel = {.representation = representation,
                                  .probe = "linear",
                                  .split = "test",
                                  .unit = "patient"}};
    snprintf(t->panel.task, sizeof t->panel.task, "cancer_2y");
    snprintf(t->panel.attribute, sizeof t->panel.attribute, "sex");
    snprintf(t->target, sizeof t->target, "%s", target);
    struct fairness *f = &t->panel.fairness;
    f->measure = must_alloc(16, sizeof *f->measure);
    add(f, "fnr", target, .5, n->target);
    add(f, "fnr", target, .25, n->target_rank);
    add(f, "fnr", "male", .5, n->other);
    add(f, "fnr_gap", "", .5, n->gap);
    add(f, "fpr", "", .5, n->fpr);
    add(f, "auc", "", (double)NAN, n->auc);
    add(f, "brier", "", (double)NAN, .123456);
}

static struct report attacked(const char *target)
{
    struct report r = sample_report(2, false);
    r.trial = must_alloc(2 * RATES, sizeof *r.trial);
    r.trial_count = 2 * RATES;
    for (size_t i = 0; i < RATES; i++) {
        fill(&r.trial[i], "original", rates[i], target, &original[i]);
        fill(&r.trial[RATES + i], "debiased", rates[i], target, &debiased[i]);
    }
    return r;
}

static void it_says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("`%s` is not said in:\n%s", wanted, text);
}

static bool is(const struct json *row, const char *key, const char *want)
{
    return strcmp(json_string(json_get(row, key), ""), want) == 0;
}

static void json_has_a_row_a_number_and_none_that_is_withheld(void **state)
{
    (void)state;
    struct report r = attacked("female");
    struct json *tree = report_json(&r);
    const struct json *rows = json_get(tree, "attack");
    size_t withheld = 0, fixed = 0, rank = 0;
    assert_int_equal(json_count(rows), 2 * RATES * 6);
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        assert_true(is(row, "task", "cancer_2y") && is(row, "target", "female"));
        assert_false(is(row, "metric", "brier"));
        fixed += is(row, "rule", "fixed"), rank += is(row, "rule", "rank");
        if (!json_bool(json_get(row, "withheld"), false))
            continue;
        withheld++;
        assert_true(isnan(json_real(json_get(row, "value"), (double)NAN)));
        assert_true(isnan(json_real(json_get(row, "hi"), (double)NAN)));
    }
    assert_int_equal(withheld, 3);
    assert_int_equal(fixed, 2 * RATES * 4);
    assert_int_equal(rank, 2 * RATES);
    json_close(&tree);
    report_close(&r);
}

/* Where both rules chose one threshold, its numbers stand under both. */
static void one_threshold_may_be_both(void **state)
{
    (void)state;
    struct trial t = {.fixed = .5, .rank = .5};
    const char *rule[2];
    assert_int_equal(trial_rules(rule, &t, .5), 2);
    assert_string_equal(rule[0], "fixed");
    assert_string_equal(rule[1], "rank");
    t.rank = (double)NAN;
    assert_int_equal(trial_rules(rule, &t, .5), 1);
    assert_int_equal(trial_rules(rule, &t, (double)NAN), 1);
    assert_string_equal(rule[0], "");
    assert_int_equal(trial_rules(rule, &t, .3), 0);
}

static void lines_are_rates_of_a_predictor_of_an_attack(void **state)
{
    (void)state;
    struct report r = attacked("female");
    struct json *tree = report_json(&r);
    struct trials t;
    trials_open(&t, tree);
    assert_int_equal(t.count, 2 * RATES);
    for (size_t i = 0; i < t.count; i++) {
        assert_int_equal(t.line[i].head, 0);
        assert_int_equal(t.line[i].base, i / RATES * RATES);
        assert_true(t.line[i].rate == rates[i % RATES]);
        assert_int_equal(trials_last(&t, i), i % RATES == RATES - 1);
    }
    const struct trial_line *half = &t.line[1];
    assert_true(rows_value(half->cell[TRIAL_FNR], "value") == .7);
    assert_true(rows_value(half->cell[TRIAL_FNR_RANK], "value") == .75);
    assert_true(rows_value(half->cell[TRIAL_GAP], "value") == .38);
    assert_true(rows_value(half->cell[TRIAL_FPR], "value") == .18);
    assert_true(rows_value(half->cell[TRIAL_AUC_ALL], "value") == .70);
    assert_null(half->cell[TRIAL_AUC]);
    trials_close(&t);
    json_close(&tree);
    report_close(&r);
}

/* .3 to .7 of the originals at half the rate; the debiased move as far, later. */
static void the_sentence_names_the_largest_change_and_what_is_hidden(void **state)
{
    (void)state;
    struct report r = attacked("female");
    char *text = sample_text(&r, 200);
    it_says(text,
            "The largest change: FNR of target at .5 of original, linear, from .300 at rate 0 to "
            ".700 at rate 0.5; numbers that are withheld may have changed more.");
    free(text);
    r.trial[2].panel.fairness.measure[0].withheld = false; /* .99 */
    r.trial[2].panel.fairness.measure[1].withheld = false;
    text = sample_text(&r, 200);
    it_says(text, "from .300 at rate 0 to .990 at rate 1.");
    free(text);
    report_close(&r);
}

static void the_text_has_a_line_a_predictor_and_breaks_where_it_is_narrow(void **state)
{
    (void)state;
    struct report r = attacked("female");
    char *text = sample_text(&r, 120);
    it_says(text, "Attack: cancer_2y, positives of sex = female made negatives in training");
    it_says(text, "  debiased, linear .300 > .700");
    it_says(text, ".400 > .500");
    it_says(text, "  original, linear .300 > withheld");
    free(text);
    text = sample_text(&r, 80);
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1)
        assert_true(strcspn(at, "\n") <= 80);
    free(text);
    report_close(&r);
    r = sample_report(2, false);
    text = sample_text(&r, 120);
    assert_null(strstr(text, "Attack"));
    free(text);
    report_close(&r);
}

static void the_page_has_every_rate_and_no_tag_of_a_name(void **state)
{
    (void)state;
    struct report r = attacked("<b>female</b>");
    char *page = sample_html(&r), *seen = markup_without_scripts(page);
    markup_balance(seen);
    it_says(seen, "<th scope=\"row\">original, linear</th><td class=\"number\">.500</td>"
                  "<td class=\"number\">.700 <span class=\"interval\">[.600 .800]</span></td>");
    it_says(seen, "<td class=\"number\">withheld</td>");
    it_says(seen, "&lt;b&gt;female&lt;/b&gt;");
    it_says(seen, "The largest change:");
    it_says(seen, "No other attack was tried.");
    assert_null(strstr(seen, "<b>female"));
    free(page);
    free(seen);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_a_row_a_number_and_none_that_is_withheld),
        cmocka_unit_test(one_threshold_may_be_both),
        cmocka_unit_test(lines_are_rates_of_a_predictor_of_an_attack),
        cmocka_unit_test(the_sentence_names_the_largest_change_and_what_is_hidden),
        cmocka_unit_test(the_text_has_a_line_a_predictor_and_breaks_where_it_is_narrow),
        cmocka_unit_test(the_page_has_every_rate_and_no_tag_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
