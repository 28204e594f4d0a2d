#include "tests/support/check.h"

#include <math.h>

#include "node/data/cohort.h"
#include "proto/base/arena.h"
#include "tests/support/ridge.h"

static struct cohort cohort_of(double scale, size_t sites, uint64_t seed)
{
    struct cohort c;
    struct cohort_spec spec = {
        .scale = scale, .sites = sites, .seed = seed, .rms = 1, .alpha = 0.5, .zipf = 1.1};
    check_ok(cohort_open(&c, &spec));
    return c;
}

enum what { SEX, AGE, WHITE, BLACK, ASIAN, CANCER_2Y, CANCER_1Y, WHATS };

/* Every row of one split. */
struct table {
    size_t rows, width;
    float *x;
    double *y; /* [WHATS, rows] */
    uint64_t *patient;
};

static double value_of(const struct person *p, unsigned image, enum what what)
{
    switch (what) {
    case SEX:
        return p->female;
    case AGE:
        return p->age;
    case WHITE: /* against Black and Asian, as the published probe */
        return p->race == RACE_OTHER ? (double)NAN : p->race == RACE_WHITE;
    case BLACK:
        return p->race == RACE_BLACK;
    case ASIAN:
        return p->race == RACE_ASIAN;
    case CANCER_2Y:
        return p->cancer_2y >> image & 1;
    default:
        return p->cancer_1y >> image & 1;
    }
}

static struct table table_open(const struct cohort *c, bool test)
{
    struct table t = {.width = c->width};
    for (size_t i = 0; i < c->count; i++)
        t.rows += c->person[i].test == test ? c->person[i].images : 0;
    t.x = must_alloc(t.rows * t.width, sizeof(*t.x));
    t.y = must_alloc(WHATS * t.rows, sizeof(*t.y));
    t.patient = must_alloc(t.rows, sizeof(*t.patient));
    float *scratch = must_alloc(t.width, sizeof(*scratch));
    size_t row = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->person[i].test != test)
            continue;
        cohort_embed(t.x + row * t.width, c, i, scratch);
        for (unsigned image = 0; image < c->person[i].images; image++, row++) {
            t.patient[row] = i;
            for (enum what w = 0; w < WHATS; w++)
                t.y[w * t.rows + row] = value_of(&c->person[i], image, w);
        }
    }
    free(scratch);
    return t;
}

static void table_close(struct table *t)
{
    free(t->x);
    free(t->y);
    free(t->patient);
}

/* The weights that read f[at] off a row: Q e_at / spread. */
static void reader_of(double *weight, const struct cohort *c, size_t at)
{
    float *axis = must_alloc(c->width, sizeof(*axis));
    axis[at] = 1;
    cohort_turn(axis, c);
    for (size_t i = 0; i < c->width; i++)
        weight[i] = (double)axis[i] / ((double)c->spread[at] * (double)c->spread[at]);
    weight[c->width] = 0;
    free(axis);
}

