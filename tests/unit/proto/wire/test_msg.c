#include "tests/support/check.h"

#include "proto/base/arena.h"
#include "proto/wire/msg.h"

static void every_party_is_another_and_nobody_is_the_coordinator(void **state)
{
    (void)state;
    static const uint32_t sites[] = {0, 1, 2, 255, 256, 65535, 65536, 1u << 24, UINT32_MAX};
    const struct party coordinator = {{0}};
    for (size_t i = 0; i < COUNT(sites); i++) {
        struct party p = party_of_site(sites[i]);
        assert_false(party_equal(&p, &coordinator));
        for (size_t k = 0; k < COUNT(sites); k++) {
            struct party other = party_of_site(sites[k]);
            assert_int_equal(party_equal(&p, &other), i == k);
        }
    }
}

static void a_clone_owns_its_vector(void **state)
{
    (void)state;
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        uint64_t words[3] = {1, 2, 3};
        struct msg m = {.head = {.type = MSG_RESULT, .round = 9},
                        .vector = {.bits = bits, .words = 3, .word = words}};
        m.as.result.sites = 4;
        struct msg copy = msg_clone(&m);
        words[0] = 77;
        assert_int_equal(ring_get(&copy.vector, 0), 1);
        assert_int_equal(copy.vector.bits, bits);
        assert_int_equal(copy.head.round, 9);
        assert_int_equal(copy.as.result.sites, 4);
        assert_int_equal(msg_body_bytes(&copy), 3 * bits / 8);
        msg_free(&copy);
        assert_null(copy.vector.word);
        msg_free(&copy); /* twice is harmless */
    }
}

static void a_clone_of_a_join_owns_its_schema(void **state)
{
    (void)state;
    uint8_t schema[5] = {1, 2, 3, 4, 5};
    struct msg m = {.head = {.type = MSG_JOIN}};
    snprintf(m.as.join.site, sizeof m.as.join.site, "north");
    m.as.join.schema = schema;
    m.as.join.schema_len = sizeof schema;
    struct msg copy = msg_clone(&m);
    memset(schema, 0, sizeof schema);
    assert_int_equal(copy.as.join.schema[4], 5);
    assert_string_equal(copy.as.join.site, "north");
    assert_int_equal(msg_body_bytes(&copy), 5);
    msg_free(&copy);
    assert_null(copy.as.join.schema);
}

static void a_clone_of_a_plan_owns_its_text(void **state)
{
    (void)state;
    uint8_t text[5] = {'a', ' ', '=', ' ', '1'};
    struct msg m = {.head = {.type = MSG_PLAN}};
    m.as.plan = (struct msg_plan){text, sizeof text};
    struct msg copy = msg_clone(&m);
    memset(text, 0, sizeof text);
    assert_int_equal(copy.as.plan.text[4], '1');
    assert_int_equal(copy.as.plan.text_len, 5);
    assert_int_equal(msg_body_bytes(&copy), 5);
    msg_free(&copy);
    assert_null(copy.as.plan.text);
}

/* The union of another kind is no pointer: it must be neither copied nor freed as one. */
static void only_joins_and_plans_own_bytes(void **state)
{
    (void)state;
    for (int kind = 0; kind < MSG_KINDS; kind++) {
        if (kind == MSG_JOIN || kind == MSG_PLAN)
            continue;
        struct msg m = {.head = {.type = (uint8_t)kind}};
        memset(&m.as, 0xa5, sizeof m.as);
        struct msg copy = msg_clone(&m);
        assert_memory_equal(&copy.as, &m.as, sizeof m.as);
        assert_int_equal(msg_body_bytes(&copy), 0);
        msg_free(&copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_party_is_another_and_nobody_is_the_coordinator),
        cmocka_unit_test(a_clone_owns_its_vector),
        cmocka_unit_test(a_clone_of_a_join_owns_its_schema),
        cmocka_unit_test(a_clone_of_a_plan_owns_its_text),
        cmocka_unit_test(only_joins_and_plans_own_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
