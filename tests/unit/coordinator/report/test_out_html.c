#include "tests/support/check.h"

#include <ctype.h>

#include "coordinator/report/page.h"
#include "tests/support/markup.h"
#include "tests/support/sample.h"

static void it_says(const char *page, const char *wanted)
{
    if (strstr(page, wanted) == NULL)
        fail_msg("`%s` is not said in:\n%s", wanted, page);
}

static void it_does_not_say(const char *page, const char *unwanted)
{
    const char *found = strstr(page, unwanted);
    if (found != NULL)
        fail_msg("`%s` is said: %.80s", unwanted, found);
}

/* The page as a reader has it: without scripts, which have tests of their own. */
static char *seen_html(const struct report *r)
{
    char *page = sample_html(r), *seen = markup_without_scripts(page);
    free(page);
    return seen;
}

/* The data of the first figure. */
static const char *data_of(const char *page, size_t *len)
{
    const char *data = strstr(page, "<script type=\"application/json\">");
    assert_non_null(data);
    data = strchr(data, '>') + 1;
    const char *end = strstr(data, "</script>\n");
    assert_non_null(end);
    *len = (size_t)(end - data);
    return data;
}

static void tags_are_balanced(void **state)
{
    (void)state;
    size_t met = 0;
    for (size_t representations = 1; representations <= 4; representations++)
        for (unsigned odd = 0; odd < 4; odd++) {
            struct report r = sample_report(representations, (odd & 1) != 0);
            for (size_t i = 0; i < r.measure_count && (odd & 2) != 0; i += 2)
                r.measure[i].split = "in-sample";
            char *page = sample_html(&r);
            assert_true(markup_balance(page) > 200);
            free(page);
            report_close(&r);
            met++;
        }
    assert_int_equal(met, 16);
}

/* Everything that a file or a peer can name. */
static struct report report_named(const char *name)
{
    struct report r = sample_report(4, true);
    r.run.aggregation = r.run.engine = r.site[1].state = name;
    snprintf(r.run.id, sizeof(r.run.id), "%s", name);
    snprintf(r.run.plan, sizeof(r.run.plan), "%s", name);
    snprintf(r.run.model, sizeof(r.run.model), "%s", name);
    snprintf(r.run.plan_digest, sizeof(r.run.plan_digest), "%s", name);
    snprintf(r.run.model_digest, sizeof(r.run.model_digest), "%s", name);
    snprintf(r.run.version, sizeof(r.run.version), "%.31s", name);
    snprintf(r.site[0].name, sizeof(r.site[0].name), "%s", name);
    snprintf(r.history[0].metric, sizeof(r.history[0].metric), "%s", name);
    snprintf(r.check[1].name, sizeof(r.check[1].name), "%s", name);
    snprintf(r.check[1].why, sizeof(r.check[1].why), "%s", name);
    snprintf(r.override[0].key, sizeof(r.override[0].key), "%s", name);
    snprintf(r.override[0].value, sizeof(r.override[0].value), "%s", name);
    for (size_t i = 0; i < r.measure_count; i++) {
        struct measure *m = &r.measure[i];
        if (strcmp(m->target, "sex") == 0 || strcmp(m->target, "cancer_2y") == 0) {
            m->metric = m->probe = name;
            snprintf(m->target, sizeof(m->target), "%s", name);
        }
        if (m->why[0] != '\0')
            snprintf(m->why, sizeof(m->why), "%s", name);
    }
    return r;
}

