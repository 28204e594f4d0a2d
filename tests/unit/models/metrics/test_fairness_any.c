/* What must hold of a report of any rows, what cannot be known of some, and what is not shown. */
#include "tests/unit/models/metrics/cohort.h"

#define NONE ((double)NAN)

static struct cohort cohort;
static struct asked asked;

static void ask(struct fairness *f)
{
    cohort_ask(&asked, &cohort);
    fairness_open(f, &asked.q, asked.sums);
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12;
}

static void permuted_groups_have_permuted_numbers(void **state)
{
    (void)state;
    static struct cohort turned;
    static struct asked other;
    struct rng rng = rng_open(2, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    for (size_t g = 0; g < 3; g++)
        cohort_draw(&cohort, &rng, g, 150 + 100 * g, 0.1 + 0.1 * (double)g, 1.5, 0.2 * (double)g);
    turned = cohort;
    static const size_t to[] = {2, 0, 1};
    for (size_t i = 0; i < turned.rows; i++)
        turned.group[i] = to[turned.group[i]];
    struct fairness f, g;
    ask(&f);
    cohort_ask(&other, &turned);
    static const char *const names[] = {"B", "C", "A"}; /* of what is now 0, 1, 2 */
    other.q.name = names;
    fairness_open(&g, &other.q, other.sums);
    size_t met = 0;
    assert_int_equal(f.count, g.count);
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i];
        const struct fairness_measure *n = row_of(&g, m->metric, m->group, m->other, m->threshold);
        bool drawn = strcmp(m->metric, "ece_debiased") == 0;
        bool exact = strncmp(m->interval, "bootstrap", 9) != 0;
        assert_true(drawn || same(m->value, n->value));
        assert_true(!exact || (same(m->lo, n->lo) && same(m->hi, n->hi)));
        assert_string_equal(m->lowest, n->lowest);
        assert_string_equal(m->highest, n->highest);
        met++;
    }
    assert_true(met > 150);
    fairness_close(&f);
    fairness_close(&g);
}

/* Two groups of the same rows: a third gap is not made of cutting one group in two. */
static void merging_equal_groups_changes_no_gap(void **state)
{
    (void)state;
    static struct cohort merged;
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    cohort_draw(&cohort, &rng, 0, 300, 0.3, 1, 0);
    cohort_draw(&cohort, &rng, 1, 200, 0.4, 2, 0.5);
    size_t rows = cohort.rows;
    for (size_t i = 0; i < rows; i++)
        if (cohort.group[i] == 1)
            cohort_add(&cohort, 2, cohort.p[i], cohort.label[i], 1);
    merged = cohort;
    merged.groups = 2;
    for (size_t i = 0; i < merged.rows; i++)
        merged.group[i] = merged.group[i] == 2 ? 1 : merged.group[i];
    static struct asked other;
    struct fairness f, g;
    ask(&f);
    cohort_ask(&other, &merged);
    fairness_open(&g, &other.q, other.sums);
    size_t met = 0;
    for (size_t i = 0; i < g.count; i++) {
        const struct fairness_measure *m = &g.measure[i];
        bool one_group = strcmp(m->group, "") != 0, drawn = strcmp(m->metric, "ece_debiased") == 0;
        if (one_group || drawn || strcmp(m->metric, "es_auc") == 0) /* a sum over groups */
            continue;
        assert_true(same(m->value, row_of(&f, m->metric, "", "", m->threshold)->value));
        met++;
    }
    assert_true(met > 100);
    fairness_close(&f);
    fairness_close(&g);
}

static void one_seed_gives_one_report(void **state)
{
    (void)state;
    struct rng rng = rng_open(4, RNG_TEST, 0, 0, 0);
    cohort = (struct cohort){0};
    for (size_t g = 0; g < 3; g++)
        cohort_draw(&cohort, &rng, g, 200, 0.3, 1.5, 0);
    struct fairness f, g, h;
    ask(&f);
    fairness_open(&g, &asked.q, asked.sums);
    asked.q.seed++;
    fairness_open(&h, &asked.q, asked.sums);
    size_t other = 0;
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i], *n = &g.measure[i];
        assert_memory_equal(&m->value, &n->value, sizeof(double));
        assert_memory_equal(&m->hi, &n->hi, sizeof(double));
        assert_memory_equal(&m->noise_floor, &n->noise_floor, sizeof(double));
        bool changed = !same(m->hi, h.measure[i].hi);
        assert_true(!changed || strncmp(m->interval, "bootstrap", 9) == 0);
        other += changed;
    }
    assert_true(other > 10);
    fairness_close(&f);
    fairness_close(&g);
    fairness_close(&h);
}

