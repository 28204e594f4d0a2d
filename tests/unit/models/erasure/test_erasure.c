#include "tests/unit/models/erasure/toy.h"

/* Of a feature and a column's z, over the rows where z is known, the feature's sd taken as 1. */
static double correlation(const double *feature, const double *z)
{
    double n = 0, mean[2] = {0}, cov = 0, var = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (!isnan(z[i]))
            n++, mean[0] += feature[i], mean[1] += z[i];
    for (size_t i = 0; i < ROWS; i++)
        if (!isnan(z[i])) {
            cov += (feature[i] - mean[0] / n) * (z[i] - mean[1] / n);
            var += (z[i] - mean[1] / n) * (z[i] - mean[1] / n);
        }
    return fabs(cov) / sqrt(var * n);
}

/* z of the training rows: sex, race levels 0 and 3, age. */
static void columns_of(double z[4][ROWS], const struct toy *t)
{
    for (size_t i = 0; i < ROWS; i++) {
        double race = (double)t->group[1][i];
        z[0][i] = (double)t->group[0][i];
        z[1][i] = isnan(race) ? race : race == 0;
        z[2][i] = isnan(race) ? race : race == 3;
        z[3][i] = (double)t->group[2][i];
    }
}

/* The largest of any feature with any column. */
static double most_told(const double *x, double z[4][ROWS])
{
    double feature[ROWS], most = 0;
    for (size_t j = 0; j < WIDTH; j++) {
        for (size_t i = 0; i < ROWS; i++)
            feature[i] = x[i * WIDTH + j];
        for (size_t c = 0; c < 4; c++)
            most = fmax(most, correlation(feature, z[c]));
    }
    return most;
}

static void no_feature_is_correlated_with_any_attribute_afterwards(void **state)
{
    (void)state;
    static const double shrinkage[] = {0, .1, 1};
    static double x[ROWS * WIDTH], y[ROWS * WIDTH], z[4][ROWS];
    static real erased[ROWS * WIDTH];
    struct toy *t = toy_open();
    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = (double)t->x[i];
    columns_of(z, t);
    assert_true(most_told(x, z) > .5);
    for (size_t s = 0; s < COUNT(shrinkage); s++) {
        struct erasure e;
        toy_erasure(&e, &toy_who, t, shrinkage[s]);
        assert_int_equal(e.columns, 4);
        assert_int_equal(e.left_out, 0);
        for (size_t i = 0; i < ROWS; i++)
            toy_exact(y + i * WIDTH, &e, x + i * WIDTH);
        double told = most_told(y, z);
        if (!(told <= 1e-10)) /* sums of 1,500 doubles, whitened and back: 1e-13 */
            fail_msg("shrinkage %g: a correlation of %g is left", shrinkage[s], told);
        erasure_apply(erased, &e, t->x, ROWS);
        for (size_t i = 0; i < COUNT(y); i++)
            y[i] = (double)erased[i];
        assert_true(most_told(y, z) <= 1e-6); /* rounded to float: 2^-24 a number */
        erasure_close(&e);
    }
    free(t);
}

static void erasing_twice_is_erasing_once(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    struct erasure e;
    toy_erasure(&e, &toy_who, t, .1);
    real *once = must_alloc(ROWS * WIDTH, sizeof *once),
         *twice = must_alloc(ROWS * WIDTH, sizeof *twice);
    erasure_apply(once, &e, t->x, ROWS);
    erasure_apply(twice, &e, once, ROWS);
    double moved = 0;
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        moved = fmax(moved, (double)real_fabs(once[i] - t->x[i]));
        assert_true(real_fabs(twice[i] - once[i]) < REAL(4e-6)); /* values up to 10, 2^-24 each */
    }
    assert_true(moved > 1);
    free(once);
    free(twice);
    erasure_close(&e);
    free(t);
}

static void a_feature_that_tells_nothing_keeps_its_bits(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    for (size_t i = 0; i < ROWS; i++) { /* pairs of rows: same attributes, opposite features */
        for (size_t g = 0; i % 2 == 1 && g < GROUPS; g++)
            t->group[g][i] = t->group[g][i - 1];
        for (size_t j = 20; i % 2 == 1 && j < WIDTH; j++)
            t->x[i * WIDTH + j] = -t->x[(i - 1) * WIDTH + j];
    }
    struct erasure e;
    toy_erasure(&e, &toy_who, t, 0);
    real *y = must_alloc(ROWS * WIDTH, sizeof *y);
    erasure_apply(y, &e, t->x, ROWS);
    assert_memory_not_equal(y, t->x, WIDTH * sizeof *y);
    for (size_t i = 0; i < ROWS; i++) {
        assert_memory_equal(y + i * WIDTH + 20, t->x + i * WIDTH + 20, 17 * sizeof *y);
        assert_true(y[i * WIDTH + 13] == 0); /* the one without variance, too */
    }
    free(y);
    erasure_close(&e);
    free(t);
}

