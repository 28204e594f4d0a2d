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

static void balanced_levels_count_alike_as_far_as_the_limit(void **state)
{
    (void)state;
    static const struct {
        struct target target;
        double want[4];
    } rows[] = {
        {{.levels = 2, .share = {.5, .5}}, {1, 1}},
        {{.levels = 2, .share = {.75, .25}}, {1 / 1.5, 2}},
        {{.levels = 2, .share = {.99, .01}}, {1 / 1.98, TARGET_BALANCE_MAX}},
        {{.levels = 4, .share = {.5, .25, 0, .25}}, {1 / 1.5, 1 / .75, 1, 1 / .75}},
        {{.levels = 2, .share = {0, 0}}, {1, 1}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double weight[TARGET_LEVELS_MAX];
        target_balance(weight, &rows[i].target);
        for (size_t l = 0; l < rows[i].target.levels; l++)
            if (!(weight[l] == rows[i].want[l]))
                fail_msg("row %zu, level %zu: %.17g", i, l, weight[l]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_categorical_target_needs_more_than_one_logit),
        cmocka_unit_test(the_largest_level_has_the_largest_share_and_the_first_wins_a_tie),
        cmocka_unit_test(balanced_levels_count_alike_as_far_as_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
