/* How one value is read, checked, and printed in its normal form. */
#include "proto/base/settings.h"

#include "tests/support/check.h"

static const struct setting rows_of_all[] = {
    {"bool", SET_BOOL, 0, 0, "", "false", NULL, false, ""},
    {"int", SET_INT, -9.3e18, 9.3e18, "", "0", NULL, false, ""},
    {"few", SET_INT, 1, 10, "rows", "1", NULL, false, ""},
    {"real", SET_REAL, 0, 0, "", "0", NULL, false, ""},
    {"rate", SET_REAL, 0, 1, "", "0", NULL, false, ""},
    {"text", SET_TEXT, 0, 0, "", "", NULL, false, ""},
    {"word", SET_TEXT, 0, 0, "", "a", "a|bc|d", false, ""},
    {"ints", SET_LIST_INT, 0, 99, "", "[]", NULL, false, ""},
    {"reals", SET_LIST_REAL, 0, 0, "", "[]", NULL, false, ""},
    {"texts", SET_LIST_TEXT, 0, 0, "", "[]", NULL, false, ""},
    {"words", SET_LIST_TEXT, 0, 0, "", "[]", "a|bc|d", false, ""},
};
static const struct setting_table table = {rows_of_all, COUNT(rows_of_all)};

static void a_written_value_has_one_normal_form(void **state)
{
    (void)state;
    static const struct {
        const char *key, *written, *want;
    } rows[] = {
        {"bool", "true", "true"},
        {"bool", " false\t", "false"},
        {"int", "+7", "7"},
        {"int", "007", "7"},
        {"int", "-9223372036854775808", "-9223372036854775808"},
        {"int", "9223372036854775807L", "9223372036854775807"},
        {"few", "10", "10"},
        {"real", "20", "20"},
        {"real", "20.0", "20"},
        {"real", "20L", "20"},
        {"real", ".5", "0.5"},
        {"real", "5.", "5"},
        {"real", "5e-4", "0.0005"},
        {"real", "+1E+2", "100"},
        {"real", "-0", "0"},
        {"real", "0.1000000000000000055", "0.1"},
        {"rate", "1", "1"},
        {"text", "word", "\"word\""},
        {"text", "\"two words\"", "\"two words\""},
        {"text", "\"a\\\"b\\\\c\\nd\"", "\"a\\\"b\\\\c\\nd\""},
        {"text", "\"\\u0009\"", "\"\\u0009\""},
        {"text", "", "\"\""},
        {"text", "\"\"", "\"\""},
        {"text", "a\"b", "\"a\\\"b\""},
        {"text", "true", "\"true\""},
        {"word", "bc", "\"bc\""},
        {"word", "\"d\"", "\"d\""},
        {"ints", "[1, 2]", "[1,2]"},
        {"ints", "(1,2)", "[1,2]"},
        {"ints", "5", "[5]"},
        {"ints", "[ ]", "[]"},
        {"ints", "", "[]"},
        {"reals", "(0.5, 1, 1e-1)", "[0.5,1,0.1]"},
        {"texts", "[\"a,b\", c]", "[\"a,b\",\"c\"]"},
        {"texts", "(\"\\\"]\")", "[\"\\\"]\"]"},
        {"texts", "linear", "[\"linear\"]"},
        {"words", "[a, d]", "[\"a\",\"d\"]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *s = settings_open(&table, 1);
        check_ok(settings_put(s, rows[i].key, rows[i].written, "test"));
        check_ok(settings_finish(s));
        char want[128];
        snprintf(want, sizeof(want), "%s=%s\n", rows[i].key, rows[i].want);
        char *normal = settings_normal(s);
        if (strstr(normal, want) == NULL)
            fail_msg("%s = %s: wanted %s in\n%s", rows[i].key, rows[i].written, want, normal);
        free(normal);
        settings_close(&s);
    }
}

/* What is printed is taken again, and printed the same. */
static void the_normal_form_of_a_text_reads_back(void **state)
{
    (void)state;
    size_t met = 0;
    for (int c = 1; c < 256; c++, met++) {
        struct settings *s = settings_open(&table, 1), *again = settings_open(&table, 1);
        char text[4] = {'x', (char)c, 'y', '\0'};
        check_ok(settings_put(s, "text", text, "test"));
        check_ok(settings_finish(s));
        char *normal = settings_normal(s);
        char *line = strstr(normal, "\ntext=") + strlen("\ntext=");
        *strchr(line, '\n') = '\0';
        check_ok(settings_put(again, "text", line, "test"));
        check_ok(settings_finish(again));
        assert_string_equal(settings_text(again, "text"), text);
        free(normal);
        settings_close(&s);
        settings_close(&again);
    }
    assert_int_equal(met, 255);
}

struct refusal {
    const char *key, *written;
    enum complaint want;
};

static const struct refusal numbers[] = {
    {"bool", "yes", EC_CFG_TYPE},
    {"bool", "1", EC_CFG_TYPE},
    {"bool", "True", EC_CFG_TYPE},
    {"bool", "\"true\"", EC_CFG_TYPE},
    {"int", "", EC_CFG_TYPE},
    {"int", "1.0", EC_CFG_TYPE},
    {"int", "0x10", EC_CFG_TYPE},
    {"int", "1 2", EC_CFG_TYPE},
    {"int", "\"5\"", EC_CFG_TYPE},
    {"int", "L", EC_CFG_TYPE},
    {"int", "-", EC_CFG_TYPE},
    {"int", "5LL", EC_CFG_TYPE},
    {"int", "[5]", EC_CFG_TYPE},
    {"int", "9223372036854775808", EC_CFG_INTEGER},
    {"int", "-9223372036854775809L", EC_CFG_INTEGER},
    {"few", "0", EC_CFG_RANGE},
    {"few", "11", EC_CFG_RANGE},
    {"real", ".", EC_CFG_TYPE},
    {"real", "e5", EC_CFG_TYPE},
    {"real", "1e", EC_CFG_TYPE},
    {"real", "1e+", EC_CFG_TYPE},
    {"real", "nan", EC_CFG_TYPE},
    {"real", "inf", EC_CFG_TYPE},
    {"real", "0x1p3", EC_CFG_TYPE},
    {"real", "1,5", EC_CFG_TYPE},
    {"real", "1.5L", EC_CFG_TYPE},
    {"real", "1e999", EC_CFG_RANGE},
    {"rate", "1.0000000000000002", EC_CFG_RANGE},
    {"rate", "-1e-300", EC_CFG_RANGE},
};

static const struct refusal texts_and_lists[] = {
    {"text", "\"open", EC_CFG_TYPE},      {"text", "\"a\"b\"", EC_CFG_TYPE},
    {"text", "\"a\\\"", EC_CFG_TYPE},     {"text", "\"a\\q\"", EC_CFG_TYPE},
    {"text", "\"\\u0000\"", EC_CFG_TYPE}, {"text", "\"\\u00e4\"", EC_CFG_TYPE},
    {"text", "\"\\u00", EC_CFG_TYPE},     {"text", "[a]", EC_CFG_TYPE},
    {"word", "b", EC_CFG_CHOICE},         {"word", "a|bc", EC_CFG_CHOICE},
    {"word", "", EC_CFG_CHOICE},          {"ints", "[1", EC_CFG_TYPE},
    {"ints", "[1)", EC_CFG_TYPE},         {"ints", "[", EC_CFG_TYPE},
    {"ints", "[1,,2]", EC_CFG_TYPE},      {"ints", "[1,]", EC_CFG_TYPE},
    {"ints", "[1 2]", EC_CFG_TYPE},       {"ints", "[[1]]", EC_CFG_TYPE},
    {"ints", "[1, 100]", EC_CFG_RANGE},   {"ints", "[1, 2.5]", EC_CFG_TYPE},
    {"texts", "[a,,b]", EC_CFG_TYPE},     {"reals", "[x]", EC_CFG_TYPE},
    {"words", "[a, e]", EC_CFG_CHOICE},   {"words", "a,d", EC_CFG_CHOICE},
};

static void check_refusals(const struct refusal *rows, size_t count)
{
    struct settings *s = settings_open(&table, 1);
    for (size_t i = 0; i < count; i++) {
        enum status st = settings_put(s, rows[i].key, rows[i].written, "plan.cfg:4");
        if (st == ST_OK || fault_kept()->what != rows[i].want)
            fail_msg("%s = %s: %s, %s wanted", rows[i].key, rows[i].written,
                     st == ST_OK ? "taken" : complaint_row(fault_kept()->what)->code,
                     complaint_row(rows[i].want)->code);
        assert_string_equal(fault_kept()->where, "plan.cfg:4");
        assert_non_null(strstr(fault_text(), rows[i].key));
    }
    settings_close(&s);
}

static void a_wrong_value_is_refused(void **state)
{
    (void)state;
    check_refusals(numbers, COUNT(numbers));
    check_refusals(texts_and_lists, COUNT(texts_and_lists));
}

static void a_refusal_says_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *key, *written, *detail;
    } rows[] = {
        {"few", "0", "key `few` is 0, outside 1 to 10 rows"},
        {"rate", "2.5", "key `rate` is 2.5, outside 0 to 1"},
        {"bool", "yes", "key `bool` wants true or false, `yes` was given"},
        {"ints", "[x]", "key `ints` wants a list of integers, `x` was given"},
        {"word", "e", "key `word` is `e`; one of a|bc|d is wanted"},
    };
    struct settings *s = settings_open(&table, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(settings_put(s, rows[i].key, rows[i].written, ""), ST_CONFIG);
        assert_string_equal(fault_text(), rows[i].detail);
    }
    settings_close(&s);
}

static void a_list_has_a_largest_length(void **state)
{
    (void)state;
    struct settings *s = settings_open(&table, 1);
    char written[4 * SETTINGS_LIST_MAX] = "[1";
    size_t at = strlen(written);
    for (int i = 1; i < SETTINGS_LIST_MAX; i++, at += strlen(",1"))
        snprintf(written + at, sizeof(written) - at, ",1");
    snprintf(written + at, sizeof(written) - at, "]");
    check_ok(settings_put(s, "ints", written, ""));
    snprintf(written + at, sizeof(written) - at, ",1]");
    check_fault(settings_put(s, "ints", written, ""), EC_CFG_RANGE);
    check_ok(settings_finish(s));
    assert_int_equal(settings_count(s, "ints"), SETTINGS_LIST_MAX);
    settings_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_value_has_one_normal_form),
        cmocka_unit_test(the_normal_form_of_a_text_reads_back),
        cmocka_unit_test(a_wrong_value_is_refused),
        cmocka_unit_test(a_refusal_says_what_would_be_right),
        cmocka_unit_test(a_list_has_a_largest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
