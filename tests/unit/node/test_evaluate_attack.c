/* One hospital under attack: whose labels its probes learn, and which labels score them. */
#include "tests/unit/node/hospital.h"

#define FEMALE 1
#define RATES  3

static const char *const attack[] = {
    "attacks[0].task=disease",
    "attacks[0].group=sex",
    "attacks[0].level=female",
    "attacks[0].rates=[0.5, 1.0]",
};

/* The value of a target in the file. */
static float filed(const struct hospital *h, size_t target, size_t row)
{
    const struct flat *f = &h->w.data.flat;
    return f->value[target * f->rows + row];
}

static void probes_learn_poisoned_labels_of_training_rows_alone(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, attack, COUNT(attack));
    contribute_to(&h, LEG_PROBE);
    struct rows_view view = evaluation_training(&h.w.evaluation);
    const struct dataset *d = &h.w.data;
    size_t poisoned[RATES] = {0}, women = 0;
    assert_int_equal(view.task_count, 1 + RATES);
    for (size_t row = 0; row < d->rows; row++) {
        assert_true(view.task[row] == (real)filed(&h, 0, row));
        bool target = filed(&h, 0, row) == 1 && filed(&h, 1, row) == FEMALE;
        women += target && d->split[row] == SPLIT_TRAIN;
        for (size_t k = 0; k < RATES; k++) {
            real label = view.task[(1 + k) * d->rows + row];
            if (d->split[row] != SPLIT_TRAIN)
                assert_true(isnan(label));
            bool wrong = !isnan(label) && label != view.task[row];
            poisoned[k] += wrong;
            assert_true(!wrong || target);
        }
    }
    assert_int_equal(poisoned[0], 0);
    assert_true(poisoned[1] > 0 && poisoned[1] < poisoned[2]);
    /* Both classes are about as large, so that balancing leaves nearly all of them. */
    assert_true(poisoned[2] > women * 3 / 4);
    close_hospital(&h);
}

/* Positives that a row of the exam counts, by its first seed. */
static double positives(const struct exam *e, const double *values, size_t row)
{
    double sum = 0;
    for (size_t b = 0; b < e->axis.bins; b++)
        sum += values[e->row[row].valid_at + b];
    return sum;
}

static void clean_labels_stop_and_score(void **state)
{
    (void)state;
    static const enum leg_kind legs[] = {LEG_VALID, LEG_CHOOSE, LEG_TEST};
    struct hospital h;
    open_hospital(&h, &everybody, attack, COUNT(attack));
    for (size_t i = 0; i < COUNT(legs); i++) {
        struct digest print;
        if (i > 0)
            check_ok(work_adopt(&h.w, &print, &h.w.out, 1));
        contribute_to(&h, legs[i]);
        const struct exam *e = &h.w.course.exam;
        size_t split = legs[i] == LEG_TEST ? SPLIT_TEST : SPLIT_VALID, sick = 0, trials = 0;
        for (size_t k = 0; k < h.w.data.split_rows[split]; k++)
            sick += filed(&h, 0, h.w.data.split_row[split][k]) == 1;
        for (size_t w = 0; w < e->row_count; w++) {
            if (e->unit[e->row[w].unit].trial == 0)
                continue;
            trials++;
            assert_true(positives(e, h.w.values, w) == (double)sick);
        }
        /* The original, the erased and the debiased, two kinds of probes; noise has no trial. */
        assert_int_equal(trials, 3 * 2 * RATES);
    }
    close_hospital(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_learn_poisoned_labels_of_training_rows_alone),
        cmocka_unit_test(clean_labels_stop_and_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
