#include "tests/support/check.h"

#include <math.h>

#include "coordinator/report/words.h"

static void numbers_are_written_as_a_report_has_them(void **state)
{
    (void)state;
    const double nan = (double)NAN, infinite = (double)INFINITY;
    const struct {
        const char *what;
        void (*write)(char *, double);
        double value;
        const char *want;
    } rows[] = {
        {"a share", words_figure, .893, ".893"},
        {"the zero stays away", words_figure, 0, ".000"},
        {"a negative share", words_figure, -.012, "-.012"},
        {"no negative zero", words_figure, -.0004, ".000"},
        {"the last digit rounds", words_figure, .9996, "1.000"},
        {"one", words_figure, 1, "1.000"},
        {"below minus one", words_figure, -1.25, "-1.250"},
        {"ten and more", words_figure, 12.3456, "12.346"},
        {"very large", words_figure, 1.25e9, "1.25e+09"},
        {"not a number", words_figure, nan, "-"},
        {"infinity", words_figure, infinite, "-"},
        {"a gain", words_difference, .0304, "+.030"},
        {"a loss", words_difference, -.012, "-.012"},
        {"no change", words_difference, 0, ".000"},
        {"a gain too small to see has no sign", words_difference, .0004, ".000"},
        {"an unknown difference", words_difference, nan, "-"},
        {"few", words_count, 7, "7"},
        {"three digits", words_count, 999, "999"},
        {"thousands", words_count, 1061, "1,061"},
        {"millions", words_count, 1234567, "1,234,567"},
        {"an unknown count", words_count, nan, "-"},
        {"bytes", words_bytes, 812, "812 B"},
        {"kilobytes", words_bytes, 1234, "1.2 kB"},
        {"hundreds of megabytes", words_bytes, 3.456e8, "346 MB"},
        {"beyond the largest unit", words_bytes, 2e16, "20000 TB"},
        {"an unknown size", words_bytes, nan, "-"},
        {"a moment", words_seconds, .04, ".0 s"},
        {"seconds", words_seconds, 41.23, "41.2 s"},
        {"minutes", words_seconds, 192, "3 min 12 s"},
        {"a minute to the second", words_seconds, 99.97, "1 min 40 s"},
        {"hours", words_seconds, 7500, "2 h 05 min"},
        {"an unknown time", words_seconds, nan, "-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WORDS_FIGURE_MAX];
        rows[i].write(got, rows[i].value);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: `%s`, not `%s`", rows[i].what, got, rows[i].want);
    }
}

static char *hung(const char *before, const char *text, size_t indent, size_t width)
{
    char *said = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&said, &len);
    assert_non_null(to);
    words_hang(to, before, text, indent, width);
    assert_int_equal(fclose(to), 0);
    return said;
}

static void lines_break_at_spaces_and_hang(void **state)
{
    (void)state;
    static const struct {
        const char *what, *before, *text;
        size_t indent, width;
        const char *want;
    } rows[] = {
        {"fits to the last column", "  ", "one two", 4, 9, "  one two\n"},
        {"one column too many", "  ", "one two", 4, 8, "  one\n    two\n"},
        {"a word too long", "", "unbroken a", 2, 5, "unbroken\n  a\n"},
        {"letters count", "", "\xc3\xa4\xc3\xb6 b", 0, 4, "\xc3\xa4\xc3\xb6 b\n"},
        {"nothing", "  ok", "", 4, 20, "  ok\n"},
        {"spaces melt", "", "a   b", 0, 20, "a b\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *got = hung(rows[i].before, rows[i].text, rows[i].indent, rows[i].width);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: `%s`", rows[i].what, got);
        free(got);
    }
}

static void a_name_cannot_command_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *want;
    } rows[] = {
        {"an escape sequence", "a\x1b[2Jb", "a?[2Jb\n"},
        {"a line break", "a\nb", "a?b\n"},
        {"delete", "a\x7f", "a?\n"},
        {"C1 in UTF-8 (CSI)", "a\xc2\x9bZ", "a?Z\n"},
        {"what turns a line around", "a\xe2\x80\xae\xe2\x81\xa6Z\xe2\x81\xa9\xe2\x80\xac",
         "a??Z??\n"},
        {"what ends a line", "a\xe2\x80\xa8Z", "a?Z\n"},
        {"a sign just below those", "\xe2\x80\xa7", "\xe2\x80\xa7\n"},
        {"a sign just above those", "\xe2\x80\xaf", "\xe2\x80\xaf\n"},
        {"a sign cut short", "\xe2\x80", "?\n"},
        {"a letter of two bytes", "\xc3\xa9", "\xc3\xa9\n"},
        {"a letter of four", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80\n"},
        {"one that was cut", "a\xc3", "a?\n"},
        {"one that was cut before another word", "a\xe2\x82 b", "a? b\n"},
        {"the rest of one", "\x82\xacz", "?z\n"},
        {"a sign just above C1",
         "\xc2\xa7"
         "1",
         "\xc2\xa7"
         "1\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *got = hung("", rows[i].text, 0, 80);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: `%s`", rows[i].what, got);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_a_report_has_them),
        cmocka_unit_test(lines_break_at_spaces_and_hang),
        cmocka_unit_test(a_name_cannot_command_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
