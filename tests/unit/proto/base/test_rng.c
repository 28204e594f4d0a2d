#include "proto/base/rng.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

/* The known answers that the authors of Philox publish with Random123. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t got[4];
        rng_philox(got, rows[i].counter, rows[i].key);
        assert_memory_equal(got, rows[i].want, sizeof(got));
    }
}

static void a_stream_is_its_blocks_in_order(void **state)
{
    (void)state;
    struct rng r = rng_open(7, RNG_TEST, 1, 2, 3);
    struct rng start = r;
    for (uint32_t at = 0; at < 5; at++) {
        uint32_t counter[4] = {at, 0, start.counter[2], start.counter[3]}, want[4];
        rng_philox(want, counter, start.key);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(rng_u32(&r), want[i]);
    }
}

static void the_counter_carries(void **state)
{
    (void)state;
    struct rng r = rng_open(7, RNG_TEST, 1, 2, 3);
    r.counter[0] = UINT32_MAX;
    for (size_t i = 0; i < 4; i++)
        rng_u32(&r);
    assert_int_equal(r.counter[0], 0);
    assert_int_equal(r.counter[1], 1);
}

/* In pieces of all sizes, so that bulk starts and ends anywhere in a block. */
static void words_in_bulk_are_the_words_one_by_one(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1, 3, 4, 130, 127, 128, 512, 5, 261};
    struct rng bulk = rng_open(8, RNG_TEST, 0, 0, 0), singly = bulk;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        uint32_t words[512];
        rng_words(words, pieces[i], &bulk);
        for (size_t k = 0; k < pieces[i]; k++)
            assert_int_equal(words[k], rng_u32(&singly));
    }
    assert_int_equal(rng_u32(&bulk), rng_u32(&singly));
}

static void many_blocks_carry_too(void **state)
{
    (void)state;
    struct rng r = rng_open(8, RNG_TEST, 0, 0, 0);
    r.counter[0] = UINT32_MAX - 3;
    struct rng singly = r;
    struct rng_blocks b;
    rng_blocks(&b, &r);
    for (size_t i = 0; i < RNG_BLOCKS; i++)
        for (size_t w = 0; w < 4; w++)
            assert_int_equal(b.word[w][i], rng_u32(&singly));
    assert_int_equal(r.counter[0], RNG_BLOCKS - 4);
    assert_int_equal(r.counter[1], 1);
}

static void blocks_within_a_block(void *ctx)
{
    struct rng_blocks b;
    rng_blocks(&b, ctx);
}

static void blocks_do_not_start_within_a_block(void **state)
{
    (void)state;
    struct rng r = rng_open(8, RNG_TEST, 0, 0, 0);
    rng_u32(&r);
    assert_true(stops(NULL, 0, blocks_within_a_block, &r));
}

static void every_part_of_the_address_names_another_stream(void **state)
{
    (void)state;
    const uint64_t far = UINT64_C(1) << 40;
    const struct rng streams[] = {
        rng_open(1, RNG_TEST, 1, 1, 1),       rng_open(2, RNG_TEST, 1, 1, 1),
        rng_open(1 + far, RNG_TEST, 1, 1, 1), rng_open(1, RNG_INIT, 1, 1, 1),
        rng_open(1, RNG_TEST, 2, 1, 1),       rng_open(1, RNG_TEST, 1 + far, 1, 1),
        rng_open(1, RNG_TEST, 1, 2, 1),       rng_open(1, RNG_TEST, 1, 1 + far, 1),
        rng_open(1, RNG_TEST, 1, 1, 2),       rng_open(1, RNG_TEST, 1, 1, 1 + far),
    };
    for (size_t i = 0; i < COUNT(streams); i++) {
        for (size_t j = 0; j < i; j++) {
            struct rng a = streams[i], b = streams[j];
            assert_true(rng_u64(&a) != rng_u64(&b));
        }
    }
    struct rng again = rng_open(1, RNG_TEST, 1, 1, 1), first = streams[0];
    assert_true(rng_u64(&again) == rng_u64(&first));
}

#define DRAWS 60000