/* Gives group g of the training rows another meaning. */
enum remake { SAME_AS_SEX, OPPOSITE_OF_SEX, SEX_AND_AGE, ALWAYS_0, ALWAYS_1, NEVER_KNOWN };

static void remake(struct toy *t, size_t g, enum remake how)
{
    for (size_t i = 0; i < ROWS; i++) {
        real sex = t->group[0][i], age = t->group[2][i];
        real *value = &t->group[g][i];
        switch (how) {
        case SAME_AS_SEX:
            *value = sex;
            break;
        case OPPOSITE_OF_SEX:
            *value = 1 - sex;
            break;
        case SEX_AND_AGE:
            *value = REAL(0.5) * sex - age;
            break;
        case ALWAYS_0:
            *value = 0;
            break;
        case ALWAYS_1:
            *value = 1;
            break;
        case NEVER_KNOWN:
            *value = (real)NAN;
            break;
        }
    }
}

static void a_column_that_says_nothing_new_is_left_out(void **state)
{
    (void)state;
    static const struct target binary = {.levels = 2, .share = {.5, .5}};
    static const struct target graded = {.kind = TARGET_REGRESSION, .sd = 1};
    static const struct {
        const char *what;
        enum remake how;
        const struct target *target;
    } rows[] = {
        {"the same attribute twice", SAME_AS_SEX, &binary},
        {"its opposite", OPPOSITE_OF_SEX, &binary},
        {"a sum of others", SEX_AND_AGE, &graded},
        {"a constant, level 0", ALWAYS_0, &binary},
        {"a constant, level 1", ALWAYS_1, &binary},
        {"a constant of a graded one", ALWAYS_0, &graded},
        {"a constant that is not centred", ALWAYS_1, &graded},
        {"an attribute that nobody knows", NEVER_KNOWN, &binary},
        {"one that nobody knows by degree", NEVER_KNOWN, &graded},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct toy *t = toy_open();
        struct population two = {.width = WIDTH, .group_count = 2, .group = {binary, graded}};
        struct population three = {
            .width = WIDTH, .group_count = 3, .group = {binary, graded, *rows[i].target}};
        for (size_t r = 0; r < ROWS; r++) /* sex, age of everybody, and the one that is remade */
            t->group[2][r] = isnan(t->group[2][r]) ? 0 : t->group[2][r];
        memcpy(t->group[1], t->group[2], sizeof t->group[1]);
        remake(t, 2, rows[i].how);
        struct erasure with, without;
        toy_erasure(&without, &two, t, 0);
        toy_erasure(&with, &three, t, 0);
        if (with.columns != 2 || with.left_out != 1 || without.left_out != 0)
            fail_msg("%s: %zu columns, %zu left out", rows[i].what, with.columns, with.left_out);
        assert_memory_equal(with.u, without.u, 2 * WIDTH * sizeof *with.u);
        assert_memory_equal(with.v, without.v, 2 * WIDTH * sizeof *with.v);
        erasure_close(&with);
        erasure_close(&without);
        free(t);
    }
}

static uint64_t fnv(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ b[i]) * 1099511628211u;
    return hash;
}

/* Both ends of a run compute it: gcc and clang, with and without vectors, must agree on this. */
static void every_compiler_and_processor_makes_the_same_bytes(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    struct erasure e;
    toy_erasure(&e, &toy_who, t, .1);
    erasure_apply(t->x, &e, t->x, 2 * ROWS);
    uint64_t hash = fnv(14695981039346656037u, e.u, e.columns * WIDTH * sizeof *e.u);
    hash = fnv(hash, e.v, e.columns * WIDTH * sizeof *e.v);
    hash = fnv(hash, t->x, sizeof t->x);
    if (hash != 0x63c161b7c274e6e2)
        fail_msg("the hash is %#llx", (unsigned long long)hash);
    erasure_close(&e);
    free(t);
}

static void a_row_is_erased_the_same_alone_among_others_and_in_place(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    struct erasure e;
    toy_erasure(&e, &toy_who, t, .1);
    real *all = must_alloc(ROWS * WIDTH, sizeof *all), alone[WIDTH];
    erasure_apply(all, &e, t->x, ROWS);
    for (size_t i = 0; i < ROWS; i += 7) {
        erasure_apply(alone, &e, t->x + i * WIDTH, 1);
        assert_memory_equal(alone, all + i * WIDTH, sizeof alone);
    }
    erasure_apply(t->x, &e, t->x, ROWS);
    assert_memory_equal(t->x, all, ROWS * WIDTH * sizeof *all);
    free(all);
    erasure_close(&e);
    free(t);
}

