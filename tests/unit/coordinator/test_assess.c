/* From published sums to panels: who is shown, and what is said of whom. */
#include "coordinator/assess.h"
#include "tests/unit/models/exam_setup.h"

#define BANDS 4

/* The evaluation of exam_setup.h with one row a patient; the second group is an age band. */
struct assessed {
    struct setup s;
    struct course c;
    struct panel *panel;
    size_t count;
};

static const char *const plain[] = {"evaluate.seeds=1", "evaluate.replicates=100"};

/* sizes: rows of each band, the rest is of the first. share: what training rows led to expect. */
static void open_assessed(struct assessed *a, const char *const *overrides, size_t count,
                          const size_t sizes[BANDS], const double share[BANDS])
{
    *a = (struct assessed){.count = 0};
    open_setup(&a->s, overrides, count);
    draw(&a->s, 1);
    struct target *band = &a->s.who.group[1];
    *band = (struct target){.name = "band", .kind = TARGET_CATEGORICAL, .levels = BANDS};
    size_t at = 0;
    for (size_t l = 0; l < BANDS; l++) {
        snprintf(band->level[l], sizeof band->level[l], "b%zu", l);
        band->share[l] = share[l];
        for (size_t i = 0; i < sizes[l]; i++, at++)
            a->s.cohort.group[ROWS + at] = (real)l;
    }
    for (; at < ROWS; at++)
        a->s.cohort.group[ROWS + at] = 0;
    for (size_t i = 0; i < ROWS; i++)
        a->s.cohort.task[i] = (real)(i % 2); /* as many of either class in every band */
    size_t row[] = {5};                      /* disease, by the subject's own head */
    a->c = (struct course){.plan = a->s.plan.set, .exam = a->s.e, .model = &a->s.subject};
    check_ok(census_open(&a->c.census, &a->s.e, row, 1));
    census_choose(&a->c.census, NULL);
}

static void assess(struct assessed *a, size_t sites)
{
    struct census *census = &a->c.census;
    struct piece p;
    cut(&p, &a->s, 0, ROWS);
    struct exam_scores scores = exam_scores_of(&a->s.e, 5, p.fresh, p.own, &p.b);
    census_tally(census->sums, census, &scores, p.group, p.patient);
    check_ok(census_judge(census, census->sums));
    census_place(census->place, census, &scores, p.group, p.patient);
    assess_open(&a->panel, &a->count, &a->c, sites);
    assert_int_equal(a->count, 2); /* sex, band */
}

static void close_assessed(struct assessed *a)
{
    for (size_t i = 0; i < a->count; i++)
        panel_close(&a->panel[i]);
    free(a->panel);
    census_close(&a->c.census);
    close_setup(&a->s);
}

static const struct fairness_measure *find(const struct assessed *a, const char *metric,
                                           const char *group, double threshold)
{
    return fairness_find(&a->panel[1].fairness, metric, group, "", threshold);
}

static bool is_withheld(const struct assessed *a, const char *group)
{
    const struct fairness_measure *m = find(a, "n", group, (double)NAN);
    assert_non_null(m);
    return m->withheld;
}

static const double even[BANDS] = {.25, .25, .25, .25}, falling[BANDS] = {.4, .3, .2, .1},
                    rising[BANDS] = {.1, .2, .3, .4};

static void a_panel_says_whose_it_is(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {60, 60, 60, 60};
    struct assessed a;
    open_assessed(&a, plain, COUNT(plain), sizes, even);
    assess(&a, 3);
    const struct panel *p = &a.panel[1];
    assert_string_equal(p->task, "disease");
    assert_string_equal(p->attribute, "band");
    assert_string_equal(p->representation, "original");
    assert_string_equal(p->probe, "linear");
    assert_string_equal(p->split, "test");
    assert_string_equal(p->unit, "patient");
    assert_int_equal(p->groups, BANDS);
    assert_string_equal(p->group[2], "b2");
    assert_true(p->curves.count >= 1);
    close_assessed(&a);
}

/* Five patients: withheld; and with them the next one, or a difference would tell them. */
static void a_small_group_is_withheld_and_never_alone(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {120, 60, 50, 10};
    struct assessed a;
    open_assessed(&a, plain, COUNT(plain), sizes, falling);
    assess(&a, 3);
    assert_false(is_withheld(&a, "b0"));
    assert_false(is_withheld(&a, "b1"));
    assert_true(is_withheld(&a, "b2"));
    assert_true(is_withheld(&a, "b3"));
    assert_null(find(&a, "auc", "b3", (double)NAN));
    assert_true(!isnan(find(&a, "auc", "b1", (double)NAN)->value));
    assert_true(find(&a, "n", "", (double)NAN)->value == ROWS);
    close_assessed(&a);
}

