#include "tests/support/check.h"

#include "models/core/blas.h"
#include "proto/base/rng.h"

#define SPACE   4096
#define OUTSIDE REAL(77.0) /* what stands between the rows of a wider matrix */

enum form { NN, NT, TN };

static const struct {
    size_t m, n, k, gap; /* gap: strides are wider than the matrices by this */
    real beta;
} shapes[] = {
    {1, 1, 1, 0, 0},   {3, 5, 7, 0, 0},   {3, 5, 7, 4, 1},   {16, 16, 16, 0, 1},
    {33, 9, 20, 3, 0}, {1, 40, 12, 1, 0}, {40, 1, 12, 1, 1}, {4, 6, 0, 2, 0},
    {4, 6, 0, 2, 1},   {0, 6, 3, 0, 0},   {6, 0, 3, 0, 1},
};

static void fill(real *v, struct rng *rng)
{
    for (size_t i = 0; i < SPACE; i++)
        v[i] = (real)rng_normal(rng);
}

static double element(enum form f, const real *a, const real *b, size_t i, size_t j, size_t k,
                      const size_t stride[3])
{
    double sum = 0;
    for (size_t l = 0; l < k; l++) {
        double left = (double)(f == TN ? a[l * stride[1] + i] : a[i * stride[1] + l]);
        double right = (double)(f == NT ? b[j * stride[2] + l] : b[l * stride[2] + j]);
        sum += left * right;
    }
    return sum;
}

static void a_product_is_the_sum_of_products_whatever_its_shape(void **state)
{
    (void)state;
    static real a[SPACE], b[SPACE], c[SPACE], was[SPACE];
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    size_t compared = 0;
    fill(a, &rng);
    fill(b, &rng);
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (enum form f = NN; f <= TN; f++) {
            size_t m = shapes[s].m, n = shapes[s].n, k = shapes[s].k, gap = shapes[s].gap;
            size_t stride[3] = {n + gap, (f == TN ? m : k) + gap, (f == NT ? k : n) + gap};
            for (size_t i = 0; i < SPACE; i++)
                was[i] = c[i] = shapes[s].beta == 0 ? (real)NAN : OUTSIDE;
            (f == NN   ? blas_nn
             : f == NT ? blas_nt
                       : blas_tn)(c, a, b, m, n, k, shapes[s].beta, stride);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < stride[0]; j++) {
                    real got = c[i * stride[0] + j];
                    if (j >= n) { /* not ours */
                        assert_memory_equal(&got, &was[0], sizeof got);
                        continue;
                    }
                    double want = element(f, a, b, i, j, k, stride) +
                                  (double)(shapes[s].beta == 0 ? 0 : OUTSIDE);
                    /* float32: k products of size about 1 and a start of 77, each off by 6e-8 */
                    if (!(fabs((double)got - want) < 1e-4))
                        fail_msg("shape %zu form %d [%zu,%zu]: %g, not %g", s, (int)f, i, j,
                                 (double)got, want);
                    compared++;
                }
        }
    assert_int_equal(compared, 3 * (1 + 15 + 15 + 256 + 297 + 40 + 40 + 24 + 24));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_is_the_sum_of_products_whatever_its_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
