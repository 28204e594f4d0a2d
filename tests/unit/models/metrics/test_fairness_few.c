/* Groups of a handful of positives: they make the largest gap by luck, so they make none. */
#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f, double fewest)
{
    cohort_ask(&asked, &cohort);
    asked.q.fewest = fewest;
    asked.q.privileged = 0;
    fairness_open(f, &asked.q, asked.sums);
}

/* TPR .75 of 20 and .5 of 20; C finds all of its positives. */
static void two_groups_and(size_t positives, size_t negatives)
{
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 15, 10, 5, 10);
    cohort_table(&cohort, 1, 10, 4, 10, 16);
    cohort_table(&cohort, 2, positives, 1, 0, negatives - 1);
}

static void denied(const struct fairness *f, const char *metric, const char *group,
                   const char *other, const char *why)
{
    const struct fairness_measure *m = row_of(f, metric, group, other, 0.5);
    if (!isnan(m->value) || !isnan(m->lo) || strcmp(m->why, why) != 0)
        fail_msg("%s of '%s' is %g (%s)", metric, group, m->value, m->why);
}

static void fewer_than_ten_positives_are_no_tpr_and_make_no_gap(void **state)
{
    (void)state;
    struct fairness f;
    two_groups_and(9, 40);
    ask(&f, 10);
    denied(&f, "tpr", "C", "", "not estimable: fewer than 10 positives");
    denied(&f, "fnr", "C", "", "not estimable: fewer than 10 positives");
    denied(&f, "tpr_difference", "C", "A", "not estimable: group C has too few positives");
    denied(&f, "average_odds_difference", "C", "A",
           "not estimable: group C has too few of a class");
    check_value(row_of(&f, "fpr", "C", "", 0.5), 1 / 40.0);
    check_value(row_of(&f, "fpr_gap", "", "", 0.5), 0.5 - 1 / 40.0);
    assert_true(row_of(&f, "tpr", "C", "", 0.5)->positives == 9); /* how few there are is said */
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    check_value(gap, 0.25);
    assert_string_equal(gap->why, "C has too few positives");
    assert_string_equal(gap->highest, "A");
    assert_string_equal(gap->interval, "newcombe");         /* two are left */
    check_value(row_of(&f, "tpr", "", "", 0.5), 34 / 49.0); /* everybody is everybody */
    fairness_close(&f);
}

/* Neither interval nor floor knows of a group that is left out: as if it had no positives. */
static void what_is_left_out_is_not_drawn(void **state)
{
    (void)state;
    static const char *const metric[] = {"tpr_gap", "tpr_ratio", "fnr_ratio", "eqodds_max"};
    struct fairness few, none;
    two_groups_and(9, 40);
    ask(&few, 10);
    two_groups_and(0, 40);
    ask(&none, 10);
    for (size_t i = 0; i < COUNT(metric); i++) {
        const struct fairness_measure *a = row_of(&few, metric[i], "", "", 0.5);
        const struct fairness_measure *b = row_of(&none, metric[i], "", "", 0.5);
        check_value(a, b->value);
        /* Floors are means of 200 draws of a gap that scatters by .1. */
        if (fabs(a->noise_floor - b->noise_floor) > 0.03 || !(fabs(a->lo - b->lo) < 0.05))
            fail_msg("%s: floor %g, %g without them; from %g, %g", metric[i], a->noise_floor,
                     b->noise_floor, a->lo, b->lo);
    }
    fairness_close(&few);
    fairness_close(&none);
}

static bool told(const struct fairness *f, const char *metric, double threshold)
{
    return !isnan(row_of(f, metric, "C", "", threshold)->value);
}

static void the_limit_counts_people_of_the_class(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t positives, negatives, copies; /* rows of a patient */
        double fewest;
        bool tpr, fpr;
    } rows[] = {
        {"ten are enough", 10, 10, 1, 10, true, true},
        {"nine positives", 9, 40, 1, 10, false, true},
        {"nine negatives", 40, 9, 1, 10, true, false},
        {"no limit", 1, 1, 1, 0, true, true},
        {"eighteen rows of nine patients", 9, 40, 2, 10, false, true},
        {"twenty of ten", 10, 40, 2, 10, true, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fairness f;
        two_groups_and(rows[i].positives, rows[i].negatives);
        cohort_copy(&cohort, rows[i].copies);
        cohort_ask(&asked, &cohort);
        asked.q.fewest = rows[i].fewest;
        cohort_patients(&asked, &cohort);
        fairness_open(&f, &asked.q, asked.sums);
        bool tpr = told(&f, "tpr", 0.5), fpr = told(&f, "fpr", 0.5);
        if (tpr != rows[i].tpr || fpr != rows[i].fpr)
            fail_msg("%s: TPR %d, FPR %d", rows[i].what, tpr, fpr);
        assert_true(told(&f, "auc", NONE) && told(&f, "accuracy", 0.5));
        fairness_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_than_ten_positives_are_no_tpr_and_make_no_gap),
        cmocka_unit_test(what_is_left_out_is_not_drawn),
        cmocka_unit_test(the_limit_counts_people_of_the_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