/* Where cells are no secret: nine positives are still no rate, and ten are. */
static void a_group_of_few_positives_has_no_tpr_whatever_may_be_shown(void **state)
{
    (void)state;
    static const char *const open[] = {"evaluate.seeds=1", "evaluate.replicates=100",
                                       "privacy.min_cell=1"};
    static const struct {
        size_t sizes[BANDS]; /* half of each is positive */
        bool told;
    } rows[] = {{{122, 60, 40, 18}, false}, {{120, 60, 40, 20}, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct assessed a;
        open_assessed(&a, open, COUNT(open), rows[i].sizes, even);
        assess(&a, 3);
        assert_false(is_withheld(&a, "b3"));
        bool tpr = !isnan(find(&a, "tpr", "b3", .5)->value);
        bool auc = !isnan(find(&a, "auc", "b3", (double)NAN)->value);
        assert_true(tpr == rows[i].told && auc);
        assert_true((find(&a, "tpr_gap", "", .5)->why[0] == '\0') == rows[i].told);
        close_assessed(&a);
    }
}

/* Who goes with the small group is said by what was expected, not by the counts themselves. */
static void the_least_expected_group_is_given_up_first(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {120, 60, 50, 10};
    static const double share[BANDS] = {.3, .05, .3, .1};
    struct assessed a;
    open_assessed(&a, plain, COUNT(plain), sizes, share);
    assess(&a, 3);
    assert_false(is_withheld(&a, "b0"));
    assert_true(is_withheld(&a, "b1"));
    assert_false(is_withheld(&a, "b2"));
    assert_true(is_withheld(&a, "b3"));
    close_assessed(&a);
}

static void where_nothing_is_trained_the_order_of_the_data_says_it(void **state)
{
    (void)state;
    static const struct model_ops given = {.name = "given", .fixed = true};
    static const size_t sizes[BANDS] = {10, 60, 50, 120};
    struct assessed a;
    open_assessed(&a, plain, COUNT(plain), sizes, rising);
    a.s.subject.ops = &given;
    assess(&a, 3);
    for (size_t g = 0; g < BANDS; g++) /* the chain ends at the small one, the first of the data */
        assert_true(is_withheld(&a, a.panel[1].group[g]));
    close_assessed(&a);
}

/* At a high threshold few are true positives: no rate there, and the AUC all the same. */
static void small_cells_at_a_threshold_withhold_what_rests_on_it(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {80, 80, 40, 40};
    static const char *const overrides[] = {"evaluate.seeds=1", "evaluate.replicates=100",
                                            "evaluate.thresholds=[0.5, 0.97]"};
    struct assessed a;
    open_assessed(&a, overrides, COUNT(overrides), sizes, falling);
    assess(&a, 3);
    assert_true(!isnan(find(&a, "auc", "b3", (double)NAN)->value));
    assert_true(find(&a, "tpr", "b3", .97)->withheld);
    assert_true(isnan(find(&a, "tpr", "b3", .97)->value));
    for (size_t g = 0; g < BANDS; g++) {
        const struct fairness_measure *m = find(&a, "tpr", a.panel[1].group[g], .97);
        double cell = m->withheld ? 0 : m->value * m->positives;
        assert_true(cell == 0 || cell >= 11);
    }
    close_assessed(&a);
}

/*
 * Predictions that are yes or no: rows, positives, mean score and Brier score tell all four cells, so
 * what a threshold must not tell of a group, they must not either.
 */
static void few_scores_tell_no_small_cell(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {80, 80, 80, 0};
    static const struct {
        const char *what;
        size_t every; /* one of so many rows is a positive that was missed */
        bool shown, nothing;
    } rows[] = {
        {"nobody is missed", 0, true, false},
        {"20 of each are missed", 4, true, false},
        {"4 of each are missed, 12 in all", 20, false, false},
        {"4 are missed", 60, false, true},
    };
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct assessed a;
        open_assessed(&a, plain, COUNT(plain), sizes, falling);
        for (size_t i = 0; i < ROWS; i++) {
            bool missed = rows[k].every > 0 && i % rows[k].every == 1;
            a.s.cohort.own[i] = (i % 2 == 1 && !missed) || i % 4 == 0 ? 3 : -3;
        }
        assess(&a, 3);
        const struct fairness_measure *brier = find(&a, "brier", "b0", (double)NAN);
        if ((brier != NULL && !isnan(brier->value)) != rows[k].shown)
            fail_msg("%s: b0 is %s", rows[k].what, rows[k].shown ? "withheld" : "shown");
        if ((find(&a, "n", "", (double)NAN) == NULL) != rows[k].nothing)
            fail_msg("%s: everybody is %s", rows[k].what, rows[k].nothing ? "shown" : "withheld");
        close_assessed(&a);
    }
}

