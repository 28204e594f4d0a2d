#include "crypto/quant.h"

#include <float.h>
#include <math.h>

#include "proto/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

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

static void the_scale_is_the_largest_that_cannot_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned bits;
        uint32_t sites_max;
        double clip;
        int64_t bound;
        int exponent;
    } rows[] = {
        {"the specification's", 32, 1000, 1, 2147483, 21},
        {"the specification's, exact mode", 64, 1000, 1, INT64_C(9223372036854775), 53},
        {"14 hospitals: a step of 7.5e-9", 32, 14, 1, 153391689, 27},
        {"one site", 32, 1, 1, INT32_MAX, 30},
        {"one site, exact mode", 64, 1, 1, INT64_MAX, 62},
        {"2^62 - 1 is no 2^62", 64, 2, 1, (INT64_C(1) << 62) - 1, 61},
        {"most sites", 32, 32767, 1, 65538, 16},
        {"a clip as large as the bound", 32, 1, 2147483647, INT32_MAX, 0},
        {"a clip a little larger", 32, 1, 2147483648, INT32_MAX, -1},
        {"a clip that is no power of two", 32, 1000, 1.5, 2147483, 20},
        {"a tiny clip", 32, 1000, 1e-30, 2147483, 120},
        {"a huge clip", 32, 1000, 1e30, 2147483, -79},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quant q = quant_for(rows[i].bits, rows[i].sites_max, rows[i].clip, 1);
        if (q.bound != rows[i].bound || q.exponent != rows[i].exponent)
            fail_msg("%s: B %lld, e %d", rows[i].what, (long long)q.bound, q.exponent);
        assert_true(q.scale == ldexp(1, q.exponent));
        assert_true(llrint(q.clip * q.scale) <= q.bound);
    }
}

static void settings_without_room_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned bits;
        uint32_t sites_max;
        double clip, w_cap;
        bool fine;
    } rows[] = {
        {"the least", 32, 1, 1e-30, 1, true},
        {"the most, 32 bits", 32, 32767, 1e30, 4294967295.0, true},
        {"the most weight, 64 bits", 64, 1024, 1, 0x1p53 - 1, true},
        {"the most sites, 64 bits", 64, UINT32_MAX, 1, 0x1p31, true},
        {"other bits", 16, 1, 1, 1, false},
        {"no sites", 32, 0, 1, 1, false},
        {"limbs that could wrap", 32, 32768, 1, 1, false},
        {"no clip", 32, 1, 0, 1, false},
        {"a negative clip", 32, 1, -1, 1, false},
        {"a clip that is no number", 32, 1, (double)NAN, 1, false},
        {"a clip without end", 32, 1, (double)INFINITY, 1, false},
        {"no weight", 32, 1, 1, 0.5, false},
        {"a weight that is no number", 32, 1, 1, (double)NAN, false},
        {"a weight beyond its limbs", 32, 1, 1, 0x1p32, false},
        {"a weight that is not exact", 64, 1, 1, 0x1p53, false},
        {"weights that could wrap together", 64, 1025, 1, 0x1p53 - 1, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quant q;
        enum status st =
            quant_open(&q, rows[i].bits, rows[i].sites_max, rows[i].clip, rows[i].w_cap);
        if ((st == ST_OK) != rows[i].fine)
            fail_msg("%s: %s", rows[i].what, status_name(st));
        if (st != ST_OK)
            assert_int_equal(fault_kept()->what, EC_RUN_HEADROOM);
    }
}

static void the_specifications_vectors_are_met(void **state)
{
    (void)state;
    static const struct {
        double value; /* a float, exactly */
        uint32_t want;
    } rows[] = {
        {0, 0x00000000},
        {-0.0, 0x00000000},
        {1, 0x00200000},
        {-1, 0xffe00000},
        {2, 0x00200000},     /* cut */
        {-1e30, 0xffe00000}, /* cut */
        {0.5 / 2097152, 0},  /* half to even */
        {1.5 / 2097152, 2},
        {2.5 / 2097152, 2},
        {-0.5 / 2097152, 0},
        {-1.5 / 2097152, 0xfffffffe},
        {-2.5 / 2097152, 0xfffffffe},
        {0.75 / 2097152, 1},
        {-0.75 / 2097152, 0xffffffff},
    };
    struct quant q = quant_for(32, 1000, 1, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct message m;
        message_open(&m, &q);
        float delta[VALUES] = {0, 0, 0, 0, (float)rows[i].value};
        size_t clipped = 99;
        check_ok(quant_encode(&m.ring, &q, delta, VALUES, 1, &clipped));
        uint32_t got = (uint32_t)ring_get(&m.ring, 4);
        if (got != rows[i].want)
            fail_msg("%g: %08x, %08x wanted", rows[i].value, got, rows[i].want);
        assert_int_equal(clipped, fabs(rows[i].value) > 1);
    }
}

