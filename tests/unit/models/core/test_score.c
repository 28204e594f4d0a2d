#include "tests/support/check.h"

#include <math.h>

#include "models/core/score.h"
#include "proto/base/rng.h"

static double through(double p)
{
    float part[SCORE_PARTS];
    real wide[SCORE_PARTS];
    score_split(part, p);
    for (size_t i = 0; i < SCORE_PARTS; i++)
        wide[i] = (real)part[i];
    return score_join(wide);
}

static void assert_same(double p, double got)
{
    if (!(p == got))
        fail_msg("%.17g came back as %.17g", p, got);
}

static void a_score_comes_back_as_the_same_double(void **state)
{
    (void)state;
    static const double edges[] = {0, 1, .1, .5, .7, .9, 1e-6, 1 - 0x1p-53, 0x1.fffffffffffffp-90};
    for (size_t i = 0; i < COUNT(edges); i++) {
        assert_same(edges[i], through(edges[i]));
        if (edges[i] > 0)
            assert_same(nextafter(edges[i], 0.5), through(nextafter(edges[i], 0.5)));
    }
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 100000; i++) {
        double p = pow(rng_uniform(&rng), 8); /* down to 1e-30 and less */
        if (p >= 0x1p-96)
            assert_same(p, through(p));
        assert_true(through(p) >= 0 && through(p) <= fmax(p, 0x1p-96));
    }
}

/* Six digits are what a float32 keeps: each such decimal comes back as the double it is. */
static void a_float_stands_for_the_decimal_that_it_was(void **state)
{
    (void)state;
    assert_true((double)0.7F < 0.7);
    for (int k = 0; k <= 100000; k++)
        assert_same(k / 1e5, score_of_float((float)(k / 1e5)));
    assert_same(0.00123456, score_of_float(0.00123456F));
    assert_same(0.6999999,
                score_of_float(nextafterf(0.7F, 0))); /* the next one below stays below */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_score_comes_back_as_the_same_double),
        cmocka_unit_test(a_float_stands_for_the_decimal_that_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
