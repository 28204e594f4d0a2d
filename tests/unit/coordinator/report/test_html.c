#include "tests/support/check.h"

#include "coordinator/report/html.h"

struct sheet {
    char *text;
    size_t len;
    FILE *to;
};

static void sheet_open(struct sheet *s)
{
    s->to = open_memstream(&s->text, &s->len);
    assert_non_null(s->to);
}

static void sheet_reads(struct sheet *s, const char *what, const char *wanted)
{
    assert_int_equal(fclose(s->to), 0);
    if (strcmp(s->text, wanted) != 0)
        fail_msg("%s: `%s`, wanted `%s`", what, s->text, wanted);
    free(s->text);
}

static void a_text_cannot_become_markup(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *wanted;
    } rows[] = {
        {"plain", "age>=65 .893", "age&gt;=65 .893"},
        {"a tag", "<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"},
        {"an attribute's end", "\" onclick='x'", "&quot; onclick=&#39;x&#39;"},
        {"a reference", "&lt;&amp;", "&amp;lt;&amp;amp;"},
        {"other alphabets", "S\xC3\xB6hne \xE2\x82\xAC", "S\xC3\xB6hne \xE2\x82\xAC"},
        {"control characters", "a\tb\nc\x1B[31m\x7F", "a?b?c?[31m?"},
        {"C1", "x\xC2\x9Bm", "x?m"},
        {"what turns a line around", "x\xE2\x80\xAEy\xE2\x80\xAC \xE2\x81\xA6z\xE2\x81\xA9",
         "x?y? ?z?"},
        {"what ends a line", "x\xE2\x80\xA8y", "x?y"},
        {"a character cut short", "a\xC2", "a\xC2"},
        {"a longer one cut short", "a\xE2\x80", "a\xE2\x80"},
        {"nothing", "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sheet s;
        sheet_open(&s);
        html_text(s.to, rows[i].text);
        sheet_reads(&s, rows[i].what, rows[i].wanted);
    }
}

static void a_name_may_break_behind_its_signs(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *wanted;
    } rows[] = {
        {"a level against another", "race=Black/White", "race=<wbr>Black/<wbr>White"},
        {"not at its end", "race=", "race="},
        {"nothing to break", "cancer_2y", "cancer_2y"},
        {"hostile", "a=<b>", "a=<wbr>&lt;b&gt;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sheet s;
        sheet_open(&s);
        html_name(s.to, rows[i].text);
        sheet_reads(&s, rows[i].what, rows[i].wanted);
    }
}

static void elements_hold_escaped_text(void **state)
{
    (void)state;
    struct sheet s;
    sheet_open(&s);
    html_element(s.to, "p", NULL, "a<b");
    html_element(s.to, "td", "number", ".5");
    html_head(s.to, "col", NULL, "a&b");
    html_head(s.to, "row", "number", "\"");
    sheet_reads(&s, "elements",
                "<p>a&lt;b</p><td class=\"number\">.5</td><th scope=\"col\">a&amp;b</th>"
                "<th scope=\"row\" class=\"number\">&quot;</th>");
    sheet_open(&s);
    html_table(s.to, "a \"b\"", "facts");
    html_table_end(s.to);
    sheet_reads(&s, "a table",
                "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"a "
                "&quot;b&quot;\">\n<table class=\"facts\">\n<caption>a &quot;b&quot;</caption>\n"
                "</table>\n</div>\n");
    sheet_open(&s);
    html_section(s.to, "time", "Time & more");
    html_section_end(s.to);
    sheet_reads(&s, "a section",
                "<section id=\"time\" aria-labelledby=\"time-title\">\n"
                "<h2 id=\"time-title\">Time &amp; more</h2>\n</section>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_cannot_become_markup),
        cmocka_unit_test(a_name_may_break_behind_its_signs),
        cmocka_unit_test(elements_hold_escaped_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
