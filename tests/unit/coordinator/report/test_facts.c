#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/facts.h"
#include "tests/support/sample.h"

static void a_course_knows_its_ends_and_its_extremes(void **state)
{
    (void)state;
    struct json *tree = sample_json("{\"history\": ["
                                    "{\"round\": 1, \"metric\": \"a\", \"value\": null},"
                                    "{\"round\": 2, \"metric\": \"a\", \"value\": 3},"
                                    "{\"round\": 2, \"metric\": \"b\", \"value\": null},"
                                    "{\"round\": 3, \"metric\": \"a\", \"value\": 1},"
                                    "{\"round\": 4, \"metric\": \"c\", \"value\": 9},"
                                    "{\"round\": 5, \"metric\": \"a\", \"value\": 4},"
                                    "{\"round\": 6, \"metric\": \"a\", \"value\": 2},"
                                    "{\"round\": 7, \"metric\": \"lo.a\", \"value\": 0},"
                                    "{\"round\": 7, \"metric\": \"hi.a\", \"value\": 9},"
                                    "{\"round\": 7, \"metric\": \"a\"}]}");
    struct course course[5];
    assert_int_equal(facts_courses(course, COUNT(course), tree),
                     3); /* ends of intervals are none */
    assert_string_equal(course[0].metric, "a");
    assert_int_equal(course[0].points, 4);
    assert_int_equal(course[0].first_round, 2);
    assert_int_equal(course[0].last_round, 6);
    assert_true(course[0].first == 3 && course[0].last == 2);
    assert_true(course[0].lowest == 1 && course[0].highest == 4);
    assert_string_equal(course[1].metric, "b");
    assert_int_equal(course[1].points, 0);
    assert_true(isnan(course[1].first) && isnan(course[1].highest));
    assert_string_equal(course[2].metric, "c");

    struct course few[2] = {{.metric = ""}, {.metric = "untouched"}};
    assert_int_equal(facts_courses(few, 1, tree), 1);
    assert_int_equal(few[0].points, 4);
    assert_string_equal(few[1].metric, "untouched");
    json_close(&tree);
}

static void one_answer_for_everybody_is_told_where_it_was_measured(void **state)
{
    (void)state;
    static const char sex[] = "{\"attribute\": \"sex\", \"representation\": \"majority\", "
                              "\"metric\": \"accuracy\", \"value\": 0.596, \"split\": \"test\"}";
    static const char age[] = "{\"attribute\": \"age\", \"representation\": \"majority\", "
                              "\"metric\": \"r2\", \"value\": -0.001, \"split\": \"test\"}";
    static const char race[] = "{\"attribute\": \"race=B/W\", \"representation\": \"majority\", "
                               "\"metric\": \"accuracy\", \"value\": null, \"withheld\": true}";
    static const char noise[] = "{\"attribute\": \"sex\", \"representation\": \"noise\", "
                                "\"metric\": \"accuracy\", \"value\": 0.5, \"split\": \"test\"}";
    static const struct {
        const char *list[3];
        bool in_sample;
        const char *text;
    } rows[] = {
        {{sex, race, age},
         false,
         "The same answer for everybody has AUC .5, and accuracy: sex .596; r2: age -.001"},
        {{noise, sex, sex},
         false,
         "The same answer for everybody has AUC .5, and accuracy: sex .596, sex .596"},
        {{age, noise, race}, false, "The same answer for everybody has r2: age -.001"},
        {{noise, race, noise}, false, ""},
        {{sex, age, sex}, true, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        struct measure_rows list;
        snprintf(text, sizeof text, "{\"leakage\": [%s, %s, %s]}", rows[i].list[0], rows[i].list[1],
                 rows[i].list[2]);
        struct json *tree = sample_json(text);
        rows_open(&list, tree, "leakage", "attribute");
        struct fact fact = facts_majority(&list, rows[i].in_sample);
        assert_string_equal(fact.text, rows[i].text);
        rows_close(&list);
        json_close(&tree);
    }
}

static void a_list_of_majorities_that_is_too_long_says_so(void **state)
{
    (void)state;
    char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"utility\": [");
    for (size_t i = 0; i < 40; i++)
        at +=
            (size_t)snprintf(text + at, sizeof text - at,
                             "%s{\"task\": \"stage=level %zu\", \"representation\": \"majority\", "
                             "\"metric\": \"accuracy\", \"value\": 0.5, \"split\": \"test\"}",
                             i == 0 ? "" : ", ", i);
    snprintf(text + at, sizeof text - at, "]}");
    struct json *tree = sample_json(text);
    struct measure_rows list;
    rows_open(&list, tree, "utility", "task");
    struct fact fact = facts_majority(&list, false);
    size_t len = strlen(fact.text);
    assert_true(len < sizeof fact.text && len > sizeof fact.text - 40);
    assert_string_equal(fact.text + len - strlen(" .500, ..."), " .500, ...");
    rows_close(&list);
    json_close(&tree);
}

static void only_plain_aggregation_lets_a_coordinator_read(void **state)
{
    (void)state;
    static const struct {
        const char *json, *aggregation;
        bool plain;
    } rows[] = {
        {"{\"privacy\": {\"aggregation\": \"plain\"}}",
         "plain; updates are not masked, a coordinator could read each site's update", true},
        {"{\"privacy\": {\"aggregation\": \"secure\"}}", "secure", false},
        {"{}", "-", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *tree = sample_json(rows[i].json);
        struct facts privacy = facts_privacy(tree);
        assert_int_equal(facts_plain(tree) != NULL, rows[i].plain);
        assert_string_equal(privacy.fact[0].name, "aggregation");
        assert_string_equal(privacy.fact[0].text, rows[i].aggregation);
        json_close(&tree);
    }
}

static void a_site_is_whole_when_it_is_done_and_missed_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool whole;
    } rows[] = {
        {"{\"state\": \"done\", \"rounds_missed\": 0}", true},
        {"{\"state\": \"done\", \"rounds_missed\": 1}", false},
        {"{\"state\": \"lost\", \"rounds_missed\": 0}", false},
        {"{}", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *site = sample_json(rows[i].json);
        assert_int_equal(facts_whole(site), rows[i].whole);
        json_close(&site);
    }
}

static void digests_are_as_long_as_asked(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    struct json *tree = report_json(&r);
    struct facts brief = facts_provenance(tree, 12), whole = facts_provenance(tree, 64);
    assert_string_equal(brief.fact[2].name, "plan digest");
    assert_string_equal(brief.fact[2].text, "aaaaaaaaaaaa");
    assert_string_equal(whole.fact[4].name, "model digest");
    assert_string_equal(whole.fact[4].text, r.run.model_digest);
    json_close(&tree);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_course_knows_its_ends_and_its_extremes),
        cmocka_unit_test(one_answer_for_everybody_is_told_where_it_was_measured),
        cmocka_unit_test(a_list_of_majorities_that_is_too_long_says_so),
        cmocka_unit_test(only_plain_aggregation_lets_a_coordinator_read),
        cmocka_unit_test(a_site_is_whole_when_it_is_done_and_missed_nothing),
        cmocka_unit_test(digests_are_as_long_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
