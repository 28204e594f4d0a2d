#include "tests/support/check.h"

#include "models/core/layer.h"

static void a_layer_starts_within_its_bound_and_from_its_seed_alone(void **state)
{
    (void)state;
    struct dense d = {.in = 25, .out = 40};
    real *once = calloc(dense_params(d), sizeof *once),
         *again = calloc(dense_params(d), sizeof *again);
    assert_int_equal(dense_params(d), 25 * 40 + 40);

    struct rng rng = rng_open(7, RNG_INIT, 0, 0, 0);
    dense_init(once, d, &rng);
    rng = rng_open(7, RNG_INIT, 0, 0, 0);
    dense_init(again, d, &rng);
    assert_memory_equal(once, again, dense_params(d) * sizeof *once);

    double least = 0, most = 0, sum = 0;
    for (size_t i = 0; i < dense_params(d); i++) {
        least = fmin(least, (double)once[i]);
        most = fmax(most, (double)once[i]);
        sum += (double)once[i];
    }
    assert_true(least >= -.2000001 && least < -.198); /* 1040 draws: outside .198 but once in 200 */
    assert_true(most <= .2000001 && most > .198);
    assert_true(fabs(sum / 1040) < .0143); /* 4 standard errors: .4 / sqrt(12) / sqrt(1040) */
    free(once);
    free(again);
}

static void activations_have_their_known_values(void **state)
{
    (void)state;
    static const struct {
        enum activation f;
        double x, y;
    } rows[] = {
        {ACT_NONE, -3, -3},
        {ACT_RELU, -3, 0},
        {ACT_RELU, 3, 3},
        {ACT_TANH, .5, .46211715726000976},
        {ACT_GELU, 0, 0},
        {ACT_GELU, 1, .84134474606854293}, /* x Phi(x) with tabled Phi */
        {ACT_GELU, -1, -.15865525393145707},
        {ACT_GELU, 2, 1.9544997361036416},
        {ACT_GELU, 12, 12},
        {ACT_GELU, -12, 0},
        {ACT_GELU, 1e4, 1e4},
        {ACT_GELU, -1e4, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        real x = (real)rows[i].x, y, keep;
        act_forward(&y, &keep, rows[i].f, &x, 1);
        if (!(fabs((double)y - rows[i].y) <= 4e-7 * fmax(1, fabs(rows[i].x)))) /* 3 float ulps */
            fail_msg("row %zu: %.9g, not %.9g", i, (double)y, rows[i].y);
    }
}

static void an_activation_may_work_in_place(void **state)
{
    (void)state;
    for (enum activation f = ACT_NONE; f <= ACT_TANH; f++) {
        real a[9], apart[9], keep[9], dy[9], da[9];
        for (size_t i = 0; i < 9; i++) {
            a[i] = ((real)i - 4) / 2;
            dy[i] = (real)i + 1;
        }
        act_forward(apart, keep, f, a, 9);
        act_backward(da, f, dy, apart, keep, 9);
        act_forward(a, keep, f, a, 9);
        assert_memory_equal(a, apart, sizeof a);
        act_backward(dy, f, dy, a, keep, 9);
        assert_memory_equal(dy, da, sizeof dy);
    }
}

static void dropout_keeps_the_mean_and_the_rate_and_is_replayed_by_its_key(void **state)
{
    (void)state;
    enum { N = 20007 };
    static real x[N], y[N], mask[N];
    static const double rates[] = {0, .2, .5, .9};
    for (size_t r = 0; r < COUNT(rates); r++) {
        for (size_t i = 0; i < N; i++)
            x[i] = 2;
        struct rng rng = rng_open(3, RNG_DROPOUT, 1, 2, r);
        dropout_forward(y, mask, x, N, rates[r], &rng);
        size_t dropped = 0;
        for (size_t i = 0; i < N; i++) {
            dropped += mask[i] == 0;
            assert_true(mask[i] == 0 || mask[i] == (real)(1 / (1 - rates[r])));
            assert_true(y[i] == 2 * mask[i]);
        }
        double off = fabs((double)dropped / N - rates[r]);
        assert_true(off <= 4 * sqrt(rates[r] * (1 - rates[r]) / N)); /* 4 standard errors */
        rng = rng_open(3, RNG_DROPOUT, 1, 2, r);
        dropout_forward(x, NULL, x, N, rates[r], &rng); /* in place, and nobody wants the mask */
        assert_memory_equal(x, y, sizeof y);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_starts_within_its_bound_and_from_its_seed_alone),
        cmocka_unit_test(activations_have_their_known_values),
        cmocka_unit_test(an_activation_may_work_in_place),
        cmocka_unit_test(dropout_keeps_the_mean_and_the_rate_and_is_replayed_by_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
