/* What a site counts while a model trains, against counting its rows by hand. */
#include "node/watch.h"
#include "tests/unit/node/hospital.h"

static const char *const often[] = {"evaluate.every=1"};

/* Rows of a split with this value of a trace's target. */
static double rows_with(const struct hospital *h, const struct exam_row *row, enum split split,
                        size_t level)
{
    const struct dataset *d = &h->w.data;
    const struct exam_unit *u = &h->w.course.exam.unit[row->unit];
    const real *value = (u->group ? d->group : d->task) + u->target * d->rows;
    double n = 0;
    for (size_t i = 0; i < d->split_rows[split]; i++)
        n += value[d->split_row[split][i]] == (real)level;
    return n;
}

static void a_fit_rests_on_training_rows(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, often, 1);
    contribute_to(&h, LEG_FIT);
    assert_true(h.w.values[0] == (double)h.w.data.split_rows[SPLIT_TRAIN]);
    close_hospital(&h);
}

/* The same draw a patient as in the evaluation: sums of what was released, by hand. */
static void a_fit_sums_what_the_model_releases(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, often, 1);
    contribute_to(&h, LEG_FIT);
    const struct course *c = &h.w.course;
    const struct dataset *d = &h.w.data;
    struct digest model = adopt_model_digest(c);
    struct release release = {
        .model = c->model, .theta = c->theta, .seed = release_seed(&h.plan.digest, &model)};
    size_t width = c->model->release_width;
    struct arena arena;
    real *z = must_alloc(d->rows * width, sizeof *z);
    arena_open(&arena, release_scratch_bytes(c->model));
    release_rows(z, width, &release, d->input, d->flat.patient, d->rows, &arena);
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t i = 0; i < d->split_rows[SPLIT_TRAIN]; i++)
            sum += (double)z[d->split_row[SPLIT_TRAIN][i] * width + j];
        assert_true(fabs(sum - h.w.values[1 + j]) < 1e-6 * (1 + fabs(sum)));
    }
    arena_close(&arena);
    free(z);
    close_hospital(&h);
}

static void a_trace_counts_validation_rows_by_class(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, often, 1);
    contribute_to(&h, LEG_TRACE);
    const struct trace *t = &h.w.course.trace;
    size_t bins = t->exam->axis.bins;
    assert_true(t->reader_count >= 3);
    for (size_t r = 0; r < t->reader_count; r++) {
        const struct exam_row *row = &t->exam->row[t->reader[r].row];
        const double *v = h.w.values + t->reader[r].at;
        double positives = 0, negatives = 0;
        for (size_t b = 0; b < bins; b++) {
            positives += v[b];
            negatives += v[bins + b];
        }
        assert_true(positives == rows_with(&h, row, SPLIT_VALID, row->level));
        assert_true(negatives == rows_with(&h, row, SPLIT_VALID, row->base));
        assert_true(v[2 * bins] == (positives + negatives) / 3); /* three rows a patient */
    }
    close_hospital(&h);
}

static void a_head_of_its_own_is_traced_without_a_fit(void **state)
{
    (void)state;
    static const char linear[] = "rounds = 1; model = { name = \"linear\"; };\n"
                                 "evaluate = { every = 1; probes = []; };\n";
    struct hospital h;
    open_hospital_of(linear, &h, &everybody, NULL, 0);
    contribute_to(&h, LEG_TRACE);
    const struct trace *t = &h.w.course.trace;
    assert_false(t->fits);
    const struct exam_row *row = &t->exam->row[t->reader[0].row];
    double positives = 0;
    for (size_t b = 0; b < t->exam->axis.bins; b++)
        positives += h.w.values[t->reader[0].at + b];
    assert_true(positives == rows_with(&h, row, SPLIT_VALID, 1));
    assert_true(positives > 0);
    close_hospital(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_rests_on_training_rows),
        cmocka_unit_test(a_fit_sums_what_the_model_releases),
        cmocka_unit_test(a_trace_counts_validation_rows_by_class),
        cmocka_unit_test(a_head_of_its_own_is_traced_without_a_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
