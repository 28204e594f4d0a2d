/* Readers in closed form against two features solved by hand; validation rows against counting. */
#include "tests/support/check.h"

#include <math.h>

#include "models/trace.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/rng.h"
#include "proto/wire/plan.h"
#include "tests/support/scratch.h"

#define ROWS  600
#define WIDTH 2
#define FEW   5 /* training rows of the rare levels */

static const char text[] =
    "plan = \"trace\"; rounds = 1; model = { name = \"linear\"; erase_shrinkage = 0.0; };\n"
    "tasks = ( { name = \"disease\"; }, { name = \"rare\"; } );\n"
    "groups = ( { name = \"race\"; kind = \"categorical\"; }, { name = \"sex\"; } );\n"
    "evaluate = { seeds = 1; probes = [\"linear\"]; representations = [\"debiased\"]; };\n";

/* What a model releases of ROWS rows: disease shifts the first number, sex the second. */
struct traced {
    struct scratch scratch;
    struct plan plan;
    struct population who;
    struct model subject;
    struct exam e;
    struct trace t;
    real z[ROWS * WIDTH], task[2 * ROWS], group[2 * ROWS];
    uint64_t patient[ROWS];
    double *fit, *values;
};

static const struct model_ops subject_ops = {.name = "linear"};

static struct target target(const char *name, enum target_kind kind, size_t levels, double rare)
{
    struct target t = {.kind = kind, .levels = levels, .known = ROWS};
    snprintf(t.name, sizeof t.name, "%s", name);
    for (size_t l = 0; l < levels; l++) {
        t.share[l] = l + 1 == levels && rare > 0 ? rare / ROWS : l == 0 ? .6 : .4;
        snprintf(t.level[l], sizeof t.level[l], "%c", (char)('A' + l));
    }
    return t;
}

static void draw(struct traced *k)
{
    struct rng rng = rng_open(9, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < ROWS; i++) {
        real sick = (real)(rng_uniform(&rng) < .4), female = (real)(rng_uniform(&rng) < .5);
        double common = rng_normal(&rng);
        k->patient[i] = i / 2; /* two rows each */
        k->task[i] = i % 13 == 0 ? (real)NAN : sick;
        k->task[ROWS + i] = (real)(i < FEW);
        k->group[i] = (real)(i % 100 == 1 ? 2 : i % 2);
        k->group[ROWS + i] = female;
        k->z[WIDTH * i] = (real)(common + .5 * rng_normal(&rng) + (double)sick);
        k->z[WIDTH * i + 1] = (real)(3 * common + rng_normal(&rng) + 2 * (double)female);
    }
}

static void open_traced(struct traced *k, size_t released, const char *const *overrides,
                        size_t count)
{
    char path[SCRATCH_MAX];
    *k = (struct traced){.scratch = scratch_open(),
                         .who = {.width = 4, .rows = ROWS, .task_count = 2, .group_count = 2}};
    k->who.task[0] = target("disease", TARGET_BINARY, 2, 0);
    k->who.task[1] = target("rare", TARGET_BINARY, 2, FEW);
    k->who.group[0] = target("race", TARGET_CATEGORICAL, 3, FEW);
    k->who.group[1] = target("sex", TARGET_BINARY, 2, 0);
    check_ok(file_write(scratch_file(path, &k->scratch, "plan.cfg"), text, strlen(text)));
    check_ok(plan_load(&k->plan, path, overrides, count, adopt_parts, adopt_part_count));
    k->subject = (struct model){.ops = &subject_ops, .who = &k->who, .outputs = 2};
    k->subject.task_at[1] = 1;
    k->subject.release_width = released;
    check_ok(exam_open(&k->e, k->plan.set, &k->who, &k->subject));
    check_ok(trace_open(&k->t, &k->e));
    k->fit = must_alloc(k->t.fit_values + 1, sizeof(double));
    k->values = must_alloc(k->t.values + 1, sizeof(double));
    draw(k);
}

static void close_traced(struct traced *k)
{
    trace_close(&k->t);
    exam_close(&k->e);
    plan_close(&k->plan);
    scratch_close(&k->scratch);
    free(k->fit);
    free(k->values);
}

