#include "tests/support/gradient.h"

#include "models/core/loss.h"
#include "proto/base/rng.h"

#define BATCH  7
#define LEVELS 4
#define STRIDE 6
#define SIZE   (BATCH * STRIDE)
#define WEIGHT 1.7 /* gradients carry it, values do not */

static const double class_weight[LEVELS] = {.5, 1, 3, 2};
static const double share[LEVELS] = {.5, .2, 0, .3}; /* a level nobody had */
static const real binary_y[BATCH] = {0, 1, (real)NAN, 1, 0, 0, 1};
static const real level_y[BATCH] = {0, 3, 2, (real)NAN, 1, 1, 3};
static const real number_y[BATCH] = {.3, -1, 2, (real)NAN, (real)NAN, 0, 1};

enum which {
    BINARY,
    BINARY_WEIGHTED,
    CATEGORICAL,
    CATEGORICAL_WEIGHTED,
    SQUARE,
    CONFUSION_BINARY,
    CONFUSION_CATEGORICAL,
    CONFUSION_SQUARE,
    WHICH_COUNT
};

static const struct {
    const char *name;
    size_t columns;
} losses[WHICH_COUNT] = {
    [BINARY] = {"binary", 1},
    [BINARY_WEIGHTED] = {"binary, weighted", 1},
    [CATEGORICAL] = {"categorical", LEVELS},
    [CATEGORICAL_WEIGHTED] = {"categorical, weighted", LEVELS},
    [SQUARE] = {"square", 1},
    [CONFUSION_BINARY] = {"confusion, binary", 1},
    [CONFUSION_CATEGORICAL] = {"confusion, categorical", LEVELS},
    [CONFUSION_SQUARE] = {"confusion, square", 1},
};

static double call(enum which w, real *grad, const real *x)
{
    switch (w) {
    case BINARY:
        return loss_binary(grad, x, binary_y, BATCH, STRIDE, WEIGHT, 1);
    case BINARY_WEIGHTED:
        return loss_binary(grad, x, binary_y, BATCH, STRIDE, WEIGHT, 2.5);
    case CATEGORICAL:
        return loss_categorical(grad, x, level_y, BATCH, LEVELS, STRIDE, WEIGHT, NULL);
    case CATEGORICAL_WEIGHTED:
        return loss_categorical(grad, x, level_y, BATCH, LEVELS, STRIDE, WEIGHT, class_weight);
    case SQUARE:
        return loss_square(grad, x, number_y, BATCH, STRIDE, WEIGHT);
    case CONFUSION_BINARY:
        return loss_confusion_binary(grad, x, BATCH, STRIDE, WEIGHT, .3);
    case CONFUSION_CATEGORICAL:
        return loss_confusion_categorical(grad, x, BATCH, LEVELS, STRIDE, WEIGHT, share);
    case CONFUSION_SQUARE:
        return loss_confusion_square(grad, x, BATCH, STRIDE, WEIGHT);
    case WHICH_COUNT:
        break;
    }
    fail();
    return 0;
}

struct logits {
    enum which which;
    real x[SIZE], scrap[SIZE];
};

static double weighted(void *ctx)
{
    struct logits *l = ctx;
    return WEIGHT * call(l->which, l->scrap, l->x);
}

static void every_gradient_is_the_derivative_of_its_loss(void **state)
{
    (void)state;
    struct rng rng = rng_open(11, RNG_TEST, 0, 0, 0);
    for (enum which w = BINARY; w < WHICH_COUNT; w++) {
        struct logits l = {.which = w};
        real grad[SIZE];
        for (size_t i = 0; i < SIZE; i++) {
            l.x[i] = 2 * rng_normal(&rng);
            grad[i] = 0;
        }
        call(w, grad, l.x);
        /* columns behind the last logit are left alone, so zero is their claim and their slope */
        check_gradient(losses[w].name, weighted, &l, l.x, grad, SIZE);
    }
}

static void losses_touch_their_own_columns_only(void **state)
{
    (void)state;
    for (enum which w = BINARY; w < WHICH_COUNT; w++) {
        real x[SIZE] = {0}, grad[SIZE];
        for (size_t i = 0; i < SIZE; i++)
            grad[i] = 55;
        call(w, grad, x);
        for (size_t i = 0; i < SIZE; i++)
            if ((grad[i] == 55) != (i % STRIDE >= losses[w].columns))
                fail_msg("%s: column %zu of row %zu", losses[w].name, i % STRIDE, i / STRIDE);
    }
}

