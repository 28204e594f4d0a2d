#include "tests/support/check.h"

#include <math.h>

#include "crypto/fixed.h"

#define N     4
#define WORDS (N + 5)

static struct ring ring_of(uint64_t *words)
{
    return (struct ring){.bits = 64, .words = WORDS, .word = words};
}

static void counts_of_many_sites_add_up_exactly(void **state)
{
    (void)state;
    uint64_t sum_words[WORDS] = {0};
    struct ring sum = ring_of(sum_words);
    for (int s = 0; s < 50; s++) {
        uint64_t words[WORDS];
        struct ring r = ring_of(words);
        double v[N] = {s, 1e6 + s, -3.25 * s, 0.0009765625};
        check_ok(fixed_encode(&r, v, N, 20, 50));
        ring_add(&sum, &r);
    }
    double got[N];
    check_ok(fixed_decode(got, &sum, N, 20, 50));
    assert_true(got[0] == 1225);
    assert_true(got[1] == 50e6 + 1225);
    assert_true(got[2] == -3.25 * 1225);
    assert_true(got[3] == 50 * 0.0009765625);
}

static void what_cannot_be_summed_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double value;
        uint32_t sites;
        enum complaint want;
    } rows[] = {
        {"NaN", (double)NAN, 2, EC_RUN_NAN},
        {"infinity", (double)INFINITY, 2, EC_RUN_NAN},
        {"more than fits for one site", 0x1p43, 1, EC_RUN_HEADROOM},
        {"more than fits for a thousand", -0x1p33, 1000, EC_RUN_HEADROOM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t words[WORDS];
        struct ring r = ring_of(words);
        double v[N] = {0, rows[i].value};
        if (fixed_encode(&r, v, N, 20, rows[i].sites) == ST_OK ||
            fault_kept()->what != rows[i].want)
            fail_msg("%s: %s", rows[i].what, fault_text());
    }
}

static void a_sum_that_is_not_whole_is_refused(void **state)
{
    (void)state;
    for (size_t spoil = N; spoil < WORDS; spoil++) {
        uint64_t words[WORDS];
        struct ring r = ring_of(words);
        double v[N] = {1, 2, 3, 4};
        check_ok(fixed_encode(&r, v, N, 20, 3));
        words[spoil]++;
        check_fault(fixed_decode(v, &r, N, 20, 1), EC_RUN_SUM);
    }
    uint64_t words[WORDS] = {0};
    struct ring shorter = {.bits = 64, .words = WORDS - 1, .word = words};
    double v[N];
    check_fault(fixed_decode(v, &shorter, N, 20, 0), EC_RUN_SUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_many_sites_add_up_exactly),
        cmocka_unit_test(what_cannot_be_summed_is_refused),
        cmocka_unit_test(a_sum_that_is_not_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
