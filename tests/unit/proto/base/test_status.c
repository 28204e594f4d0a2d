#include "proto/base/status.h"

#include <pthread.h>

#include "tests/support/check.h"

static void a_fault_keeps_its_complaint_and_returns_its_status(void **state)
{
    (void)state;
    assert_int_equal(fault(EC_CFG_RANGE, "plan.cfg:3", "key `%s` is %d", "seed", -1), ST_CONFIG);
    assert_int_equal(fault_kept()->what, EC_CFG_RANGE);
    assert_string_equal(fault_kept()->where, "plan.cfg:3");
    assert_string_equal(fault_text(), "key `seed` is -1");
}

static void the_last_fault_wins(void **state)
{
    (void)state;
    assert_int_equal(fault(EC_IO_OPEN, "a", "first"), ST_IO);
    assert_int_equal(fault(EC_USAGE, NULL, "second"), ST_USAGE);
    assert_int_equal(fault_kept()->what, EC_USAGE);
    assert_string_equal(fault_kept()->where, "");
    assert_string_equal(fault_text(), "second");
}

static void a_fault_may_quote_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(fault(EC_IO_OPEN, "a", "no such file"), ST_IO);
    assert_int_equal(fault(EC_IO_OPEN, fault_kept()->where, "tried twice: %s", fault_text()),
                     ST_IO);
    assert_string_equal(fault_text(), "tried twice: no such file");
    assert_string_equal(fault_kept()->where, "a");
}

static void a_long_fault_is_cut_and_closed(void **state)
{
    (void)state;
    char wide[2000];
    memset(wide, 'x', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    assert_int_equal(fault(EC_IO_OPEN, wide, "%s", wide), ST_IO);
    assert_int_equal(strlen(fault_kept()->where), sizeof(fault_kept()->where) - 1);
    assert_int_equal(strlen(fault_kept()->detail), sizeof(fault_kept()->detail) - 1);
}

static void *fault_elsewhere(void *kept)
{
    if (fault(EC_DATA_NAN, "north.h5", "row 7") == ST_DATA)
        *(struct complaint_kept *)kept = *fault_kept();
    return NULL;
}

static void each_thread_keeps_its_own_and_may_hand_it_over(void **state)
{
    (void)state;
    struct complaint_kept theirs = {.what = EC_NONE};
    pthread_t thread;
    assert_int_equal(fault(EC_IO_OPEN, "mine", "mine"), ST_IO);
    assert_int_equal(pthread_create(&thread, NULL, fault_elsewhere, &theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(fault_text(), "mine");
    fault_restore(&theirs);
    assert_int_equal(fault_kept()->what, EC_DATA_NAN);
    assert_string_equal(fault_text(), "row 7");
}

/* "E-ABC-012", "E-IO-001" */
static bool is_code(const char *code)
{
    size_t letters = strspn(code + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    const char *digits = code + 2 + letters + 1;
    return strncmp(code, "E-", 2) == 0 && letters >= 2 && letters <= 3 && digits[-1] == '-' &&
           strlen(digits) == 3 && strspn(digits, "0123456789") == 3;
}

static bool is_exit_status(int status)
{
    static const int known[] = {1, 3, 64, 65, 69, 70, 73, 74, 75, 76, 77, 78};
    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i] == status)
            return true;
    return false;
}

static void every_complaint_is_complete_and_has_a_code_of_its_own(void **state)
{
    (void)state;
    size_t met = 0;
    for (enum complaint what = EC_NONE + 1; what < EC_COUNT; what++) {
        const struct complaint_row *row = complaint_row(what);
        if (!is_code(row->code) || !is_exit_status(row->exit_status) || row->status == ST_OK)
            fail_msg("%s: code, exit status or status is not as agreed", row->code);
        size_t cause_len = strlen(row->cause), fix_len = strlen(row->fix);
        if (cause_len < 10 || fix_len < 10 || row->cause[cause_len - 1] == '.')
            fail_msg("%s: cause and fix are sentences without a dot", row->code);
        if (complaint_row(complaint_find(row->code)) != row)
            fail_msg("%s: the code is used twice", row->code);
        met++;
    }
    assert_true(met >= 30);
    assert_int_equal(met, EC_COUNT - 1);
}

static void a_code_is_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(complaint_find("e-cfg-012"), EC_CFG_UNKNOWN_KEY);
    assert_int_equal(complaint_find("E-CFG-999"), EC_NONE);
    assert_int_equal(complaint_find(""), EC_NONE);
}

static void names_are_words(void **state)
{
    (void)state;
    assert_string_equal(status_name(ST_OK), "OK");
    assert_string_equal(status_name(ST_TIMEOUT), "TIMEOUT");
    assert_string_equal(retry_name(RETRY_NO), "no");
    assert_string_equal(retry_name(RETRY_LATER), "later");
    assert_string_equal(retry_name(RETRY_AFTER_REPAIR), "after repair");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_keeps_its_complaint_and_returns_its_status),
        cmocka_unit_test(the_last_fault_wins),
        cmocka_unit_test(a_fault_may_quote_the_one_before),
        cmocka_unit_test(a_long_fault_is_cut_and_closed),
        cmocka_unit_test(each_thread_keeps_its_own_and_may_hand_it_over),
        cmocka_unit_test(every_complaint_is_complete_and_has_a_code_of_its_own),
        cmocka_unit_test(a_code_is_found_in_any_case),
        cmocka_unit_test(names_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