static void huge_logits_give_finite_losses_and_gradients(void **state)
{
    (void)state;
    for (enum which w = BINARY; w < WHICH_COUNT; w++)
        for (int sign = -1; sign <= 1; sign += 2) {
            real x[SIZE], grad[SIZE] = {0};
            for (size_t i = 0; i < SIZE; i++)
                x[i] = sign * 1e4 * (i % 2 == 0 ? 1 : -1);
            double loss = call(w, grad, x);
            for (size_t i = 0; i < SIZE; i++)
                assert_true(isfinite(grad[i]));
            assert_true(isfinite(loss));
            assert_true(loss > 1); /* some row is very wrong in each of them */
        }
}

/* Values worked out by hand: softplus(0) = log 2, cross-entropy of even odds = log K. */
static void losses_have_their_known_values(void **state)
{
    (void)state;
    real grad[4], zero[4] = {0}, two[2] = {2, 0}, one = 1, level = 2, known[] = {1, (real)NAN};
    assert_true(fabs(loss_binary(grad, zero, &one, 1, 1, 1, 1) - log(2)) < 1e-15);
    assert_true(fabs(loss_binary(grad, two, known, 2, 1, 1, 1) - log1p(exp(-2))) < 1e-15);
    assert_true(grad[1] == 0);
    assert_true(fabs(loss_categorical(grad, zero, &level, 1, 4, 4, 1, NULL) - log(4)) < 1e-15);
    assert_true(fabs(loss_square(grad, two, known, 2, 1, 1) - .5) < 1e-15);
}

static void confusion_is_zero_at_the_prior_and_positive_elsewhere(void **state)
{
    (void)state;
    real grad[4], at = log(.3 / .7), logits[4];
    assert_true(fabs(loss_confusion_binary(grad, &at, 1, 1, 1, .3)) < 1e-15);
    assert_true(fabs(grad[0]) < 1e-15);
    for (size_t k = 0; k < LEVELS; k++)
        logits[k] = share[k] > 0 ? log(share[k]) : -60;
    assert_true(fabs(loss_confusion_categorical(grad, logits, 1, LEVELS, LEVELS, 1, share)) <
                1e-12);
    logits[0] += 1;
    assert_true(loss_confusion_categorical(grad, logits, 1, LEVELS, LEVELS, 1, share) > .01);
}

static void nothing_known_is_no_loss_and_no_gradient(void **state)
{
    (void)state;
    real y[2] = {(real)NAN, (real)NAN}, x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, grad[8];
    memset(grad, 0xff, sizeof grad);
    assert_true(loss_binary(grad, x, y, 2, 1, 1, 1) == 0 && grad[0] == 0 && grad[1] == 0);
    memset(grad, 0xff, sizeof grad);
    assert_true(loss_square(grad, x, y, 2, 1, 1) == 0 && grad[0] == 0 && grad[1] == 0);
    memset(grad, 0xff, sizeof grad);
    assert_true(loss_categorical(grad, x, y, 2, 4, 4, 1, NULL) == 0);
    for (size_t i = 0; i < 8; i++)
        assert_true(grad[i] == 0);
    assert_true(loss_confusion_binary(grad, x, 0, 1, 1, .5) == 0);
}

struct posterior {
    real mu[BATCH * 3], logvar[BATCH * 3], dmu[BATCH * 3], dlogvar[BATCH * 3];
};

static double kl(void *ctx)
{
    struct posterior *p = ctx;
    return WEIGHT * loss_kl(p->dmu, p->dlogvar, p->mu, p->logvar, BATCH, 3, WEIGHT);
}

static void
the_divergence_from_the_prior_is_zero_at_the_prior_and_its_gradient_is_its_slope(void **state)
{
    (void)state;
    struct posterior p = {.mu = {0}};
    assert_true(kl(&p) == 0);

    struct rng rng = rng_open(12, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < COUNT(p.mu); i++) {
        p.mu[i] = rng_normal(&rng);
        p.logvar[i] = rng_normal(&rng);
    }
    kl(&p);
    struct posterior claim = p;
    check_gradient("mu", kl, &p, p.mu, claim.dmu, COUNT(p.mu));
    check_gradient("logvar", kl, &p, p.logvar, claim.dlogvar, COUNT(p.logvar));

    struct posterior one = {.mu = {3}}; /* (9 + 1 - 1 - 0) / 2, one row of seven */
    assert_true(fabs(kl(&one) - WEIGHT * 4.5 / BATCH) < 1e-15);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gradient_is_the_derivative_of_its_loss),
        cmocka_unit_test(losses_touch_their_own_columns_only),
        cmocka_unit_test(huge_logits_give_finite_losses_and_gradients),
        cmocka_unit_test(losses_have_their_known_values),
        cmocka_unit_test(confusion_is_zero_at_the_prior_and_positive_elsewhere),
        cmocka_unit_test(nothing_known_is_no_loss_and_no_gradient),
        cmocka_unit_test(
            the_divergence_from_the_prior_is_zero_at_the_prior_and_its_gradient_is_its_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