/* f[at] of every row of the table; yours, to free. */
static double *read_coordinate(const struct cohort *c, const struct table *t, size_t at)
{
    double *weight = must_alloc(c->width + 1, sizeof(*weight));
    double *f = must_alloc(t->rows, sizeof(*f));
    reader_of(weight, c, at);
    ridge_scores(f, weight, t->x, t->rows, t->width);
    free(weight);
    return f;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void turning_keeps_angles_and_mixes_every_feature(void **state)
{
    (void)state;
    struct cohort c = cohort_of(1.0 / 16, 1, 1);
    size_t d = c.width;
    float *axis = must_alloc(d * d, sizeof(*axis));
    for (size_t i = 0; i < d; i++) {
        axis[i * d + i] = 1 / c.spread[i];
        cohort_turn(axis + i * d, &c);
    }
    for (size_t i = 0; i < d; i++) {
        float largest = 0;
        for (size_t j = 0; j < d; j++) {
            /* 50 reflections in float: 50 * 2^-24 * a few */
            double want = i == j ? 1 : 0;
            if (fabs(dot(axis + i * d, axis + j * d, d) - want) > 2e-5)
                fail_msg("axes %zu, %zu: %g", i, j, dot(axis + i * d, axis + j * d, d));
            largest = fmaxf(largest, fabsf(axis[i * d + j]));
        }
        if (largest > 0.6F) /* of 88 equal ones each would be .11 */
            fail_msg("axis %zu lies along one feature: %g", i, (double)largest);
    }
    free(axis);
    cohort_close(&c);
}

static void planted_coordinates_lie_at_their_ranks_and_every_rank_is_used(void **state)
{
    (void)state;
    static const struct {
        double scale;
        size_t rank[COHORT_PLANTED];
    } rows[] = {
        {1, {2, 20, 40, 60, 80, 120, 160, 200, 240, 280, 320, 360}},
        {0.125, {1, 3, 5, 8, 10, 15, 20, 25, 30, 35, 40, 45}},
        {1.0 / 64, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cohort c = cohort_of(rows[i].scale, 1, 1);
        /* spread is factor * rank^-1/2; the first coordinate's rank gives the factor. */
        double factor = (double)c.spread[0] * sqrt((double)rows[i].rank[0]);
        bool *seen = must_alloc(c.width + 1, sizeof(*seen));
        for (size_t j = 0; j < c.width; j++) {
            double rank = pow(factor / (double)c.spread[j], 2);
            size_t whole = (size_t)lround(rank);
            assert_in_range(whole, 1, c.width);
            assert_true(fabs(rank - (double)whole) < 0.01);
            assert_false(seen[whole]);
            seen[whole] = true;
            if (j < COHORT_PLANTED && whole != rows[i].rank[j])
                fail_msg("scale %g: coordinate %zu at rank %zu", rows[i].scale, j, whole);
        }
        free(seen);
        cohort_close(&c);
    }
}

static void a_row_depends_on_its_site_by_the_sites_shift_alone(void **state)
{
    (void)state;
    struct cohort one = cohort_of(1.0 / 16, 1, 3), four = cohort_of(1.0 / 16, 4, 3);
    size_t d = one.width, moved = 0;
    float *x = must_alloc(COHORT_IMAGES_MAX * d, sizeof(*x)), *y = must_alloc(16 * d, sizeof(*y));
    float *shift = must_alloc(d, sizeof(*shift)), *scratch = must_alloc(d, sizeof(*scratch));
    for (size_t i = 0; i < 200; i++) {
        size_t site = four.person[i].site;
        cohort_embed(x, &one, i, scratch);
        cohort_embed(y, &four, i, scratch);
        for (size_t j = 0; j < d; j++)
            shift[j] = four.shift[site * d + j] - one.shift[j];
        cohort_turn(shift, &four);
        for (size_t k = 0; k < one.person[i].images * d; k++)
            if (fabsf(y[k] - x[k] - shift[k % d]) > 1e-4F) /* float, values up to 10 */
                fail_msg("patient %zu, value %zu: %g", i, k, (double)(y[k] - x[k] - shift[k % d]));
        moved += site != 0;
    }
    assert_true(moved > 20);
    /* Twenty random directions of .3 each: length .3 sqrt 20, within a tenth or two. */
    for (size_t h = 0; h < 4; h++) {
        double length = sqrt(dot(four.shift + h * d, four.shift + h * d, d));
        assert_true(length > 0.9 && length < 1.8);
    }
    free(x);
    free(y);
    free(shift);
    free(scratch);
    cohort_close(&one);
    cohort_close(&four);
}

static void the_centred_rms_is_what_was_asked_for(void **state)
{
    (void)state;
    static const double asked[] = {1, 0.06};
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct cohort c;
        struct cohort_spec spec = {
            .scale = 0.125, .sites = 1, .seed = 1, .rms = asked[i], .alpha = 0.5, .zipf = 1.1};
        check_ok(cohort_open(&c, &spec));
        struct table t = table_open(&c, false);
        double total = 0;
        for (size_t j = 0; j < t.width; j++) {
            double sum = 0, square = 0;
            for (size_t r = 0; r < t.rows; r++) {
                double v = (double)t.x[r * t.width + j];
                sum += v;
                square += v * v;
            }
            total += square / (double)t.rows - pow(sum / (double)t.rows, 2);
        }
        double rms = sqrt(total / (double)t.width);
        /* Noise of 1,287 patients on a few large directions: 2 % of the variance. */
        if (fabs(rms / asked[i] - 1) > 0.03)
            fail_msg("%.4f of %g", rms, asked[i]);
        table_close(&t);
        cohort_close(&c);
    }
}

static double phi(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

/* AUC of two unit normals so far apart. */
static double auc_apart(double d)
{
    return phi(d / sqrt(2));
}

/* T6: whoever knows the direction reads off exactly what was planted there. */
static void every_planted_direction_has_the_planted_distance(void **state)
{
    (void)state;
    const double swap = 0.002;
    const struct {
        const char *name;
        size_t at;
        enum what what;
        double want;
    } rows[] = {
        {"sex", AT_SEX, SEX, (1 - swap) * (1 - swap) * auc_apart(6.5) + swap * (1 - swap)},
        {"Black", AT_BLACK, BLACK, auc_apart(2.2)},
        {"Asian", AT_ASIAN, ASIAN, auc_apart(3.2)},
    };
    struct cohort c = cohort_of(0.125, 1, 1);
    struct table t = table_open(&c, true);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double *f = read_coordinate(&c, &t, rows[i].at);
        struct auc a = auc_by_patient(f, t.y + rows[i].what * t.rows, t.patient, t.rows);
        print_message("    %-10s AUC %.4f (SE %.4f), %.4f planted\n", rows[i].name, a.value, a.se,
                      rows[i].want);
        if (fabs(a.value - rows[i].want) > 3 * a.se)
            fail_msg("%s: %.4f, SE %.4f, %.4f planted", rows[i].name, a.value, a.se, rows[i].want);
        free(f);
    }
    /* The eight cancer coordinates together, 63 % of the positives with the one-year part. */
    double *sum = must_alloc(t.rows, sizeof(*sum));
    for (size_t k = AT_CANCER; k < COHORT_PLANTED; k++) {
        double *f = read_coordinate(&c, &t, k);
        for (size_t r = 0; r < t.rows; r++)
            sum[r] += f[r] * c.cancer[k];
        free(f);
    }
    struct auc a = auc_by_patient(sum, t.y + CANCER_2Y * t.rows, t.patient, t.rows);
    double want = 0.63 * auc_apart(1.3 * 1.18) + 0.37 * auc_apart(1.3 * 0.93);
    print_message("    %-10s AUC %.4f (SE %.4f), %.4f planted\n", "cancer 2y", a.value, a.se, want);
    assert_true(fabs(a.value - want) < 3 * a.se);
    free(sum);
    table_close(&t);
    cohort_close(&c);
}

static double correlation(const double *a, const double *b, size_t n)
{
    double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        sa += a[i], sb += b[i];
        aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
    }
    double m = (double)n;
    return (ab - sa * sb / m) / sqrt((aa - sa * sa / m) * (bb - sb * sb / m));
}