static void nothing_is_written_where_a_number_is_not_finite(void **state)
{
    (void)state;
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        struct quant q = quant_for(bits, 10, 1, 1);
        struct message m, before;
        message_open(&m, &q);
        memset(m.memory, 0x5a, sizeof(m.memory));
        memcpy(before.memory, m.memory, sizeof(m.memory));
        for (size_t i = 0; i < COUNT(bad); i++) {
            size_t clipped;
            for (size_t at = 0; at < VALUES; at++) {
                float delta[VALUES] = {0};
                delta[at] = bad[i];
                check_fault(quant_encode(&m.ring, &q, delta, VALUES, 1, &clipped), EC_RUN_NAN);
            }
            float fine[VALUES] = {0};
            check_fault(quant_encode(&m.ring, &q, fine, VALUES, (double)bad[i], &clipped),
                        EC_RUN_NAN);
        }
        assert_memory_equal(m.memory, before.memory, sizeof(m.memory));
    }
}

/* Both words against nearbyint of the formula of quant.h, whatever the compiler made of it. */
static size_t check_formula(const struct quant *q, struct ring *out, const float *delta, size_t n,
                            double w)
{
    size_t clipped = 0, want_clipped = 0;
    double omega = fmin(floor(w), floor(q->w_cap)) / q->w_cap;
    check_ok(quant_encode(out, q, delta, n, w, &clipped));
    for (size_t i = 0; i < n; i++) {
        double v = omega * (double)delta[i];
        double want = nearbyint(fmax(-q->clip, fmin(v, q->clip)) * q->scale);
        want_clipped += fabs(v) > q->clip;
        if ((double)ring_get(out, i) != want)
            fail_msg("%a: %lld, %.0f wanted", v, (long long)ring_get(out, i), want);
    }
    assert_int_equal(clipped, want_clipped);
    return clipped;
}

/* S = 2: every sixteenth of a step over the whole range of both signs and a quarter beyond. */
static void every_input_of_a_small_quantiser_is_rounded_half_to_even(void **state)
{
    (void)state;
    struct quant q = quant_for(32, 32767, 32768, 1);
    assert_int_equal(q.exponent, 1);
    const int32_t most = 40960 * 32;
    size_t n = 2 * (size_t)most + 1;
    float *delta = calloc(n, sizeof(*delta));
    struct ring out = {.bits = 32, .words = quant_words(&q, n)};
    out.word = calloc(out.words, 4);
    for (int32_t i = -most; i <= most; i++)
        delta[i + most] = (float)i / 32;
    size_t clipped = check_formula(&q, &out, delta, n, 1);
    assert_int_equal(clipped, 2 * 8192 * 32);
    free(delta);
    free(out.word);
}

/* Any magnitude, any weight: what rounds a 32-bit word is a trick, what rounds 64 bits is not. */
static void random_inputs_are_rounded_half_to_even(void **state)
{
    (void)state;
    enum { N = 1003, TRIALS = 60 };
    static float delta[N];
    static uint64_t memory[N + 7];
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    size_t clipped = 0;
    for (size_t t = 0; t < TRIALS; t++) {
        double clip = ldexp(0.5 + rng_uniform(&rng), (int)rng_below(&rng, 12) - 6);
        double w_cap = 1 + rng_below(&rng, 5000);
        unsigned bits = t % 2 == 0 ? 32 : 64;
        struct quant q = quant_for(bits, 1 + rng_below(&rng, 2000), clip, w_cap);
        for (size_t i = 0; i < N; i++)
            delta[i] = (float)(clip * rng_normal(&rng) * ldexp(1, -(int)rng_below(&rng, 40)));
        delta[0] = -FLT_MAX, delta[1] = FLT_TRUE_MIN, delta[2] = (float)clip;
        struct ring out = {.bits = bits, .words = quant_words(&q, N), .word = memory};
        clipped += check_formula(&q, &out, delta, N, w_cap * rng_uniform(&rng) * 1.2);
    }
    assert_true(clipped > 100);
}

