/* Sentences of panels whose truth is known. */
#include "coordinator/eval/notes.h"

#include "tests/unit/models/metrics/cohort.h"

#define MIN_CELL 11

static struct cohort cohort;
static struct asked asked;
static struct rng rng;

static void begin(void)
{
    cohort = (struct cohort){0};
    rng = rng_open(5, RNG_TEST, 0, 0, 0);
}

static void take_note(struct panel *p)
{
    *p = (struct panel){.unit = "patient"};
    cohort_ask(&asked, &cohort);
    asked.q.fewest = 10;
    fairness_open(&p->fairness, &asked.q, asked.sums);
    notes_fill(p, &asked.groups, asked.sums, MIN_CELL);
}

/* Where the first sentence is that holds this; PANEL_NOTES_MAX: nowhere. */
static size_t where(const struct panel *p, const char *words)
{
    for (size_t i = 0; i < p->notes; i++)
        if (strstr(p->note[i], words) != NULL)
            return i;
    return PANEL_NOTES_MAX;
}

static void check_says(const struct panel *p, const char *words, bool says)
{
    if ((where(p, words) < PANEL_NOTES_MAX) == says)
        return;
    for (size_t i = 0; i < p->notes; i++)
        print_message("%zu %s\n", i, p->note[i]);
    fail_msg("\"%s\" is %s", words, says ? "not said" : "said");
}

/* All sentences end, and are about what they are about. */
static void done(struct panel *p)
{
    for (size_t i = 0; i < p->notes; i++) {
        size_t len = strlen(p->note[i]);
        assert_true(len > 20 && p->note[i][len - 1] == '.');
        assert_null(strstr(p->note[i], "nan"));
    }
    panel_close(p);
}

static void a_predictor_that_ranks_nobody_is_called_that(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double distance;
        const char *says;
        bool gaps;
    } rows[] = {
        {"ranks well", 2, NULL, true},
        {"noise", 0, "not shown to rank better than chance (AUC .", false},
        {"the wrong way", -2, "worse than chance (AUC .", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct panel p;
        begin();
        cohort_draw(&cohort, &rng, 0, 600, 0.4, rows[i].distance, 0);
        cohort_draw(&cohort, &rng, 1, 600, 0.4, rows[i].distance, 0);
        take_note(&p);
        check_says(&p, "rank", rows[i].says != NULL);
        if (rows[i].says != NULL)
            assert_int_equal(where(&p, rows[i].says), 0);
        check_says(&p, "The AUC gap", rows[i].gaps);
        done(&p);
    }
}

static void one_score_for_all_is_no_fairness(void **state)
{
    (void)state;
    struct panel p;
    begin();
    for (size_t g = 0; g < 2; g++) {
        cohort_add(&cohort, g, 0.4, 1, 100);
        cohort_add(&cohort, g, 0.4, 0, 100);
    }
    take_note(&p);
    assert_int_equal(where(&p, "degenerate: it gives everybody the same score"), 0);
    assert_true(p.degenerate);
    check_says(&p, "not shown to rank", false);
    check_says(&p, "AUC gap", false);
    check_says(&p, "At threshold .500 this predictor is degenerate: nobody is selected", true);
    check_says(&p, "At threshold .250 this predictor is degenerate: everybody is selected", true);
    done(&p);
    cohort_add(&cohort, 1, 0.41, 1, 1);
    take_note(&p);
    check_says(&p, "same score", false);
    assert_true(!p.degenerate);
    done(&p);
}

