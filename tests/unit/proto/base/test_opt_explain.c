#include "proto/base/opt.h"

#include "tests/support/capture.h"
#include "tests/support/check.h"

static int explain(char **out, char *code, char *option)
{
    char program[] = "evenhand", verb[] = "explain";
    char *argv[] = {program, verb, code, option, NULL};
    int argc = code == NULL ? 2 : option == NULL ? 3 : 4;
    struct capture to_err = capture_open(2), to_out = capture_open(1);
    int status = opt_main("evenhand", "", &opt_explain, 1, argc, argv);
    *out = capture_close(&to_out);
    free(capture_close(&to_err));
    return status;
}

static void a_code_is_explained(void **state)
{
    (void)state;
    char code[] = "e-run-004", json[] = "--json", *out;
    assert_int_equal(explain(&out, code, NULL), 0);
    assert_string_equal(out, "E-RUN-004\n"
                             "cause: too few sites answered before the deadline\n"
                             "fix:   see which sites were awaited, mend them, and run again\n"
                             "exit:  75\n"
                             "retry: later\n");
    free(out);
    assert_int_equal(explain(&out, code, json), 0);
    assert_non_null(strstr(out, "\"data\":{\"code\":\"E-RUN-004\",\"cause\":\"too few sites"));
    assert_non_null(strstr(out, "\"exit\":75,\"retry\":\"later\"}}\n"));
    free(out);
}

static void without_a_code_all_are_listed(void **state)
{
    (void)state;
    char json[] = "--json", *out;
    assert_int_equal(explain(&out, NULL, NULL), 0);
    for (enum complaint what = EC_NONE + 1; what < EC_COUNT; what++)
        assert_non_null(strstr(out, complaint_row(what)->code));
    assert_null(strstr(out, complaint_row(EC_NONE)->code));
    free(out);
    assert_int_equal(explain(&out, json, NULL), 0);
    struct json *j = NULL;
    check_ok(json_parse(&j, out, strlen(out), "stdout"));
    assert_int_equal(json_count(json_get(json_get(j, "data"), "codes")), EC_COUNT - 1);
    json_close(&j);
    free(out);
}

static void a_code_that_is_not_ours_is_refused(void **state)
{
    (void)state;
    char code[] = "E-CFG-999", *out;
    assert_int_equal(explain(&out, code, NULL), 64);
    assert_string_equal(out, "");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_explained),
        cmocka_unit_test(without_a_code_all_are_listed),
        cmocka_unit_test(a_code_that_is_not_ours_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
