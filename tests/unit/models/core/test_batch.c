#include "tests/support/check.h"

#include "models/core/batch.h"

static void only_a_categorical_target_needs_more_than_one_logit(void **state)
{
    (void)state;
    static const struct {
        struct target target;
        size_t want;
    } rows[] = {
        {{.kind = TARGET_BINARY, .levels = 2}, 1},
        {{.kind = TARGET_REGRESSION, .levels = 0}, 1},
        {{.kind = TARGET_CATEGORICAL, .levels = 2}, 2},
        {{.kind = TARGET_CATEGORICAL, .levels = TARGET_LEVELS_MAX}, TARGET_LEVELS_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(target_outputs(&rows[i].target), rows[i].want);
}

static void the_largest_level_has_the_largest_share_and_the_first_wins_a_tie(void **state)
{
    (void)state;
    static const struct {
        struct target target;
        size_t want;
    } rows[] = {
        {{.levels = 2, .share = {.3, .7}}, 1},     {{.levels = 4, .share = {.1, .4, .4, .1}}, 1},
        {{.levels = 3, .share = {1, 0, 0}}, 0},    {{.levels = 0}, 0},
        {{.levels = 2, .share = {.2, .3, .5}}, 1}, /* two levels, whatever stands behind */
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(target_largest(&rows[i].target), rows[i].want);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_categorical_target_needs_more_than_one_logit),
        cmocka_unit_test(the_largest_level_has_the_largest_share_and_the_first_wins_a_tie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