static void below_stays_below_and_is_even(void **state)
{
    (void)state;
    static const uint32_t bounds[] = {1, 2, 3, 6, 7, 10};
    struct rng r = rng_open(11, RNG_TEST, 0, 0, 0);
    for (size_t b = 0; b < COUNT(bounds); b++) {
        uint32_t seen[10] = {0}, n = bounds[b];
        for (int i = 0; i < DRAWS; i++) {
            uint32_t v = rng_below(&r, n);
            assert_true(v < n);
            seen[v]++;
        }
        /* chi^2 of n - 1 degrees stays below n - 1 + 5 sqrt(2 n); the seed is fixed */
        double expected = (double)DRAWS / n, chi2 = 0.0;
        for (uint32_t v = 0; v < n; v++)
            chi2 += (seen[v] - expected) * (seen[v] - expected) / expected;
        assert_true(chi2 <= n - 1 + 5.0 * 1.4143 * n);
    }
}

static void below_of_a_large_range_has_no_bias(void **state)
{
    (void)state;
    /* With n = 3/4 of 2^32, a plain product would hit one third of the values twice as often. */
    const uint32_t n = UINT32_C(3) << 30;
    struct rng r = rng_open(12, RNG_TEST, 0, 0, 0);
    int thirds[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        thirds[rng_below(&r, n) % 3]++;
    for (int i = 0; i < 3; i++)
        assert_true(abs(thirds[i] - DRAWS / 3) < 600); /* 5 standard deviations: 5 * 115 */
}

static void below_zero(void *ctx)
{
    rng_below(ctx, 0);
}

static void below_nothing_stops(void **state)
{
    (void)state;
    struct rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    assert_true(stops(NULL, 0, below_zero, &r));
}

/* A generator whose next two words are given. */
static struct rng loaded(uint32_t low, uint32_t high)
{
    return (struct rng){.block = {0, 0, low, high}, .left = 2};
}

static void uniform_never_reaches_its_ends(void **state)
{
    (void)state;
    struct rng least = loaded(0, 0), most = loaded(UINT32_MAX, UINT32_MAX);
    assert_true(rng_uniform(&least) == 0x1p-53);
    assert_true(rng_uniform(&most) == 1.0 - 0x1p-53);
}

static void uniforms_fill_the_interval(void **state)
{
    (void)state;
    struct rng r = rng_open(13, RNG_TEST, 0, 0, 0);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_uniform(&r);
        sum += u;
        squares += u * u;
    }
    assert_true(abs((int)(1e4 * (sum / DRAWS - 0.5))) < 60);           /* 5 sd: 5 * 0.289/245 */
    assert_true(abs((int)(1e4 * (squares / DRAWS - 1.0 / 3.0))) < 62); /* 5 sd: 5 * 0.298/245 */
}

static void a_shuffle_is_a_permutation_and_every_order_comes(void **state)
{
    (void)state;
    struct rng r = rng_open(14, RNG_TEST, 0, 0, 0);
    int seen[27] = {0}, orders = 0;
    for (int i = 0; i < 6000; i++) {
        uint32_t order[3];
        rng_shuffle(order, 3, &r);
        assert_true(order[0] != order[1] && order[1] != order[2] && order[0] != order[2]);
        seen[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    for (size_t i = 0; i < COUNT(seen); i++) {
        orders += seen[i] > 0 ? 1 : 0;
        assert_true(seen[i] == 0 || abs(seen[i] - 1000) < 145); /* 5 sd: 5 * 28.9 */
    }
    assert_int_equal(orders, 6);
    rng_shuffle(NULL, 0, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(a_stream_is_its_blocks_in_order),
        cmocka_unit_test(the_counter_carries),
        cmocka_unit_test(words_in_bulk_are_the_words_one_by_one),
        cmocka_unit_test(many_blocks_carry_too),
        cmocka_unit_test(blocks_do_not_start_within_a_block),
        cmocka_unit_test(every_part_of_the_address_names_another_stream),
        cmocka_unit_test(below_stays_below_and_is_even),
        cmocka_unit_test(below_of_a_large_range_has_no_bias),
        cmocka_unit_test(below_nothing_stops),
        cmocka_unit_test(uniform_never_reaches_its_ends),
        cmocka_unit_test(uniforms_fill_the_interval),
        cmocka_unit_test(a_shuffle_is_a_permutation_and_every_order_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
