#include "tests/support/check.h"

#include "coordinator/intake.h"

static struct msg vector_of(uint32_t *words, size_t count)
{
    return (struct msg){.head = {.type = MSG_MASKED},
                        .vector = {.bits = 32, .words = count, .word = words}};
}

static void open_sites(struct presence *p, uint32_t sites)
{
    presence_open(p);
    for (uint32_t i = 0; i < sites; i++) {
        struct party party = party_of_site(i);
        assert_int_equal(presence_enrol(p, NULL, &party), i);
    }
}

static void a_site_counts_once(void **state)
{
    (void)state;
    struct presence p;
    struct intake in = {0};
    open_sites(&p, 2);
    presence_join(&p, 0);
    intake_begin(&in, 32, 3);
    uint32_t words[3] = {1, 2, UINT32_MAX};
    struct msg m = vector_of(words, 3);
    check_ok(intake_add(&in, &p, 0, &m));
    check_fault(intake_add(&in, &p, 0, &m), EC_RUN_STATE);
    assert_int_equal(ring_get(&in.sum, 1), 2);
    check_ok(intake_add(&in, &p, 1, &m));
    assert_int_equal(ring_get(&in.sum, 1), 4);
    assert_int_equal(ring_get(&in.sum, 2), -2);
    assert_int_equal(presence_counted(&p), 2);
    intake_close(&in);
    presence_close(&p);
}

static void another_shape_is_refused_and_adds_nothing(void **state)
{
    (void)state;
    struct presence p;
    struct intake in = {0};
    open_sites(&p, 1);
    intake_begin(&in, 32, 3);
    uint32_t words[4] = {1, 1, 1, 1};
    struct msg longer = vector_of(words, 4);
    struct msg wider = vector_of(words, 2);
    wider.vector.bits = 64;
    struct msg none = {.head = {.type = MSG_MASKED}};
    check_fault(intake_add(&in, &p, 0, &longer), EC_RUN_SUM);
    check_fault(intake_add(&in, &p, 0, &wider), EC_RUN_SUM);
    check_fault(intake_add(&in, &p, 0, &none), EC_RUN_SUM);
    assert_int_equal(ring_get(&in.sum, 0), 0);
    assert_int_equal(presence_counted(&p), 0);
    intake_close(&in);
    presence_close(&p);
}

static void a_new_round_forgets_the_last(void **state)
{
    (void)state;
    struct presence p;
    struct intake in = {0};
    open_sites(&p, 1);
    uint32_t words[2] = {5, 6};
    struct msg m = vector_of(words, 2);
    intake_begin(&in, 32, 2);
    check_ok(intake_add(&in, &p, 0, &m));
    presence_account(&p, 1);
    presence_new_round(&p);
    intake_begin(&in, 32, 2);
    assert_int_equal(ring_get(&in.sum, 0), 0);
    check_ok(intake_add(&in, &p, 0, &m));
    presence_account(&p, 2);
    assert_int_equal(p.site[0].rounds_joined, 2);
    assert_int_equal(p.site[0].rounds_missed, 0);
    intake_close(&in);
    presence_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_counts_once),
        cmocka_unit_test(another_shape_is_refused_and_adds_nothing),
        cmocka_unit_test(a_new_round_forgets_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
