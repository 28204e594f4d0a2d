#include "tests/support/check.h"

#include <unistd.h>

#include "proto/base/child.h"
#include "tests/support/capture.h"

/* A shell stands for the program; what it says on our stderr is the caller's to free. */
static enum status play(struct json **envelope, char **said, const char *script)
{
    const char *words[] = {"sh", "-c", script, NULL};
    struct capture capture = capture_open(STDERR_FILENO);
    enum status st = child_run(envelope, "/bin/sh", words);
    *said = capture_close(&capture);
    return st;
}

#define NO_COLUMN                                                                                  \
    "echo '{\"ok\":false,\"exit\":65,\"error\":{\"code\":\"E-DAT-005\","                           \
    "\"message\":\"no column sex\",\"where\":\"a.csv:1\"}}';"

static void a_result_comes_back_as_it_was_said(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_ok(play(&envelope, &said,
                  "echo '1 of 2' >&2; echo '{\"data\":{\"sites\":[1,2]}}'; "
                  "echo '2 of 2' >&2"));
    assert_int_equal(json_count(json_get(json_get(envelope, "data"), "sites")), 2);
    assert_string_equal(said, "1 of 2\n2 of 2\n");
    json_close(&envelope);
    free(said);
}

static void a_complaint_keeps_its_code_and_is_said_once(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_fault(play(&envelope, &said,
                     "echo reading >&2; echo 'error[E-DAT-005] a.csv:1: no column sex' >&2; "
                     "echo 'fix: mend it' >&2; " NO_COLUMN " exit 65"),
                EC_DATA_COLUMN);
    assert_null(envelope);
    assert_string_equal(fault_kept()->where, "a.csv:1");
    assert_string_equal(fault_text(), "no column sex");
    assert_string_equal(said, "reading\n");
    free(said);
}

static void a_program_that_cannot_be_understood_is_a_fault_and_its_words_are_shown(void **state)
{
    (void)state;
    static const char new_code[] =
        "echo 'error[E-NEW-001] x' >&2; echo '{\"error\":{\"code\":\"E-NEW-001\"}}'; exit 65";
    static const char no_complaint[] = "echo '{\"error\":{\"code\":\"E-NON-000\"}}'; exit 1";
    static const struct {
        const char *script, *shown, *detail;
    } rows[] = {
        {"kill -SEGV $$", "", "signal 11"},
        {"echo 'error[E-OLD-1] x' >&2; exit 9", "error[E-OLD-1] x\n", "status 9"},
        {"printf 'no line end' >&2; exit 2", "no line end", "status 2"},
        {"exit 0", "", "no result"},
        {"echo done", "", "no result"},
        {new_code, "error[E-NEW-001] x\n", "status 65"},
        {no_complaint, "", "status 1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *envelope = NULL;
        char *said = NULL;
        check_fault(play(&envelope, &said, rows[i].script), EC_IO_PROGRAM);
        if (strstr(fault_text(), rows[i].detail) == NULL || strcmp(said, rows[i].shown) != 0)
            fail_msg("%s: `%s`, said `%s`", rows[i].script, fault_text(), said);
        assert_null(envelope);
        free(said);
    }
}

static void more_than_a_pipe_holds_comes_through(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_ok(play(&envelope, &said,
                  "i=0; while [ $i -lt 20000 ]; do echo 123456789 >&2; i=$((i+1)); done; "
                  "printf '{\"data\":\"'; i=0; while [ $i -lt 20000 ]; do printf 123456789; "
                  "i=$((i+1)); done; echo '\"}'"));
    assert_int_equal(strlen(json_string(json_get(envelope, "data"), "")), 180000);
    assert_int_equal(strlen(said), 200000);
    json_close(&envelope);
    free(said);
}

static void a_program_that_is_not_there_is_a_fault(void **state)
{
    (void)state;
    const char *words[] = {"evenhand-data", "--json", NULL};
    struct json *envelope = NULL;
    check_fault(child_run(&envelope, "/nonexistent/evenhand-data", words), EC_IO_PROGRAM);
    assert_string_equal(fault_kept()->where, "/nonexistent/evenhand-data");
}

static void our_programs_stand_beside_this_one(void **state)
{
    (void)state;
    char path[4096], small[8];
    check_ok(child_path(path, sizeof(path), "test_child"));
    assert_int_equal(access(path, X_OK), 0);
    check_fault(child_path(small, sizeof(small), "evenhand-data"), EC_IO_PROGRAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back_as_it_was_said),
        cmocka_unit_test(a_complaint_keeps_its_code_and_is_said_once),
        cmocka_unit_test(a_program_that_cannot_be_understood_is_a_fault_and_its_words_are_shown),
        cmocka_unit_test(more_than_a_pipe_holds_comes_through),
        cmocka_unit_test(a_program_that_is_not_there_is_a_fault),
        cmocka_unit_test(our_programs_stand_beside_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
