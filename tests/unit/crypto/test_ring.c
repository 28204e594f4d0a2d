#include "crypto/ring.h"

#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

#define WORDS 67 /* no multiple of a vector register */

static void words_lie_little_endian_and_signed(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        int64_t value;
        uint8_t bytes[8];
    } rows[] = {
        {32, 1, {1}},
        {32, -2, {0xfe, 0xff, 0xff, 0xff}},
        {32, INT32_MAX, {0xff, 0xff, 0xff, 0x7f}},
        {32, INT32_MIN, {0, 0, 0, 0x80}},
        {64, 1, {1}},
        {64, -2, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {64, INT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
        {64, INT64_MIN, {0, 0, 0, 0, 0, 0, 0, 0x80}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t memory[2] = {UINT64_C(0x5555555555555555), UINT64_C(0x5555555555555555)};
        struct ring r = {.bits = rows[i].bits, .words = 2, .word = memory};
        ring_clear(&r);
        ring_put(&r, 0, rows[i].value);
        assert_memory_equal(memory, rows[i].bytes, ring_bytes(r.bits, 1));
        assert_int_equal(ring_get(&r, 0), rows[i].value);
        assert_int_equal(ring_get(&r, 1), 0);
    }
}

static void a_vector_takes_four_or_eight_bytes_a_word(void **state)
{
    (void)state;
    assert_int_equal(ring_bytes(32, 7), 28);
    assert_int_equal(ring_bytes(64, 7), 56);
    assert_int_equal(ring_bytes(64, 0), 0);
}

static void a_sum_wraps_modulo_two_to_the_bits(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        int64_t a, b, want;
    } rows[] = {
        {32, 1, 2, 3},
        {32, INT32_MAX, 1, INT32_MIN},
        {32, INT32_MIN, -1, INT32_MAX},
        {32, -1, 1, 0},
        {64, INT32_MAX, 1, 1L << 31},
        {64, INT64_MAX, 1, INT64_MIN},
        {64, INT64_MIN, INT64_MIN, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t left[WORDS], right[WORDS];
        struct ring a = {.bits = rows[i].bits, .words = WORDS, .word = left};
        struct ring b = {.bits = rows[i].bits, .words = WORDS, .word = right};
        for (size_t w = 0; w < WORDS; w++)
            ring_put(&a, w, rows[i].a), ring_put(&b, w, rows[i].b);
        ring_add(&a, &b);
        for (size_t w = 0; w < WORDS; w++) {
            assert_int_equal(ring_get(&a, w), rows[i].want);
            assert_int_equal(ring_get(&b, w), rows[i].b);
        }
    }
}

#define TERMS 9

/* Any words at all, masked or not: I6 of security.md 4.4. */
static void a_sum_does_not_depend_on_the_order_of_its_terms(void **state)
{
    (void)state;
    static const unsigned widths[] = {32, 64};
    static uint64_t term[TERMS][WORDS];
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t t = 0; t < TERMS; t++)
        for (size_t w = 0; w < WORDS; w++)
            term[t][w] = rng_u64(&rng);

    for (size_t k = 0; k < COUNT(widths); k++) {
        uint64_t first[WORDS] = {0}, other[WORDS] = {0};
        for (size_t trial = 0; trial < 20; trial++) {
            uint32_t order[TERMS];
            struct ring sum = {
                .bits = widths[k], .words = WORDS, .word = trial == 0 ? first : other};
            rng_shuffle(order, TERMS, &rng);
            ring_clear(&sum);
            for (size_t t = 0; t < TERMS; t++) {
                struct ring next = {.bits = widths[k], .words = WORDS, .word = term[order[t]]};
                ring_add(&sum, &next);
            }
            if (trial > 0)
                assert_memory_equal(first, other, ring_bytes(widths[k], WORDS));
        }
    }
}

static void add_other_bits(void *ctx)
{
    uint64_t memory[2] = {0};
    struct ring a = {.bits = 32, .words = 1, .word = &memory[0]};
    struct ring b = {.bits = 64, .words = 1, .word = &memory[1]};
    (void)ctx;
    ring_add(&a, &b);
}

static void add_other_length(void *ctx)
{
    uint64_t memory[2] = {0};
    struct ring a = {.bits = 32, .words = 1, .word = &memory[0]};
    struct ring b = {.bits = 32, .words = 2, .word = &memory[1]};
    (void)ctx;
    ring_add(&a, &b);
}

static void get_past_the_end(void *ctx)
{
    uint32_t memory[2] = {0};
    struct ring a = {.bits = 32, .words = 1, .word = memory};
    (void)ctx;
    ring_get(&a, 1);
}

static void put_what_does_not_fit(void *ctx)
{
    uint32_t memory[1] = {0};
    struct ring a = {.bits = 32, .words = 1, .word = memory};
    (void)ctx;
    ring_put(&a, 0, 1L << 31);
}

static void measure_other_bits(void *ctx)
{
    (void)ctx;
    ring_bytes(16, 1);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    assert_true(stops(NULL, 0, add_other_bits, NULL));
    assert_true(stops(NULL, 0, add_other_length, NULL));
    assert_true(stops(NULL, 0, get_past_the_end, NULL));
    assert_true(stops(NULL, 0, put_what_does_not_fit, NULL));
    assert_true(stops(NULL, 0, measure_other_bits, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_lie_little_endian_and_signed),
        cmocka_unit_test(a_vector_takes_four_or_eight_bytes_a_word),
        cmocka_unit_test(a_sum_wraps_modulo_two_to_the_bits),
        cmocka_unit_test(a_sum_does_not_depend_on_the_order_of_its_terms),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