/* Every interval holds its value, every value is in its range; what has none says why. */
static void every_row_is_whole_or_says_why_not(void **state)
{
    (void)state;
    struct rng rng = rng_open(5, RNG_TEST, 0, 0, 0);
    size_t met = 0, refused = 0;
    for (size_t trial = 0; trial < 30; trial++) {
        cohort = (struct cohort){0};
        size_t groups = 1 + rng_below(&rng, 4);
        for (size_t g = 0; g < groups; g++)
            cohort_draw(&cohort, &rng, g, 1 + rng_below(&rng, trial % 2 == 0 ? 10 : 200),
                        rng_uniform(&rng), 1, 0);
        cohort_ask(&asked, &cohort);
        asked.q.replicates = 40;
        asked.q.privileged = rng_below(&rng, (uint32_t)groups);
        struct fairness f;
        fairness_open(&f, &asked.q, asked.sums);
        for (size_t i = 0; i < f.count; i++, met++) {
            const struct fairness_measure *m = &f.measure[i];
            bool around = isnan(m->lo) || strcmp(m->interval, "bootstrap") == 0 ||
                          (m->lo <= m->value + 1e-12 && m->hi >= m->value - 1e-12);
            if (isnan(m->value) != (strncmp(m->why, "not estimable: ", 15) == 0) || !around ||
                isinf(m->value) || isnan(m->lo) != (m->interval[0] == '\0') ||
                isnan(m->lo) != isnan(m->hi) || (isnan(m->value) && !isnan(m->lo)))
                fail_msg("%s of '%s' '%s': %g, %g to %g (%s) %s", m->metric, m->group, m->other,
                         m->value, m->lo, m->hi, m->interval, m->why);
            refused += isnan(m->value) ? 1 : 0;
        }
        fairness_close(&f);
    }
    assert_true(met > 3000);
    assert_true(refused > 300);
}

/* --- what cannot be known --------------------------------------------------------------------- */

static void denied(const struct fairness *f, const char *metric, const char *group, double t,
                   const char *why)
{
    const struct fairness_measure *m = row_of(f, metric, group, "", t);
    if (!isnan(m->value) || !isnan(m->lo) || strcmp(m->why, why) != 0)
        fail_msg("%s of '%s': %g, '%s', '%s' wanted", metric, group, m->value, m->why, why);
}

static void two_groups(void)
{
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 6, 2, 2, 10);
    cohort_table(&cohort, 1, 3, 3, 3, 1);
}

static void a_group_without_positives_has_no_tpr_and_makes_no_gap(void **state)
{
    (void)state;
    struct fairness f;
    two_groups();
    cohort_table(&cohort, 2, 0, 1, 0, 8);
    ask(&f);
    denied(&f, "tpr", "C", 0.5, "not estimable: no positives");
    denied(&f, "fnr", "C", 0.5, "not estimable: no positives");
    denied(&f, "auc", "C", NONE, "not estimable: no positives");
    denied(&f, "calibration_slope", "C", NONE, "not estimable: no positives");
    check_value(row_of(&f, "fpr", "C", "", 0.5), 1 / 9.0);
    const struct fairness_measure *gap = row_of(&f, "tpr_gap", "", "", 0.5);
    check_value(gap, 0.25);
    assert_string_equal(gap->why, "C has no positives");
    assert_string_equal(gap->interval, "newcombe"); /* two are left */
    check_value(row_of(&f, "fpr_gap", "", "", 0.5), 0.75 - 1 / 9.0);
    assert_string_equal(row_of(&f, "fpr_gap", "", "", 0.5)->why, "");
    assert_string_equal(row_of(&f, "auc_gap", "", "", NONE)->why,
                        "C has no row of one of the classes");
    fairness_close(&f);
}

static void one_group_or_one_that_is_empty_is_no_gap(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 6, 2, 2, 10);
    ask(&f);
    denied(&f, "tpr_gap", "", 0.5, "not estimable: fewer than two groups");
    denied(&f, "es_auc", "", NONE, "not estimable: fewer than two groups");
    denied(&f, "ece_gap", "", NONE, "not estimable: fewer than two groups");
    check_value(row_of(&f, "tpr", "", "", 0.5), 0.75);
    fairness_close(&f);

    cohort.groups = 2;
    ask(&f);
    check_value(row_of(&f, "n", "B", "", NONE), 0);
    denied(&f, "prevalence", "B", NONE, "not estimable: no rows");
    denied(&f, "accuracy", "B", 0.5, "not estimable: no rows");
    denied(&f, "net_benefit", "B", 0.5, "not estimable: no rows");
    denied(&f, "ece", "B", NONE, "not estimable: no rows");
    denied(&f, "brier", "B", NONE, "not estimable: no rows");
    denied(&f, "o_over_e", "B", NONE, "not estimable: no rows");
    denied(&f, "accuracy_gap", "", 0.5, "not estimable: fewer than two groups; B has no rows");
    fairness_close(&f);
}