static void a_hostile_name_adds_no_tag_and_no_attribute(void **state)
{
    (void)state;
    static const struct {
        const char *name, *wanted;
    } rows[] = {
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\"><img src=x onerror=y>", "&quot;&gt;&lt;img src=x onerror=y&gt;"},
        {"' style='x:y", "&#39; style=&#39;x:y"},
        {"</title></style>&lt;b", "&lt;/title&gt;&lt;/style&gt;&amp;lt;b"},
        {"<!--", "&lt;!--"},
        {"x\x1B[2J\r\n\xC2\x9B\xE2\x80\xAEy\xE2\x80\xAC", "x?[2J????y?"},
    };
    struct report r = report_named("calm");
    char *page = sample_html(&r), *wanted = markup_bones(page);
    free(page);
    report_close(&r);
    for (size_t i = 0; i < COUNT(rows); i++) {
        r = report_named(rows[i].name);
        page = sample_html(&r);
        char *got = markup_bones(page);
        size_t len = 0;
        if (strcmp(got, wanted) != 0)
            fail_msg("`%s` changed the page's tags", rows[i].name);
        assert_null(memchr(data_of(page, &len), '<', len)); /* it ends where we end it */
        char *seen = markup_without_scripts(page);
        it_says(seen, rows[i].wanted);
        it_does_not_say(seen, rows[i].name);
        for (const char *c = seen; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ' || *c == '\n');
        free(seen);
        free(got);
        free(page);
        report_close(&r);
    }
    free(wanted);
}

/* Names of attributes alone, what stands in quotes blanked. */
static void blank_values(char names[static MARKUP_TAG_MAX], const char *tag)
{
    bool quoted = false;
    size_t at = 0;
    for (; tag[at] != '\0'; at++) {
        quoted = tag[at] == '"' ? !quoted : quoted;
        names[at] = quoted ? '"' : tag[at];
    }
    names[at] = '\0';
}

/* A link within the page leads to an id that is there. */
static void check_link(const char *page, const char *href)
{
    char id[MARKUP_TAG_MAX];
    assert_int_equal(href[0], '#');
    snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(href + 1, "\""), href + 1);
    it_says(page, id);
}

static void a_page_loads_nothing(void **state)
{
    (void)state;
    static const char *const nowhere[] = {"http:",   "https:",  "=\"//",       "url(",
                                          "@import", "<iframe", "<object",     "<link",
                                          "<img",    "data:",   "expression(", "javascript:"};
    static const char *const no_attribute[] = {" src=", " style=", " on", " action=", " xlink"};
    struct report r = sample_report(4, true);
    char *page = seen_html(&r), tag[MARKUP_TAG_MAX] = "", names[MARKUP_TAG_MAX];
    size_t links = 0;
    for (size_t i = 0; i < COUNT(nowhere); i++)
        it_does_not_say(page, nowhere[i]);
    for (const char *at = page; (at = markup_next(tag, at)) != NULL;) {
        blank_values(names, tag);
        for (size_t i = 0; i < COUNT(no_attribute); i++)
            it_does_not_say(names, no_attribute[i]);
        const char *href = strstr(tag, " href=\"");
        if (href == NULL)
            continue;
        check_link(page, href + strlen(" href=\""));
        links++;
    }
    assert_int_equal(links, 14 + 9); /* every section that is there, and the appendix's */
    free(page);
    report_close(&r);
}

/* In the order of the rows, each behind the one before. */
static const char *check_cell(const char *at, const struct measure *m, const char *text)
{
    char value[WORDS_FIGURE_MAX], lo[WORDS_FIGURE_MAX], hi[WORDS_FIGURE_MAX], wanted[256];
    words_figure(value, m->value);
    words_figure(lo, m->lo);
    words_figure(hi, m->hi);
    snprintf(wanted, sizeof(wanted), "%s [%s %s]", value, lo, hi);
    it_says(text, wanted);
    snprintf(wanted, sizeof(wanted),
             "<td class=\"%s\"><span class=\"value\">%s</span> "
             "<span class=\"interval\">[%s %s]</span></td>",
             m->representation, value, lo, hi);
    const char *found = strstr(at, wanted);
    if (found == NULL)
        fail_msg("%s, %s, %s: no cell `%s`", m->target, m->probe, m->representation, wanted);
    return found;
}

