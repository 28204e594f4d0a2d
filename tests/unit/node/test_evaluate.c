/* One hospital as its own federation: what it counts, against counting its rows by hand. */
#include "tests/unit/node/hospital.h"

static const real *slice_of(const struct hospital *h, enum representation r, size_t row)
{
    const struct exam *exam = &h->w.course.exam;
    for (size_t s = 0; s < exam->spec.slice_count; s++)
        if (exam->slice_of[s] == r)
            return h->w.evaluation.features + row * exam->spec.width + exam->spec.slice[s].at;
    must_fail("a representation of this run", __FILE__, __LINE__);
}

/* --- which rows ---------------------------------------------------------------------------- */

static void scored_rows_stand_in_order_of_their_patients(void **state)
{
    (void)state;
    static const struct {
        const char *overrides[2];
        size_t count;
        enum split split;
    } rows[] = {
        {{NULL}, 0, SPLIT_TEST},
        {{"evaluate.score=valid"}, 1, SPLIT_VALID},
        {{"evaluate.score=train", "evaluate.mode=in-sample"}, 2, SPLIT_TRAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, rows[i].overrides, rows[i].count);
        contribute_to(&h, LEG_GUARD);
        const struct evaluation *e = &h.w.evaluation;
        const uint64_t *patient = h.w.data.flat.patient;
        assert_int_equal(e->scored_count, h.w.data.split_rows[rows[i].split]);
        assert_true(e->scored_count > 50);
        for (size_t k = 0; k < e->scored_count; k++) {
            assert_int_equal(h.w.data.split[e->scored[k]], rows[i].split);
            if (k == 0)
                continue;
            uint64_t before = patient[e->scored[k - 1]];
            uint64_t here = patient[e->scored[k]];
            assert_true(before < here || (before == here && e->scored[k - 1] < e->scored[k]));
        }
        close_hospital(&h);
    }
}

/* The scale's sums and the probes' rows are those that are scored, and no other. */
static void in_sample_probes_are_fitted_to_the_scored_rows(void **state)
{
    (void)state;
    static const struct {
        const char *overrides[2];
        enum split split;
    } rows[] = {
        {{"evaluate.score=test", "evaluate.mode=held-out"}, SPLIT_TRAIN},
        {{"evaluate.score=test", "evaluate.mode=in-sample"}, SPLIT_TEST},
        {{"evaluate.score=train", "evaluate.mode=in-sample"}, SPLIT_TRAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, rows[i].overrides, 2);
        contribute_to(&h, LEG_SCALE);
        size_t count = h.w.data.split_rows[rows[i].split];
        size_t wide = h.w.course.exam.spec.width;
        assert_true(h.w.values[2 * wide] == (double)count);
        contribute_to(&h, LEG_SPREAD);
        assert_true(h.w.values[h.w.course.exam.spec.slice_count] == (double)count);
        contribute_to(&h, LEG_PROBE);
        assert_int_equal(h.w.probes.rows.count, count);
        assert_ptr_equal(h.w.probes.rows.row, h.w.data.split_row[rows[i].split]);
        close_hospital(&h);
    }
}

static const char *const nothing_erased =
    "evaluate.representations=[\"original\", \"debiased\", \"noise\"]";

/* --- features ------------------------------------------------------------------------------ */

static void the_original_is_the_standardised_row(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, NULL, 0);
    contribute_to(&h, LEG_SCALE);
    for (size_t i = 0; i < h.w.data.rows; i++)
        assert_memory_equal(slice_of(&h, REP_ORIGINAL, i), h.w.data.x + i * WIDTH,
                            WIDTH * sizeof(real));
    close_hospital(&h);
}

static struct release released(const struct hospital *h, uint64_t seed)
{
    const struct course *c = &h->w.course;
    return (struct release){.model = c->model, .theta = c->theta, .seed = seed};
}

