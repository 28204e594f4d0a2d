#include "crypto/quant.h"

#include <float.h>
#include <math.h>

#include "proto/base/rng.h"
#include "tests/support/check.h"

#define VALUES    5
#define WORDS_MAX (VALUES + 7)

/* A message of VALUES values with memory of its own. */
struct message {
    struct ring ring;
    uint64_t memory[WORDS_MAX];
};

static void message_open(struct message *m, const struct quant *q)
{
    *m = (struct message){
        .ring = {.bits = q->bits, .words = quant_words(q, VALUES), .word = m->memory}};
}

static struct quant quant_for(unsigned bits, uint32_t sites_max, double clip, double w_cap)
{
    struct quant q;
    check_ok(quant_open(&q, bits, sites_max, clip, w_cap));
    return q;
}

#define SITES 40

/* A random round: I1 to I6 of security.md 4.4, and the promised error of the mean. */
static void check_round(struct rng *rng, const struct quant *q, uint32_t sites)
{
    struct message term[SITES], sum;
    double want[VALUES] = {0}, mean[VALUES], weight = 0;
    int64_t plain[WORDS_MAX] = {0};
    uint32_t order[SITES];

    for (uint32_t s = 0; s < sites; s++) {
        float delta[VALUES];
        double w = floor(rng_uniform(rng) * q->w_cap * 1.1);
        double held = fmin(w, floor(q->w_cap));
        size_t clipped;
        for (size_t i = 0; i < VALUES; i++) {
            delta[i] = (float)(q->clip * (2 * rng_uniform(rng) - 1));
            want[i] += held * (double)delta[i];
        }
        weight += held;
        message_open(&term[s], q);
        check_ok(quant_encode(&term[s].ring, q, delta, VALUES, w, &clipped));
        assert_int_equal(clipped, 0);
        for (size_t i = 0; i < term[s].ring.words; i++)
            plain[i] += ring_get(&term[s].ring, i);
    }

    rng_shuffle(order, sites, rng);
    message_open(&sum, q);
    for (uint32_t s = 0; s < sites; s++)
        ring_add(&sum.ring, &term[order[s]].ring);
    for (size_t i = 0; i < sum.ring.words; i++)
        assert_int_equal(ring_get(&sum.ring, i), plain[i]);

    struct quant_tail tail;
    check_ok(quant_decode(mean, &tail, &sum.ring, q, VALUES, sites));
    assert_int_equal(tail.sites, sites);
    assert_true(tail.weight == weight);
    double bound = weight > 0 ? sites / (2 * q->scale) * q->w_cap / weight : 0;
    bound += 1e-14 * q->clip; /* the reference is rounded too */
    for (size_t i = 0; i < VALUES; i++)
        if (!(fabs(mean[i] - (weight > 0 ? want[i] / weight : 0)) <= bound))
            fail_msg("mean %g, %g wanted, bound %g", mean[i], want[i] / weight, bound);
}

static void the_sum_of_the_encoded_is_the_plain_sum_and_decodes_to_the_mean(void **state)
{
    (void)state;
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    for (size_t trial = 0; trial < 2000; trial++) {
        uint32_t sites = 1 + rng_below(&rng, SITES);
        uint32_t sites_max = sites + rng_below(&rng, 300);
        double clip = ldexp(0.5 + rng_uniform(&rng), (int)rng_below(&rng, 20) - 10);
        double w_cap = 1 + rng_below(&rng, 100000);
        struct quant q = quant_for(trial % 2 == 0 ? 32 : 64, sites_max, clip, w_cap);
        check_round(&rng, &q, sites);
    }
}

static void as_many_sites_as_allowed_may_all_stand_at_the_clip(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        uint32_t sites_max;
        double clip, w_cap;
    } rows[] = {
        {32, 1, 1, 4294967295.0},     {32, 14, 1, 4294967295.0},      {32, 1000, 1, 4294967295.0},
        {32, 32767, 1, 4294967295.0}, {32, 32767, 1.3, 4294967295.0}, {64, 2, 1, 0x1p53 - 1},
        {64, 1000, 0.7, 0x1p53 - 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quant q = quant_for(rows[i].bits, rows[i].sites_max, rows[i].clip, rows[i].w_cap);
        struct message term, sum;
        size_t clipped;
        const float delta[VALUES] = {FLT_MAX, -FLT_MAX, 0, 9, -9};
        message_open(&term, &q);
        message_open(&sum, &q);
        check_ok(quant_encode(&term.ring, &q, delta, VALUES, 1e300, &clipped));
        assert_int_equal(clipped, 4);
        for (uint32_t s = 0; s < rows[i].sites_max; s++)
            ring_add(&sum.ring, &term.ring);

        double mean[VALUES];
        struct quant_tail tail;
        check_ok(quant_decode(mean, &tail, &sum.ring, &q, VALUES, rows[i].sites_max));
        assert_true(tail.weight == (double)rows[i].sites_max * rows[i].w_cap);
        static const double sign[VALUES] = {1, -1, 0, 1, -1};
        for (size_t k = 0; k < VALUES; k++)
            assert_true(fabs(mean[k] - sign[k] * q.clip) <= 1 / q.scale);
    }
}

static void sites_that_agree_get_their_rounded_values_back(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 3, 14, 49}; /* 49 * (1 / 49) is not 1 in a double */
    for (size_t c = 0; c < COUNT(counts); c++) {
        struct quant q = quant_for(32, 50, 1, 321);
        const float delta[VALUES] = {0.125f, -0.3f, 1e-8f, 1, -1e-3f};
        struct message term, sum;
        double mean[VALUES];
        struct quant_tail tail;
        size_t clipped;
        message_open(&term, &q);
        message_open(&sum, &q);
        check_ok(quant_encode(&term.ring, &q, delta, VALUES, 321, &clipped));
        for (uint32_t s = 0; s < counts[c]; s++)
            ring_add(&sum.ring, &term.ring);
        check_ok(quant_decode(mean, &tail, &sum.ring, &q, VALUES, counts[c]));
        for (size_t i = 0; i < VALUES; i++)
            assert_true(mean[i] == nearbyint((double)delta[i] * q.scale) / q.scale);
    }
}

