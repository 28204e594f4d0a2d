#include "tests/unit/models/exam_setup.h"

static void accuracy_is_at_the_first_threshold(void **state)
{
    (void)state;
    static const double thresholds[] = {.5, .3};
    for (size_t k = 0; k < COUNT(thresholds); k++) {
        static const char *const second[] = {"evaluate.thresholds=[0.3, 0.5]"};
        struct setup s;
        struct measure m[32];
        open_setup(&s, second, k);
        draw(&s, 3);
        publish(&s);
        exam_measures(m, &s.e, 1);
        double right = 0;
        double known = 0;
        double logit = log(thresholds[k] / (1 - thresholds[k]));
        for (size_t i = 0; i < ROWS; i++)
            if (!isnan(s.cohort.task[i])) {
                known++;
                right += ((double)s.cohort.own[i] >= logit) == (s.cohort.task[i] == 1);
            }
        assert_string_equal(m[6].metric, "accuracy");
        near("accuracy", m[6].value, right / known);
        assert_true(isnan(m[6].lo)); /* several rows a patient: Wilson would promise too much */
        close_setup(&s);
    }
}

/* methods.md 1.11, 11: of a rare outcome accuracy is the majority's, so it is no number of ours. */
static void of_a_rare_class_there_is_no_accuracy(void **state)
{
    (void)state;
    static const char *const in_sample[] = {"evaluate.score=train", "evaluate.mode=in-sample"};
    static const struct model_ops given = {.name = "given", .fixed = true};
    static const struct {
        const char *what;
        size_t cases;
        bool in_sample, given, told;
    } rows[] = {
        {"a tenth is not rare", 24, false, false, true},
        {"fewer are", 23, false, false, false},
        {"nor are as few who are well", ROWS - 23, false, false, false},
        {"in sample, where that is shown", 23, true, false, true},
        {"predictions that were there", 23, false, true, true},
    };
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, in_sample, rows[k].in_sample ? COUNT(in_sample) : 0);
        draw(&s, 1);
        for (size_t i = 0; i < ROWS; i++)
            s.cohort.task[i] = i < rows[k].cases ? 1 : 0;
        publish(&s);
        if (rows[k].given)
            s.subject.ops = &given;
        exam_measures(m, &s.e, 1);
        assert_string_equal(m[6].metric, "accuracy");
        bool told = !isnan(m[6].value);
        if (told != rows[k].told || (m[6].why[0] == '\0') != told || isnan(m[5].value))
            fail_msg("%s: %g (%s)", rows[k].what, m[6].value, m[6].why);
        close_setup(&s);
    }
}

/* Two cases are missed at .3: accuracy and AUC together could tell. */
static void accuracy_is_withheld_where_few_are_on_one_side(void **state)
{
    (void)state;
    static const char *const low[] = {"evaluate.thresholds=[0.3, 0.5]"};
    struct setup s;
    struct measure m[32];
    open_setup(&s, low, 1);
    draw(&s, 3);
    publish(&s);
    exam_measures(m, &s.e, 3);
    assert_string_equal(m[6].metric, "accuracy");
    assert_true(m[6].withheld);
    assert_true(isnan(m[6].value) && isnan(m[6].rows));
    assert_non_null(strstr(m[6].why, "fewer than 3"));
    assert_true(!m[5].withheld); /* the AUC */
    close_setup(&s);
}

static void without_a_threshold_there_is_no_accuracy(void **state)
{
    (void)state;
    static const char *const overrides[] = {"evaluate.thresholds=[]"};
    struct setup s;
    open_setup(&s, overrides, COUNT(overrides));
    draw(&s, 1);
    publish(&s);
    struct measure m[16];
    size_t count = exam_measure_count(&s.e);
    assert_int_equal(count, s.e.row_count + 5); /* and the majority of each level */
    exam_measures(m, &s.e, 1);
    for (size_t i = 0; i < count; i++)
        assert_true(strcmp(m[i].metric, "accuracy") != 0 ||
                    strcmp(m[i].representation, "majority") == 0);
    close_setup(&s);
}

/* --- what must not be said ----------------------------------------------------------------- */

/* The first `patients` patients are men, the rest unknown. */
static void keep_some_men(struct setup *s, size_t patients)
{
    size_t seen = 0;
    for (size_t i = 0; i < ROWS; i++) {
        seen += i == 0 || s->cohort.patient[i] != s->cohort.patient[i - 1];
        s->cohort.group[i] = seen <= patients ? 0 : (real)NAN;
        s->cohort.group[ROWS + i] = seen <= patients ? s->cohort.own[i] : (real)NAN;
    }
}

