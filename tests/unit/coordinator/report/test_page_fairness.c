#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/panels.h"
#include "proto/base/arena.h"
#include "tests/support/markup.h"
#include "tests/support/sample.h"
#include "tests/support/sample_fair.h"

#define PAGE_MAX_BYTES (2 * 1000 * 1000)

static struct report fair_report(size_t times, const struct sample_names *names)
{
    struct report r = sample_report(2, false);
    sample_fair(&r, times, names);
    return r;
}

/* Without scripts. */
static char *seen_html(const struct report *r)
{
    char *page = sample_html(r), *seen = markup_without_scripts(page);
    free(page);
    return seen;
}

static const char *it_says(const char *page, const char *wanted)
{
    const char *found = strstr(page, wanted);
    if (found == NULL)
        fail_msg("`%s` is not said in:\n%s", wanted, page);
    return found;
}

static const struct panel *debiased(const struct report *r, const char *attribute)
{
    for (size_t i = 0; i < r->panel_count; i++)
        if (strcmp(r->panel[i].attribute, attribute) == 0 &&
            strcmp(r->panel[i].representation, "debiased") == 0)
            return &r->panel[i];
    fail();
    return NULL;
}

static void cell_of(char out[static 256], const struct fairness_measure *m)
{
    char n[3][WORDS_FIGURE_MAX];
    const double v[] = {m->value, m->lo, m->hi};
    for (size_t i = 0; i < COUNT(v); i++)
        words_figure(n[i], v[i]);
    snprintf(out, 256, "<td class=\"number\">%s <span class=\"interval\">[%s %s]</span></td>", n[0],
             n[1], n[2]);
}

static void the_forest_has_every_group_and_names_who_is_withheld(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    char *page = seen_html(&r), cell[256], row[512], rows[WORDS_FIGURE_MAX];
    const struct panel *p = debiased(&r, "race");
    const char *at = it_says(page, "<h3>cancer_2y by race</h3>");
    at = it_says(at, "<b>AUC by group.</b> cancer_2y by race, debiased embeddings, linear probe");
    const char *end = it_says(at, "</figure>");
    for (size_t g = 0; g < 3; g++) {
        const struct fairness_measure *m =
            fairness_find(&p->fairness, "auc", p->group[g], "", (double)NAN);
        assert_non_null(m);
        cell_of(cell, m);
        words_count(rows, m->rows);
        snprintf(row, sizeof(row), "<th scope=\"row\">%s</th><td class=\"number\">%s</td>",
                 p->group[g], rows);
        const char *found = it_says(it_says(at, row), cell);
        assert_true(found < end);
    }
    const char *other = it_says(at, "<th scope=\"row\">Other</th><td class=\"number\">-</td>"
                                    "<td class=\"number\">-</td><td class=\"number\">withheld</td>"
                                    "<td>withheld: a cell is below 11 patients</td>");
    assert_true(other < end);
    assert_true(it_says(at, "<th scope=\"row\">Black</th>") <
                it_says(at, "<th scope=\"row\">White</th>")); /* the lowest first */
    free(page);
    report_close(&r);
}

static void a_table_at_a_threshold_has_rates_and_their_largest_difference(void **state)
{
    (void)state;
    static const char *const rates[] = {"selection_rate", "tpr", "fpr", "ppv", "accuracy"};
    struct report r = fair_report(1, &sample_calm);
    char *page = seen_html(&r), cell[256];
    const struct panel *p = debiased(&r, "race");
    const char *at = it_says(page, "<h3>cancer_2y by race</h3>");
    at = it_says(at, "<caption>Positive is a score of at least .500; [lo hi]");
    const char *row = it_says(at, "<th scope=\"row\">Black</th>");
    for (size_t i = 0; i < COUNT(rates); i++) {
        cell_of(cell, fairness_find(&p->fairness, rates[i], "Black", "", .5));
        row = it_says(row, cell) + 1;
    }
    const struct fairness_measure *gap = fairness_find(&p->fairness, "tpr_gap", "", "", .5);
    char n[2][WORDS_FIGURE_MAX];
    words_figure(n[0], gap->value);
    words_figure(n[1], gap->noise_floor);
    row = it_says(at, "<th scope=\"row\">largest difference</th>");
    snprintf(cell, sizeof(cell), "<td class=\"number\">%s <span", n[0]);
    row = it_says(row, cell);
    snprintf(cell, sizeof(cell), "floor %s</span>", n[1]);
    it_says(row, cell);
    free(page);
    report_close(&r);
}