/* The readers' targets side by side, as trace_fit_add wants them. */
static const real *truth_of(const struct traced *k, size_t target)
{
    return k->t.who_task[target] != SIZE_MAX ? k->task + k->t.who_task[target] * ROWS
                                             : k->group + k->t.who_group[target] * ROWS;
}

static void fit(struct traced *k)
{
    real *truth = must_alloc(ROWS * GROUPS_MAX, sizeof *truth);
    for (size_t g = 0; g < k->t.who.group_count; g++)
        memcpy(truth + g * ROWS, truth_of(k, g), ROWS * sizeof *truth);
    struct batch b = {.rows = ROWS, .width = WIDTH, .x = k->z, .group = truth};
    trace_fit_add(k->fit, &k->t, &b);
    free(truth);
}

static struct exam_scores *scores_of(const struct traced *k, const real *scores)
{
    struct exam_scores *s = must_alloc(k->t.reader_count, sizeof *s);
    for (size_t i = 0; i < k->t.reader_count; i++)
        s[i] = (struct exam_scores){.row = &k->e.row[k->t.reader[i].row],
                                    .rows = ROWS,
                                    .value = truth_of(k, k->t.reader[i].target),
                                    .level = scores + i,
                                    .stride = k->t.reader_count};
    return s;
}

static const char *name_of(const struct traced *k, size_t reader)
{
    return k->t.who.group[k->t.reader[reader].target].name;
}

/* --- readers ------------------------------------------------------------------------------- */

static void levels_of_few_rows_are_not_read(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, WIDTH, NULL, 0);
    assert_int_equal(k.t.reader_count, 3);
    assert_string_equal(name_of(&k, 0), "disease");
    assert_string_equal(name_of(&k, 1), "race"); /* B against A; not C */
    assert_int_equal(k.e.row[k.t.reader[1].row].level, 1);
    assert_string_equal(name_of(&k, 2), "sex");
    close_traced(&k);
}

/* S^-1 c of two features by Cramer's rule. */
static void by_hand(double direction[WIDTH], const struct traced *k, size_t target, real level)
{
    const real *truth = truth_of(k, target);
    double m[WIDTH] = {0}, s[WIDTH][WIDTH] = {{0}}, c[WIDTH] = {0}, known = 0, hits = 0,
           of[WIDTH] = {0};
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < WIDTH; j++)
            m[j] += (double)k->z[WIDTH * i + j] / ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        const real *z = k->z + WIDTH * i;
        for (size_t j = 0; j < WIDTH; j++)
            for (size_t l = 0; l < WIDTH; l++)
                s[j][l] += ((double)z[j] - m[j]) * ((double)z[l] - m[l]) / (ROWS - 1);
        if (isnan(truth[i]))
            continue;
        known++;
        hits += truth[i] == level;
        for (size_t j = 0; j < WIDTH; j++) {
            of[j] += (double)z[j];
            c[j] += truth[i] == level ? (double)z[j] : 0;
        }
    }
    for (size_t j = 0; j < WIDTH; j++)
        c[j] -= hits * of[j] / known;
    double det = s[0][0] * s[1][1] - s[0][1] * s[1][0];
    direction[0] = (s[1][1] * c[0] - s[0][1] * c[1]) / det;
    direction[1] = (s[0][0] * c[1] - s[1][0] * c[0]) / det;
}

static void a_reader_is_fishers_discriminant(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, WIDTH, NULL, 0);
    fit(&k);
    check_ok(trace_fold_fit(&k.t, k.fit));
    for (size_t r = 0; r < k.t.reader_count; r++) {
        const real *got = k.t.direction + r * (WIDTH + 1);
        double want[WIDTH];
        by_hand(want, &k, k.t.reader[r].target, 1);
        double scale = (double)got[0] / want[0];
        assert_true(scale > 0); /* towards the level, not away from it */
        assert_true(fabs((double)got[1] - scale * want[1]) < 1e-3 * fabs((double)got[1]));
    }
    close_traced(&k);
}

