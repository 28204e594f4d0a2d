/*
 * Do we agree with an implementation that is not ours? tests/golden/erasure.txt says how it was
 * made.
 */
#include "models/erasure/erasure.h"
#include "proto/base/must.h"
#include "tests/support/check.h"

#define GOLDEN "tests/golden/erasure.txt"
#define ROWS   40
#define WIDTH  8

static const struct population who = {
    .width = WIDTH,
    .rows = ROWS,
    .group_count = 3,
    .group = {{.name = "sex", .levels = 2, .share = {.5, .5}},
              {.name = "race", .kind = TARGET_CATEGORICAL, .levels = 4, .share = {.3, .6, 0, .1}},
              {.name = "age", .kind = TARGET_REGRESSION, .sd = 1}},
};

static void golden(double *v, size_t count, const char *what, const char *which)
{
    FILE *f = fopen(GOLDEN, "r");
    if (f == NULL)
        fail_msg("%s cannot be read; tests run in the project's root", GOLDEN);
    char line[256], head[64], word[64];
    bool found = false;
    snprintf(head, sizeof head, "%s%s %zu\n", what, which, count);
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strcmp(line, head) == 0;
    if (!found)
        fail_msg("%s holds no %s", GOLDEN, head);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fscanf(f, "%63s", word), 1);
        v[i] = strtod(word, NULL);
    }
    fclose(f);
}

static void check_vector(const char *what, const char *which, const double *got, size_t count,
                         double tolerance)
{
    double want[ROWS * WIDTH], largest = 0;
    must(count <= COUNT(want));
    golden(want, count, what, which);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(want[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * largest))
            fail_msg("%s%s[%zu]: %.17g, the reference says %.17g", what, which, i, got[i], want[i]);
}

static void reals(real *out, size_t count, const char *what)
{
    double v[ROWS * WIDTH];
    must(count <= COUNT(v));
    golden(v, count, what, "");
    for (size_t i = 0; i < count; i++)
        out[i] = (real)v[i];
}

static void the_projection_and_the_rows_agree_with_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *which;
        double shrinkage;
    } rows[] = {
        {"none", 0},
        {"tenth", .1},
        {"all", 1},
    };
    static real x[ROWS * WIDTH], group[3 * ROWS], y[ROWS * WIDTH];
    reals(x, COUNT(x), "x");
    reals(group, COUNT(group), "group");
    double *values = must_alloc(erasure_values(&who), sizeof *values);
    erasure_add(values, &who,
                &(struct batch){.rows = ROWS, .width = WIDTH, .x = x, .group = group});
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct erasure e;
        double p[WIDTH * WIDTH] = {0}, erased[ROWS * WIDTH];
        check_ok(erasure_open(&e, &who, values, rows[i].shrinkage));
        assert_int_equal(e.columns, 4);
        for (size_t c = 0; c < e.columns; c++)
            for (size_t j = 0; j < WIDTH * WIDTH; j++)
                p[j] += e.v[c * WIDTH + j / WIDTH] * e.u[c * WIDTH + j % WIDTH];
        check_vector("projection_", rows[i].which, p, COUNT(p), 1e-10);
        erasure_apply(y, &e, x, ROWS);
        for (size_t j = 0; j < COUNT(erased); j++)
            erased[j] = (double)y[j];
        check_vector("rows_", rows[i].which, erased, COUNT(erased), 1e-6);
        erasure_close(&e);
    }
    free(values);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_projection_and_the_rows_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
