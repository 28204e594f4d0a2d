#include "proto/base/rng.h"

#include <math.h>

#include "tests/support/check.h"

#define DRAWS 200000

/* The two uniforms behind the next draw, read from a copy of the generator. */
static void uniforms_of(double *u, double *v, struct rng r)
{
    *u = rng_uniform(&r);
    *v = rng_uniform(&r);
}

static void draws_agree_with_the_c_library(void **state)
{
    (void)state;
    struct rng r = rng_open(21, RNG_TEST, 0, 0, 0);
    const double two_pi = 6.283185307179586;
    double worst = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        double u, v;
        uniforms_of(&u, &v, r);
        double radius = sqrt(-2.0 * log(u)), want = radius * cos(two_pi * v);
        worst = fmax(worst, fabs(rng_normal(&r) - want) / radius);
    }
    /* Rounding of 2 pi v alone is up to 2 pi * 2^-53 = 7e-16 on the library's side. */
    assert_true(worst < 2e-15);
}

static void the_ends_of_the_uniform_are_fine(void **state)
{
    (void)state;
    static const struct {
        uint32_t low, high;
        double u;
    } rows[] = {{0, 0, 0x1p-53},
                {UINT32_MAX, UINT32_MAX, 1.0 - 0x1p-53},
                {0, 0x80000000, 0.5 + 0x1p-53},
                {0xffffffff, 0x7fffffff, 0.5 - 0x1p-53}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rng r = {.block = {rows[i].low, rows[i].high, 0, 0}, .left = 4};
        double want = sqrt(-2.0 * log(rows[i].u)), got = rng_normal(&r);
        assert_true(fabs(got - want) <= 4e-16 * want + 1e-30);
    }
}

/* Short arrays and long ones, from the middle of a block too. */
static void an_array_is_the_pairs_in_order_rounded_to_float(void **state)
{
    (void)state;
    static const size_t lengths[] = {7, 64, 201, 0, 150};
    for (size_t skip = 0; skip < 4; skip++) {
        struct rng r = rng_open(22, RNG_TEST, 0, 0, skip);
        for (size_t i = 0; i < skip; i++)
            rng_u32(&r);
        struct rng singly = r;
        for (size_t l = 0; l < COUNT(lengths); l++) {
            float all[201];
            rng_normals(all, lengths[l], &r);
            for (size_t i = 0; i < lengths[l]; i += 2)
                assert_true(all[i] == (float)rng_normal(&singly));
            struct rng next = r, next_singly = singly; /* both used as many pairs */
            assert_true(rng_u32(&next) == rng_u32(&next_singly));
        }
    }
    rng_normals(NULL, 0, &(struct rng){0});
}

static void moments_are_those_of_a_normal(void **state)
{
    (void)state;
    static float x[DRAWS];
    struct rng r = rng_open(23, RNG_TEST, 0, 0, 0);
    rng_normals(x, DRAWS, &r);
    double m[5] = {0}, neighbours = 0.0;
    for (size_t i = 0; i < DRAWS; i++) {
        double power = 1.0;
        for (size_t k = 0; k < 5; k++, power *= (double)x[i])
            m[k] += power / DRAWS;
        neighbours += i > 0 ? (double)x[i] * (double)x[i - 1] / DRAWS : 0.0;
    }
    /* Standard errors: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt(DRAWS); five of them allowed. */
    double se = 1.0 / sqrt(DRAWS);
    assert_true(fabs(m[1]) < 5.0 * se);
    assert_true(fabs(m[2] - 1.0) < 5.0 * sqrt(2.0) * se);
    assert_true(fabs(m[3]) < 5.0 * sqrt(15.0) * se);
    assert_true(fabs(m[4] - 3.0) < 5.0 * sqrt(96.0) * se);
    assert_true(fabs(neighbours) < 5.0 * se);
}

/* The initial model of a plan hangs on these bits. The sum is made by scripts/golden/rng.py. */
static void the_bytes_never_change(void **state)
{
    (void)state;
    struct rng r = rng_open(1, RNG_INIT, 0, 0, 0);
    static float x[100000];
    rng_normals(x, COUNT(x), &r);
    uint64_t sum = 1, sums = 0; /* Fletcher's checksum modulo the largest prime below 2^32 */
    for (size_t i = 0; i < COUNT(x); i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof(bits));
        sum = (sum + bits) % 4294967291;
        sums = (sums + sum) % 4294967291;
    }
    uint64_t checksum = sums << 32 | sum;
    if (checksum != UINT64_C(0xd9126d6c9b809c6e))
        fail_msg("0x%016llx", (unsigned long long)checksum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_agree_with_the_c_library),
        cmocka_unit_test(the_ends_of_the_uniform_are_fine),
        cmocka_unit_test(an_array_is_the_pairs_in_order_rounded_to_float),
        cmocka_unit_test(moments_are_those_of_a_normal),
        cmocka_unit_test(the_bytes_never_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