static void a_class_of_nobody_is_said_and_a_small_one_withheld(void **state)
{
    (void)state;
    static const struct {
        size_t men;
        bool withheld;
        const char *why;
    } rows[] = {
        {0, false, "not estimable: no held-out positive"},
        {10, true, "fewer than 11"}, /* though there are 20 rows of them */
        {11, false, "not estimable: no held-out positive"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, NULL, 0);
        draw(&s, 3);
        keep_some_men(&s, rows[i].men);
        publish(&s);
        for (size_t k = 0; k < s.e.place_values; k++)
            assert_true(isfinite(s.place[k])); /* it must travel */
        exam_measures(m, &s.e, 11);
        assert_true(isnan(m[3].value) && isnan(m[3].lo) && isnan(m[3].hi));
        assert_non_null(strstr(m[3].why, rows[i].why));
        assert_int_equal(m[3].withheld, rows[i].withheld);
        assert_int_equal(isnan(m[3].rows) != 0, rows[i].withheld);
        assert_int_equal(isnan(m[3].patients) != 0, rows[i].withheld);
        assert_int_equal(m[4].withheld, rows[i].withheld); /* age, of the same people */
        assert_int_equal(isnan(m[4].rows) != 0, rows[i].withheld);
        assert_int_equal(isnan(m[4].patients) != 0, rows[i].withheld);
        assert_int_equal(isnan(m[4].value) != 0, rows[i].men < 11);
        close_setup(&s);
    }
}

static void rows_scored_in_sample_say_so(void **state)
{
    (void)state;
    static const struct {
        const char *overrides[2];
        size_t count;
        const char *split;
    } rows[] = {
        {{NULL, NULL}, 0, "test"},
        {{"evaluate.score=valid", NULL}, 1, "valid"},
        {{"evaluate.score=train", "evaluate.mode=in-sample"}, 2, "in-sample"},
        {{"evaluate.score=test", "evaluate.mode=in-sample"}, 2, "in-sample"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, rows[i].overrides, rows[i].count);
        draw(&s, 1);
        publish(&s);
        exam_measures(m, &s.e, 11);
        for (size_t k = 0; k < exam_measure_count(&s.e); k++)
            assert_string_equal(m[k].split, rows[i].split);
        close_setup(&s);
    }
}

/* --- one answer for everybody -------------------------------------------------------------- */

/* The measures of the majority stand behind the others. */
static const struct measure *majority_of(const struct measure *m, const struct setup *s,
                                         const char *target)
{
    for (size_t i = s->e.row_count; i < exam_measure_count(&s->e); i++)
        if (strcmp(m[i].representation, "majority") == 0 && strcmp(m[i].target, target) == 0)
            return &m[i];
    fail_msg("no majority of %s", target);
    return NULL;
}

/* What the training rows have more of, disease 0 and stage B, is said of every held-out row. */
static void the_majority_is_as_right_as_its_share(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        size_t task;
        real level, base;
    } rows[] = {{"disease", 0, 1, 0}, {"stage=A/B", 1, 0, 1}, {"stage=D/B", 1, 3, 1}};
    static const char *const twice[] = {"evaluate.representations=[\"original\", \"noise\"]"};
    for (size_t more = 0; more <= 1; more++) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, twice, more); /* once for all representations and probes */
        draw(&s, 3);
        publish(&s);
        exam_measures(m, &s.e, 3);
        assert_int_equal(exam_measure_count(&s.e), s.e.row_count + 1 + 5);
        for (size_t i = 0; i < COUNT(rows); i++) {
            const struct measure *of = majority_of(m, &s, rows[i].target);
            const real *label = s.cohort.task + rows[i].task * ROWS;
            double right = 0, known = 0;
            for (size_t k = 0; k < ROWS; k++) {
                right += label[k] == rows[i].base;
                known += label[k] == rows[i].base || label[k] == rows[i].level;
            }
            near(rows[i].target, of->value, right / known);
            assert_string_equal(of->probe, "constant");
            assert_string_equal(of->metric, "accuracy");
            assert_false(of->leakage);
            assert_true(isnan(of->lo) && of->change.from == NULL); /* several rows a patient */
        }
        assert_true(majority_of(m, &s, "sex")->leakage);
        close_setup(&s);
    }
}

