/* The search that chose a report's settings: in its JSON, its text, its page. */
#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/search.h"
#include "tests/support/markup.h"
#include "tests/support/sample.h"

#define NONE ((double)NAN)

static struct frontier_point points[] = {
    {.setting = {{"model.beta", "0.1"}, {"seed", "1"}},
     .setting_count = 2,
     .standing = {0, .912, 257, "cancer_2y", "sex"},
     .checks_held = true,
     .on_frontier = true},
    {.setting = {{"model.beta", "0.3"}, {"seed", "1"}},
     .setting_count = 2,
     .standing = {-.0125, .634, 257, "cancer_1y", "age"},
     .checks_held = true,
     .on_frontier = true,
     .chosen = true},
    {.setting = {{"model.beta", "<b>"}, {"seed", "1"}},
     .setting_count = 2,
     .standing = {-.35, .551, 257, "cancer_1y", "sex"}},
    {.setting = {{"model.beta", "9"}, {"seed", "1"}},
     .setting_count = 2,
     .standing = {NONE, NONE, NONE, "", ""},
     .why = "training produced NaN"},
};

static struct frontier frontier = {
    .point = points,
    .count = COUNT(points),
    .reference = {{"original", {0, .957, 257, "cancer_2y", "sex"}},
                  {"noise", {-.411, .523, 257, "cancer_2y", "age"}}},
    .reference_count = 2,
    .least = -.02,
};

static struct report searched(void)
{
    struct report r = sample_report(3, false);
    r.frontier = &frontier;
    return r;
}

static void it_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        fail_msg("`%s` is not in: %s", words, text);
}

static void json_has_every_point_the_rule_and_what_to_compare_with(void **state)
{
    (void)state;
    struct report r = searched();
    struct json *tree = report_json(&r);
    char *text = json_text(json_get(tree, "frontier"), 0);
    it_says(text, "{\"point\":2,\"settings\":{\"model.beta\":\"0.3\",\"seed\":\"1\"},"
                  "\"utility\":-0.0125,\"task\":\"cancer_1y\",\"leakage\":0.634,"
                  "\"attribute\":\"age\",\"patients\":257,\"checks_held\":true,"
                  "\"on_frontier\":true,\"chosen\":true,\"split\":\"valid\",\"why\":null}");
    it_says(text, "\"utility\":null,\"task\":null,\"leakage\":null,\"attribute\":null,"
                  "\"patients\":null,\"checks_held\":false,\"on_frontier\":false,"
                  "\"chosen\":false,\"split\":\"valid\",\"why\":\"training produced NaN\"}");
    free(text);
    const struct json *search = json_get(tree, "search");
    it_says(json_string(json_get(search, "rule"), ""), "whose utility is at least -.020;");
    assert_int_equal(json_count(json_get(search, "references")), 2);
    json_close(&tree);
    report_close(&r);
}

static void a_run_by_itself_has_no_search(void **state)
{
    (void)state;
    struct report r = sample_report(3, false);
    struct json *tree = report_json(&r);
    assert_null(json_get(tree, "frontier"));
    assert_null(json_get(tree, "search"));
    json_close(&tree);
    char *text = sample_text(&r, 100), *page = sample_html(&r);
    assert_null(strstr(text, "\nSearch"));
    assert_null(strstr(page, "id=\"search\""));
    free(text);
    free(page);
    report_close(&r);
}

static void the_text_has_a_line_a_point(void **state)
{
    (void)state;
    struct report r = searched();
    char *text = sample_text(&r, 100);
    it_says(text,
            "\nSearch (validation patients)\n"
            "  4 points, 2 of them on the frontier; point 2 is chosen, on 257 validation patients\n"
            "  point  utility  leakage  settings\n"
            "      1     .000     .912  model.beta=0.1, seed=1: frontier\n"
            "      2    -.013     .634  model.beta=0.3, seed=1: chosen\n"
            "      3    -.350     .551  model.beta=<b>, seed=1: checks failed\n"
            "      4        -        -  model.beta=9, seed=1: training produced NaN\n"
            "            .000     .957  original\n"
            "           -.411     .523  noise\n"
            "  The rule: of the points whose checks held");
    it_says(text, "  Every point is the plan with other settings");
    free(text);
    report_close(&r);
}

static void a_chosen_point_whose_checks_failed_says_both(void **state)
{
    (void)state;
    struct json *point = sample_json("{\"chosen\": true, \"on_frontier\": true}");
    char mark[SEARCH_TEXT_MAX];
    search_mark(mark, point);
    assert_string_equal(mark, "chosen, checks failed");
    json_close(&point);
}

static void the_page_draws_points_frontier_choice_and_references(void **state)
{
    (void)state;
    struct report r = searched();
    char *page = sample_html(&r);
    it_says(page, "<a href=\"#search\">Search</a>");
    const char *section = strstr(page, "<section id=\"search\"");
    assert_non_null(section);
    it_says(section,
            "{\"name\":\"points\",\"role\":\"group\",\"dots\":[[0.0,0.912],[-0.35,0.551]]}");
    it_says(section, "{\"name\":\"chosen\",\"role\":\"group\",\"dots\":[[-0.0125,0.634]]}");
    it_says(section, "{\"name\":\"frontier\",\"role\":\"everybody\",\"points\":[[-0.0125,0.634],"
                     "[0.0,0.912]]}");
    it_says(section, "{\"name\":\"original\",\"role\":\"group\",\"dots\":[[0.0,0.957]]}");
    it_says(section, "{\"name\":\"noise\",\"role\":\"reference\",\"points\":[[-0.35,0.523],"
                     "[0.0,0.523]]}");
    char *seen = markup_without_scripts(page);
    it_says(seen, "model.beta=<wbr>0.3");
    assert_null(strstr(seen, "<b>, seed"));
    assert_true(markup_balance(page) > 100);
    free(seen);
    free(page);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_every_point_the_rule_and_what_to_compare_with),
        cmocka_unit_test(a_run_by_itself_has_no_search),
        cmocka_unit_test(the_text_has_a_line_a_point),
        cmocka_unit_test(a_chosen_point_whose_checks_failed_says_both),
        cmocka_unit_test(the_page_draws_points_frontier_choice_and_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
