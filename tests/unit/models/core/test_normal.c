#include "tests/support/check.h"

#include "models/core/normal.h"

#define STEPS 400000

/* The bound of the header: 5e-7 plus what half an ulp of the exponent x^2/2 is worth. */
static double bound(double x)
{
    return 5e-7 + 6e-8 * x * x / 2;
}

static void both_tails_are_as_good_as_the_header_says(void **state)
{
    (void)state;
    double worst_below = 0, worst_density = 0;
    for (int i = -STEPS; i <= STEPS; i++) { /* to +-12.5: beyond, exp is held at exp(-80) */
        real x = (real)(12.5 * i / STEPS);
        double wide = (double)x;
        struct normal got = normal_at(x);
        double below = erfc(-wide / sqrt(2)) / 2,
               density = exp(-wide * wide / 2) * 0.3989422804014327;
        double off = fabs((double)got.below / below - 1) / bound(wide);
        double density_off = fabs((double)got.density / density - 1) / bound(wide);
        worst_below = fmax(worst_below, off);
        worst_density = fmax(worst_density, density_off);
    }
    if (!(worst_below <= 1 && worst_density <= 1))
        fail_msg("%.2f and %.2f of the bound", worst_below, worst_density);
}

static void far_out_it_is_all_or_nothing(void **state)
{
    (void)state;
    static const real far[] = {REAL(13.0), REAL(1e3), REAL(1e19), REAL(1e30), (real)INFINITY};
    for (size_t i = 0; i < COUNT(far); i++) {
        struct normal above = normal_at(far[i]), below = normal_at(-far[i]);
        assert_true(above.below == 1);
        assert_true(below.below >= 0 && below.below < REAL(1e-35));
        assert_true(above.density >= 0 && above.density < REAL(1e-34));
    }
    assert_true(fabs((double)normal_at(0).below - .5) < 6e-8);
    assert_true(isnan(normal_at((real)NAN).below));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_tails_are_as_good_as_the_header_says),
        cmocka_unit_test(far_out_it_is_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