static void the_mean_explains_what_the_held_out_mean_does_not_differ(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    open_setup(&s, NULL, 0);
    draw(&s, 1);
    double n = 0, y = 0, yy = 0;
    for (size_t i = 0; i < ROWS; i++) {
        real *age = &s.cohort.group[ROWS + i]; /* in standard deviations from the training mean */
        *age += (real).25;
        if (!isnan(*age))
            n++, y += (double)*age, yy += (double)*age * (double)*age;
    }
    publish(&s);
    exam_measures(m, &s.e, 3);
    const struct measure *of = majority_of(m, &s, "age");
    near("r2", of->value, 1 - yy / (yy - y * y / n));
    assert_true(of->value < 0);
    assert_string_equal(of->metric, "r2");
    assert_string_equal(majority_of(m, &s, "disease")->interval, "wilson");
    close_setup(&s);
}

/* With everybody's number, the sizes of the other levels would tell that of the withheld one. */
static void where_a_level_is_withheld_nobody_is_counted(void **state)
{
    (void)state;
    for (size_t few = 10; few <= 11; few++) {
        struct setup s;
        struct measure m[32];
        open_setup(&s, NULL, 0);
        draw(&s, 1);
        for (size_t i = 0; i < ROWS; i++) /* so many A, the others B and D by turns */
            s.cohort.task[ROWS + i] = i < few ? 0 : i % 2 == 0 ? 1 : 3;
        publish(&s);
        exam_measures(m, &s.e, 11);
        bool hidden = few < 11;
        assert_int_equal(m[1].withheld, hidden);
        assert_true(!m[2].withheld && !isnan(m[2].value)); /* D against B */
        assert_int_equal(isnan(m[2].rows) != 0, hidden);
        assert_int_equal(isnan(m[2].patients) != 0, hidden);
        assert_int_equal(majority_of(m, &s, "stage=A/B")->withheld, hidden);
        assert_int_equal(majority_of(m, &s, "stage=D/B")->withheld, hidden);
        assert_true(!isnan(m[0].rows)); /* another target's */
        assert_false(majority_of(m, &s, "disease")->withheld);
        close_setup(&s);
    }
}

/* The same of a head of its own, which has an accuracy beside every AUC. */
static void nor_is_anybody_by_the_accuracy_of_a_head_of_its_own(void **state)
{
    (void)state;
    struct setup s;
    struct measure m[32];
    real own[ROWS * LEVELS] = {0};
    open_setup(&s, NULL, 0);
    exam_close(&s.e);
    s.subject.outputs = LEVELS;
    s.subject.task_at[0] = SIZE_MAX;
    s.subject.task_at[1] = 0;
    check_ok(exam_open(&s.e, s.plan.set, &s.who, &s.subject));
    free(s.test);
    free(s.place);
    s.test = must_alloc(s.e.test_values, sizeof *s.test);
    s.place = must_alloc(s.e.place_values, sizeof *s.place);
    draw(&s, 1);
    for (size_t i = 0; i < ROWS; i++) { /* ten A; D is told from B, rightly or not by turns */
        s.cohort.task[ROWS + i] = i < 10 ? 0 : i % 2 == 0 ? 1 : 3;
        own[i * LEVELS + 3] = i % 4 < 2 ? 1 : -1;
    }
    struct piece p;
    cut(&p, &s, 0, ROWS);
    exam_tally(s.test, &s.e, p.fresh, own, &p.b, true);
    exam_fold_test(&s.e, s.test);
    exam_place(s.place, &s.e, p.fresh, own, &p.b, p.patient);
    exam_fold_place(&s.e, s.place);
    exam_measures(m, &s.e, 11);
    size_t told = 0;
    for (size_t i = 0; i < exam_measure_count(&s.e); i++)
        if (strcmp(m[i].target, "stage=D/B") == 0 && strcmp(m[i].metric, "accuracy") == 0 &&
            strcmp(m[i].representation, "original") == 0) {
            told++;
            assert_true(!isnan(m[i].value));
            assert_true(isnan(m[i].rows) && isnan(m[i].patients));
        }
    assert_int_equal(told, 1);
    close_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_is_at_the_first_threshold),
        cmocka_unit_test(of_a_rare_class_there_is_no_accuracy),
        cmocka_unit_test(accuracy_is_withheld_where_few_are_on_one_side),
        cmocka_unit_test(without_a_threshold_there_is_no_accuracy),
        cmocka_unit_test(a_class_of_nobody_is_said_and_a_small_one_withheld),
        cmocka_unit_test(rows_scored_in_sample_say_so),
        cmocka_unit_test(the_majority_is_as_right_as_its_share),
        cmocka_unit_test(the_mean_explains_what_the_held_out_mean_does_not_differ),
        cmocka_unit_test(where_a_level_is_withheld_nobody_is_counted),
        cmocka_unit_test(nor_is_anybody_by_the_accuracy_of_a_head_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