static void noise_is_the_same_again_and_another_at_another_site(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, &nothing_erased, 1); /* made once more below */
    contribute_to(&h, LEG_SCALE);
    struct evaluation *e = &h.w.evaluation;
    real *first = e->features;
    size_t noise_at = (size_t)(slice_of(&h, REP_NOISE, 0) - first);
    size_t wide = h.w.course.exam.spec.width;
    struct release release = released(&h, 1);
    evaluation_features(e, &release, 0);
    assert_memory_equal(slice_of(&h, REP_NOISE, 7), first + 7 * wide + noise_at, 3 * sizeof(real));
    free(e->features);
    evaluation_features(e, &release, 1);
    double sum = 0;
    double square = 0;
    for (size_t i = 0; i < h.w.data.rows; i++) {
        const real *z = slice_of(&h, REP_NOISE, i);
        assert_memory_not_equal(z, first + i * wide + noise_at, sizeof(real));
        for (size_t k = 0; k < 3; k++) {
            sum += (double)z[k];
            square += (double)z[k] * (double)z[k];
        }
    }
    double n = (double)(3 * h.w.data.rows); /* 1,980: three standard errors are .07 and .1 */
    assert_true(fabs(sum / n) < .07 && fabs(square / n - 1) < .1);
    free(first);
    close_hospital(&h);
}

/* Row by row, each with its own patient: sums of products round differently beside other rows. */
static void what_is_released_is_one_draw_a_patient(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, &nothing_erased, 1); /* made once more below */
    contribute_to(&h, LEG_SCALE);
    const struct model *m = h.w.course.model;
    struct evaluation *e = &h.w.evaluation;
    free(e->features);
    struct release release = released(&h, 77);
    evaluation_features(e, &release, 0);
    struct arena arena;
    arena_open(&arena, m->ops->scratch_bytes(m, 1));
    size_t other = 0;
    for (size_t i = 0; i < h.w.data.rows; i++) {
        real z[3];
        const real *x = h.w.data.input + i * WIDTH;
        const uint64_t *patient = h.w.data.flat.patient;
        m->ops->release(z, m, h.w.course.theta, x, patient + i, 1, 77, &arena);
        arena_rewind(&arena, 0);
        for (size_t k = 0; k < 3; k++)
            assert_true(fabs((double)z[k] - (double)slice_of(&h, REP_DEBIASED, i)[k]) < 1e-5);
        m->ops->release(z, m, h.w.course.theta, x, patient + i, 1, 78, &arena);
        arena_rewind(&arena, 0);
        other += fabs((double)z[0] - (double)slice_of(&h, REP_DEBIASED, i)[0]) > 1e-3;
    }
    assert_true(other > h.w.data.rows * 9 / 10); /* another seed draws another sample */
    arena_close(&arena);
    close_hospital(&h);
}

static void a_run_releases_by_its_plan_and_its_model(void **state)
{
    (void)state;
    static const char *const overrides[] = {"seed=7", "seed=7", "evaluate.patience=3", "seed=8"};
    real first = 0;
    for (size_t i = 0; i < COUNT(overrides); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, &overrides[i], 1);
        contribute_to(&h, LEG_SCALE);
        real z = slice_of(&h, REP_DEBIASED, 0)[0];
        if (i == 0)
            first = z;
        assert_int_equal(z == first, i < 2); /* a plan that differs at all draws anew */
        close_hospital(&h);
    }
}

static void scaled_features_have_no_mean_and_unit_variance_over_training_rows(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, NULL, 0);
    contribute_to(&h, LEG_SPREAD);
    struct rows_view view = evaluation_training(&h.w.evaluation);
    assert_int_equal(view.count, h.w.data.split_rows[SPLIT_TRAIN]);
    for (size_t k = 0; k < view.width; k++) {
        double sum = 0;
        double square = 0;
        for (size_t i = 0; i < view.count; i++) {
            double x = (double)view.x[view.row[i] * view.width + k];
            sum += x;
            square += x * x;
        }
        double n = (double)view.count;
        /* Fixed point with 20 binary places, floats of order 1. */
        assert_true(fabs(sum / n) < 1e-5 && fabs(square / (n - 1) - 1) < 1e-4);
    }
    close_hospital(&h);
}

