#include "tests/unit/models/exam_setup.h"

/* --- while probes train -------------------------------------------------------------------- */

static void features_are_scaled_by_all_training_rows(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, NULL, 0);
    /* {1, 2, 3, 6}, and four times 1000 with what adding up leaves: variances 14 / 3 and 0. */
    const double sums[2 * WIDTH + 1] = {12, 4000, 50, 4e6 + 1e-7, 4};
    exam_fold_scale(&s.e, sums);
    near("mean", s.e.mean[0], 3);
    near("deviation", s.e.scale[0], sqrt(14.0 / 3));
    assert_true(s.e.scale[1] == 0);
    close_setup(&s);
}

/* Histograms of one unit's row: so many of each class, every positive above or below. */
static void put_histogram(struct setup *s, size_t row, double positives, double negatives,
                          double above)
{
    size_t bins = s->e.axis.bins;
    for (size_t k = 0; k < SEEDS; k++) {
        double *v = s->test + s->e.row[row].valid_at + k * 2 * bins;
        v[20] = above, v[0] = positives - above;
        v[bins + 10] = negatives;
    }
}

static void a_level_of_three_patients_does_not_decide_for_the_others(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, NULL, 0);
    /* Row 1, A against B: 3 rows, all right in round 0, none in round 1. Row 2, D: .5 then .6. */
    for (size_t round = 0; round < 2; round++) {
        memset(s.test, 0, s.e.test_values * sizeof *s.test);
        put_histogram(&s, 1, 3, 400, round == 0 ? 3 : 0);
        put_histogram(&s, 2, 400, 400, round == 0 ? 200 : 240);
        for (size_t i = 0; i < s.e.probes->params; i++)
            s.e.theta[i] = (real)round;
        exam_fold_valid(&s.e, s.test);
    }
    const struct exam_unit *stage = &s.e.unit[s.e.row[1].unit];
    near("the better score", s.e.head[stage->head].best,
         (400 * 400 / 800.0 * .6) / (400 * 400 / 800.0 + 1200 / 403.0));
    assert_int_equal(s.e.head[stage->head].waited, 0); /* round 1 was kept */
    close_setup(&s);
}

static void a_kind_is_finished_when_its_last_probe_is(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, (const char *const[]){"evaluate.probes=[\"linear\", \"mlp\"]"}, 1);
    assert_false(exam_kind_finished(&s.e, PROBE_LINEAR));
    for (size_t i = 0; i < s.e.spec.head_count; i++)
        s.e.head[i].waited = probes_spec(s.e.probes)->head[i].kind == PROBE_LINEAR ? 2 : 1;
    assert_true(exam_kind_finished(&s.e, PROBE_LINEAR));
    assert_false(exam_kind_finished(&s.e, PROBE_MLP));
    s.e.head[0].waited = 1;
    assert_false(exam_kind_finished(&s.e, PROBE_LINEAR));
    /* Empty histograms: no round is better than another. */
    for (size_t round = 0; round < 2; round++)
        exam_fold_valid(&s.e, s.test);
    assert_true(s.e.finished);
    assert_true(exam_kind_finished(&s.e, PROBE_MLP));
    close_setup(&s);
}

static void steps_of_linear_heads_gather_speed_and_those_of_mlps_do_not(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, (const char *const[]){"evaluate.probes=[\"linear\", \"mlp\"]"}, 1);
    size_t n = s.e.probes->params;
    double *mean = must_alloc(n, sizeof *mean);
    real *before = must_alloc(n, sizeof *before);
    memcpy(before, s.e.theta, n * sizeof *before);
    for (size_t i = 0; i < n; i++)
        mean[i] = .125;
    for (size_t round = 0; round < 3; round++)
        exam_fold_probe(&s.e, mean);
    assert_int_equal(s.e.probes->phases, 2);
    for (size_t i = 0; i < n; i++) {
        bool linear = i < s.e.probes->part[1].at;
        /* 1 + 1.9 + 2.71 steps against three; theta is rounded to a float every round. */
        double want = .125 * (linear ? 5.61 : 3);
        assert_true(fabs((double)s.e.theta[i] - (double)before[i] - want) < 1e-6);
    }
    free(mean);
    free(before);
    close_setup(&s);
}

static void steps_are_measured_by_the_mean_spread_of_all_rows(void **state)
{
    (void)state;
    struct setup s;
    open_setup(&s, NULL, 0);
    exam_fold_spread(&s.e, (const double[]){30 * 1.0 + 10 * 5.0, 40}); /* two sites */
    near("rate", probes_spec(s.e.probes)->slice[0].rate, 4 / 2.0);
    exam_fold_spread(&s.e, (const double[]){0, 0});
    near("rate of nobody", probes_spec(s.e.probes)->slice[0].rate, 1);
    close_setup(&s);
}

/* Row 0 is an AUC of three seeds, row 4 an R^2: {n, y, y^2, squared error} a seed. */
static void sums_that_people_cannot_make_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool place;
        size_t row, at;
        double value;
        bool good;
    } rows[] = {
        {"one positive", false, 0, 3, 1, true},
        {"less than nobody", false, 0, 3, -1, false},
        {"half a person", false, 0, 3, .5, false},
        {"not a number", false, 0, 3, (double)NAN, false},
        {"less than nobody, in the last bin of the last seed", false, 0, SIZE_MAX, -1, false},
        {"a negative sum of values", false, 4, 1, -7, true},
        {"a third of a row", false, 4, 0, 1.0 / 3, false},
        {"a negative square", false, 4, 2, -.5, false},
        {"a negative error, of the last seed", false, 4, 11, -.5, false},
        {"placements that vary together the other way", true, 0, 2, -.5, true},
        {"a negative variance of positives", true, 0, 0, -.5, false},
        {"a negative variance of negatives", true, 0, 1, -.5, false},
        {"half a patient", true, 0, 3, .5, false},
        {"half a patient with a negative row", true, 0, 5, .5, false},
        {"half a patient of known age", true, 4, 3, .5, false},
    };
    struct setup s;
    open_setup(&s, NULL, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct exam_row *row = &s.e.row[rows[i].row];
        size_t at = rows[i].at == SIZE_MAX ? SEEDS * 2 * s.e.axis.bins - 1 : rows[i].at;
        double *value = rows[i].place ? s.place + row->place_at + at : s.test + row->valid_at + at;
        *value = rows[i].value;
        enum status st =
            rows[i].place ? exam_judge_place(&s.e, s.place) : exam_judge_test(&s.e, s.test);
        if ((st == ST_OK) != rows[i].good || (st != ST_OK && fault_kept()->what != EC_RUN_SUM))
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "taken" : fault_text());
        *value = 0;
    }
    close_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_scaled_by_all_training_rows),
        cmocka_unit_test(a_level_of_three_patients_does_not_decide_for_the_others),
        cmocka_unit_test(a_kind_is_finished_when_its_last_probe_is),
        cmocka_unit_test(steps_of_linear_heads_gather_speed_and_those_of_mlps_do_not),
        cmocka_unit_test(steps_are_measured_by_the_mean_spread_of_all_rows),
        cmocka_unit_test(sums_that_people_cannot_make_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
