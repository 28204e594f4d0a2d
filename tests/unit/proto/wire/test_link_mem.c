#include "tests/support/check.h"

#include "proto/wire/link_mem.h"

static struct msg numbered(enum msg_kind kind, uint64_t round, struct party to)
{
    return (struct msg){.head = {.type = (uint8_t)kind, .round = round, .recipient = to}};
}

static void a_vector_arrives_as_a_copy_with_its_sender(void **state)
{
    (void)state;
    struct hub *h = hub_open(2, 0);
    uint32_t words[3] = {1, 2, 3};
    struct msg m = numbered(MSG_MASKED, 4, (struct party){{0}});
    m.vector = (struct ring){.bits = 32, .words = 3, .word = words};
    check_ok(hub_site(h, 1)->ops->send(hub_site(h, 1), &m));
    words[0] = 99;
    struct msg got;
    bool any = false;
    check_ok(hub_coordinator(h)->ops->receive(hub_coordinator(h), &got, &any));
    assert_true(any);
    struct party sender = party_of_site(1);
    assert_true(party_equal(&got.head.sender, &sender));
    assert_int_equal(ring_get(&got.vector, 0), 1);
    assert_int_equal(hub_site(h, 1)->bytes_out, 12);
    msg_free(&got);
    check_ok(hub_coordinator(h)->ops->receive(hub_coordinator(h), &got, &any));
    assert_false(any);
    hub_close(&h);
}

static void shuffling_mixes_sites_and_keeps_each_in_order(void **state)
{
    (void)state;
    enum { SITES = 6, EACH = 5 };
    size_t moved = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct hub *h = hub_open(SITES, seed);
        for (uint32_t s = 0; s < SITES; s++)
            for (uint64_t k = 0; k < EACH; k++) {
                struct msg m = numbered(MSG_ACCEPT, k, (struct party){{0}});
                check_ok(hub_site(h, s)->ops->send(hub_site(h, s), &m));
            }
        uint64_t next[SITES] = {0};
        for (size_t i = 0; i < SITES * EACH; i++) {
            struct msg got;
            bool any = false;
            check_ok(hub_coordinator(h)->ops->receive(hub_coordinator(h), &got, &any));
            assert_true(any);
            for (uint32_t s = 0; s < SITES; s++) {
                struct party p = party_of_site(s);
                if (!party_equal(&p, &got.head.sender))
                    continue;
                assert_int_equal(got.head.round, next[s]++);
                moved += s != i / EACH;
            }
            msg_free(&got);
        }
        hub_close(&h);
    }
    assert_true(moved > 20);
}

static void mail_waits_for_whom_it_was_sent_to(void **state)
{
    (void)state;
    struct hub *h = hub_open(3, 0);
    struct msg m = numbered(MSG_COMMIT, 1, party_of_site(2));
    check_ok(hub_coordinator(h)->ops->send(hub_coordinator(h), &m));
    assert_false(hub_has_mail(h, 0));
    assert_true(hub_has_mail(h, 2));
    struct msg nobody = numbered(MSG_COMMIT, 1, party_of_site(7));
    check_fault(hub_coordinator(h)->ops->send(hub_coordinator(h), &nobody), EC_INTERNAL);
    hub_close(&h); /* with mail in it: nothing leaks */
}

static void one_message_goes_to_many(void **state)
{
    (void)state;
    struct hub *h = hub_open(3, 0);
    uint64_t words[2] = {5, 6};
    const struct party to[2] = {party_of_site(2), party_of_site(0)};
    struct msg m = numbered(MSG_RESULT, 1, (struct party){{0}}), got;
    bool any = false;
    m.vector = (struct ring){.bits = 64, .words = 2, .word = words};
    check_ok(hub_coordinator(h)->ops->send_all(hub_coordinator(h), &m, to, COUNT(to)));
    assert_false(hub_has_mail(h, 1));
    for (uint32_t s = 0; s < 3; s += 2) {
        check_ok(hub_site(h, s)->ops->receive(hub_site(h, s), &got, &any));
        assert_true(any);
        assert_int_equal(ring_get(&got.vector, 1), 6);
        msg_free(&got);
    }
    assert_int_equal(hub_coordinator(h)->bytes_out, 32);
    hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_arrives_as_a_copy_with_its_sender),
        cmocka_unit_test(shuffling_mixes_sites_and_keeps_each_in_order),
        cmocka_unit_test(mail_waits_for_whom_it_was_sent_to),
        cmocka_unit_test(one_message_goes_to_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