/* The data of the figure whose caption begins so: a tree, the caller's. */
static struct json *data_of(const char *page, const char *caption)
{
    const char *at = it_says(it_says(page, caption), "<script type=\"application/json\">");
    at = strchr(at, '>') + 1;
    struct json *data = NULL;
    check_ok(json_parse(&data, at, (size_t)(it_says(at, "</script>") - at), "data"));
    return data;
}

static const struct json *series_of(const struct json *chart, const char *name)
{
    const struct json *series = json_get(chart, "series");
    for (size_t i = 0; i < json_count(series); i++)
        if (strcmp(json_string(json_get(json_at(series, i), "name"), ""), name) == 0)
            return json_at(series, i);
    fail_msg("no series %s", name);
    return NULL;
}

static double number(const struct json *list, size_t point, size_t at)
{
    return json_real(json_at(json_at(list, point), at), (double)NAN);
}

static void figures_draw_what_the_panel_says(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    char *page = sample_html(&r);
    const struct panel *p = debiased(&r, "race");
    const char *at = it_says(page, "<h3>cancer_2y by race</h3>");
    struct json *data = data_of(at, "<b>ROC and thresholds by group.");
    assert_int_equal(json_count(data), 5);
    const struct curve *black = &p->curves.curve[2];
    assert_string_equal(black->group, "Black");
    const struct json *points = json_get(series_of(json_at(data, 0), "Black"), "points");
    assert_int_equal(json_count(points), black->points);
    for (size_t i = 0; i < black->points; i++) {
        assert_true(fabs(number(points, i, 0) - black->point[i].fpr) < 1e-5);
        assert_true(fabs(number(points, i, 1) - black->point[i].tpr) < 1e-5);
    }
    /* at the plan's .25 and .5, which are points of this curve */
    assert_int_equal(json_count(json_get(series_of(json_at(data, 0), "Black"), "dots")), 2);
    series_of(json_at(data, 0), "everybody");
    json_close(&data);

    data = data_of(it_says(page, "<section id=\"calibration\""), "<b>Calibration by group.");
    const struct json *bars = json_get(series_of(json_at(data, 0), "male"), "bars");
    assert_int_equal(json_count(bars), 4);
    assert_true(fabs(number(bars, 1, 3) - p->curves.curve[2].bin[1].hi) < 1e-5);
    json_close(&data);

    data = data_of(at, "<b>Use against difference.");
    const struct json *arrow = json_get(series_of(json_at(data, 0), "debiased, linear"), "arrows");
    assert_int_equal(json_count(arrow), 1);
    assert_true(number(arrow, 0, 0) > number(arrow, 0, 2)); /* it lost some of its AUC */
    json_close(&data);
    free(page);
    report_close(&r);
}

static void courses_over_rounds_have_their_bands_and_lines(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    char *page = sample_html(&r);
    struct json *data = data_of(page, "<b>Gaps over rounds.");
    const struct json *gap = series_of(json_at(data, 0), "cancer_2y.sex.auc_gap");
    assert_int_equal(json_count(json_get(gap, "points")), 10);
    assert_int_equal(json_count(json_get(gap, "low")), 10);
    assert_true(number(json_get(gap, "high"), 9, 1) == .14);
    const struct json *floor = series_of(json_at(data, 0), "floor of cancer_2y.sex.auc_gap");
    assert_true(number(json_get(floor, "points"), 0, 1) == .05);
    json_close(&data);
    data = data_of(page, "<b>Leakage over rounds.");
    assert_int_equal(json_count(json_get(series_of(json_at(data, 0), "sex.mlp"), "points")), 10);
    const struct json *line = json_get(series_of(json_at(data, 0), "nothing to read"), "points");
    assert_true(number(line, 0, 0) == 4 && number(line, 1, 0) == 40 && number(line, 1, 1) == .5);
    json_close(&data);
    /* and Training does not tell them again */
    it_says(page, "<th scope=\"row\">train.recon</th>");
    assert_null(strstr(page, "<th scope=\"row\">leakage.sex.linear</th>"));
    free(page);
    report_close(&r);
}