static void age_and_the_likeness_of_a_patients_images_are_as_planted(void **state)
{
    (void)state;
    struct cohort c = cohort_of(0.125, 1, 1);
    struct table t = table_open(&c, true);
    double *age = read_coordinate(&c, &t, AT_AGE);
    double r = correlation(age, t.y + AGE * t.rows, t.rows), want = 1.02 / sqrt(1 + 1.02 * 1.02);
    print_message("    age        correlation %.4f, %.4f planted\n", r, want);
    assert_true(fabs(r - want) < 0.03); /* 2,199 patients: SE (1 - r^2) / sqrt n = .010 */

    double *free_one = read_coordinate(&c, &t, COHORT_PLANTED + 5), sum = 0, square = 0;
    double *left = must_alloc(t.rows, sizeof(*left)), *right = must_alloc(t.rows, sizeof(*right));
    size_t pairs = 0;
    for (size_t i = 0; i + 1 < t.rows; i++)
        if (t.patient[i] == t.patient[i + 1]) {
            left[pairs] = free_one[i];
            right[pairs++] = free_one[i + 1];
        }
    for (size_t i = 0; i < t.rows; i++) {
        sum += free_one[i];
        square += free_one[i] * free_one[i];
    }
    double mean = sum / (double)t.rows, icc = correlation(left, right, pairs);
    print_message("    noise      variance %.4f, correlation within a patient %.4f\n",
                  square / (double)t.rows - mean * mean, icc);
    assert_true(fabs(square / (double)t.rows - mean * mean - 1) < 0.08);
    assert_true(fabs(icc - 0.7) < 0.03);
    free(age);
    free(free_one);
    free(left);
    free(right);
    table_close(&t);
    cohort_close(&c);
}

static void entanglement_leans_the_cancer_direction_by_its_cosine(void **state)
{
    (void)state;
    struct cohort_spec spec = {.scale = 1.0 / 16,
                               .sites = 1,
                               .seed = 1,
                               .rms = 1,
                               .alpha = 0.5,
                               .zipf = 1.1,
                               .rho_sex = -0.3,
                               .rho_age = 0.2};
    struct cohort plain = cohort_of(1.0 / 16, 1, 1), leaning;
    check_ok(cohort_open(&leaning, &spec));
    double length = 0;
    for (size_t i = 0; i < COHORT_PLANTED; i++)
        length += leaning.cancer[i] * leaning.cancer[i];
    assert_true(fabs(length - 1) < 1e-12);

    struct table a = table_open(&plain, false), b = table_open(&leaning, false);
    static const struct {
        size_t at;
        double rho;
    } rows[] = {{AT_SEX, -0.3}, {AT_AGE, 0.2}, {AT_BLACK, 0}};
    size_t ill = 0;
    for (size_t k = 0; k < COUNT(rows); k++) {
        double *f = read_coordinate(&plain, &a, rows[k].at);
        double *g = read_coordinate(&leaning, &b, rows[k].at);
        for (size_t r = 0; r < a.rows; r++) {
            double two = a.y[CANCER_2Y * a.rows + r], one = a.y[CANCER_1Y * a.rows + r];
            double want = rows[k].rho * 1.3 * (0.93 * two + 0.25 * one);
            if (fabs(g[r] - f[r] - want) > 1e-3) /* float rows through a division by the spread */
                fail_msg("coordinate %zu, row %zu: %g, %g wanted", rows[k].at, r, g[r] - f[r],
                         want);
            ill += two > 0;
        }
        free(f);
        free(g);
    }
    assert_true(ill > 30);
    table_close(&a);
    table_close(&b);
    cohort_close(&plain);
    cohort_close(&leaning);
}

