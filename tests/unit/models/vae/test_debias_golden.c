#include "tests/unit/models/vae/golden.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_phase_agrees_with_the_reference),
        cmocka_unit_test(the_adversaries_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