static void the_tail_says_one_site_its_weight_and_zeros(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        double w_cap, w;
        int64_t low, high;
    } rows[] = {
        {32, 4294967295.0, 0, 0, 0},       {32, 4294967295.0, 0.99, 0, 0},
        {32, 4294967295.0, 2.99, 2, 0},    {32, 4294967295.0, 65535, 65535, 0},
        {32, 4294967295.0, 65536, 0, 1},   {32, 4294967295.0, 1e18, 65535, 65535},
        {32, 100.5, 1e18, 100, 0},         {64, 0x1p53 - 1, 2.99, 2, 0},
        {64, 0x1p53 - 1, 65536, 65536, 0}, {64, 0x1p53 - 1, (double)DBL_MAX, (1L << 53) - 1, 0},
    };
    static const float delta[VALUES] = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct quant q = quant_for(rows[i].bits, 10, 1, rows[i].w_cap);
        struct message m;
        message_open(&m, &q);
        size_t clipped, at = VALUES;
        check_ok(quant_encode(&m.ring, &q, delta, VALUES, rows[i].w, &clipped));
        assert_int_equal(ring_get(&m.ring, at++), 1);
        assert_int_equal(ring_get(&m.ring, at++), rows[i].low);
        if (rows[i].bits == 32)
            assert_int_equal(ring_get(&m.ring, at++), rows[i].high);
        for (size_t g = 0; g < QUANT_GUARDS; g++)
            assert_int_equal(ring_get(&m.ring, at++), 0);
        assert_int_equal(at, m.ring.words);
    }
}

static void fixed_point_is_exact_or_refused(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned shift;
        double limit;
        int64_t want;
        enum complaint complaint;
    } rows[] = {
        {0, 0, 0, 0, EC_NONE},
        {123456789012.0, 0, 1e12, INT64_C(123456789012), EC_NONE},
        {-2.75, 2, 3, -11, EC_NONE},
        {0.5, 0, 1, 0, EC_NONE},
        {1.5, 0, 2, 2, EC_NONE},
        {-2.5, 0, 3, -2, EC_NONE},
        {1, 62, 1, INT64_C(1) << 62, EC_NONE},
        {1.0000001, 62, 1, 0, EC_RUN_HEADROOM},
        {-1.0000001, 62, 1, 0, EC_RUN_HEADROOM},
        {(double)INFINITY, 0, 1, 0, EC_RUN_HEADROOM},
        {(double)NAN, 0, 1, 0, EC_RUN_NAN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t got = 0;
        enum status st = quant_fixed(&got, rows[i].value, rows[i].shift, rows[i].limit);
        if ((st == ST_OK) != (rows[i].complaint == EC_NONE) || got != rows[i].want)
            fail_msg("%g: %s, %lld", rows[i].value, status_name(st), (long long)got);
        if (st != ST_OK)
            assert_int_equal(fault_kept()->what, rows[i].complaint);
    }
    assert_true(quant_unfixed(-11, 2) == -2.75);
    assert_true(quant_unfixed(INT64_C(1) << 62, 62) == 1);
}

static void encode_too_short(void *ctx)
{
    struct quant q = quant_for(32, 10, 1, 1);
    struct message m;
    size_t clipped;
    const float delta[VALUES + 1] = {0};
    message_open(&m, &q);
    (void)ctx;
    (void)!quant_encode(&m.ring, &q, delta, VALUES + 1, 1, &clipped);
}

static void encode_negative_weight(void *ctx)
{
    struct quant q = quant_for(32, 10, 1, 1);
    struct message m;
    size_t clipped;
    const float delta[VALUES] = {0};
    message_open(&m, &q);
    (void)ctx;
    (void)!quant_encode(&m.ring, &q, delta, VALUES, -1, &clipped);
}

static void broken_promises_stop(void **state)
{
    (void)state;
    assert_true(stops(NULL, 0, encode_too_short, NULL));
    assert_true(stops(NULL, 0, encode_negative_weight, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scale_is_the_largest_that_cannot_wrap),
        cmocka_unit_test(settings_without_room_are_refused),
        cmocka_unit_test(the_specifications_vectors_are_met),
        cmocka_unit_test(nothing_is_written_where_a_number_is_not_finite),
        cmocka_unit_test(every_input_of_a_small_quantiser_is_rounded_half_to_even),
        cmocka_unit_test(random_inputs_are_rounded_half_to_even),
        cmocka_unit_test(the_tail_says_one_site_its_weight_and_zeros),
        cmocka_unit_test(fixed_point_is_exact_or_refused),
        cmocka_unit_test(broken_promises_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
