#include "proto/base/json.h"

#include <float.h>
#include <math.h>

#include "tests/support/check.h"
#include "tests/support/stops.h"

static void check_text(const struct json *j, int indent, const char *want)
{
    char *text = json_text(j, indent);
    assert_string_equal(text, want);
    free(text);
}

static void a_tree_is_printed_as_it_was_built(void **state)
{
    (void)state;
    struct json *j = json_object(), *list = json_array(), *inner = json_object();
    json_put_text(j, "z", "last letter, first key");
    json_put_int(j, "least", INT64_MIN);
    json_put_bool(j, "ok", true);
    json_put_bool(j, "no", false);
    json_put_text(j, "none", NULL);
    json_add_text(list, "a");
    json_add_real(list, 0.5);
    json_put(inner, "list", list);
    json_put(j, "inner", inner);
    json_put(j, "empty", json_array());
    json_put(j, "void", json_object());
    check_text(j, 0,
               "{\"z\":\"last letter, first key\",\"least\":-9223372036854775808,\"ok\":true,"
               "\"no\":false,\"none\":null,\"inner\":{\"list\":[\"a\",0.5]},\"empty\":[],"
               "\"void\":{}}");
    json_close(&j);
    assert_null(j);
    json_close(&j);
}

static void an_indent_sets_one_value_a_line(void **state)
{
    (void)state;
    struct json *j = json_object(), *list = json_array();
    json_put(j, "a", list);
    json_add_real(list, 1);
    json_add(list, json_object());
    check_text(j, 2, "{\n  \"a\": [\n    1.0,\n    {}\n  ]\n}");
    json_close(&j);
}

static void numbers_are_short_and_exact_and_never_nan(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *want;
    } rows[] = {
        {0.1, "[0.1]"},
        {5.0, "[5.0]"},
        {-0.0, "[-0.0]"},
        {1e21, "[1e+21]"},
        {1.0 / 3.0, "[0.3333333333333333]"},
        {(double)NAN, "[null]"},
        {(double)INFINITY, "[null]"},
        {DBL_MIN, "[2.2250738585072014e-308]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *j = json_array();
        json_add_real(j, rows[i].v);
        check_text(j, 0, rows[i].want);
        json_close(&j);
    }
}

static void a_text_that_is_not_utf8_still_gives_json(void **state)
{
    (void)state;
    struct json *j = json_array();
    json_add_text(j, "K\xc3\xb6ln \"a\"\n");
    json_add_text(j, "K\xf6ln");
    check_text(j, 0, "[\"K\xc3\xb6ln \\\"a\\\"\\n\",\"K?ln\"]");
    json_close(&j);
}

static void what_is_printed_is_read_back(void **state)
{
    (void)state;
    static const char text[] = "{\"b\":[1,2.5,\"x\\u0001\\\\\",null,true],\"a\":{\"k\":1e+300}}";
    struct json *j = NULL;
    check_ok(json_parse(&j, text, strlen(text), "text"));
    check_text(j, 0, text);
    json_close(&j);
}

static void a_tree_is_read_by_kind(void **state)
{
    (void)state;
    static const char text[] =
        "{\"n\": 3, \"r\": 2.5, \"t\": \"word\", \"b\": true, \"l\": [1, 2], \"o\": {\"x\": 1}}";
    struct json *j = NULL;
    check_ok(json_parse(&j, text, strlen(text), "text"));
    assert_true(json_int(json_get(j, "n"), -1) == 3);
    assert_true(json_real(json_get(j, "n"), -1) == 3.0);
    assert_true(json_real(json_get(j, "r"), -1) == 2.5);
    assert_true(json_int(json_get(j, "r"), -1) == -1);
    assert_string_equal(json_string(json_get(j, "t"), "other"), "word");
    assert_string_equal(json_string(json_get(j, "n"), "other"), "other");
    assert_true(json_bool(json_get(j, "b"), false));
    assert_false(json_bool(json_get(j, "n"), false));
    assert_int_equal(json_count(json_get(j, "l")), 2);
    assert_true(json_int(json_at(json_get(j, "l"), 1), -1) == 2);
    assert_null(json_at(json_get(j, "l"), 2));
    assert_null(json_at(j, 0));
    assert_null(json_get(json_get(j, "l"), "x"));
    assert_null(json_get(j, "absent"));
    assert_true(json_int(NULL, 9) == 9);
    assert_true(json_real(NULL, 9) == 9.0);
    assert_true(json_bool(NULL, true));
    assert_null(json_string(NULL, NULL));
    assert_int_equal(json_count(NULL), 0);
    assert_int_equal(json_count(json_get(j, "n")), 0);
    assert_int_equal(json_count(j), 6);
    json_close(&j);
}

static void keys_come_in_order_of_insertion(void **state)
{
    (void)state;
    static const char *const keys[] = {"z", "a", "m"};
    struct json *j = json_object();
    for (size_t i = 0; i < COUNT(keys); i++)
        json_put_int(j, keys[i], 1);
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_string_equal(json_key_at(j, i), keys[i]);
    assert_null(json_key_at(j, COUNT(keys)));
    assert_null(json_key_at(NULL, 0));
    json_close(&j);
}

static void what_does_not_parse_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *where;
    } rows[] = {
        {"empty", "", "r.json:1"},
        {"cut", "{\"a\": [1,\n2", "r.json:2"},
        {"a key twice", "{\"a\": 1,\n\n\"a\": 2}", "r.json:3"},
        {"more behind", "{} {}", "r.json:1"},
        {"a NaN", "{\"a\": NaN}", "r.json:1"},
        {"too large", "[1e999]", "r.json:1"},
        {"not UTF-8", "[\"\xff\"]", "r.json:1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *j = NULL;
        check_fault(json_parse(&j, rows[i].text, strlen(rows[i].text), "r.json"), EC_IO_JSON);
        assert_null(j);
        if (strcmp(fault_kept()->where, rows[i].where) != 0)
            fail_msg("%s: at %s", rows[i].what, fault_kept()->where);
    }
}

static void put_into_an_array(void *ctx)
{
    json_put_int(ctx, "key", 1);
}

static void an_array_takes_no_keys(void **state)
{
    (void)state;
    struct json *list = json_array();
    assert_true(stops(NULL, 0, put_into_an_array, list));
    json_close(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_is_printed_as_it_was_built),
        cmocka_unit_test(an_indent_sets_one_value_a_line),
        cmocka_unit_test(numbers_are_short_and_exact_and_never_nan),
        cmocka_unit_test(a_text_that_is_not_utf8_still_gives_json),
        cmocka_unit_test(what_is_printed_is_read_back),
        cmocka_unit_test(a_tree_is_read_by_kind),
        cmocka_unit_test(keys_come_in_order_of_insertion),
        cmocka_unit_test(what_does_not_parse_is_refused_with_its_line),
        cmocka_unit_test(an_array_takes_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
