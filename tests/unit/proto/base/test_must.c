#include "proto/base/must.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

static void keep_or_break(void *ctx)
{
    const int *promise = ctx;
    must(*promise == 1);
}

static void a_kept_promise_changes_nothing(void **state)
{
    (void)state;
    int promise = 1;
    assert_false(dies(keep_or_break, &promise));
}

static void a_broken_promise_stops_and_names_its_place(void **state)
{
    (void)state;
    int promise = 2;
    char heard[512];
    assert_true(stops(heard, sizeof(heard), keep_or_break, &promise));
    assert_non_null(strstr(heard, "test_must.c:"));
    assert_non_null(strstr(heard, "*promise == 1"));
}

static void verify_looks_at_nothing_but_what_it_must(void **state)
{
    (void)state;
    int calls = 0;
    verify(++calls > 0);
#ifdef EVENHAND_VERIFY
    assert_int_equal(calls, 1);
#else
    assert_int_equal(calls, 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_promise_changes_nothing),
        cmocka_unit_test(a_broken_promise_stops_and_names_its_place),
        cmocka_unit_test(verify_looks_at_nothing_but_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
