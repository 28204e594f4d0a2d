#include "tests/support/check.h"

#include "models/core/optim.h"
#include "proto/base/rng.h"

#define N     37 /* no multiple of a vector register */
#define STEPS 25

static const struct optim adam = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8};

/* Algorithm 2 of Loshchilov & Hutter 2019, line by line, in double. */
struct reference {
    double theta[N], m[N], v[N];
};

static void reference_step(struct reference *r, const real *grad, double lr, double decay, int t)
{
    for (size_t i = 0; i < N; i++) {
        double g = (double)grad[i];
        r->m[i] = .9 * r->m[i] + (1 - .9) * g;
        r->v[i] = .999 * r->v[i] + (1 - .999) * g * g;
        double m_hat = r->m[i] / (1 - pow(.9, t));
        double v_hat = r->v[i] / (1 - pow(.999, t));
        r->theta[i] -= lr * (m_hat / (sqrt(v_hat) + 1e-8) + decay * r->theta[i]);
    }
}

static void adam_follows_the_published_algorithm(void **state)
{
    (void)state;
    static struct reference ref;
    static real theta[N], moments[2 * N], grad[N];
    struct rng rng = rng_open(21, RNG_TEST, 0, 0, 0);
    assert_int_equal(optim_state_reals(&adam, N), 2 * N);
    for (size_t i = 0; i < N; i++)
        ref.theta[i] = (double)(theta[i] = (real)rng_normal(&rng));
    for (int t = 1; t <= STEPS; t++) {
        for (size_t i = 0; i < N; i++) /* sizes from 1e-6 to 1: eps and bias correction matter */
            grad[i] = (real)(rng_normal(&rng) * pow(10, -(double)(i % 7)));
        grad[0] = 0;
        optim_step(theta, moments, &adam, grad, N,
                   &(struct optim_move){.lr = .01, .decay = .1, .scale = 1, .t = (uint64_t)t});
        reference_step(&ref, grad, .01, .1, t);
    }
    /* float32: 25 steps of .01, each off by about 6e-8 of theta (up to 3) */
    for (size_t i = 0; i < N; i++)
        if (!(fabs((double)theta[i] - ref.theta[i]) < 3e-6))
            fail_msg("weight %zu: %.9g, not %.9g", i, (double)theta[i], ref.theta[i]);
}

static void sgd_gathers_momentum_and_decays(void **state)
{
    (void)state;
    struct optim sgd = {.rule = OPTIM_SGD, .beta1 = .5};
    real theta[2] = {1, 0}, velocity[2] = {0, 0}, grad[2] = {0, 8};
    assert_int_equal(optim_state_reals(&sgd, 2), 2);
    optim_step(theta, velocity, &sgd, grad, 2,
               &(struct optim_move){.lr = .25, .decay = 2, .scale = 1, .t = 1});
    assert_true(theta[0] == REAL(0.5) && theta[1] == -2);
    optim_step(theta, velocity, &sgd, grad, 2, &(struct optim_move){.lr = .25, .scale = 1, .t = 2});
    assert_true(theta[0] == REAL(0.5) && theta[1] == -5); /* velocity 8, then 12 */
}

static void a_scale_is_a_scaled_gradient(void **state)
{
    (void)state;
    static const enum optim_rule rules[] = {OPTIM_SGD, OPTIM_ADAM};
    for (size_t r = 0; r < COUNT(rules); r++) {
        struct optim o = adam;
        o.rule = rules[r];
        real theta[2][N] = {{0}}, moments[2][2 * N] = {{0}}, grad[2][N];
        for (size_t i = 0; i < N; i++) {
            grad[0][i] = (real)i - 5;
            grad[1][i] = grad[0][i] / 4; /* exact */
        }
        for (uint64_t t = 1; t <= 3; t++)
            for (size_t run = 0; run < 2; run++)
                optim_step(theta[run], moments[run], &o, grad[run], N,
                           &(struct optim_move){.lr = .1, .scale = run == 0 ? .25 : 1, .t = t});
        assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
        assert_memory_equal(moments[0], moments[1], sizeof moments[0]);
    }
}

static void a_stretch_moves_alone_and_the_same_way_twice(void **state)
{
    (void)state;
    static const enum optim_rule rules[] = {OPTIM_SGD, OPTIM_ADAM};
    for (size_t r = 0; r < COUNT(rules); r++) {
        struct optim o = adam;
        o.rule = rules[r];
        real theta[2][N + 2], moments[2][2 * N], grad[N];
        memset(moments, 0, sizeof moments);
        for (size_t i = 0; i < N; i++)
            grad[i] = (real)i - 5;
        for (size_t run = 0; run < 2; run++) {
            for (size_t i = 0; i < N + 2; i++)
                theta[run][i] = 1;
            for (uint64_t t = 1; t <= 3; t++)
                optim_step(theta[run] + 1, moments[run], &o, grad, N,
                           &(struct optim_move){.lr = .1, .decay = .01, .scale = 1, .t = t});
            assert_true(theta[run][0] == 1 && theta[run][N + 1] == 1);
        }
        assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
        assert_memory_equal(moments[0], moments[1], sizeof moments[0]);
        assert_true(theta[0][1] > 1 && theta[0][N] < 1); /* against the gradient */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_follows_the_published_algorithm),
        cmocka_unit_test(sgd_gathers_momentum_and_decays),
        cmocka_unit_test(a_scale_is_a_scaled_gradient),
        cmocka_unit_test(a_stretch_moves_alone_and_the_same_way_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
