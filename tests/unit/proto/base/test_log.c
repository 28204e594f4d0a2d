#include "proto/base/log.h"

#include <math.h>

#include "proto/base/file.h"
#include "proto/base/json.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static void a_line_has_time_level_event_and_fields(void **state)
{
    (void)state;
    log_to_stderr(LOG_INFO, false);
    struct capture to_err = capture_open(2);
    log_info("round", LOG_NUM("round", 3), LOG_NUM("loss", 0.71), LOG_TEXT("site", "north"));
    log_warn("late", LOG_TEXT("why", "two words"), LOG_TEXT("empty", ""), LOG_TEXT("quote", "a\"b"),
             LOG_TEXT("forged", "x\n00:00:00 info  fine"), LOG_NUM("nan", NAN));
    char *err = capture_close(&to_err);
    char *second = strchr(err, '\n') + 1;
    second[-1] = '\0';
    assert_true(err[2] == ':' && err[5] == ':' && err[8] == ' ');
    assert_string_equal(err + 9, "info  round  round=3 loss=0.71 site=north");
    assert_string_equal(second + 9, "warn  late  why=\"two words\" empty=\"\" quote=\"a\\\"b\" "
                                    "forged=\"x\\n00:00:00 info  fine\" nan=nan\n");
    free(err);
}

static void an_event_may_have_no_fields(void **state)
{
    (void)state;
    log_to_stderr(LOG_INFO, false);
    struct capture to_err = capture_open(2);
    log_event(LOG_ERROR, "stopped", NULL, 0);
    char *err = capture_close(&to_err);
    assert_string_equal(err + 9, "error stopped\n");
    free(err);
}

static void only_what_is_asked_for_is_shown(void **state)
{
    (void)state;
    size_t met = 0;
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        for (int event = LOG_ERROR; event <= LOG_DEBUG; event++, met++) {
            log_to_stderr((enum log_level)level, false);
            struct capture to_err = capture_open(2);
            log_event((enum log_level)event, "x", NULL, 0);
            char *err = capture_close(&to_err);
            assert_int_equal(err[0] != '\0', event <= level);
            free(err);
        }
    }
    assert_int_equal(met, 16);
}

static void check_line(char *line)
{
    struct json *j = NULL;
    check_ok(json_parse(&j, line, strlen(line), "log"));
    assert_string_equal(json_key_at(j, 0), "time");
    assert_int_equal(strlen(json_string(json_get(j, "time"), "")), 20);
    assert_string_equal(json_string(json_get(j, "level"), ""), "info");
    assert_string_equal(json_string(json_get(j, "event"), ""), "round");
    assert_true(json_int(json_get(j, "round"), -1) == 3);
    assert_true(json_real(json_get(j, "loss"), -1) == 0.71);
    assert_string_equal(json_string(json_get(j, "site"), ""), "a\n\"b\"");
    json_close(&j);
}

static void json_lines_are_json(void **state)
{
    (void)state;
    log_to_stderr(LOG_INFO, true);
    struct capture to_err = capture_open(2);
    log_info("round", LOG_NUM("round", 3), LOG_NUM("loss", 0.71), LOG_TEXT("site", "a\n\"b\""));
    char *err = capture_close(&to_err);
    assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
    check_line(err);
    free(err);
}

static void a_file_gets_every_event_and_is_added_to(void **state)
{
    (void)state;
    struct scratch scratch = scratch_open();
    char path[SCRATCH_MAX];
    uint8_t *text = NULL;
    size_t len = 0;
    scratch_file(path, &scratch, "log.jsonl");
    log_to_stderr(LOG_ERROR, false);
    for (int i = 0; i < 2; i++) {
        check_ok(log_to_file(path));
        log_info("round", LOG_NUM("round", 3), LOG_NUM("loss", 0.71), LOG_TEXT("site", "a\n\"b\""));
        log_event(LOG_DEBUG, "detail", NULL, 0);
        check_ok(log_to_file(NULL));
        log_info("after", LOG_NUM("none", 0));
    }
    check_ok(file_read(&text, &len, path, 10000));
    char *second = strchr((char *)text, '\n') + 1;
    second[-1] = '\0';
    check_line((char *)text);
    check_line(second);
    free(text);
    scratch_close(&scratch);
}

static void a_file_that_cannot_be_is_a_fault(void **state)
{
    (void)state;
    check_fault(log_to_file("/proc/nothing/log.jsonl"), EC_IO_CREATE);
    log_to_stderr(LOG_ERROR, false);
    log_info("still", LOG_NUM("fine", 1));
}

static void a_run_has_a_log_of_its_own_and_its_end_says_how_it_went(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    log_to_stderr(LOG_ERROR, false);
    check_ok(log_begin(s.path));
    check_ok(log_end(ST_OK));
    check_ok(log_begin(s.path));
    enum status st = log_end(fault(EC_DATA_NAN, "row 3", "a hole"));
    assert_int_equal(st, ST_DATA);
    assert_int_equal(fault_kept()->what, EC_DATA_NAN); /* the fault is still the run's */
    log_info("nobody hears this", LOG_NUM("at", 1));
    check_ok(file_read(&bytes, &len, scratch_file(path, &s, "log.jsonl"), 4096));
    assert_non_null(strstr((char *)bytes, "\"event\":\"failed\",\"code\":\"E-DAT-003\""));
    assert_null(strstr((char *)bytes, "nobody"));
    free(bytes);
    scratch_file(path, &s, "none/such");
    check_fault(log_begin(path), EC_IO_CREATE);
    scratch_close(&s);
}

static void what_others_cause_without_end_is_a_line_a_second(void **state)
{
    (void)state;
    static const struct {
        uint64_t now_ms;
        bool due;
        uint64_t times;
    } rows[] = {
        {5000, true, 1},  {5000, false, 1}, {5999, false, 2}, {6000, true, 3},
        {6999, false, 1}, {9000, true, 2},  {10000, true, 1},
    };
    struct log_thrift t = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t times = 0;
        assert_int_equal(log_due(&times, &t, rows[i].now_ms), rows[i].due);
        assert_int_equal(times, rows[i].times);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_event_and_fields),
        cmocka_unit_test(an_event_may_have_no_fields),
        cmocka_unit_test(only_what_is_asked_for_is_shown),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(a_file_gets_every_event_and_is_added_to),
        cmocka_unit_test(a_file_that_cannot_be_is_a_fault),
        cmocka_unit_test(a_run_has_a_log_of_its_own_and_its_end_says_how_it_went),
        cmocka_unit_test(what_others_cause_without_end_is_a_line_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
