/* What is too long for a frame: vectors, and bodies over 64 KiB. */
#include "models/core/schema.h"
#include "proto/base/rng.h"
#include "proto/wire/chunk.h"
#include "proto/wire/codec.h"
#include "tests/support/check.h"

static struct msg of_kind(enum msg_kind kind)
{
    return (struct msg){.head = {.type = (uint8_t)kind, .round = 9}};
}

static void a_vector_is_announced_by_its_digest(void **state)
{
    (void)state;
    uint32_t words[3] = {1, 2, 0xffffffff};
    struct msg rows[] = {of_kind(MSG_MASKED), of_kind(MSG_RESULT), of_kind(MSG_PAST)};
    rows[1].as.result.sites = 4;
    rows[2].as.past = (struct msg_past){9, 4};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct msg m = rows[i], got = {.head = m.head};
        m.vector = (struct ring){.bits = 32, .words = 3, .word = words};
        uint8_t body[64];
        size_t len = codec_pack(body, sizeof body, &m);
        assert_int_equal(codec_len(&m), len);
        check_ok(codec_unpack(&got, body, len));
        struct pieces p = codec_pieces(&got);
        struct digest d = chunk_digest(words, sizeof words);
        assert_int_equal(p.bytes, sizeof words);
        assert_true(digest_equal(&p.digest, &d));
        assert_null(got.vector.word);
        struct pieces ours = codec_pieces(&m);
        assert_int_equal(ours.bytes, sizeof words);
        assert_true(digest_equal(&ours.digest, &d));
    }
}

static void nothing_follows_any_other_kind(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < MSG_KINDS; kind++) {
        struct msg m = of_kind((enum msg_kind)kind);
        bool follows =
            kind == MSG_MASKED || kind == MSG_RESULT || kind == MSG_PAST || kind == MSG_PARCEL;
        m.vector = (struct ring){.bits = 32, .words = 3};
        m.as.parcel.bytes = 12;
        assert_int_equal(codec_pieces(&m).bytes, follows ? 12 : 0);
    }
}

static void a_long_join_travels_as_a_parcel(void **state)
{
    (void)state;
    assert_int_equal(WIRE_SCHEMA_MAX, SCHEMA_BYTES_MAX);
    struct rng r = rng_open(6, RNG_TEST, 0, 0, 0);
    struct msg m = of_kind(MSG_JOIN);
    memset(m.as.join.site, 'a', sizeof m.as.join.site - 1);
    m.as.join.done = UINT64_MAX;
    m.as.join.schema_len = WIRE_SCHEMA_MAX;
    m.as.join.schema = malloc(WIRE_SCHEMA_MAX);
    assert_non_null(m.as.join.schema);
    for (size_t i = 0; i < WIRE_SCHEMA_MAX; i++)
        m.as.join.schema[i] = (uint8_t)rng_u32(&r);
    size_t len = codec_len(&m);
    assert_true(len > WIRE_BODY_MAX);
    assert_true(len <= WIRE_PARCEL_MAX);
    uint8_t *body = malloc(len), announced[256];
    assert_non_null(body);
    assert_int_equal(codec_pack(body, len, &m), len);

    struct msg parcel = codec_parcel(&m.head, body, len);
    assert_int_equal(parcel.head.type, MSG_PARCEL);
    assert_int_equal(parcel.head.round, 9);
    size_t said = codec_pack(announced, sizeof announced, &parcel);
    struct msg heard = {.head = parcel.head}, got;
    check_ok(codec_unpack(&heard, announced, said));
    struct pieces p = codec_pieces(&heard);
    struct digest d = chunk_digest(body, len);
    assert_int_equal(p.bytes, len);
    assert_true(digest_equal(&p.digest, &d));

    check_ok(codec_unparcel(&got, &heard, body));
    assert_int_equal(got.head.type, MSG_JOIN);
    assert_int_equal(got.head.body_len, len);
    got.head.body_len = 0;
    assert_memory_equal(&got.head, &m.head, sizeof m.head);
    assert_string_equal(got.as.join.site, m.as.join.site);
    assert_true(got.as.join.done == UINT64_MAX);
    assert_int_equal(got.as.join.schema_len, WIRE_SCHEMA_MAX);
    assert_memory_equal(got.as.join.schema, m.as.join.schema, WIRE_SCHEMA_MAX);
    msg_free(&got);
    body[0] ^= 1;
    check_fault(codec_unparcel(&got, &heard, body), EC_WIRE_BODY);
    msg_free(&m);
    free(body);
}

static void a_long_plan_travels_as_a_parcel(void **state)
{
    (void)state;
    static uint8_t text[WIRE_PLAN_MAX], body[WIRE_PARCEL_MAX];
    memset(text, 'p', sizeof text);
    text[sizeof text - 1] = '\n';
    struct msg m = of_kind(MSG_PLAN), got;
    m.as.plan = (struct msg_plan){text, sizeof text};
    size_t len = codec_pack(body, sizeof body, &m);
    assert_true(len > WIRE_BODY_MAX);
    struct msg parcel = codec_parcel(&m.head, body, len), heard = {.head = parcel.head};
    uint8_t announced[64];
    size_t said = codec_pack(announced, sizeof announced, &parcel);
    check_ok(codec_unpack(&heard, announced, said));
    assert_int_equal(codec_pieces(&heard).bytes, len);
    check_ok(codec_unparcel(&got, &heard, body));
    assert_int_equal(got.head.type, MSG_PLAN);
    assert_int_equal(got.as.plan.text_len, sizeof text);
    assert_memory_equal(got.as.plan.text, text, sizeof text);
    msg_free(&got);
}

static void a_plan_has_64_kib_and_not_a_byte_more(void **state)
{
    (void)state;
    static uint8_t body[4 + WIRE_PLAN_MAX + 1] = {0x0a, 0x80, 0x80, 0x04}; /* of a parcel */
    struct msg m = of_kind(MSG_PLAN);
    check_ok(codec_unpack(&m, body, sizeof body - 1));
    assert_int_equal(m.as.plan.text_len, WIRE_PLAN_MAX); /* of NULs: the plan's reader judges */
    msg_free(&m);
    m = of_kind(MSG_PLAN);
    body[1]++;
    check_fault(codec_unpack(&m, body, sizeof body), EC_WIRE_BODY);
    assert_non_null(strstr(fault_text(), "text"));
}

static void a_schema_one_byte_too_long_is_refused(void **state)
{
    (void)state;
    static const uint8_t front[7] = {0x0a, 1, 'a', 0x12, 0x80, 0x80, 0x04};
    static uint8_t body[7 + WIRE_SCHEMA_MAX + 1]; /* of a parcel */
    struct msg m = of_kind(MSG_JOIN);
    memcpy(body, front, 7);
    check_ok(codec_unpack(&m, body, sizeof body - 1));
    assert_int_equal(m.as.join.schema_len, WIRE_SCHEMA_MAX);
    msg_free(&m);
    m = of_kind(MSG_JOIN);
    body[4]++;
    check_fault(codec_unpack(&m, body, sizeof body), EC_WIRE_BODY);
    assert_non_null(strstr(fault_text(), "schema"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_is_announced_by_its_digest),
        cmocka_unit_test(nothing_follows_any_other_kind),
        cmocka_unit_test(a_long_join_travels_as_a_parcel),
        cmocka_unit_test(a_long_plan_travels_as_a_parcel),
        cmocka_unit_test(a_plan_has_64_kib_and_not_a_byte_more),
        cmocka_unit_test(a_schema_one_byte_too_long_is_refused),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
