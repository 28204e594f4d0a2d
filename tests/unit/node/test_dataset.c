#include "tests/support/check.h"

#include <math.h>

#include "models/core/score.h"
#include "node/dataset.h"
#include "tests/support/scratch.h"

#define KINDS "binary|categorical|regression"

/* What dataset_open reads of a plan. */
static const struct setting plan_rows[] = {
    {"seed", SET_INT, 0, 0, "", "1", NULL, false, "keys the validation split"},
    {"model.name", SET_TEXT, 0, 0, "", "linear", NULL, false, "learns it anything?"},
    {"data.validation", SET_REAL, 0, 0.5, "", "0.2", NULL, false, "its share"},
    {"evaluate.score", SET_TEXT, 0, 0, "", "test", "test|valid|train", false, "whom it scores"},
    {"evaluate.mode", SET_TEXT, 0, 0, "", "held-out", "held-out|in-sample", false, "how"},
    {"tasks[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "a label"},
    {"tasks[].kind", SET_TEXT, 0, 0, "", NULL, KINDS, false, "its kind"},
    {"tasks[].train", SET_BOOL, 0, 0, "", "true", NULL, false, "is it learnt?"},
    {"groups[].name", SET_TEXT, 0, 0, "", NULL, NULL, false, "an attribute"},
    {"groups[].kind", SET_TEXT, 0, 0, "", NULL, KINDS, false, "its kind"},
};

static struct settings *plan_of(const char *const *pairs, size_t count)
{
    const struct setting_table table = {plan_rows, COUNT(plan_rows)};
    struct settings *plan = settings_open(&table, 1);
    for (size_t i = 0; i < count; i++)
        check_ok(settings_put_pair(plan, pairs[i]));
    check_ok(settings_finish(plan));
    return plan;
}

#define PLAN(...)                                                                                  \
    plan_of((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

#define ROWS  8
#define WIDTH 3

/* Patients 10 and 11 have two rows each; the last two rows are test patients. */
static const uint64_t patients[ROWS] = {10, 10, 11, 12, 11, 13, 20, 21};
static const uint8_t splits[ROWS] = {SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_TRAIN, SPLIT_TRAIN,
                                     SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST,  SPLIT_TEST};
static const float values[5 * ROWS] = {
    0,  1,  0,  1,   NAN, 1,  0,  1,  /* stage */
    2,  0,  1,  NAN, 1,   0,  2,  1,  /* type */
    0,  0,  1,  1,   1,   0,  1,  0,  /* sex */
    0,  0,  1,  2,   1,   0,  1,  2,  /* race */
    60, 60, 70, NAN, 71,  65, 58, 80, /* age */
};
/* One feature far from zero with little spread, one without any, one ordinary. */
static const float features[ROWS * WIDTH] = {
    1000.25F, 7, 1, 1000.5F, 7, 2,  1000.75F, 7, 3,    1001, 7, 4,
    1001.25F, 7, 5, 1002,    7, -4, 999,      7, 1e6F, 1000, 8, 0,
};

static struct target target_of(const char *name, enum target_kind kind, size_t levels)
{
    struct target t = {.kind = kind, .levels = levels};
    snprintf(t.name, sizeof(t.name), "%s", name);
    for (size_t i = 0; i < levels; i++)
        snprintf(t.level[i], sizeof(t.level[i]), "%s %zu", name, i);
    return t;
}

static struct flat small_site(void)
{
    struct flat f = {.site = "Zurich",
                     .rows = ROWS,
                     .width = WIDTH,
                     .task_count = 2,
                     .group_count = 3,
                     .patient = patients,
                     .split = splits,
                     .value = values,
                     .x = features};
    f.task[0] = target_of("stage", TARGET_BINARY, 2);
    f.task[1] = target_of("type", TARGET_CATEGORICAL, 3);
    f.group[0] = target_of("sex", TARGET_BINARY, 2);
    f.group[1] = target_of("race", TARGET_CATEGORICAL, 3);
    f.group[2] = target_of("age", TARGET_REGRESSION, 0);
    return f;
}

struct fixture {
    struct scratch scratch;
    char path[SCRATCH_MAX];
};

static struct fixture fixture_open(const struct flat *f)
{
    struct fixture x = {.scratch = scratch_open()};
    scratch_file(x.path, &x.scratch, "site.flat");
    check_ok(flat_write(f, x.path));
    return x;
}

static void the_plan_picks_and_orders_tasks_and_groups(void **state)
{
    (void)state;
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan =
        PLAN("tasks[0].name=type", "tasks[0].kind=categorical", "tasks[0].train=false",
             "tasks[1].name=stage", "tasks[1].kind=binary", "groups[0].name=age",
             "groups[0].kind=regression", "groups[1].name=sex", "groups[1].kind=categorical");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    assert_int_equal(d.rows, ROWS);
    assert_int_equal(d.width, WIDTH);
    assert_int_equal(d.schema.width, WIDTH);
    assert_int_equal(d.schema.task_count, 2);
    assert_int_equal(d.schema.group_count, 2);
    assert_string_equal(d.schema.task[0].name, "type");
    assert_int_equal(d.schema.task[0].levels, 3);
    assert_string_equal(d.schema.task[0].level[2], "type 2");
    assert_false(d.schema.task[0].train);
    assert_true(d.schema.task[1].train);
    assert_int_equal(d.schema.group[0].kind, TARGET_REGRESSION);
    assert_int_equal(d.schema.group[1].kind, TARGET_CATEGORICAL); /* of two levels, if one likes */
    for (size_t row = 0; row < ROWS; row++) {
        static const size_t from[] = {1, 0}, group_from[] = {4, 2};
        for (size_t i = 0; i < 2; i++) {
            real task = values[from[i] * ROWS + row], group = values[group_from[i] * ROWS + row];
            assert_true(d.task[i * ROWS + row] == task || isnan(task));
            assert_int_equal(isnan(d.task[i * ROWS + row]) != 0, isnan(task) != 0);
            assert_true(d.group[i * ROWS + row] == group || isnan(group));
        }
    }
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

static void a_plan_that_wants_what_the_site_lacks_is_told_what_it_has(void **state)
{
    (void)state;
    static const struct {
        const char *what, *name, *kind, *says;
    } rows[] = {
        {"no such task", "tasks[0].name=grade", "tasks[0].kind=binary",
         "site `Zurich` has no label `grade`; it has: stage, type"},
        {"a group is no task", "tasks[0].name=sex", "tasks[0].kind=binary",
         "site `Zurich` has no label `sex`; it has: stage, type"},
        {"no such group", "groups[0].name=stage", "groups[0].kind=binary",
         "site `Zurich` has no group `stage`; it has: sex, race, age"},
        {"three levels, binary", "groups[0].name=race", "groups[0].kind=binary",
         "group `race` is binary in the plan; at site `Zurich` it is a class with 3 levels"},
        {"years, categorical", "groups[0].name=age", "groups[0].kind=categorical",
         "group `age` is categorical in the plan; at site `Zurich` it is a number"},
        {"a class, regression", "tasks[0].name=stage", "tasks[0].kind=regression",
         "label `stage` is regression in the plan; at site `Zurich` it is a class with 2 levels"},
    };
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *plan = PLAN(rows[i].name, rows[i].kind);
        struct dataset d;
        check_fault(dataset_open(&d, x.path, plan), EC_DATA_LABEL);
        if (strcmp(fault_text(), rows[i].says) != 0)
            fail_msg("%s: %s", rows[i].what, fault_text());
        settings_close(&plan);
    }
    scratch_close(&x.scratch);
}

static void rows_are_listed_by_the_files_own_split(void **state)
{
    (void)state;
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan = PLAN("seed=3");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    assert_int_equal(d.split_rows[SPLIT_TRAIN], 5);
    assert_int_equal(d.split_rows[SPLIT_VALID], 1);
    assert_int_equal(d.split_rows[SPLIT_TEST], 2);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(d.split_row[SPLIT_TRAIN][i], i);
    assert_int_equal(d.split_row[SPLIT_VALID][0], 5);
    assert_int_equal(d.split_row[SPLIT_TEST][1], 7);
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

/* A site of `count` patients from `first` on with three rows each, far apart; one in six tests. */
struct crowd {
    struct flat flat;
    uint64_t *patient;
    uint8_t *split;
    float *x;
};

static struct crowd crowd_open(uint64_t first, size_t count)
{
    size_t rows = 3 * count;
    struct crowd c = {.patient = must_alloc(rows, sizeof(*c.patient)),
                      .split = must_alloc(rows, 1),
                      .x = must_alloc(rows, sizeof(*c.x))};
    for (size_t row = 0; row < rows; row++) {
        c.patient[row] = first + row % count;
        c.split[row] = c.patient[row] % 6 == 5 ? SPLIT_TEST : SPLIT_TRAIN;
    }
    c.flat = (struct flat){.site = "crowd",
                           .rows = rows,
                           .width = 1,
                           .patient = c.patient,
                           .split = c.split,
                           .x = c.x};
    return c;
}

static void crowd_close(struct crowd *c)
{
    free(c->patient);
    free(c->split);
    free(c->x);
}

static struct dataset crowd_dataset(uint64_t first, size_t count, const char *seed)
{
    struct crowd c = crowd_open(first, count);
    struct fixture x = fixture_open(&c.flat);
    struct settings *plan = PLAN(seed);
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    settings_close(&plan);
    scratch_close(&x.scratch);
    crowd_close(&c);
    return d;
}

static void one_fifth_of_the_training_patients_validate_with_all_their_rows(void **state)
{
    (void)state;
    const size_t count = 3000;
    struct dataset d = crowd_dataset(0, count, "seed=7");
    size_t valid = 0;
    for (size_t p = 0; p < count; p++) {
        assert_int_equal(d.split[p], d.split[p + count]);
        assert_int_equal(d.split[p], d.split[p + 2 * count]);
        assert_int_equal(d.split[p] == SPLIT_TEST, p % 6 == 5);
        valid += d.split[p] == SPLIT_VALID;
    }
    /* Binomial(2500, 1/5): mean 500, SD 20; four of them. */
    assert_in_range(valid, 420, 580);
    assert_int_equal(d.split_rows[SPLIT_VALID], 3 * valid);
    assert_int_equal(d.split_rows[SPLIT_TRAIN], 3 * (2500 - valid));
    dataset_close(&d);
}

static void the_plan_says_how_many_patients_validate(void **state)
{
    (void)state;
    static const struct {
        const char *share;
        size_t least, most;
    } rows[] = {
        {"data.validation=0", 0, 0},
        {"data.validation=0.05", 81, 169},   /* of 2,500: 125, SD 11; four of them */
        {"data.validation=0.5", 1150, 1350}, /* 1,250, SD 25 */
    };
    struct crowd c = crowd_open(0, 3000);
    struct fixture x = fixture_open(&c.flat);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings *plan = PLAN("seed=7", rows[i].share);
        struct dataset d;
        check_ok(dataset_open(&d, x.path, plan));
        if (d.split_rows[SPLIT_VALID] < 3 * rows[i].least ||
            d.split_rows[SPLIT_VALID] > 3 * rows[i].most)
            fail_msg("%s: %zu rows", rows[i].share, d.split_rows[SPLIT_VALID]);
        dataset_close(&d);
        settings_close(&plan);
    }
    scratch_close(&x.scratch);
    crowd_close(&c);
}

static void who_validates_depends_on_seed_and_patient_alone(void **state)
{
    (void)state;
    struct dataset all = crowd_dataset(0, 600, "seed=7");
    struct dataset some = crowd_dataset(100, 60, "seed=7");
    struct dataset other = crowd_dataset(0, 600, "seed=8");
    assert_memory_equal(all.split + 100, some.split, 60);
    assert_memory_not_equal(all.split, other.split, 600);
    dataset_close(&all);
    dataset_close(&some);
    dataset_close(&other);
}

static void no_site_is_left_without_a_training_row_for_the_sake_of_validation(void **state)
{
    (void)state;
    size_t trained = 0;
    for (uint64_t p = 0; p < 60; p++) {
        if (p % 6 == 5)
            continue;
        struct dataset d = crowd_dataset(p, 1, "seed=7"); /* every fifth of them would validate */
        assert_int_equal(d.split_rows[SPLIT_TRAIN], 3);
        dataset_close(&d);
        trained++;
    }
    assert_int_equal(trained, 50);
}

static void a_site_without_training_rows_is_refused(void **state)
{
    (void)state;
    struct crowd c = crowd_open(5, 1);
    struct fixture x = fixture_open(&c.flat);
    struct settings *plan = PLAN("seed=1");
    struct dataset d;
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_EMPTY);
    settings_close(&plan);
    scratch_close(&x.scratch);
    crowd_close(&c);
}

static struct dataset small_dataset(void)
{
    struct flat f = small_site();
    struct fixture x = fixture_open(&f);
    struct settings *plan =
        PLAN("tasks[0].name=stage", "tasks[0].kind=binary", "tasks[1].name=type",
             "tasks[1].kind=categorical", "groups[0].name=race", "groups[0].kind=categorical",
             "groups[1].name=age", "groups[1].kind=regression");
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    settings_close(&plan);
    scratch_close(&x.scratch);
    return d;
}

static void moments_are_sums_over_training_rows(void **state)
{
    (void)state;
    struct dataset d = small_dataset();
    double sum[WIDTH], square[WIDTH];
    struct moments m = {.sum = sum, .square = square};
    dataset_moments(&m, &d);
    assert_int_equal(m.width, WIDTH);
    assert_int_equal(m.task_count, 2);
    assert_int_equal(m.group_count, 2);
    assert_true(m.rows == 5);
    assert_true(m.patients == 3);
    /* All of these are exact in double. */
    assert_true(sum[0] == 5003.75 && sum[1] == 35 && sum[2] == 15);
    assert_true(square[1] == 245 && square[2] == 55);
    static const double level[4][3] = {
        {2, 2, 0},       /* stage: one unknown */
        {1, 2, 1},       /* type */
        {2, 2, 1},       /* race, after the tasks */
        {4, 261, 17141}, /* age: known, sum, squares */
    };
    for (size_t t = 0; t < 4; t++)
        for (size_t l = 0; l < 3; l++)
            if (m.level[t][l] != level[t][l])
                fail_msg("target %zu, word %zu: %g", t, l, m.level[t][l]);
    dataset_close(&d);
}

/* Population of the small site with age at mean 65, sd 5. */
static struct population who_of(const struct dataset *d)
{
    struct population who = d->schema;
    who.group[1].mean = 65;
    who.group[1].sd = 5;
    return who;
}

static struct dataset standardised(enum standardise how, const double *mean, const double *scale,
                                   const double *test_mean, const double *test_scale)
{
    struct dataset d = small_dataset();
    struct population who = who_of(&d);
    check_ok(dataset_standardise(&d, how, &who, mean, scale, test_mean, test_scale));
    return d;
}

static void check_feature(const struct dataset *d, size_t row, size_t j, double want)
{
    double got = (double)d->x[row * WIDTH + j];
    if (fabs(got - want) > 1e-6 * (1 + fabs(want))) /* one rounding to float */
        fail_msg("x[%zu,%zu] is %.9g, %.9g wanted", row, j, got, want);
}

static void given_moments_standardise_and_a_feature_without_variance_becomes_zero(void **state)
{
    (void)state;
    static const double mean[] = {1000, 7, 3}, scale[] = {0.5, 0, 2};
    struct dataset d = standardised(STANDARDISE_GLOBAL, mean, scale, NULL, NULL);
    check_feature(&d, 0, 0, 0.5);
    check_feature(&d, 5, 0, 4);
    check_feature(&d, 0, 2, -1);
    check_feature(&d, 6, 2, 499998.5); /* far out stays far out */
    for (size_t row = 0; row < ROWS; row++)
        check_feature(&d, row, 1, 0); /* the test row whose value differs, too */
    dataset_close(&d);
}

static void test_rows_can_have_moments_of_their_own(void **state)
{
    (void)state;
    static const double mean[] = {1000, 7, 3}, scale[] = {0.5, 0, 2};
    static const double other[] = {999, 7, 0}, other_scale[] = {1, 0.5, 1};
    struct dataset d = standardised(STANDARDISE_GLOBAL, mean, scale, other, other_scale);
    check_feature(&d, 5, 0, 4); /* validation keeps to the first */
    check_feature(&d, 6, 0, 0);
    check_feature(&d, 7, 0, 1);
    check_feature(&d, 7, 1, 2);
    dataset_close(&d);
}

static void a_sites_own_moments_are_those_of_its_training_rows(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_SITE, NULL, NULL, NULL, NULL);
    /* 1, 2, 3, 4, 5: mean 3, variance with n - 1 is 2.5; and a quarter of them about 1000.75. */
    for (size_t row = 0; row < 5; row++) {
        check_feature(&d, row, 2, ((double)row - 2) / sqrt(2.5));
        check_feature(&d, row, 0, ((double)row - 2) / sqrt(2.5));
        check_feature(&d, row, 1, 0);
    }
    check_feature(&d, 6, 2, (1e6 - 3) / sqrt(2.5));
    dataset_close(&d);
}

static void without_standardisation_the_rows_are_as_they_came(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_NONE, NULL, NULL, NULL, NULL);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        assert_true(d.x[i] == features[i]);
    dataset_close(&d);
}

