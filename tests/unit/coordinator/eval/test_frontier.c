#include "tests/support/check.h"

#include <math.h>

#include "coordinator/eval/frontier.h"

#define NONE       ((double)NAN)
#define POINTS_MAX 6

struct point {
    double utility, leakage;
    bool failed; /* a check */
};

static void made(struct frontier *f, struct frontier_point *points, const struct point *from,
                 double least)
{
    *f = (struct frontier){.point = points, .least = least};
    for (; f->count < POINTS_MAX && from[f->count].leakage != 0; f->count++)
        points[f->count] = (struct frontier_point){
            .standing = {.utility = from[f->count].utility, .leakage = from[f->count].leakage},
            .checks_held = !from[f->count].failed};
}

/* "F" on the frontier, "C" chosen too, "-" neither. */
static void words(char out[static POINTS_MAX + 1], const struct frontier *f)
{
    for (size_t i = 0; i < f->count; i++)
        out[i] = f->point[i].chosen ? 'C' : f->point[i].on_frontier ? 'F' : '-';
    out[f->count] = '\0';
}

static const struct {
    const char *what;
    struct point point[POINTS_MAX + 1];
    double least;
    const char *want; /* "": no point counts */
} rows[] = {
    {"one point", {{-.3, .9, 0}}, -.02, "C"},
    {"within the loss, the least leakage", {{0, .9, 0}, {-.01, .7, 0}, {-.05, .6, 0}}, -.02, "FCF"},
    {"exactly the loss is within", {{0, .9, 0}, {-.02, .7, 0}}, -.02, "FC"},
    {"none within, the most utility", {{-.3, .5, 0}, {-.1, .8, 0}, {-.2, .6, 0}}, -.02, "FCF"},
    {"another rule, another choice", {{0, .9, 0}, {-.01, .7, 0}, {-.05, .6, 0}}, -.06, "FFC"},
    {"a utility above the original's", {{.02, .8, 0}, {.01, .8, 0}}, .01, "C-"},
    {"dominated in one number", {{0, .7, 0}, {0, .8, 0}, {-.01, .7, 0}}, -.02, "C--"},
    {"dominated by who is dominated", {{0, .8, 0}, {0, .7, 0}, {0, .6, 0}}, -.02, "--C"},
    {"equal leakage, more utility", {{-.02, .7, 0}, {-.01, .7, 0}}, -.02, "-C"},
    {"equal utility, less leakage", {{-.1, .7, 0}, {-.1, .6, 0}}, -.02, "-C"},
    {"equal points, the earlier", {{-.01, .7, 0}, {-.01, .7, 0}, {-.1, .9, 0}}, -.02, "CF-"},
    {"no utility is no point", {{NONE, .5, 0}, {-.1, .7, 0}}, -.02, "-C"},
    {"no leakage is no point", {{0, NONE, 0}, {-.1, .7, 0}}, -.02, "-C"},
    {"a failed check beats no other", {{0, .5, 1}, {-.1, .9, 0}}, -.02, "-C"},
    {"checks failed everywhere", {{0, .8, 1}, {0, .9, 1}, {-.1, .5, 1}}, -.02, "C-F"},
    {"a check held where a number is not known", {{NONE, .5, 0}, {0, .8, 1}}, -.02, "-C"},
    {"nothing has both numbers", {{NONE, .5, 0}, {0, NONE, 0}}, -.02, ""},
};

static void the_frontier_and_the_choice_are_as_the_rule_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct frontier_point points[POINTS_MAX];
        struct frontier f;
        char got[POINTS_MAX + 1];
        made(&f, points, rows[i].point, rows[i].least);
        bool any = frontier_mark(&f);
        words(got, &f);
        if (any != (rows[i].want[0] != '\0') || (any && strcmp(got, rows[i].want) != 0))
            fail_msg("%s: %s, not %s", rows[i].what, got, rows[i].want);
        if (any != (frontier_chosen(&f) != NULL))
            fail_msg("%s: the chosen one", rows[i].what);
    }
}

/* All pairs of a small lattice: what is on the frontier is dominated by nobody, and all else is. */
static void nobody_on_the_frontier_is_dominated_and_everybody_else_is(void **state)
{
    (void)state;
    enum { STEPS = 3, PLACES = STEPS * STEPS };
    size_t met = 0;
    for (size_t set = 1; set < 1u << PLACES; set++) {
        struct frontier_point points[PLACES];
        struct frontier f = {.point = points, .least = -.02};
        for (size_t i = 0; i < PLACES; i++) {
            size_t across = i % STEPS, up = i / STEPS;
            if ((set >> i & 1) != 0)
                points[f.count++] = (struct frontier_point){
                    .standing = {.utility = -.1 * (double)across, .leakage = .5 + .1 * (double)up},
                    .checks_held = true};
        }
        assert_true(frontier_mark(&f));
        for (size_t i = 0; i < f.count; i++) {
            const struct standing *a = &points[i].standing;
            bool better = false;
            for (size_t k = 0; k < f.count; k++) {
                const struct standing *b = &points[k].standing;
                better = better || (k != i && b->utility >= a->utility && b->leakage <= a->leakage);
            }
            assert_int_equal(points[i].on_frontier, !better);
            met++;
        }
        assert_true(frontier_chosen(&f)->on_frontier);
    }
    assert_int_equal(met, PLACES << (PLACES - 1));
}

static void marks_are_made_anew(void **state)
{
    (void)state;
    struct frontier_point points[POINTS_MAX];
    struct frontier f;
    made(&f, points, rows[1].point, -.02);
    assert_true(frontier_mark(&f));
    f.least = -.06;
    assert_true(frontier_mark(&f));
    assert_ptr_equal(frontier_chosen(&f), &points[2]);
    assert_false(points[1].chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frontier_and_the_choice_are_as_the_rule_says),
        cmocka_unit_test(nobody_on_the_frontier_is_dominated_and_everybody_else_is),
        cmocka_unit_test(marks_are_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