static void every_number_of_the_text_stands_in_a_cell_of_its_row(void **state)
{
    (void)state;
    struct report r = sample_report(4, false);
    char *page = seen_html(&r), *text = sample_text(&r, 200);
    size_t met = 0;
    for (size_t i = 0; i < r.measure_count; i++) {
        const struct measure *m = &r.measure[i];
        if (m->why[0] != '\0')
            continue;
        char head[256];
        snprintf(head, sizeof(head), "<th scope=\"rowgroup\" rowspan=\"2\">%s</th>", m->target);
        const char *target = strstr(page, head);
        assert_non_null(target);
        snprintf(head, sizeof(head), "<span class=\"metric\">%s</span> %s</th>",
                 rows_metric(m->metric), m->probe);
        const char *row = strstr(target, head);
        assert_non_null(row);
        const char *cell = check_cell(row, m, text);
        if (cell > strstr(row, "</tr>"))
            fail_msg("%s, %s, %s: in another row", m->target, m->probe, m->representation);
        it_says(row, "<td class=\"number\">2,199</td></tr>");
        met++;
    }
    assert_int_equal(met, 4 * 2 * 4 - 2); /* neither the withheld target nor the two that fail */
    free(page);
    free(text);
    report_close(&r);
}

static void a_cell_without_a_number_says_so_and_a_note_says_why(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "<th scope=\"rowgroup\" rowspan=\"2\">race=<wbr>Asian/<wbr>White</th>",
        ("<td class=\"original\"><span class=\"value\">withheld</span></td>"
         "<td class=\"debiased\"><span class=\"value\">withheld</span></td>"),
        "<td class=\"number\">-</td></tr>",
        "<li><b>race=Asian/White</b>: fewer than 11 patients in a class</li>",
        "<td class=\"debiased\"><span class=\"value\">not estimable</span></td>",
        "<li><b>cancer_1y</b>: all scores are equal</li>",
        "<li><b>race=Asian/White</b>: withheld, too few patients</li>",
        "<li><b>cancer_1y</b>: not estimable; the table says why</li>",
    };
    struct report r = sample_report(2, false);
    char *page = seen_html(&r);
    for (size_t i = 0; i < COUNT(wanted); i++)
        it_says(page, wanted[i]);
    const char *note = strstr(page, "fewer than 11"), *limits = strstr(page, "id=\"limits\"");
    const char *again = strstr(note + 1, "fewer than 11");
    assert_true(note < limits && limits < again); /* below its table once, and among the limits */
    it_does_not_say(again + 1, "fewer than 11");
    free(page);
    report_close(&r);
}

static void a_warning_comes_first_then_how_updates_were_kept_then_the_verdict(void **state)
{
    (void)state;
    struct report r = sample_report(3, true);
    char *page = seen_html(&r);
    const char *body = strstr(page, "<body>");
    const char *warning = strstr(body, "WARNING: 1 of 2 checks failed: noise control");
    const char *plain =
        strstr(body, "<strong>Plain aggregation:</strong> updates are not masked, a "
                     "coordinator could read each site&#39;s update.");
    const char *verdict = strstr(body, "From the debiased embeddings, held-out probes read");
    const char *checks = strstr(body, "<section id=\"checks\"");
    assert_non_null(warning);
    assert_true(warning < plain && plain < verdict && verdict < checks);
    it_says(checks, "<td class=\"failed\">FAIL</td><th scope=\"row\">noise control</th>"
                    "<td>reads something</td>");
    it_says(checks, "<td class=\"held\">ok</td>");
    it_says(body, "1 of 2 checks held");
    free(page);
    report_close(&r);

    r = sample_report(3, false);
    r.run.aggregation = "secure";
    page = seen_html(&r);
    it_does_not_say(page, "WARNING");
    it_does_not_say(page, "Plain aggregation");
    it_does_not_say(page, "could read");
    it_says(page, "<h2 id=\"verdict-title\">Verdict</h2>\n<p class=\"opening\">From the debiased");
    free(page);
    report_close(&r);
}