struct level {
    const char *name;
    enum what what;
    double penalty; /* of the probe; an outcome as rare as cancer wants one */
    double least, most;
};

/* Bands of a full-scale run (methods 1.14); the mean of five cohorts at 1/8 keeps to them too. */
static const struct level levels[] = {
    {"sex AUC", SEX, 1e-6, 0.995, 0.9995},
    {"age R2", AGE, 1e-6, 0.40, 0.50},
    {"White AUC", WHITE, 1e-6, 0.78, 0.92}, /* .83 +- .02 seen there */
    {"Black AUC", BLACK, 1e-6, 0.82, 0.92},
    {"Asian AUC", ASIAN, 1e-6, 0.89, 0.98},
    {"cancer in 2 years AUC", CANCER_2Y, 1e-2, 0.75, 0.81},
    {"cancer in 1 year AUC", CANCER_1Y, 1e-2, 0.74, 0.85}, /* .79 +- .03 seen there */
};

/* What a fresh linear probe reads of test patients. */
static double leak(const struct table *train, const struct table *test, const struct level *l)
{
    double *weight = must_alloc(train->width + 1, sizeof(*weight));
    double *score = must_alloc(test->rows, sizeof(*score));
    double *y = must_alloc(train->rows, sizeof(*y));
    for (size_t r = 0; r < train->rows; r++) {
        double v = train->y[l->what * train->rows + r];
        y[r] = isnan(v) ? 0.93 : v; /* about the mean: neither for nor against */
    }
    ridge_fit(weight, train->x, y, train->rows, train->width, 1, l->penalty);
    ridge_scores(score, weight, test->x, test->rows, test->width);
    const double *truth = test->y + l->what * test->rows;
    double value = l->what == AGE ? ridge_r2(score, truth, test->rows)
                                  : auc_by_patient(score, truth, test->patient, test->rows).value;
    free(weight);
    free(score);
    free(y);
    return value;
}

static void held_out_leak_levels_are_those_of_the_trial(void **state)
{
    (void)state;
    enum { SEEDS = 5 };
    double value[COUNT(levels)][SEEDS];
    for (size_t s = 0; s < SEEDS; s++) {
        struct cohort c = cohort_of(0.125, 4, s + 1);
        struct table train = table_open(&c, false), test = table_open(&c, true);
        for (size_t l = 0; l < COUNT(levels); l++)
            value[l][s] = leak(&train, &test, &levels[l]);
        table_close(&train);
        table_close(&test);
        cohort_close(&c);
    }
    for (size_t l = 0; l < COUNT(levels); l++) {
        double mean = 0, square = 0;
        for (size_t s = 0; s < SEEDS; s++) {
            mean += value[l][s] / SEEDS;
            square += value[l][s] * value[l][s] / SEEDS;
        }
        print_message("    %-22s %.4f +- %.4f, %.3f to %.4f wanted\n", levels[l].name, mean,
                      sqrt(fmax(0, square - mean * mean)), levels[l].least, levels[l].most);
        if (mean < levels[l].least || mean > levels[l].most)
            fail_msg("%s: %.4f", levels[l].name, mean);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turning_keeps_angles_and_mixes_every_feature),
        cmocka_unit_test(planted_coordinates_lie_at_their_ranks_and_every_rank_is_used),
        cmocka_unit_test(a_row_depends_on_its_site_by_the_sites_shift_alone),
        cmocka_unit_test(the_centred_rms_is_what_was_asked_for),
        cmocka_unit_test(every_planted_direction_has_the_planted_distance),
        cmocka_unit_test(age_and_the_likeness_of_a_patients_images_are_as_planted),
        cmocka_unit_test(entanglement_leans_the_cancer_direction_by_its_cosine),
        cmocka_unit_test(held_out_leak_levels_are_those_of_the_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