static void nobody_at_all_is_no_number(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){.groups = 2};
    ask(&f);
    for (size_t i = 0; i < f.count; i++)
        if (strcmp(f.measure[i].metric, "n") != 0 && !isnan(f.measure[i].value))
            fail_msg("%s of '%s' is %g", f.measure[i].metric, f.measure[i].group,
                     f.measure[i].value);
    fairness_close(&f);
}

/* One score for everybody: nothing is told, nobody is selected, and that is no ratio. */
static void a_constant_predictor_is_no_line_and_half_an_auc(void **state)
{
    (void)state;
    struct fairness f;
    cohort = (struct cohort){0};
    cohort_add(&cohort, 0, 0.2, 1, 10);
    cohort_add(&cohort, 0, 0.2, 0, 40);
    cohort_add(&cohort, 1, 0.2, 1, 12);
    cohort_add(&cohort, 1, 0.2, 0, 28);
    ask(&f);
    check_value(row_of(&f, "auc", "A", "", NONE), 0.5);
    assert_string_equal(row_of(&f, "auc", "A", "", NONE)->interval, "");
    denied(&f, "calibration_slope", "A", NONE, "not estimable: all scores are in one bin");
    denied(&f, "ppv", "A", 0.5, "not estimable: no rows that are selected");
    denied(&f, "selection_ratio", "", 0.5, "not estimable: a rate is 0 in all of them");
    denied(&f, "eqodds_ratio", "", 0.5, "not estimable: a rate is 0 in all of them");
    check_value(row_of(&f, "selection_gap", "", "", 0.5), 0);
    check_value(row_of(&f, "accuracy", "A", "", 0.5), 0.8);
    fairness_close(&f);
}

/* --- what is not shown ------------------------------------------------------------------------ */

/* Four groups, everything shown until a test says otherwise. Thresholds: 1/4 and 1/2. */
static struct {
    bool group[4], cells[2 * 4], cells_of_all[2];
    struct fairness_shown shown;
} shown;

static void four_groups(void)
{
    cohort = (struct cohort){0};
    cohort_table(&cohort, 0, 60, 20, 20, 100);
    cohort_table(&cohort, 1, 20, 20, 10, 100);
    cohort_table(&cohort, 2, 4, 20, 3, 50);
    cohort_table(&cohort, 3, 0, 20, 0, 50);
    cohort_ask(&asked, &cohort);
    memset(&shown, 1, offsetof(__typeof__(shown), shown));
    shown.shown = (struct fairness_shown){
        .group = shown.group, .cells = shown.cells, .cells_of_all = shown.cells_of_all};
    asked.q.shown = &shown.shown;
    asked.q.min_cell = 11;
}

static bool is_withheld(const struct fairness_measure *m)
{
    static const char why[] = "withheld: a cell is below 11 patients, or tells one that is";
    bool empty = isnan(m->value) && isnan(m->lo) && isnan(m->noise_floor) && isnan(m->rows);
    assert_true(m->withheld == (empty && strcmp(m->why, why) == 0));
    return m->withheld;
}

/* What is decided is all that happens: a cell of 3 is shown if that was the decision. */
static void everything_shown_is_the_report_without_a_decision(void **state)
{
    (void)state;
    struct fairness f, g;
    four_groups();
    fairness_open(&f, &asked.q, asked.sums);
    asked.q.shown = NULL;
    fairness_open(&g, &asked.q, asked.sums);
    assert_int_equal(f.count, g.count);
    for (size_t i = 0; i < f.count; i++) {
        assert_true(same(f.measure[i].value, g.measure[i].value));
        assert_true(same(f.measure[i].hi, g.measure[i].hi) && !f.measure[i].withheld);
    }
    fairness_close(&f);
    fairness_close(&g);
}

static void a_group_that_is_not_shown_is_one_row_and_in_no_number(void **state)
{
    (void)state;
    struct fairness f;
    four_groups();
    shown.group[1] = shown.group[2] = false;
    fairness_open(&f, &asked.q, asked.sums);
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i];
        bool hidden = strcmp(m->group, "B") == 0 || strcmp(m->group, "C") == 0;
        assert_true(hidden == is_withheld(m));
        assert_true(!hidden || strcmp(m->metric, "n") == 0);
        assert_true(strcmp(m->other, "B") != 0 && strcmp(m->other, "C") != 0);
    }
    assert_string_equal(row_of(&f, "tpr_gap", "", "", 0.5)->why,
                        "not estimable: fewer than two groups; D has no positives; withheld: B, C");
    check_value(row_of(&f, "tpr", "", "", 0.5), 84 / 117.0); /* of all: B and C hide each other */
    check_value(row_of(&f, "fpr_gap", "", "", 0.5), 20 / 70.0 - 20 / 120.0);
    fairness_close(&f);
}

