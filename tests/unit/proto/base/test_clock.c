#include "proto/base/clock.h"

#include <time.h>

#include "tests/support/check.h"
#include "tests/support/stops.h"

static void a_hand_turned_clock_moves_only_by_hand(void **state)
{
    (void)state;
    struct clock c = clock_by_hand(1000);
    assert_true(clock_now_ms(&c) == 1000);
    assert_true(clock_now_ms(&c) == 1000);
    clock_turn(&c, 50);
    clock_turn(&c, 0);
    assert_true(clock_now_ms(&c) == 1050);
}

static void the_machine_never_goes_back(void **state)
{
    (void)state;
    struct clock c = clock_machine();
    uint64_t before_ms = clock_now_ms(&c);
    double before = clock_seconds();
    for (int i = 0; i < 1000; i++) {
        uint64_t now_ms = clock_now_ms(&c);
        double now = clock_seconds();
        assert_true(now_ms >= before_ms);
        assert_true(now >= before);
        before_ms = now_ms;
        before = now;
    }
}

static void turn_it(void *ctx)
{
    clock_turn(ctx, UINT64_MAX);
}

static void only_a_hand_turned_clock_is_turned(void **state)
{
    (void)state;
    struct clock machine = clock_machine(), late = clock_by_hand(1), early = clock_by_hand(0);
    assert_true(stops(NULL, 0, turn_it, &machine));
    assert_true(stops(NULL, 0, turn_it, &late));
    assert_false(stops(NULL, 0, turn_it, &early));
}

static void utc_has_the_form_of_rfc_3339(void **state)
{
    (void)state;
    char now[21];
    clock_utc(now);
    assert_int_equal(strlen(now), 20);
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    for (size_t i = 0; i < 20; i++) {
        bool digit = now[i] >= '0' && now[i] <= '9';
        assert_true(form[i] == 'd' ? digit : now[i] == form[i]);
    }
}

static void both_ways_to_tell_the_date_agree(void **state)
{
    (void)state;
    char before[21], after[21], now[21];
    uint64_t ms = 0;
    do { /* within one second */
        clock_utc(before);
        ms = clock_utc_ms();
        clock_utc(after);
    } while (strcmp(before, after) != 0);
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    assert_non_null(gmtime_r(&seconds, &utc));
    assert_int_equal(strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc), 20);
    assert_string_equal(now, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_turned_clock_moves_only_by_hand),
        cmocka_unit_test(the_machine_never_goes_back),
        cmocka_unit_test(only_a_hand_turned_clock_is_turned),
        cmocka_unit_test(utc_has_the_form_of_rfc_3339),
        cmocka_unit_test(both_ways_to_tell_the_date_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