static void fewer_rows_than_features_are_enough(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 9, WIDTH};
    struct toy *t = toy_open();
    struct population who = toy_who;
    who.group_count = 1; /* sex: the first two rows differ in it */
    t->group[0][0] = 1 - t->group[0][1];
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t n = counts[i];
        double *values = must_alloc(erasure_values(&who), sizeof *values), mean[2][WIDTH] = {{0}};
        double rows[2] = {0}, y[WIDTH], x[WIDTH];
        struct erasure e;
        toy_add(values, &who, t, 0, n, n);
        check_ok(erasure_open(&e, &who, values, 0));
        assert_int_equal(e.columns, 1);
        for (size_t r = 0; r < n; r++) {
            size_t sex = t->group[0][r] > 0;
            for (size_t j = 0; j < WIDTH; j++)
                x[j] = (double)t->x[r * WIDTH + j];
            toy_exact(y, &e, x);
            rows[sex]++;
            for (size_t j = 0; j < WIDTH; j++)
                mean[sex][j] += y[j];
        }
        for (size_t j = 0; j < WIDTH; j++) /* 1e-16 by the condition of S, 1e9, and room */
            assert_true(fabs(mean[0][j] / rows[0] - mean[1][j] / rows[1]) < 1e-6);
        erasure_close(&e);
        free(values);
    }
    free(t);
}

static void nothing_to_erase_changes_nothing(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    struct population who = {.width = WIDTH, .rows = ROWS};
    struct erasure e;
    toy_erasure(&e, &who, t, 0);
    real *y = must_alloc(ROWS * WIDTH, sizeof *y);
    erasure_apply(y, &e, t->x, ROWS);
    assert_int_equal(e.columns, 0);
    assert_memory_equal(y, t->x, ROWS * WIDTH * sizeof *y);
    free(y);
    erasure_close(&e);
    erasure_close(&e);
    free(t);
}

static void rows_that_are_all_the_same_change_nothing(void **state)
{
    (void)state;
    struct toy *t = toy_open();
    memset(t->x, 0, sizeof t->x);
    struct erasure e;
    toy_erasure(&e, &toy_who, t, 0);
    assert_int_equal(e.columns, 0);
    assert_int_equal(e.left_out, 4);
    erasure_apply(t->x, &e, t->x, 1);
    assert_true(t->x[0] == 0);
    erasure_close(&e);
    free(t);
}

static void sums_that_no_rows_have_are_refused(void **state)
{
    (void)state;
    enum { SQUARE = 1 + WIDTH, PRODUCT, SEX = SQUARE + WIDTH * (WIDTH + 1) / 2 };
    enum { SEX_SUM = SEX + 1, SEX_X = SEX + 2 + WIDTH + 3 };
    static const struct {
        const char *what;
        size_t at;
        double value;
        enum complaint want;
    } rows[] = {
        {"no rows", 0, 0, EC_EVAL_TOO_FEW},
        {"one row", 0, 1, EC_EVAL_TOO_FEW},
        {"a count below zero", 0, -5, EC_EVAL_TOO_FEW},
        {"a count that is not a number", 0, (double)NAN, EC_RUN_SUM},
        {"an endless sum of x", 5, HUGE_VAL, EC_RUN_SUM},
        {"a square below zero", SQUARE, -1e4, EC_RUN_SUM},
        {"all variance below zero", SQUARE, -1e9, EC_RUN_SUM},
        {"features more alike than one", PRODUCT, 1e5, EC_RUN_SUM},
        {"products beyond all bounds", PRODUCT, 1e308, EC_RUN_SUM},
        {"endlessly many who are known", SEX, HUGE_VAL, EC_RUN_SUM},
        {"an attribute beyond all bounds", SEX_X, 1e300, EC_RUN_SUM},
        {"more of an attribute than rows", SEX_SUM, 1e300, EC_RUN_SUM},
    };
    struct toy *t = toy_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        double *values = toy_sums(&toy_who, t);
        values[rows[i].at] = rows[i].value;
        struct erasure e;
        enum status st = erasure_open(&e, &toy_who, values, 0);
        if (st == ST_OK || fault_kept()->what != rows[i].want)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "accepted" : fault_text());
        assert_null(e.mean);
        assert_null(e.u);
        assert_null(e.v);
        free(values);
    }
    free(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_feature_is_correlated_with_any_attribute_afterwards),
        cmocka_unit_test(erasing_twice_is_erasing_once),
        cmocka_unit_test(a_feature_that_tells_nothing_keeps_its_bits),
        cmocka_unit_test(a_column_that_says_nothing_new_is_left_out),
        cmocka_unit_test(every_compiler_and_processor_makes_the_same_bytes),
        cmocka_unit_test(a_row_is_erased_the_same_alone_among_others_and_in_place),
        cmocka_unit_test(fewer_rows_than_features_are_enough),
        cmocka_unit_test(nothing_to_erase_changes_nothing),
        cmocka_unit_test(rows_that_are_all_the_same_change_nothing),
        cmocka_unit_test(sums_that_no_rows_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
