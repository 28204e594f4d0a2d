/* What may be said of utility, from rows whose numbers are made up. */
#include "coordinator/eval/utility.h"

#include <math.h>

#include "tests/support/check.h"

#define NONE ((double)NAN)

static struct measure row_of(const char *target, const char *representation, const char *probe,
                             double value, double half)
{
    struct measure m = {.representation = representation,
                        .probe = probe,
                        .metric = "auc",
                        .split = "test",
                        .value = value,
                        .lo = value - half,
                        .hi = value + half};
    snprintf(m.target, sizeof m.target, "%s", target);
    return m;
}

/* Two tasks: of each the strongest probe is the mlp from the originals, and what is asked here. */
struct table {
    struct measure m[10];
    size_t count;
};

static struct table table_of(double stage, double death, double half)
{
    struct table t = {.count = 8};
    t.m[0] = row_of("stage", "original", "linear", .70, .03);
    t.m[1] = row_of("stage", "original", "mlp", .72, .03);
    t.m[2] = row_of("stage", "debiased", "linear", stage, half);
    t.m[3] = row_of("stage", "debiased", "mlp", stage - .01, half);
    t.m[4] = row_of("death", "original", "linear", .76, .05);
    t.m[5] = row_of("death", "debiased", "mlp", death, half);
    t.m[6] = row_of("sex", "debiased", "mlp", .99, .001);
    t.m[6].leakage = true;
    t.m[7] = row_of("stage", "noise", "mlp", .49, .03);
    return t;
}

static void check_says(const struct utility *u, bool ok, const char *words)
{
    if (u->ok != ok || strstr(u->why, words) == NULL)
        fail_msg("%s: %s; \"%s\" wanted", u->ok ? "ok" : "not ok", u->why, words);
}

/* Of an AUC of 1 there is no interval; that of a weaker probe says enough. */
static void a_perfect_probe_does_not_hide_what_the_others_show(void **state)
{
    (void)state;
    struct table t = table_of(.66, .70, .05);
    t.m[3].value = t.m[5].value = 1;
    t.m[3].lo = t.m[3].hi = t.m[5].lo = t.m[5].hi = NONE;
    struct utility u;
    assert_true(utility_judge(&u, t.m, t.count, -1));
    check_says(&u, true, "1 of 2 tasks are read above chance");
}

/* T7: whoever is told of a task by chance alone is told so in a word. */
static void utility_is_none_when_no_interval_lies_above_chance(void **state)
{
    (void)state;
    static const struct {
        double stage, death, half;
        bool ok;
        const char *says;
    } rows[] = {
        {.66, .70, .05, true, "2 of 2 tasks are read above chance from the debiased embeddings"},
        {.54, .70, .05, true, "1 of 2 tasks are read above chance"},
        {.54, .52, .05, false,
         "none: no task is read above chance from the debiased embeddings; the most is stage with "
         "auc .540 [.490 .590]"},
        {.40, .30, .05, false, "none: "},
        {.54, .52, NONE, false, "none: "}, /* nobody knows how far from chance */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct table t = table_of(rows[i].stage, rows[i].death, rows[i].half);
        struct utility u;
        assert_true(utility_judge(&u, t.m, t.count, -1));
        check_says(&u, rows[i].ok, rows[i].says);
    }
}

/* 1.11 item 11: the margin was set before, and the task that loses most decides. */
static void a_task_may_lose_no_more_than_the_margin(void **state)
{
    (void)state;
    static const struct {
        double stage, death, margin;
        bool ok;
        const char *says;
    } rows[] = {
        {.71, .75, .02, true,
         "; stage loses most, .010: auc .710 [.690 .730], from the originals "
         ".720; at most .020 wanted"},
        {.71, .72, .02, false, "; death loses most, .040: auc .720"},
        {.69, .75, .02, false, "; stage loses most, .030"},
        {.73, .77, 0, true, "; stage loses most, -.010"},
        {.51, .51, .3, false, "none: "}, /* within a margin so wide, and worth nothing */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct table t = table_of(rows[i].stage, rows[i].death, .02);
        struct utility u;
        assert_true(utility_judge(&u, t.m, t.count, rows[i].margin));
        check_says(&u, rows[i].ok, rows[i].says);
    }
}

static void a_task_that_nobody_can_tell_any_more_keeps_no_margin(void **state)
{
    (void)state;
    struct table t = table_of(.71, NONE, .02);
    struct utility u;
    t.m[5].withheld = true;
    assert_true(utility_judge(&u, t.m, t.count, -1));
    check_says(&u, true, "1 of 1 tasks");
    assert_true(utility_judge(&u, t.m, t.count, .02));
    check_says(&u, false, "the plan set a margin, and death is not estimable");
    t = table_of(NONE, NONE, .02);
    assert_true(utility_judge(&u, t.m, t.count, .02));
    assert_false(utility_judge(&u, t.m, t.count, -1)); /* nothing to say, and nothing was asked */
}

static void only_held_out_aucs_of_tasks_have_a_say(void **state)
{
    (void)state;
    struct table t = table_of(.54, .52, .05);
    struct utility u;
    t.m[8] = row_of("stage", "debiased", "linear", .99, .001);
    t.m[8].metric = "accuracy"; /* of a rare outcome it is the majority's */
    t.m[9] = row_of("stage", "debiased", "linear", .99, .001);
    t.m[9].split = "in-sample";
    t.count = 10;
    assert_true(utility_judge(&u, t.m, t.count, -1));
    check_says(&u, false, "none: ");
    t.m[9].split = "valid";
    assert_true(utility_judge(&u, t.m, t.count, -1));
    check_says(&u, true, "1 of 2 tasks");
    t.m[2].metric = "r2", t.m[3].metric = "r2", t.m[9].metric = "r2";
    t.m[2].lo = t.m[3].lo = t.m[9].lo = -.001; /* of an R^2, chance is 0 */
    assert_true(utility_judge(&u, t.m, t.count, -1));
    check_says(&u, false, "none: ");
}

static void what_releases_nothing_is_spoken_of_by_its_originals(void **state)
{
    (void)state;
    struct table t = {.count = 2};
    struct utility u;
    t.m[0] = row_of("stage", "original", "linear", .70, .03);
    t.m[1] = row_of("stage", "noise", "linear", .51, .03);
    assert_true(utility_judge(&u, t.m, t.count, .02));
    check_says(&u, true, "1 of 1 tasks are read above chance from the original embeddings");
    assert_null(strstr(u.why, "loses"));
    assert_false(utility_judge(&u, t.m, 0, .02));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_probe_does_not_hide_what_the_others_show),
        cmocka_unit_test(utility_is_none_when_no_interval_lies_above_chance),
        cmocka_unit_test(a_task_may_lose_no_more_than_the_margin),
        cmocka_unit_test(a_task_that_nobody_can_tell_any_more_keeps_no_margin),
        cmocka_unit_test(only_held_out_aucs_of_tasks_have_a_say),
        cmocka_unit_test(what_releases_nothing_is_spoken_of_by_its_originals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