static void who_is_withheld_has_a_name(void **state)
{
    (void)state;
    static const struct {
        size_t small;
        const char *says;
    } rows[] = {{1, "C is withheld: fewer than 11 patients"},
                {2, "C and D are withheld"},
                {3, "C, D and E are withheld"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct panel p;
        begin();
        cohort_draw(&cohort, &rng, 0, 600, 0.4, 2, 0);
        cohort_draw(&cohort, &rng, 1, 600, 0.4, 2, 0);
        for (size_t g = 0; g < rows[i].small; g++)
            cohort_table(&cohort, 2 + g, 8, 8, 8, 8);
        take_note(&p);
        check_says(&p, "withheld", false);
        for (size_t k = 0; k < p.fairness.count; k++) { /* as release.h would have it */
            struct fairness_measure *m = &p.fairness.measure[k];
            m->withheld = m->group[0] > 'B';
        }
        notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
        check_says(&p, rows[i].says, true);
        check_says(&p, "Of C there are", false); /* nothing of it is told */
        done(&p);
    }
}

static void whose_rates_are_withheld_is_said(void **state)
{
    (void)state;
    struct panel p;
    begin();
    for (size_t g = 0; g < 4; g++)
        cohort_draw(&cohort, &rng, g, 600, 0.4, 2, 0);
    take_note(&p);
    check_says(&p, "Rates", false);
    for (size_t k = 0; k < p.fairness.count; k++) {
        struct fairness_measure *m = &p.fairness.measure[k];
        m->withheld = !isnan(m->threshold) && m->group[0] > 'B';
    }
    notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
    assert_int_equal(where(&p, "Rates at thresholds are withheld of C and D: "), 0);
    for (size_t k = 0; k < p.fairness.count; k++) {
        struct fairness_measure *m = &p.fairness.measure[k];
        m->withheld = m->threshold == 0.5;
    }
    notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
    assert_int_equal(where(&p, "Rates at thresholds are withheld of everybody at .500: "), 0);
    done(&p);
}

/* As an intersection's groups are called. */
static void a_name_with_a_comma_is_one_name(void **state)
{
    (void)state;
    struct fairness_measure m[] = {
        {.metric = "n", .group = "", .other = "", .value = 5, .threshold = (double)NAN},
        {.metric = "n", .group = "female, Black", .other = "", .withheld = true},
        {.metric = "n", .group = "male, Black", .other = "", .withheld = true}};
    struct panel p = {.unit = "patient", .fairness = {COUNT(m), m}};
    begin();
    cohort_table(&cohort, 0, 30, 30, 30, 30);
    cohort_ask(&asked, &cohort);
    notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
    check_says(&p, "\"female, Black\" and \"male, Black\" are withheld", true);
}

static void names_that_are_too_many_are_counted(void **state)
{
    (void)state;
    enum { MANY = 9, LONG = 100 };
    static char name[MANY][LONG + 1];
    struct fairness_measure m[MANY + 1] = {
        {.metric = "n", .group = "", .other = "", .value = 5, .threshold = (double)NAN}};
    for (size_t i = 0; i < MANY; i++) {
        memset(name[i], 'a' + (int)i, LONG);
        m[i + 1] = m[0];
        m[i + 1].group = name[i];
        m[i + 1].withheld = true;
    }
    struct panel p = {.unit = "patient", .fairness = {COUNT(m), m}};
    begin();
    cohort_table(&cohort, 0, 30, 30, 30, 30);
    cohort_ask(&asked, &cohort);
    notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
    assert_int_equal(p.notes, 1);
    check_says(&p, "aaaa and 8 more are withheld", true);
    check_says(&p, "these groups.", true);
}

static void who_has_one_class_only_has_no_auc(void **state)
{
    (void)state;
    struct panel p;
    begin();
    cohort_draw(&cohort, &rng, 0, 600, 0.4, 2, 0);
    cohort_draw(&cohort, &rng, 1, 600, 0.4, 2, 0);
    cohort_table(&cohort, 2, 0, 20, 0, 20);
    cohort_table(&cohort, 3, 20, 0, 20, 0);
    cohort_table(&cohort, 5, 20, 20, 20, 20);
    take_note(&p);
    check_says(&p, "no AUC of C (no positives), D (no negatives) and E (nobody):", true);
    done(&p);
}

static void who_has_few_positives_has_no_tpr(void **state)
{
    (void)state;
    static const struct {
        size_t few; /* groups of nine positives, beside one of ten */
        const char *says;
    } rows[] = {
        {1, "C has too few positives for a TPR: gaps in TPR leave out this group."},
        {2, "C and D have too few positives for a TPR: gaps in TPR leave out these groups."},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct panel p;
        begin();
        cohort_draw(&cohort, &rng, 0, 600, 0.4, 2, 0);
        cohort_table(&cohort, 1, 5, 20, 5, 20);
        take_note(&p);
        check_says(&p, "too few positives", false);
        done(&p);
        for (size_t g = 0; g < rows[i].few; g++)
            cohort_table(&cohort, 2 + g, 5, 20, 4, 20);
        take_note(&p);
        check_says(&p, rows[i].says, true);
        done(&p);
    }
}

static void a_gap_is_luck_or_more_or_neither(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double distance; /* of group B; of A 2. 0: B has the rows of A */
        size_t rows;
        bool luck, more;
    } rows[] = {
        {"none", 0, 1500, true, false},
        {"a large one", 0.5, 1500, false, true},
        {"one that few people have", 0.9, 60, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct panel p;
        begin();
        cohort_draw(&cohort, &rng, 0, rows[i].rows, 0.4, 2, 0);
        if (rows[i].distance > 0)
            cohort_draw(&cohort, &rng, 1, rows[i].rows, 0.4, rows[i].distance, 0);
        for (size_t k = 0; rows[i].distance == 0 && k < rows[i].rows; k++)
            cohort_add(&cohort, 1, cohort.p[k], cohort.label[k], 1);
        take_note(&p);
        const struct fairness_measure *gap = row_of(&p.fairness, "auc_gap", "", "", (double)NAN);
        if (rows[i].luck != (gap->value <= gap->noise_floor) ||
            rows[i].more != (gap->lo > gap->noise_floor))
            fail_msg("%s: the gap is %g [%g %g], luck %g", rows[i].what, gap->value, gap->lo,
                     gap->hi, gap->noise_floor);
        size_t at = where(&p, "The AUC gap");
        bool said = at < PANEL_NOTES_MAX;
        if (said != (rows[i].luck || rows[i].more) ||
            (said && (strstr(p.note[at], "no evidence of a difference") != NULL) != rows[i].luck) ||
            (said && (strstr(p.note[at], "B has the lowest AUC") != NULL) != rows[i].more))
            fail_msg("%s: %s", rows[i].what, said ? p.note[at] : "nothing");
        done(&p);
    }
}

/* A has more false alarms: that is worse. */
static void the_worst_group_of_a_gap_in_fpr_has_the_most(void **state)
{
    (void)state;
    struct panel p;
    begin();
    cohort_table(&cohort, 0, 300, 200, 100, 200);
    cohort_table(&cohort, 1, 300, 40, 100, 360);
    take_note(&p);
    check_says(&p, "The FPR gap at threshold .500, .400 [", true);
    check_says(&p, "A has the highest FPR", true);
    check_says(&p, "The TPR gap at threshold .500 of .000 is what luck alone makes", true);
    done(&p);
}

static void few_patients_tell_little(void **state)
{
    (void)state;
    struct panel p;
    begin();
    cohort_draw(&cohort, &rng, 0, 1500, 0.4, 2, 0);
    cohort_draw(&cohort, &rng, 1, 1500, 0.4, 2, 0);
    take_note(&p);
    check_says(&p, "too few", false);
    done(&p);
    cohort_draw(&cohort, &rng, 2, 40, 0.4, 2, 0);
    take_note(&p);
    check_says(&p, "Of C there are too few patients to tell: its ", true);
    done(&p);
}

static void what_is_more_important_comes_first(void **state)
{
    (void)state;
    struct panel p;
    begin();
    cohort_draw(&cohort, &rng, 0, 1500, 0.4, 2.5, 0);
    cohort_draw(&cohort, &rng, 1, 600, 0.4, 0.5, -1.5);
    cohort_table(&cohort, 2, 0, 20, 0, 20);
    cohort_draw(&cohort, &rng, 3, 600, 0.4, 2.5, 0);
    take_note(&p);
    assert_true(p.notes <= PANEL_NOTES_MAX);
    assert_true(where(&p, "no AUC of C") < where(&p, "The AUC gap"));
    assert_true(where(&p, "The AUC gap") < where(&p, "The TPR gap"));
    done(&p);
}

static void a_panel_of_too_few_says_so_alone(void **state)
{
    (void)state;
    struct panel p = {.unit = "row"};
    begin();
    cohort_table(&cohort, 0, 2, 2, 2, 2);
    cohort_ask(&asked, &cohort);
    notes_fill(&p, &asked.groups, asked.sums, MIN_CELL);
    assert_int_equal(p.notes, 1);
    check_says(&p, "Nothing is shown here: it would rest on fewer than 11 patients", true);
    done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_predictor_that_ranks_nobody_is_called_that),
        cmocka_unit_test(one_score_for_all_is_no_fairness),
        cmocka_unit_test(who_is_withheld_has_a_name),
        cmocka_unit_test(whose_rates_are_withheld_is_said),
        cmocka_unit_test(a_name_with_a_comma_is_one_name),
        cmocka_unit_test(names_that_are_too_many_are_counted),
        cmocka_unit_test(who_has_one_class_only_has_no_auc),
        cmocka_unit_test(who_has_few_positives_has_no_tpr),
        cmocka_unit_test(a_gap_is_luck_or_more_or_neither),
        cmocka_unit_test(the_worst_group_of_a_gap_in_fpr_has_the_most),
        cmocka_unit_test(few_patients_tell_little),
        cmocka_unit_test(what_is_more_important_comes_first),
        cmocka_unit_test(a_panel_of_too_few_says_so_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
