#include "tests/support/check.h"

#include "models/core/vec.h"

static void sums_are_double_and_do_not_lose_small_terms(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    real *v = calloc(N, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < N; i++)
        v[i] = 1;
    v[0] = 8192; /* square 2^26: a float sum would drop every 1 that follows */
    assert_true(vec_dot(v, v, N) == 67108864.0 + (N - 1));
    assert_true(vec_norm(v, N) == sqrt(67108864.0 + (N - 1)));
    free(v);
}

static void every_element_counts_once_whatever_the_length(void **state)
{
    (void)state;
    real a[3 * VEC_LANES], b[3 * VEC_LANES];
    double sum = 0;
    for (size_t n = 0; n < COUNT(a); n++) {
        assert_true(vec_dot(a, b, n) == sum); /* of integers: exact in any order */
        a[n] = (real)(n + 1);
        b[n] = (real)(n % 5) - 2;
        sum += (double)a[n] * (double)b[n];
    }
}

static void a_norm_is_the_root_of_the_product_with_itself_to_the_last_bit(void **state)
{
    (void)state;
    real v[3 * VEC_LANES];
    for (size_t n = 0; n < COUNT(v); n++) {
        assert_true(vec_norm(v, n) == sqrt(vec_dot(v, v, n)));
        v[n] = (real)(1 / (double)(n + 3)) * (n % 2 == 0 ? 1 : -1);
    }
}

static void axpy_and_scale_do_what_their_names_say(void **state)
{
    (void)state;
    real y[] = {1, 2, 3}, x[] = {10, 20, 30};
    vec_axpy(y, .5, x, 3);
    assert_true(y[0] == 6 && y[1] == 12 && y[2] == 18);
    vec_scale(y, -2, 2);
    assert_true(y[0] == -12 && y[1] == -24 && y[2] == 18);
}

static void clipping_shortens_long_vectors_and_leaves_the_others(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double limit, norm_after;
    } rows[] = {
        {"longer than the limit", 1, 1},
        {"exactly the limit", 5, 5},
        {"shorter", 6, 5},
        {"no clipping", 0, 5},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        real v[] = {3, 0, -4};
        double scale = vec_clip(v, 3, rows[i].limit);
        if (fabs(5 * scale - rows[i].norm_after) > 1e-15)
            fail_msg("%s: 5 -> %g", rows[i].what, 5 * scale);
    }
}

static void one_bad_number_anywhere_makes_a_vector_not_finite(void **state)
{
    (void)state;
    static const real bad[] = {(real)NAN, (real)INFINITY, (real)-INFINITY};
    real v[37] = {0};
    assert_true(vec_finite(v, COUNT(v)));
    assert_true(vec_finite(v, 0));
    for (size_t b = 0; b < COUNT(bad); b++)
        for (size_t at = 0; at < COUNT(v); at++) {
            v[at] = bad[b];
            assert_false(vec_finite(v, COUNT(v)));
            v[at] = 1;
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_double_and_do_not_lose_small_terms),
        cmocka_unit_test(every_element_counts_once_whatever_the_length),
        cmocka_unit_test(a_norm_is_the_root_of_the_product_with_itself_to_the_last_bit),
        cmocka_unit_test(axpy_and_scale_do_what_their_names_say),
        cmocka_unit_test(clipping_shortens_long_vectors_and_leaves_the_others),
        cmocka_unit_test(one_bad_number_anywhere_makes_a_vector_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