static void scores_have_the_stated_deviation_and_no_mean(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, WIDTH, NULL, 0);
    fit(&k);
    check_ok(trace_fold_fit(&k.t, k.fit));
    size_t readers = k.t.reader_count;
    real *scores = must_alloc(ROWS * readers, sizeof *scores);
    trace_read(scores, &k.t, k.z, ROWS);
    for (size_t r = 0; r < readers; r++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < ROWS; i++) {
            sum += (double)scores[i * readers + r];
            square += pow((double)scores[i * readers + r], 2);
        }
        assert_true(fabs(sum / ROWS) < 1e-3);
        assert_true(fabs(sqrt(square / ROWS) - TRACE_SPREAD) < .01);
    }
    free(scores);
    close_traced(&k);
}

static void a_head_of_its_own_is_read_as_it_is(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, 0, NULL, 0);
    assert_false(k.t.fits);
    assert_int_equal(k.t.fit_values, 0);
    assert_int_equal(k.t.reader_count, 2);
    for (size_t r = 0; r < 2; r++)
        assert_true(k.e.unit[k.e.row[k.t.reader[r].row].unit].own);
    close_traced(&k);
}

static void where_nothing_is_asked_nothing_is_contributed(void **state)
{
    (void)state;
    static const char *const rows[] = {"evaluate.trace=false",
                                       "evaluate.representations=[\"original\"]"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct traced k;
        open_traced(&k, WIDTH, &rows[i], 1);
        assert_int_equal(k.t.values, 0);
        assert_int_equal(k.t.fit_values, 0);
        close_traced(&k);
    }
}

static void sums_of_no_rows_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, WIDTH, NULL, 0);
    fit(&k);
    check_ok(trace_fold_fit(&k.t, k.fit));
    real kept[3 * (WIDTH + 1)];
    memcpy(kept, k.t.direction, sizeof kept);
    k.fit[1 + WIDTH] = -1e6; /* a sum of squares */
    check_fault(trace_fold_fit(&k.t, k.fit), EC_RUN_SUM);
    assert_memory_equal(kept, k.t.direction, sizeof kept);
    close_traced(&k);
}

/* --- counts -------------------------------------------------------------------------------- */

static void validation_rows_are_counted_by_class_and_patients_once(void **state)
{
    (void)state;
    struct traced k;
    open_traced(&k, WIDTH, NULL, 0);
    fit(&k);
    check_ok(trace_fold_fit(&k.t, k.fit));
    size_t readers = k.t.reader_count, bins = k.e.axis.bins;
    real *scores = must_alloc(ROWS * readers, sizeof *scores);
    trace_read(scores, &k.t, k.z, ROWS);
    struct exam_scores *s = scores_of(&k, scores);
    trace_tally(k.values, &k.t, s, k.group, k.patient);
    check_ok(trace_judge(&k.t, k.values));
    for (size_t r = 0; r < readers; r++) {
        double count[2] = {0}, want[2] = {0}, patients = 0;
        for (size_t b = 0; b < 2 * bins; b++)
            count[b < bins] += k.values[k.t.reader[r].at + b];
        for (size_t i = 0; i < ROWS; i++) {
            int class = exam_score_class(&s[r], i);
            if (class >= 0)
                want[class]++;
            bool first = i % 2 == 0 || exam_score_class(&s[r], i - 1) < 0;
            patients += class >= 0 && first;
        }
        assert_true(count[0] == want[0] && count[1] == want[1]);
        assert_true(k.values[k.t.reader[r].at + 2 * bins] == patients);
    }
    assert_int_equal(k.t.census.reader_count, 1); /* disease, by race and by sex */
    assert_int_equal(k.t.census.table_count, 2);
    static const double nobodys[] = {.5, -1, 2 * GROUPS_ROWS_MAX, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < COUNT(nobodys); i++) {
        k.values[k.t.reader[0].at] = nobodys[i];
        check_fault(trace_judge(&k.t, k.values), EC_RUN_SUM);
    }
    free(s);
    free(scores);
    close_traced(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_few_rows_are_not_read),
        cmocka_unit_test(a_reader_is_fishers_discriminant),
        cmocka_unit_test(scores_have_the_stated_deviation_and_no_mean),
        cmocka_unit_test(a_head_of_its_own_is_read_as_it_is),
        cmocka_unit_test(where_nothing_is_asked_nothing_is_contributed),
        cmocka_unit_test(sums_of_no_rows_are_refused_and_change_nothing),
        cmocka_unit_test(validation_rows_are_counted_by_class_and_patients_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
