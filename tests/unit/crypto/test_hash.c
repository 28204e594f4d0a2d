#include "crypto/hash.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

static uint8_t counting[1280]; /* 0, 1, ..., 255, 0, 1, ... */

/*
 * Made with Python's hashlib: blake2b(message, digest_size=32, person=purpose), the purpose padded
 * with zeros.
 */
static const struct {
    const char *purpose;
    const void *message;
    size_t len;
    const char *want;
} golden[] = {
    {.purpose = "plan",
     .message = "",
     .len = 0,
     .want = "6b20172c838b7810bd709e900b8ab5d4bd92e1bc90c54a8066b6609a67d7b02b"},
    {.purpose = "plan",
     .message = "abc",
     .len = 3,
     .want = "04450add8dbd453a8fcbbef4d3b6d5f842f11dff5e3dbed804303d1f45ea3c27"},
    {.purpose = "model",
     .message = "abc",
     .len = 3,
     .want = "f4d61c635fbde060b202449301980782434da4bcee2959dbb6a7094b03d89902"},
    {.purpose = "sixteen-bytes-ok",
     .message = counting,
     .len = sizeof(counting),
     .want = "eda000c455a47709e1bd0298e85d9515a28e6777f4a9fa4572f67c3003a46ed5"},
};

static void digests_agree_with_another_implementation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden); i++) {
        char text[DIGEST_TEXT];
        struct digest d = digest_of(golden[i].purpose, golden[i].message, golden[i].len);
        digest_text(text, &d);
        assert_string_equal(text, golden[i].want);
    }
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    struct digest whole = digest_of("plan", counting, sizeof(counting));
    static const size_t piece[] = {1, 7, 64, 128, 129, 1280};
    for (size_t i = 0; i < COUNT(piece); i++) {
        struct digest_state s;
        digest_begin(&s, "plan");
        for (size_t at = 0; at < sizeof(counting); at += piece[i]) {
            size_t left = sizeof(counting) - at;
            digest_add(&s, counting + at, piece[i] < left ? piece[i] : left);
        }
        digest_add(&s, NULL, 0);
        struct digest d = digest_end(&s);
        assert_true(digest_equal(&d, &whole));
    }
}

static void a_used_state_keeps_nothing(void **state)
{
    (void)state;
    static const struct digest_state empty;
    struct digest_state s;
    digest_begin(&s, "plan");
    digest_add(&s, "secret", 6);
    digest_end(&s);
    assert_memory_equal(&s, &empty, sizeof(s));
}

static void digests_differ_by_purpose_message_and_every_byte(void **state)
{
    (void)state;
    struct digest d = digest_of("plan", "abc", 3);
    struct digest purpose = digest_of("plan2", "abc", 3);
    struct digest message = digest_of("plan", "abd", 3);
    assert_true(digest_equal(&d, &d));
    assert_false(digest_equal(&d, &purpose));
    assert_false(digest_equal(&d, &message));
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        struct digest other = d;
        other.byte[i] ^= 0x10;
        assert_false(digest_equal(&d, &other));
    }
}

static void the_key_of_a_digest_is_its_first_eight_bytes(void **state)
{
    (void)state;
    struct digest d = {.byte = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x77}};
    assert_true(digest_u64(&d) == UINT64_C(0xefcdab8967452301));
}

static void begin(void *purpose)
{
    struct digest_state s;
    digest_begin(&s, purpose);
}

static void a_purpose_has_one_to_sixteen_bytes(void **state)
{
    (void)state;
    char none[] = "", sixteen[] = "0123456789abcdef", seventeen[] = "0123456789abcdefg";
    assert_true(stops(NULL, 0, begin, none));
    assert_false(stops(NULL, 0, begin, sixteen));
    assert_true(stops(NULL, 0, begin, seventeen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_agree_with_another_implementation),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(a_used_state_keeps_nothing),
        cmocka_unit_test(digests_differ_by_purpose_message_and_every_byte),
        cmocka_unit_test(the_key_of_a_digest_is_its_first_eight_bytes),
        cmocka_unit_test(a_purpose_has_one_to_sixteen_bytes),
    };
    crypto_start();
    for (size_t i = 0; i < sizeof(counting); i++)
        counting[i] = (uint8_t)i;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