static void too_many_courses_are_left_to_the_numbers(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    size_t first = r.history_count, rounds = 100, courses = 40;
    r.history = realloc(r.history, (first + rounds * courses) * sizeof(*r.history));
    assert_non_null(r.history);
    for (size_t i = 0; i < rounds * courses; i++) {
        struct report_point *p = &r.history[r.history_count++];
        *p = (struct report_point){.round = i / courses, .value = .5};
        snprintf(p->metric, sizeof(p->metric), "leakage.x%zu.mlp", i % courses);
    }
    char *page = sample_html(&r);
    struct json *data = data_of(page, "<b>Leakage over rounds.");
    assert_int_equal(json_count(json_get(json_at(data, 0), "series")), 24 + 1);
    assert_int_equal(json_count(json_get(series_of(json_at(data, 0), "x3.mlp"), "points")), 50);
    it_says(page, "<p>24 of 42 are drawn; the others are in report.json.</p>");
    json_close(&data);
    free(page);
    report_close(&r);
}

static void a_lane_shows_the_rounds_that_a_site_missed(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    char *page = sample_html(&r);
    struct json *data = data_of(page, "<b>Rounds by site.");
    const struct json *missed = json_get(series_of(json_at(data, 0), "missed"), "bars");
    const struct json *joined = json_get(series_of(json_at(data, 0), "took part"), "bars");
    assert_int_equal(json_count(missed), 2);
    assert_int_equal(json_count(joined), 3 + 2);
    assert_true(number(missed, 0, 0) == 6 && number(missed, 0, 2) == 7);   /* round 7 */
    assert_true(number(missed, 1, 0) == 13 && number(missed, 1, 2) == 40); /* 14 to 40 */
    assert_true(number(missed, 1, 1) == 2);                                /* west's lane */
    assert_string_equal(json_string(json_at(json_get(json_at(data, 0), "labels"), 2), ""), "west");
    json_close(&data);
    free(page);
    report_close(&r);
}

static void the_verdict_holds_the_tolerances_and_a_table_their_numbers(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    char *page = seen_html(&r);
    const char *at = it_says(page, "<section id=\"verdict\"");
    at = it_says(at, "Of 4 tolerances that the plan stated: 2 met, 1 not met, 1 without");
    at = it_says(at, "<b class=\"failed\">not met</b>: tpr_gap at .500 of cancer_2y by race");
    at = it_says(at, "<b class=\"unsure\">not enough evidence</b>: auc_gap");
    at = it_says(at, "<b class=\"held\">met</b>: auc_gap");
    at = it_says(at, "For whom it works least, by group");
    at = it_says(at, "<b>cancer_2y by sex</b> (debiased, linear): AUC male ");
    at = it_says(at, "; gap .");
    assert_true(at < it_says(page, "<section id=\"sites\""));
    at = it_says(page, "<section id=\"fairness\"");
    at = it_says(at, "<td class=\"failed\">not met</td><th scope=\"row\">tpr_gap</th>"
                     "<td>cancer_2y by race</td><td class=\"number\">.500</td>");
    it_says(at, "<td class=\"number\">at most .100</td>");
    free(page);
    report_close(&r);
}

static void sections_stand_in_their_order_and_say_what_was_not_done(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "verdict", "sites",   "utility", "fairness", "leakage",    "calibration",
        "attack",  "privacy", "left",    "limits",   "provenance", "appendix",
    };
    struct report r = fair_report(1, &sample_calm);
    char *page = seen_html(&r), mark[64];
    const char *at = page;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        snprintf(mark, sizeof(mark), "<section id=\"%s\"", wanted[i]);
        at = it_says(at, mark);
    }
    it_says(page, "<p>This run tried no attack.");
    at = it_says(page, "<section id=\"limits\"");
    it_says(at, "<b>cancer_2y by race</b>: Asian has 24 positives: its numbers are wide.</li>");
    it_says(at, "<b>cancer_2y by sex</b>: Other is withheld: fewer than 11 patients.</li>");
    it_says(at, "<b>west</b>: its patients count for nothing in rounds 7, 14 to 40</li>");
    it_says(page, "<a href=\"#fairness\">Fairness</a></th><td>14 fairness;");
    assert_true(it_says(page, "<li>Asian has 24 positives") < it_says(page, "by race, debiased"));
    free(page);
    report_close(&r);
}