static void a_page_says_what_the_text_says(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "<html lang=\"en\">",
        "<title>demo - Evenhand report</title>",
        "<h1>demo</h1>",
        "debias-vae; 40 of 40 rounds; 4 sites, 3 of them in every round; 2 of 2 checks held",
        "<b>sex</b> with AUC .612 [.582 .642] (linear, 2,199 patients); from the originals .893",
        "<p class=\"count\">For 1 of 2 attributes the strongest probe&#39;s 95 % interval",
        ("<th scope=\"row\">west</th><td class=\"failed\">lost</td><td class=\"number\">12</td>"
         "<td class=\"number\">28</td><td>7, 14 to 40</td>"),
        "<li>Each number is the mean of 3 fresh probes.</li>",
        "<li>Resistance to these probes does not imply resistance to others.</li>",
        ("<th scope=\"row\">train.recon</th><td class=\"number\">1 to 40</td>"
         "<td class=\"number\">.920</td><td class=\"number\">.413</td>"
         "<td class=\"number\">.920</td><td class=\"number\">.413</td>"),
        "<polyline points=\"2.0,2.0 118.0,22.0\"/>",
        "no epsilon is claimed",
        "counts from 1 to 10 are withheld",
        "<th scope=\"row\">up</th><td>1.2 GB</td>",
        "<th scope=\"row\">total</th><td>41.2 s</td>",
        "<th scope=\"row\">seed</th><td>7</td>",
        "<th scope=\"row\"><code>model.beta</code></th><td><code>0.5</code></td>",
    };
    struct report r = sample_report(3, false);
    char *page = seen_html(&r);
    for (size_t i = 0; i < COUNT(wanted); i++)
        it_says(page, wanted[i]);
    it_says(page, r.run.plan_digest);
    it_says(page, r.run.model_digest);
    free(page);
    report_close(&r);
}

/* methods.md section 11, as for the text. */
static void nothing_is_called_removed_or_preserved(void **state)
{
    (void)state;
    static const char *const forbidden[] = {
        "removed",   "preserved", "eliminated", "bias-free", "unbiased", "anonym",
        "protected", "safe",      "no leakage", "guarantee", "proves",   "private",
    };
    for (int fails = 0; fails < 2; fails++) {
        struct report r = sample_report(4, fails == 1);
        char *page = seen_html(&r);
        for (char *c = page; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        for (size_t i = 0; i < COUNT(forbidden); i++)
            it_does_not_say(page, forbidden[i]);
        free(page);
        report_close(&r);
    }
}

static void in_sample_numbers_stand_apart_and_carry_no_verdict(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i++)
        r.measure[i].split = "in-sample";
    char *page = seen_html(&r);
    it_says(page, "This report holds no number from held-out patients, and so no evidence");
    it_says(page, "<section id=\"in-sample\"");
    it_says(page, "<caption>attributes, in-sample, not evidence of utility");
    it_says(page, "<caption>tasks, in-sample, not evidence of utility");
    it_does_not_say(page, "id=\"leakage\"");
    it_does_not_say(page, "href=\"#utility\"");
    it_does_not_say(page, "held-out probes read");
    free(page);
    report_close(&r);
}

