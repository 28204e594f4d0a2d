#include "tests/support/check.h"

#include "models/core/exp.h"

#define STEPS     200000
#define TOLERANCE 2e-7 /* of the header */

static void it_is_as_good_as_the_header_says(void **state)
{
    (void)state;
    for (int i = -STEPS; i <= STEPS; i++) {
        real v = (real)LOOP_EXP_MOST * (real)i / STEPS;
        double want = exp((double)v);
        if (!(fabs((double)loop_exp(v) / want - 1) <= TOLERANCE))
            fail_msg("e^%.9g: %.9g, not %.9g", (double)v, (double)loop_exp(v), want);
    }
    assert_true(loop_exp(0) == 1);
}

static void nan_stays_nan(void **state)
{
    (void)state;
    assert_true(isnan(loop_exp((real)NAN)));
    assert_true(isnan(loop_exp((real)-NAN)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_as_good_as_the_header_says),
        cmocka_unit_test(nan_stays_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