static void a_feature_that_says_nothing_becomes_zero(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, NULL, 0);
    contribute_to(&h, LEG_SPREAD);
    h.w.course.exam.scale[1] = 0;
    h.w.evaluation.rescaled = false;
    evaluation_rescale(&h.w.evaluation);
    for (size_t i = 0; i < h.w.data.rows; i++)
        assert_true(h.w.evaluation.features[i * h.w.course.exam.spec.width + 1] == 0);
    close_hospital(&h);
}

/* The longest direction is the difference of two opposed features: a start along their sum
 * would never meet it. */
static void the_spread_of_opposed_features_is_found(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, (const char *[]){"evaluate.batch=1000"}, 1); /* all rows */
    contribute_to(&h, LEG_SPREAD);
    size_t wide = h.w.course.exam.spec.width;
    double square = 0;
    struct rows_view view = evaluation_training(&h.w.evaluation);
    for (size_t i = 0; i < h.w.data.rows; i++) {
        real *x = h.w.evaluation.features + i * wide;
        for (size_t k = 1; k < WIDTH; k++)
            x[k] = k % 2 == 1 ? -x[0] : x[0];
    }
    for (size_t i = 0; i < view.count; i++)
        square += pow((double)view.x[view.row[i] * wide], 2);
    double values[REP_COUNT + 1];
    assert_int_equal(h.w.course.exam.spec.slice_count, REP_COUNT);
    evaluation_spread(values, &h.w.evaluation);
    assert_true(values[REP_COUNT] == (double)view.count);
    assert_true(fabs(values[0] / (WIDTH * square) - 1) < 1e-6);
    close_hospital(&h);
}

/* Of count rows from `from` on, over the original's features. */
static double longest_direction(const struct rows_view *view, size_t from, size_t count)
{
    double v[WIDTH], next[WIDTH], value = 0;
    for (size_t k = 0; k < WIDTH; k++)
        v[k] = 1 / sqrt((double)k + 6.5);
    for (int step = 0; step < 200; step++) {
        double norm = 0;
        memset(next, 0, sizeof next);
        for (size_t i = from; i < from + count; i++) {
            const real *x = view->x + view->row[i] * view->width;
            double dot = 0;
            for (size_t k = 0; k < WIDTH; k++)
                dot += (double)x[k] * v[k];
            for (size_t k = 0; k < WIDTH; k++)
                next[k] += dot * (double)x[k] / (double)count;
        }
        for (size_t k = 0; k < WIDTH; k++)
            norm += next[k] * next[k];
        value = sqrt(norm);
        for (size_t k = 0; k < WIDTH; k++)
            v[k] = next[k] / value;
    }
    return value;
}

/* Or a linear probe of squared errors overshoots in one batch, and further in the next. */
static void the_spread_is_that_of_batches_which_are_longer_than_all_rows(void **state)
{
    (void)state;
    enum { BATCH = 20 };
    struct hospital h;
    open_hospital(&h, &everybody, (const char *[]){"evaluate.batch=20"}, 1);
    contribute_to(&h, LEG_SPREAD);
    struct rows_view view = evaluation_training(&h.w.evaluation);
    double values[REP_COUNT + 1];
    evaluation_spread(values, &h.w.evaluation);
    double spread = values[0] / (double)view.count;
    double all = longest_direction(&view, 0, view.count), sum = 0;
    size_t batches = view.count / BATCH;
    for (size_t i = 0; i < batches; i++) {
        double of_batch = longest_direction(&view, i * BATCH, BATCH);
        assert_true(of_batch < 1.33 * spread); /* steps of 1.5 of what is safe stay below 2 */
        sum += of_batch / (double)batches;
    }
    assert_true(sum > 1.2 * all);
    assert_true(sum < spread);
    close_hospital(&h);
}