/* Rows of ten patients are many rows; counted as patients they have DeLong's interval. */
static void rows_that_count_as_patients_show_nobody_more(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {80, 80, 40, 40};
    static const char *const overrides[] = {"evaluate.seeds=1", "evaluate.replicates=100",
                                            "evaluate.unit=row"};
    struct assessed a;
    open_assessed(&a, overrides, COUNT(overrides), sizes, falling);
    for (size_t i = 0; i < ROWS; i++)
        a.s.cohort.patient[i] = i < 200 ? i / 2 : 100 + (i - 200) / 4;
    assess(&a, 3);
    assert_string_equal(a.panel[1].unit, "row");
    assert_true(is_withheld(&a, "b3"));
    assert_false(is_withheld(&a, "b0"));
    assert_string_equal(find(&a, "auc", "b0", (double)NAN)->interval, "delong");
    close_assessed(&a);
}

static void how_many_are_of_no_known_group_is_told_unless_they_are_few(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {60, 60, 60, 60};
    static const struct {
        size_t unknown;
        double told;
    } rows[] = {{0, 0}, {60, 60.0 / ROWS}, {12, (double)NAN}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct assessed a;
        open_assessed(&a, plain, COUNT(plain), sizes, even);
        publish(&a.s);
        for (size_t i = 0; i < rows[k].unknown; i++)
            a.s.cohort.group[ROWS + i] = (real)NAN;
        a.c.exam = a.s.e;
        assess(&a, 3);
        double told = a.panel[1].unknown;
        if (isnan(rows[k].told) ? !isnan(told) : told != rows[k].told)
            fail_msg("%zu: %g is told", rows[k].unknown, told);
        close_assessed(&a);
    }
}

static void with_fewer_sites_than_the_plan_wants_nothing_is_shown(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {60, 60, 60, 60};
    static const char *const overrides[] = {"evaluate.seeds=1", "evaluate.replicates=100",
                                            "privacy.min_sites=3"};
    struct assessed a;
    open_assessed(&a, overrides, COUNT(overrides), sizes, even);
    assess(&a, 2);
    for (size_t i = 0; i < a.count; i++) {
        for (size_t k = 0; k < a.panel[i].fairness.count; k++)
            assert_true(isnan(a.panel[i].fairness.measure[k].value));
        assert_int_equal(a.panel[i].curves.count, 0);
    }
    close_assessed(&a);
}

static void the_same_sums_are_the_same_numbers(void **state)
{
    (void)state;
    static const size_t sizes[BANDS] = {60, 60, 60, 60};
    struct assessed a, b;
    open_assessed(&a, plain, COUNT(plain), sizes, even);
    open_assessed(&b, plain, COUNT(plain), sizes, even);
    assess(&a, 2);
    assess(&b, 200);
    const struct fairness *x = &a.panel[1].fairness, *y = &b.panel[1].fairness;
    assert_int_equal(x->count, y->count);
    for (size_t i = 0; i < x->count; i++) {
        assert_memory_equal(&x->measure[i].value, &y->measure[i].value, sizeof(double));
        assert_memory_equal(&x->measure[i].lo, &y->measure[i].lo, sizeof(double));
        assert_memory_equal(&x->measure[i].noise_floor, &y->measure[i].noise_floor, sizeof(double));
    }
    close_assessed(&a);
    close_assessed(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_panel_says_whose_it_is),
        cmocka_unit_test(a_small_group_is_withheld_and_never_alone),
        cmocka_unit_test(a_group_of_few_positives_has_no_tpr_whatever_may_be_shown),
        cmocka_unit_test(the_least_expected_group_is_given_up_first),
        cmocka_unit_test(where_nothing_is_trained_the_order_of_the_data_says_it),
        cmocka_unit_test(small_cells_at_a_threshold_withhold_what_rests_on_it),
        cmocka_unit_test(few_scores_tell_no_small_cell),
        cmocka_unit_test(rows_that_count_as_patients_show_nobody_more),
        cmocka_unit_test(how_many_are_of_no_known_group_is_told_unless_they_are_few),
        cmocka_unit_test(with_fewer_sites_than_the_plan_wants_nothing_is_shown),
        cmocka_unit_test(the_same_sums_are_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