/* Only of that threshold, and all of that threshold: two rates give away a third. */
static void cells_that_are_not_shown_take_all_rows_of_their_threshold(void **state)
{
    (void)state;
    struct fairness f, whole;
    four_groups();
    asked.q.privileged = 0;
    fairness_open(&whole, &asked.q, asked.sums);
    shown.cells[1 * 4 + 1] = shown.cells[1 * 4 + 2] = false; /* at 1/2: B and C */
    fairness_open(&f, &asked.q, asked.sums);
    assert_int_equal(f.count, whole.count);
    size_t withheld = 0;
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i];
        bool hidden =
            m->threshold == 0.5 && (strcmp(m->group, "B") == 0 || strcmp(m->group, "C") == 0);
        assert_true(hidden == is_withheld(m));
        assert_true(
            hidden || strcmp(m->group, "") == 0 ||
            same(m->value, row_of(&whole, m->metric, m->group, m->other, m->threshold)->value));
        withheld += hidden;
    }
    assert_int_equal(withheld, 2 * (9 + 4)); /* rates and benefit, and what is signed */
    check_value(row_of(&f, "fpr_gap", "", "", 0.5), 20 / 70.0 - 20 / 120.0);
    check_value(row_of(&f, "tpr", "", "", 0.5), 84 / 117.0);
    check_value(row_of(&f, "selection_gap", "", "", 0.25),
                row_of(&whole, "selection_gap", "", "", 0.25)->value);
    assert_string_equal(row_of(&f, "fpr_gap", "", "", 0.5)->why, "withheld: B, C");
    assert_string_equal(row_of(&f, "fpr_gap", "", "", 0.25)->why, "");
    fairness_close(&f);
    fairness_close(&whole);
}

static void nothing_is_signed_against_cells_that_are_not_shown(void **state)
{
    (void)state;
    struct fairness f;
    four_groups();
    asked.q.privileged = 0;
    shown.cells[0] = shown.cells[1] = false; /* at 1/4: A, the privileged, and B */
    fairness_open(&f, &asked.q, asked.sums);
    size_t met = 0;
    for (size_t i = 0; i < f.count; i++)
        if (f.measure[i].other[0] == 'A' && f.measure[i].threshold == 0.25) {
            assert_true(is_withheld(&f.measure[i]));
            met++;
        }
    assert_int_equal(met, 3 * 4);
    assert_false(row_of(&f, "tpr_difference", "C", "A", 0.5)->withheld);
    fairness_close(&f);
}

static void cells_of_everybody_that_are_not_shown_leave_no_number_at_their_threshold(void **state)
{
    (void)state;
    struct fairness f, whole;
    four_groups();
    asked.q.privileged = 0;
    fairness_open(&whole, &asked.q, asked.sums);
    shown.cells_of_all[1] = false;
    fairness_open(&f, &asked.q, asked.sums);
    assert_int_equal(f.count, whole.count);
    for (size_t i = 0; i < f.count; i++) {
        const struct fairness_measure *m = &f.measure[i];
        assert_true(is_withheld(m) == (m->threshold == 0.5));
        row_of(&whole, m->metric, m->group, m->other, m->threshold);
    }
    fairness_close(&f);
    fairness_close(&whole);
}

static void nothing_shown_is_a_row_a_group(void **state)
{
    (void)state;
    struct fairness f;
    four_groups();
    shown.shown.nothing = true;
    fairness_open(&f, &asked.q, asked.sums);
    assert_int_equal(f.count, 4);
    for (size_t i = 0; i < f.count; i++)
        assert_true(is_withheld(&f.measure[i]));
    fairness_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permuted_groups_have_permuted_numbers),
        cmocka_unit_test(merging_equal_groups_changes_no_gap),
        cmocka_unit_test(one_seed_gives_one_report),
        cmocka_unit_test(every_row_is_whole_or_says_why_not),
        cmocka_unit_test(a_group_without_positives_has_no_tpr_and_makes_no_gap),
        cmocka_unit_test(one_group_or_one_that_is_empty_is_no_gap),
        cmocka_unit_test(nobody_at_all_is_no_number),
        cmocka_unit_test(a_constant_predictor_is_no_line_and_half_an_auc),
        cmocka_unit_test(everything_shown_is_the_report_without_a_decision),
        cmocka_unit_test(a_group_that_is_not_shown_is_one_row_and_in_no_number),
        cmocka_unit_test(cells_that_are_not_shown_take_all_rows_of_their_threshold),
        cmocka_unit_test(nothing_is_signed_against_cells_that_are_not_shown),
        cmocka_unit_test(cells_of_everybody_that_are_not_shown_leave_no_number_at_their_threshold),
        cmocka_unit_test(nothing_shown_is_a_row_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