static void only_regression_targets_are_standardised_and_unknown_stays_unknown(void **state)
{
    (void)state;
    struct dataset d = standardised(STANDARDISE_NONE, NULL, NULL, NULL, NULL);
    assert_true(d.group[ROWS + 0] == -1);
    assert_true(d.group[ROWS + 7] == 3);
    assert_true(isnan(d.group[ROWS + 3]));
    assert_true(d.group[3] == 2); /* race */
    assert_true(d.task[1] == 1);
    dataset_close(&d);
}

/* T12 of methods.md section 8: raw years never reach an adversary. */
static void a_regression_that_cannot_be_standardised_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double mean, sd; /* that all sites made; the oldest here is 80 */
        bool refused;
    } rows[] = {
        {"not filled", 0, 0, true},
        {"negative", 65, -5, true},
        {"no number", 65, (double)NAN, true},
        {"no known mean", (double)NAN, 5, true},
        {"years among years", 65, 5, false},
        {"at the limit", 68, 1, false},
        {"beyond it", 67.5, 1, true},
        {"years where all others have decades", 6.5, .5, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dataset d = small_dataset();
        struct population who = who_of(&d);
        who.group[1].mean = rows[i].mean;
        who.group[1].sd = rows[i].sd;
        enum status st = dataset_standardise(&d, STANDARDISE_NONE, &who, NULL, NULL, NULL, NULL);
        if ((st != ST_OK) != rows[i].refused)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        if (rows[i].refused) {
            assert_int_equal(fault_kept()->what, EC_DATA_RAW_AGE);
            assert_string_equal(fault_kept()->where, "age");
            assert_null(strstr(fault_text(), "80")); /* no value of a patient */
        }
        dataset_close(&d);
    }
}

