#include "tests/support/check.h"

#include "coordinator/coord.h"

/* The picture of coord.h, written down a second time. */
static const struct {
    enum coord_phase in;
    enum event what;
    enum coord_phase next;
    enum action todo;
} drawn[] = {
    {CO_BOOT, EV_START, CO_LOAD, AC_LOAD},
    {CO_LOAD, EV_LOADED, CO_LISTEN, AC_AWAIT_SITES},
    {CO_LISTEN, EV_PRESENT, CO_OPEN, AC_OPEN},
    {CO_LISTEN, EV_DEADLINE_SHORT, CO_HALT, AC_HALT},
    {CO_LISTEN, EV_FINISHED, CO_DONE, AC_FINISH},
    {CO_OPEN, EV_OPENED, CO_COLLECT_MASKED, AC_NONE},
    {CO_COLLECT_MASKED, EV_COMPLETE, CO_CHECK, AC_CHECK},
    {CO_COLLECT_MASKED, EV_DEADLINE_ENOUGH, CO_CHECK, AC_CHECK},
    {CO_COLLECT_MASKED, EV_DEADLINE_SHORT, CO_BURN, AC_BURN},
    {CO_CHECK, EV_SUM_GOOD, CO_PUBLISH, AC_PUBLISH},
    {CO_CHECK, EV_SUM_BAD, CO_BURN, AC_BURN},
    {CO_PUBLISH, EV_PUBLISHED, CO_COLLECT_ACCEPT, AC_NONE},
    {CO_COLLECT_ACCEPT, EV_COMPLETE, CO_COMMIT, AC_COMMIT},
    {CO_COLLECT_ACCEPT, EV_DEADLINE_ENOUGH, CO_COMMIT, AC_COMMIT},
    {CO_COLLECT_ACCEPT, EV_DEADLINE_SHORT, CO_HALT, AC_HALT},
    {CO_COLLECT_ACCEPT, EV_DIFFERS, CO_HALT, AC_HALT},
    {CO_COMMIT, EV_COMMITTED, CO_LISTEN, AC_AWAIT_SITES},
    {CO_BURN, EV_BURNT, CO_LISTEN, AC_AWAIT_SITES},
};

static void every_pair_of_phase_and_event_is_as_drawn(void **state)
{
    (void)state;
    size_t pairs = 0;
    size_t allowed = 0;
    for (int in = 0; in < CO_COUNT; in++)
        for (int what = 0; what < EV_COUNT; what++) {
            struct coord c = {(enum coord_phase)in};
            enum action todo = AC_NONE;
            enum status st = coord_step(&c, (enum event)what, &todo);
            size_t row = 0;
            while (row < COUNT(drawn) && ((int)drawn[row].in != in || (int)drawn[row].what != what))
                row++;
            pairs++;
            if (row == COUNT(drawn)) {
                assert_int_equal(st, ST_STATE);
                assert_int_equal(c.phase, in);
                continue;
            }
            allowed++;
            assert_int_equal(st, ST_OK);
            assert_int_equal(c.phase, drawn[row].next);
            assert_int_equal(todo, drawn[row].todo);
        }
    assert_int_equal(pairs, (size_t)CO_COUNT * EV_COUNT);
    assert_int_equal(allowed, COUNT(drawn));
}

static void a_refusal_names_event_and_phase(void **state)
{
    (void)state;
    struct coord c = {CO_COLLECT_MASKED};
    enum action todo = AC_NONE;
    check_fault(coord_step(&c, EV_PUBLISHED, &todo), EC_RUN_STATE);
    assert_non_null(strstr(fault_text(), "published"));
    assert_non_null(strstr(fault_text(), "COLLECT_MASKED"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_phase_and_event_is_as_drawn),
        cmocka_unit_test(a_refusal_names_event_and_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