static void sites_without_weight_give_zeros(void **state)
{
    (void)state;
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        struct quant q = quant_for(bits, 14, 1, 321);
        const float delta[VALUES] = {1, 1, 1, 1, 1};
        struct message m;
        double mean[VALUES] = {7, 7, 7, 7, 7};
        struct quant_tail tail;
        size_t clipped;
        message_open(&m, &q);
        check_ok(quant_encode(&m.ring, &q, delta, VALUES, 0.5, &clipped));
        check_ok(quant_decode(mean, &tail, &m.ring, &q, VALUES, 1));
        assert_true(tail.weight == 0);
        for (size_t i = 0; i < VALUES; i++)
            assert_true(mean[i] == 0);
    }
}

/* Three sites of full weight, the first value at the clip, then one word replaced. */
static void sums_that_cannot_be_are_refused(void **state)
{
    (void)state;
    enum { TOP = 3 << 21, W = 70000 };
    static const struct {
        const char *what;
        unsigned bits;
        size_t at;
        int64_t word;
        uint32_t sites;
        bool fine;
    } rows[] = {
        {"as it is", 32, 0, TOP, 3, true},
        {"as it is, 64 bits", 64, 1, 0, 3, true},
        {"a word at its other bound", 32, 4, -TOP, 3, true},
        {"a word above its bound", 32, 4, TOP + 1, 3, false},
        {"a word below its bound", 32, 0, -TOP - 1, 3, false},
        {"a word at the very bottom", 32, 2, INT32_MIN, 3, false},
        {"the same in 64 bits", 64, 2, INT64_MIN, 3, false},
        {"and at the very top", 64, 2, INT64_MAX, 3, false},
        {"a site less", 32, 5, 2, 3, false},
        {"a site less announced", 32, 0, TOP, 2, false},
        {"a negative count", 32, 5, -3, 3, false},
        {"no sites announced", 32, 5, 0, 0, false},
        {"more sites than allowed", 32, 5, 1001, 1001, false},
        {"a weight less", 32, 6, 3 * 4464 - 1, 3, true},
        {"a weight more than the cap", 32, 6, 3 * 4464 + 1, 3, false},
        {"a negative limb", 32, 6, -1, 3, false},
        {"a negative high limb", 32, 7, -1, 3, false},
        {"a high limb too many", 32, 7, 4, 3, false},
        {"limbs at the top", 32, 7, INT32_MAX, 3, false},
        {"a weight more, 64 bits", 64, 6, 3 * W + 1, 3, false},
        {"a negative weight, 64 bits", 64, 6, -1, 3, false},
        {"the first guard", 32, 8, 1, 3, false},
        {"the last guard", 32, 11, -1, 3, false},
        {"the first guard, 64 bits", 64, 7, INT64_MIN, 3, false},
        {"the last guard, 64 bits", 64, 10, 1, 3, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quant q = quant_for(rows[i].bits, 1000, 1, W);
        const float delta[VALUES] = {1, 0, 0, 0, 0};
        struct message term, sum;
        size_t clipped;
        message_open(&term, &q);
        message_open(&sum, &q);
        check_ok(quant_encode(&term.ring, &q, delta, VALUES, W, &clipped));
        for (size_t s = 0; s < 3; s++)
            ring_add(&sum.ring, &term.ring);
        ring_put(&sum.ring, rows[i].at, rows[i].word);

        double mean[VALUES] = {7, 7, 7, 7, 7};
        struct quant_tail tail;
        enum status st = quant_decode(mean, &tail, &sum.ring, &q, VALUES, rows[i].sites);
        if ((st == ST_OK) != rows[i].fine)
            fail_msg("%s: %s: %s", rows[i].what, status_name(st), fault_text());
        if (st == ST_OK)
            continue;
        assert_int_equal(fault_kept()->what, EC_RUN_SUM);
        assert_true(mean[0] == 7);
    }
}

/* Right in everything else: as the shorter or the longer message it would pass. */
static void a_sum_of_another_length_is_refused(void **state)
{
    (void)state;
    struct quant q = quant_for(32, 10, 1, 1);
    for (size_t n = VALUES - 1; n <= VALUES + 1; n += 2) {
        struct message m;
        double mean[VALUES + 1];
        struct quant_tail tail;
        message_open(&m, &q);
        ring_put(&m.ring, n, 1);
        check_fault(quant_decode(mean, &tail, &m.ring, &q, n, 1), EC_RUN_SUM);
    }
}

static void a_sum_of_nobody_is_refused(void **state)
{
    (void)state;
    struct quant q = quant_for(32, 10, 1, 1);
    struct message m;
    double mean[VALUES];
    struct quant_tail tail;
    message_open(&m, &q);
    check_fault(quant_decode(mean, &tail, &m.ring, &q, VALUES, 0), EC_RUN_SUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_of_the_encoded_is_the_plain_sum_and_decodes_to_the_mean),
        cmocka_unit_test(as_many_sites_as_allowed_may_all_stand_at_the_clip),
        cmocka_unit_test(sites_that_agree_get_their_rounded_values_back),
        cmocka_unit_test(sites_without_weight_give_zeros),
        cmocka_unit_test(sums_that_cannot_be_are_refused),
        cmocka_unit_test(a_sum_of_another_length_is_refused),
        cmocka_unit_test(a_sum_of_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