static void a_hostile_name_adds_no_tag(void **state)
{
    (void)state;
    static const char *const bad[] = {"</script><b>x", "\"><img src=x onerror=y>", "<!--<script>",
                                      "]]>&lt;</style>", "x\xE2\x80\xAEy\xE2\x80\xAC"};
    static const struct sample_names plain = {"t", "a", "g", "n", "s"};
    struct report r = fair_report(1, &plain);
    char *page = sample_html(&r), *wanted = markup_bones(page);
    assert_true(markup_balance(page) > 800);
    free(page);
    report_close(&r);
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct sample_names names = {bad[i], bad[i], bad[i], bad[i], bad[i]};
        r = fair_report(1, &names);
        page = sample_html(&r);
        char *got = markup_bones(page);
        if (strcmp(got, wanted) != 0)
            fail_msg("`%s` changed the page's tags", bad[i]);
        assert_null(strstr(page, bad[i])); /* nor in the data */
        free(got);
        free(page);
        report_close(&r);
    }
    free(wanted);
}

/* As many points as a curve can have. */
static void lengthen(struct curve *c)
{
    const size_t points = 300;
    free(c->point);
    c->points = points;
    c->point = must_alloc(points, sizeof(*c->point));
    for (size_t i = 0; i < points; i++) {
        double x = (double)i / (double)(points - 1) * .98765;
        c->point[i] = (struct curve_point){x, x, x, x, x};
    }
}

static void a_page_of_many_predictors_stays_small_and_says_what_it_left_out(void **state)
{
    (void)state;
    struct report r = fair_report(20, &sample_calm);
    for (size_t i = 0; i < r.panel_count; i++)
        for (size_t c = 0; c < r.panel[i].curves.count; c++)
            lengthen(&r.panel[i].curves.curve[c]);
    char *page = sample_html(&r);
    if (strlen(page) > PAGE_MAX_BYTES)
        fail_msg("a page of %zu bytes", strlen(page));
    it_says(page, "24 of 40 pairs of task and attribute are drawn");
    size_t drawn = 0;
    for (const char *at = page; (at = strstr(at, "<b>AUC by group.")) != NULL; at++)
        drawn++;
    assert_int_equal(drawn, 24);
    free(page);
    report_close(&r);
}

/* The task's own head, then the debiased, then what reads most; never in-sample. */
static void what_is_drawn_is_what_the_run_releases(void **state)
{
    (void)state;
    struct report r = fair_report(1, &sample_calm);
    r.panel[3].probe = "mlp";
    r.panel[3].representation = "original"; /* of race then none is debiased; this one reads less */
    struct json *tree = report_json(&r);
    struct panels p;
    panels_open(&p, tree);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.heads, 2);
    assert_true(p.view[2].drawn);  /* debiased, by sex */
    assert_false(p.view[0].drawn); /* original, by sex */
    assert_true(p.view[1].drawn);  /* original, by race, linear: reads more than */
    assert_false(p.view[3].drawn); /* mlp */
    panels_close(&p);
    json_close(&tree);

    r.panel[0].probe = "given";
    r.panel[2].split = "in-sample";
    tree = report_json(&r);
    panels_open(&p, tree);
    assert_true(p.view[0].drawn);
    assert_false(p.view[2].drawn);
    panels_close(&p);
    json_close(&tree);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forest_has_every_group_and_names_who_is_withheld),
        cmocka_unit_test(a_table_at_a_threshold_has_rates_and_their_largest_difference),
        cmocka_unit_test(figures_draw_what_the_panel_says),
        cmocka_unit_test(courses_over_rounds_have_their_bands_and_lines),
        cmocka_unit_test(too_many_courses_are_left_to_the_numbers),
        cmocka_unit_test(a_lane_shows_the_rounds_that_a_site_missed),
        cmocka_unit_test(the_verdict_holds_the_tolerances_and_a_table_their_numbers),
        cmocka_unit_test(sections_stand_in_their_order_and_say_what_was_not_done),
        cmocka_unit_test(a_hostile_name_adds_no_tag),
        cmocka_unit_test(a_page_of_many_predictors_stays_small_and_says_what_it_left_out),
        cmocka_unit_test(what_is_drawn_is_what_the_run_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
