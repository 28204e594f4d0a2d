#include "tests/support/check.h"

#include <math.h>

#include "models/erasure/cholesky.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

static const size_t sizes[] = {1, 2, 31, 32, 33, 64, 65, 96, 97, 131};

/* B B^T + I, the upper triangle full of what must not be read. */
static double *definite(size_t n, uint64_t seed)
{
    double *a = must_alloc(n * n, sizeof *a), *b = must_alloc(n * n, sizeof *b);
    struct rng rng = rng_open(seed, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < n * n; i++)
        b[i] = rng_normal(&rng);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = i == j ? 1 : 0;
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += b[i * n + k] * b[j * n + k];
            if (j > i)
                a[i * n + j] = (double)NAN;
        }
    free(b);
    return a;
}

/* The formula of the header as it stands there. */
static void textbook(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
}

static void a_factor_has_the_bits_of_the_formula_at_every_size(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t n = sizes[s];
        double *got = definite(n, s), *want = definite(n, s);
        assert_int_equal(cholesky_factor(got, n), n);
        textbook(want, n);
        for (size_t i = 0; i < n; i++)
            if (memcmp(got + i * n, want + i * n, (i + 1) * sizeof *got) != 0)
                fail_msg("%zu rows: row %zu differs", n, i);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                assert_true(isnan(got[i * n + j]));
        free(got);
        free(want);
    }
}

static void solving_undoes_the_product(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t n = sizes[s];
        double *a = definite(n, s), *l = definite(n, s);
        double *y = must_alloc(n, sizeof *y), *x = must_alloc(n, sizeof *x);
        assert_int_equal(cholesky_factor(l, n), n);
        for (size_t i = 0; i < n; i++)
            x[i] = y[i] = (double)i - 7;
        cholesky_times(y, l, n);
        cholesky_solve(y, l, n);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(y[i] - x[i]) < 1e-9); /* 131 rows, condition 1e3: 1e-13 each */
        cholesky_solve(y, l, n);
        cholesky_solve_transposed(y, l, n); /* y = A^-1 x */
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += (j <= i ? a[i * n + j] : a[j * n + i]) * y[j];
            assert_true(fabs(sum - x[i]) < 1e-9);
        }
        double *all[] = {a, l, y, x};
        for (size_t i = 0; i < COUNT(all); i++)
            free(all[i]);
    }
}

static void a_matrix_that_is_not_positive_is_refused_at_its_row(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t row;
        double pivot;
    } rows[] = {
        {"the first row", 0, 0},
        {"a row of the first tile", 5, -1},
        {"a row of a later tile", 64, 1e-300},
        {"the last row", 96, -1e300},
        {"a pivot that is not a number", 40, (double)NAN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double *a = definite(97, i);
        a[rows[i].row * 97 + rows[i].row] = rows[i].pivot;
        if (cholesky_factor(a, 97) != rows[i].row)
            fail_msg("%s is not where it stops", rows[i].what);
        free(a);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_factor_has_the_bits_of_the_formula_at_every_size),
        cmocka_unit_test(solving_undoes_the_product),
        cmocka_unit_test(a_matrix_that_is_not_positive_is_refused_at_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
