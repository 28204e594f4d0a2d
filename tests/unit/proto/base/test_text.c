#include "proto/base/text.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "proto/base/rng.h"
#include "tests/support/check.h"

static void a_number_is_printed_in_its_shortest_exact_form(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } rows[] = {
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {20.0, "20"},
        {5e-4, "0.0005"},
        {1.0 / 3.0, "0.3333333333333333"},
        {-2.5, "-2.5"},
        {1e300, "1e+300"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {4.9406564584124654e-324, "4.94065645841247e-324"},
        {9007199254740993.0, "9007199254740992"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[TEXT_REAL_MAX];
        text_real(text, rows[i].v);
        assert_string_equal(text, rows[i].want);
    }
}

static void a_figure_is_short_for_any_number(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } rows[] = {
        {0.893, ".893"},   {-0.012, "-.012"},          {-0.0004, ".000"},
        {0.9996, "1.000"}, {-999999.9, "-999999.900"}, {-1e300, "-1e+300"},
        {HUGE_VAL, "-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[TEXT_FIGURE_MAX];
        text_figure(text, rows[i].v);
        assert_string_equal(text, rows[i].want);
    }
}

static void every_number_reads_back_exactly(void **state)
{
    (void)state;
    struct rng r = rng_open(31, RNG_TEST, 0, 0, 0);
    size_t met = 0;
    while (met < 100000) {
        uint64_t bits = rng_u64(&r);
        double v;
        memcpy(&v, &bits, sizeof(v));
        if (v - v != 0.0) /* NaN or infinity */
            continue;
        char text[TEXT_REAL_MAX];
        text_real(text, v);
        double back = strtod(text, NULL);
        assert_memory_equal(&back, &v, sizeof(v));
        met++;
    }
}

static void quotes_leave_nothing_that_ends_a_line_or_a_text(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    text_quoted(out, "a\"b\\c\nd\te\x7f \xc3\xa4");
    fclose(out);
    assert_string_equal(text, "\"a\\\"b\\\\c\\nd\\u0009e\\u007f \xc3\xa4\"");
    free(text);
}

static void distances_count_letters(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t want;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"abc", "abc", 0},
        {"batch_sise", "batch_size", 1},
        {"kitten", "sitting", 3},
        {"flaw", "lawn", 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_distance(rows[i].a, rows[i].b), rows[i].want);
    char wide[1000];
    memset(wide, 'x', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    assert_false(text_near(text_distance(wide, "x"), 1));
}

static void bytes_become_digits_and_bytes_again(void **state)
{
    (void)state;
    static const char *const none_of_ours[] = {"0", "0g", "AB", " 00", "00 ", "0x"};
    uint8_t all[256], *back = NULL;
    size_t len = 0;
    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = (uint8_t)i;
    char *hex = text_hex(all, sizeof all);
    assert_int_equal(strlen(hex), 512);
    assert_memory_equal(hex + 2 * 0xc5, "c5c6", 4);
    assert_true(text_unhex(&back, &len, hex));
    assert_int_equal(len, sizeof all);
    assert_memory_equal(back, all, sizeof all);
    free(hex);
    free(back);
    assert_true(text_unhex(&back, &len, ""));
    assert_int_equal(len, 0);
    free(back);
    for (size_t i = 0; i < COUNT(none_of_ours); i++)
        assert_false(text_unhex(&back, &len, none_of_ours[i]));
}

static void what_would_command_a_terminal_becomes_a_question_mark(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"north, 61 %", "north, 61 %"},
        {"a\x1b[2Jb", "a?[2Jb"},
        {"a\nb\tc\x7f", "a?b?c?"},
        {"\xc2\x9b"
         "1m",
         "?1m"},                                    /* CSI in UTF-8 */
        {"\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0"}, /* the first, the last, and past it */
        {"K\xc3\xb6ln", "K\xc3\xb6ln"},
        {"cut \xc2", "cut ?"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        assert_non_null(out);
        text_clean(out, rows[i].text, strlen(rows[i].text));
        fclose(out);
        assert_string_equal(text, rows[i].want);
        free(text);
    }
}

static void a_threshold_that_is_tiny_is_not_written_as_nothing(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } rows[] = {{.5, ".500"},         {.01, ".010"}, {.0098, ".0098"}, {.00042, ".00042"},
                {.000017, "1.7e-05"}, {0, ".000"},   {1, "1.000"},     {(double)NAN, "-"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[TEXT_FIGURE_MAX];
        text_threshold(got, rows[i].v);
        assert_string_equal(got, rows[i].want);
    }
}

static void what_is_added_is_cut_where_there_is_no_room(void **state)
{
    (void)state;
    char text[8] = "";
    text_add(text, sizeof text, "%s", "abc");
    assert_string_equal(text, "abc");
    text_add(text, sizeof text, "%d", 12345);
    assert_string_equal(text, "abc1234");
    text_add(text, sizeof text, "more");
    assert_string_equal(text, "abc1234");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_cut_where_there_is_no_room),
        cmocka_unit_test(a_threshold_that_is_tiny_is_not_written_as_nothing),
        cmocka_unit_test(what_would_command_a_terminal_becomes_a_question_mark),
        cmocka_unit_test(a_number_is_printed_in_its_shortest_exact_form),
        cmocka_unit_test(a_figure_is_short_for_any_number),
        cmocka_unit_test(every_number_reads_back_exactly),
        cmocka_unit_test(quotes_leave_nothing_that_ends_a_line_or_a_text),
        cmocka_unit_test(distances_count_letters),
        cmocka_unit_test(bytes_become_digits_and_bytes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