static void in_sample_a_site_without_rows_to_fit_to_is_refused(void **state)
{
    (void)state;
    static const uint8_t none[ROWS] = {0}; /* all train */
    static const struct {
        const char *mode, *score;
        bool tests, refused;
    } rows[] = {
        {"evaluate.mode=in-sample", "evaluate.score=test", true, false},
        {"evaluate.mode=in-sample", "evaluate.score=test", false, true},
        {"evaluate.mode=in-sample", "evaluate.score=train", false, false},
        {"evaluate.mode=held-out", "evaluate.score=test", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct flat f = small_site();
        if (!rows[i].tests)
            f.split = none;
        struct fixture x = fixture_open(&f);
        struct settings *plan =
            PLAN("groups[0].name=sex", "groups[0].kind=binary", rows[i].mode, rows[i].score);
        struct dataset d;
        if (rows[i].refused) {
            check_fault(dataset_open(&d, x.path, plan), EC_DATA_EMPTY);
            assert_non_null(strstr(fault_text(), "no test row"));
        } else {
            check_ok(dataset_open(&d, x.path, plan));
            assert_int_equal(split_fitted(plan), rows[i].tests ? SPLIT_TEST : SPLIT_TRAIN);
            dataset_close(&d);
        }
        settings_close(&plan);
        scratch_close(&x.scratch);
    }
}

/* --- scores ---------------------------------------------------------------------------------- */

#define SCORES_GIVEN                                                                               \
    "model.name=given", "tasks[0].name=third", "tasks[0].kind=binary", "tasks[1].name=first",      \
        "tasks[1].kind=binary"

/* Three tasks; the score of task t in row i is (10 t + i) / 100. No row is for training. */
struct scored {
    struct flat flat;
    uint8_t split[ROWS];
    float value[3 * ROWS], x[ROWS * 3 * SCORE_PARTS];
};

static void make_scored(struct scored *s)
{
    static const char *const names[] = {"first", "second", "third"};
    *s = (struct scored){.flat = small_site()};
    struct flat *f = &s->flat;
    f->scores = true;
    f->width = 3 * SCORE_PARTS;
    f->task_count = 3, f->group_count = 0;
    f->split = s->split, f->value = s->value, f->x = s->x;
    for (size_t t = 0; t < 3; t++)
        f->task[t] = target_of(names[t], TARGET_BINARY, 2);
    for (size_t i = 0; i < ROWS; i++) {
        s->split[i] = patients[i] == 13 ? SPLIT_VALID : SPLIT_TEST;
        for (size_t t = 0; t < 3; t++) {
            s->value[t * ROWS + i] = i < t + 2;
            score_split(s->x + (i * 3 + t) * SCORE_PARTS, (double)(10 * t + i) / 100);
        }
    }
}

static void scores_are_those_of_the_plans_tasks_as_they_are(void **state)
{
    (void)state;
    struct scored made;
    make_scored(&made);
    struct fixture x = fixture_open(&made.flat);
    struct settings *plan = PLAN(SCORES_GIVEN);
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    assert_int_equal(d.width, 2 * SCORE_PARTS);
    assert_int_equal(d.split_rows[SPLIT_TEST], ROWS - 1);
    assert_int_equal(d.split_rows[SPLIT_VALID], 1);
    check_ok(dataset_standardise(&d, STANDARDISE_NONE, &d.schema, NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        const real *row = d.x + i * d.width;
        assert_true(score_join(row) == (double)(20 + i) / 100);
        assert_true(score_join(row + SCORE_PARTS) == (double)i / 100);
    }
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

static void what_the_model_does_not_see_is_freed(void **state)
{
    (void)state;
    for (int erase = 0; erase < 2; erase++) {
        struct dataset d = {.x = must_alloc(1, sizeof *d.x), .erased = must_alloc(1, sizeof *d.x)};
        d.input = erase ? d.erased : d.x;
        dataset_keep_input(&d);
        assert_ptr_equal(d.input, erase ? d.erased : d.x);
        assert_null(erase ? d.x : d.erased);
        dataset_close(&d);
    }
}

static void all_rows_of_predictions_say_what_people_are_like_and_no_score_leaves(void **state)
{
    (void)state;
    struct scored made;
    make_scored(&made);
    struct fixture x = fixture_open(&made.flat);
    struct settings *plan = PLAN(SCORES_GIVEN);
    struct dataset d;
    check_ok(dataset_open(&d, x.path, plan));
    double sum[2 * SCORE_PARTS], square[2 * SCORE_PARTS];
    struct moments m = {.sum = sum, .square = square};
    dataset_moments(&m, &d);
    assert_true(m.rows == ROWS);
    assert_true(m.patients == 6);
    assert_true(m.level[0][1] == 4 && m.level[0][0] == ROWS - 4); /* third */
    assert_true(m.level[1][1] == 2);                              /* first */
    for (size_t i = 0; i < COUNT(sum); i++)
        assert_true(sum[i] == 0 && square[i] == 0);
    dataset_close(&d);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

static void scores_and_features_are_not_taken_for_one_another(void **state)
{
    (void)state;
    struct scored made;
    make_scored(&made);
    struct fixture x = fixture_open(&made.flat);
    struct settings *plan = PLAN("tasks[0].name=third", "tasks[0].kind=binary");
    struct dataset d;
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_SHAPE);
    assert_non_null(strstr(fault_text(), "scores of its labels"));
    settings_close(&plan);
    scratch_close(&x.scratch);
    struct flat features_only = small_site();
    x = fixture_open(&features_only);
    plan = PLAN("model.name=given", "tasks[0].name=stage", "tasks[0].kind=binary");
    check_fault(dataset_open(&d, x.path, plan), EC_DATA_SHAPE);
    settings_close(&plan);
    scratch_close(&x.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_picks_and_orders_tasks_and_groups),
        cmocka_unit_test(a_plan_that_wants_what_the_site_lacks_is_told_what_it_has),
        cmocka_unit_test(rows_are_listed_by_the_files_own_split),
        cmocka_unit_test(one_fifth_of_the_training_patients_validate_with_all_their_rows),
        cmocka_unit_test(the_plan_says_how_many_patients_validate),
        cmocka_unit_test(who_validates_depends_on_seed_and_patient_alone),
        cmocka_unit_test(no_site_is_left_without_a_training_row_for_the_sake_of_validation),
        cmocka_unit_test(a_site_without_training_rows_is_refused),
        cmocka_unit_test(moments_are_sums_over_training_rows),
        cmocka_unit_test(given_moments_standardise_and_a_feature_without_variance_becomes_zero),
        cmocka_unit_test(test_rows_can_have_moments_of_their_own),
        cmocka_unit_test(a_sites_own_moments_are_those_of_its_training_rows),
        cmocka_unit_test(without_standardisation_the_rows_are_as_they_came),
        cmocka_unit_test(only_regression_targets_are_standardised_and_unknown_stays_unknown),
        cmocka_unit_test(a_regression_that_cannot_be_standardised_is_refused),
        cmocka_unit_test(in_sample_a_site_without_rows_to_fit_to_is_refused),
        cmocka_unit_test(scores_are_those_of_the_plans_tasks_as_they_are),
        cmocka_unit_test(what_the_model_does_not_see_is_freed),
        cmocka_unit_test(all_rows_of_predictions_say_what_people_are_like_and_no_score_leaves),
        cmocka_unit_test(scores_and_features_are_not_taken_for_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