/* --- counts -------------------------------------------------------------------------------- */

/* Rows of a split with this value of a target; level SIZE_MAX: any that is known. */
static double rows_with(const struct hospital *h, const struct exam_unit *u, enum split split,
                        size_t level)
{
    const struct dataset *d = &h->w.data;
    const real *value = (u->group ? d->group : d->task) + u->target * d->rows;
    double n = 0;
    for (size_t i = 0; i < d->split_rows[split]; i++) {
        real v = value[d->split_row[split][i]];
        n += !isnan(v) && (level == SIZE_MAX || v == (real)level);
    }
    return n;
}

static void every_row_with_a_known_value_is_counted_once(void **state)
{
    (void)state;
    static const struct {
        enum leg_kind leg;
        enum split split;
    } rows[] = {
        {LEG_VALID, SPLIT_VALID},
        {LEG_TEST, SPLIT_TEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, NULL, 0);
        contribute_to(&h, rows[i].leg);
        const struct exam *e = &h.w.course.exam;
        assert_true(e->row_count > 10);
        for (size_t w = 0; w < e->row_count; w++) {
            const struct exam_row *row = &e->row[w];
            const struct exam_unit *u = &e->unit[row->unit];
            const double *v = h.w.values + row->valid_at;
            if (row->r2) {
                assert_true(v[0] == rows_with(&h, u, rows[i].split, SIZE_MAX));
                continue;
            }
            for (size_t s = 0; s < u->seeds; s++) {
                double positives = 0;
                double negatives = 0;
                for (size_t b = 0; b < e->axis.bins; b++) {
                    positives += v[s * 2 * e->axis.bins + b];
                    negatives += v[(s * 2 + 1) * e->axis.bins + b];
                }
                assert_true(positives == rows_with(&h, u, rows[i].split, row->level));
                assert_true(negatives == rows_with(&h, u, rows[i].split, row->base));
            }
        }
        close_hospital(&h);
    }
}

static void every_patient_is_placed_once(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, NULL, 0);
    contribute_to(&h, LEG_PLACE);
    const struct exam *e = &h.w.course.exam;
    for (size_t w = 0; w < e->row_count; w++) {
        const struct exam_row *row = &e->row[w];
        const struct exam_unit *u = &e->unit[row->unit];
        const double *v = h.w.values + row->place_at;
        if (row->r2) {
            assert_true(v[3] == rows_with(&h, u, SPLIT_TEST, SIZE_MAX) / 3);
            continue;
        }
        /* Three rows a patient, all of one class. */
        assert_true(v[4] == rows_with(&h, u, SPLIT_TEST, row->level) / 3);
        assert_true(v[5] == rows_with(&h, u, SPLIT_TEST, row->base) / 3);
        assert_true(v[3] == v[4] + v[5]);
    }
    close_hospital(&h);
}

/* Who may be shown is a matter of patients, whatever the intervals count. */
static void groups_count_patients_whatever_the_unit(void **state)
{
    (void)state;
    static const char *const units[] = {"evaluate.unit=patient", "evaluate.unit=row"};
    for (size_t i = 0; i < COUNT(units); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, &units[i], 1);
        contribute_to(&h, LEG_GROUPS);
        const struct census *c = &h.w.course.census;
        assert_true(c->table_count > 0);
        for (size_t t = 0; t < c->table_count; t++) {
            struct group_clusters slot[GROUPS_OF_A_KIND_MAX + 1];
            const struct census_table *table = &c->table[t];
            clusters_read(slot, &table->clusters, h.w.values + table->clusters_at, NULL);
            for (size_t g = 0; g <= table->groups.count; g++)
                assert_true(slot[g].rows == 3 * slot[g].patients);
        }
        close_hospital(&h);
    }
}