static void changes_stand_in_a_table_of_their_own_below_the_numbers(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "Change from the original: same patients and probe; paired 95 % interval</caption>",
        ("<td class=\"debiased\"><span class=\"value\">-.017</span> "
         "<span class=\"interval\">[-.032 -.002]</span></td><td class=\"noise\">"),
        "<td class=\"debiased\"><span class=\"value\">not estimable</span></td>",
    };
    struct report r = sample_report(3, false);
    char *page = seen_html(&r);
    const char *section = strstr(page, "<section id=\"utility\"");
    const char *numbers = strstr(section, "<table class=\"measures\"");
    const char *changes = strstr(section, "<table class=\"measures changes\"");
    assert_non_null(numbers);
    assert_true(numbers < changes && changes < strstr(section, "</section>"));
    for (size_t i = 0; i < COUNT(wanted); i++)
        it_says(changes, wanted[i]);
    size_t len = (size_t)(strstr(changes, "</table>") - changes);
    char *table = strndup(changes, len);
    it_does_not_say(table, "<td class=\"original\"");
    it_says(page, "nor was it shown that nothing changed");
    free(table);
    free(page);
    report_close(&r);
    r = sample_report(1, false);
    page = seen_html(&r);
    it_does_not_say(page, "measures changes");
    it_does_not_say(page, "nor was it shown that nothing changed");
    free(page);
    report_close(&r);
}

static void a_group_spans_its_own_rows_alone(void **state)
{
    (void)state;
    struct report r = sample_report(2, false);
    for (size_t i = 0; i < r.measure_count; i++)
        if (strcmp(r.measure[i].probe, "mlp") == 0)
            r.measure[i].split = "in-sample";
    char *page = seen_html(&r);
    size_t groups = 0;
    for (const char *at = page; (at = strstr(at, "rowspan=\"1\"")) != NULL; at++)
        groups++;
    assert_int_equal(groups, 2 * 2 * 5); /* of numbers, and of changes */
    it_does_not_say(page, "rowspan=\"2\"");
    const char *in_sample = strstr(page, "<section id=\"in-sample\"");
    it_does_not_say(in_sample, "</span> linear</th>");
    free(page);
    report_close(&r);
}

/* A long run's line is thinned, but keeps its first and last points. */
static void a_long_history_is_drawn_with_few_points(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    free(r.history);
    r.history_count = 500; /* every third is drawn, and the last is none of these */
    r.history = calloc(r.history_count, sizeof(*r.history));
    assert_non_null(r.history);
    for (size_t i = 0; i < r.history_count; i++)
        r.history[i] = (struct report_point){i + 1, "loss", i == 250 ? 2 : 1};
    char *page = seen_html(&r);
    const char *line = strstr(page, "<polyline points=\"2.0,");
    assert_non_null(line);
    size_t len = strcspn(line, ">"), points = 0;
    for (size_t i = 0; i < len; i++)
        points += line[i] == ',' ? 1 : 0;
    assert_int_equal(points, 168);
    it_says(line, " 118.0,22.0\"/>");
    it_says(page, "<td class=\"number\">2.000</td>");
    free(page);
    report_close(&r);
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
        char *page = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&page, &len);
        assert_non_null(to);
        check_ok(report_html(to, tree));
        assert_int_equal(fclose(to), 0);
        assert_true(markup_balance(page) > 20);
        free(page);
        json_close(&tree);
    }
    struct json *tree = sample_json("{\"schema\": \"evenhand.report/2\"}");
    check_fault(report_html(stdout, tree), EC_IO_JSON);
    json_close(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_balanced),
        cmocka_unit_test(a_hostile_name_adds_no_tag_and_no_attribute),
        cmocka_unit_test(a_page_loads_nothing),
        cmocka_unit_test(every_number_of_the_text_stands_in_a_cell_of_its_row),
        cmocka_unit_test(a_cell_without_a_number_says_so_and_a_note_says_why),
        cmocka_unit_test(a_warning_comes_first_then_how_updates_were_kept_then_the_verdict),
        cmocka_unit_test(a_page_says_what_the_text_says),
        cmocka_unit_test(nothing_is_called_removed_or_preserved),
        cmocka_unit_test(in_sample_numbers_stand_apart_and_carry_no_verdict),
        cmocka_unit_test(changes_stand_in_a_table_of_their_own_below_the_numbers),
        cmocka_unit_test(a_group_spans_its_own_rows_alone),
        cmocka_unit_test(a_long_history_is_drawn_with_few_points),
        cmocka_unit_test(a_mangled_report_is_told_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