static void counting_again_counts_from_zero(void **state)
{
    (void)state;
    static const struct {
        enum leg_kind leg;
        void (*count)(double *values, struct evaluation *e);
    } rows[] = {
        {LEG_SCALE, evaluation_scale},
        {LEG_VALID, evaluation_valid},
        {LEG_TEST, evaluation_test},
        {LEG_PLACE, evaluation_place},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hospital h;
        open_hospital(&h, &everybody, NULL, 0);
        contribute_to(&h, rows[i].leg);
        size_t bytes = h.w.course.leg.values * sizeof(double);
        double *first = must_alloc(1, bytes);
        memcpy(first, h.w.values, bytes);
        rows[i].count(h.w.values, &h.w.evaluation);
        assert_memory_equal(h.w.values, first, bytes);
        free(first);
        close_hospital(&h);
    }
}

static void the_guard_looks_at_validation_rows(void **state)
{
    (void)state;
    struct hospital h;
    open_hospital(&h, &everybody, NULL, 0);
    contribute_to(&h, LEG_GUARD);
    size_t words = h.w.course.model->guard_words;
    assert_int_equal(h.w.course.leg.values, words + 1);
    assert_true(h.w.values[words] == (double)h.w.data.split_rows[SPLIT_VALID]);
    double *first = must_alloc(words + 1, sizeof *first);
    memcpy(first, h.w.values, (words + 1) * sizeof *first);
    for (size_t i = 0; i < h.w.data.split_rows[SPLIT_TRAIN]; i++) /* nobody looks at these */
        h.w.data.x[h.w.data.split_row[SPLIT_TRAIN][i] * WIDTH] = 99;
    struct step_key key = {.seed = 7};
    evaluation_guard(h.w.values, &h.w.evaluation, &key);
    assert_memory_equal(h.w.values, first, (words + 1) * sizeof *first);
    for (size_t i = 0; i < h.w.data.split_rows[SPLIT_VALID]; i++)
        h.w.data.x[h.w.data.split_row[SPLIT_VALID][i] * WIDTH] = 99;
    evaluation_guard(h.w.values, &h.w.evaluation, &key);
    assert_memory_not_equal(h.w.values, first, words * sizeof *first);
    free(first);
    close_hospital(&h);
}

/* A hospital that has only training patients contributes, and nothing. */
static void a_site_without_test_rows_adds_nothing(void **state)
{
    (void)state;
    struct fixture f = everybody;
    f.test_share = 0;
    struct hospital h;
    open_hospital(&h, &f, NULL, 0);
    contribute_to(&h, LEG_TEST);
    for (size_t i = 0; i < h.w.course.leg.values; i++)
        assert_true(h.w.values[i] == 0);
    contribute_to(&h, LEG_PLACE);
    for (size_t i = 0; i < h.w.course.leg.values; i++)
        assert_true(h.w.values[i] == 0);
    close_hospital(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scored_rows_stand_in_order_of_their_patients),
        cmocka_unit_test(in_sample_probes_are_fitted_to_the_scored_rows),
        cmocka_unit_test(the_original_is_the_standardised_row),
        cmocka_unit_test(noise_is_the_same_again_and_another_at_another_site),
        cmocka_unit_test(what_is_released_is_one_draw_a_patient),
        cmocka_unit_test(a_run_releases_by_its_plan_and_its_model),
        cmocka_unit_test(scaled_features_have_no_mean_and_unit_variance_over_training_rows),
        cmocka_unit_test(a_feature_that_says_nothing_becomes_zero),
        cmocka_unit_test(the_spread_of_opposed_features_is_found),
        cmocka_unit_test(the_spread_is_that_of_batches_which_are_longer_than_all_rows),
        cmocka_unit_test(every_row_with_a_known_value_is_counted_once),
        cmocka_unit_test(every_patient_is_placed_once),
        cmocka_unit_test(groups_count_patients_whatever_the_unit),
        cmocka_unit_test(counting_again_counts_from_zero),
        cmocka_unit_test(the_guard_looks_at_validation_rows),
        cmocka_unit_test(a_site_without_test_rows_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
