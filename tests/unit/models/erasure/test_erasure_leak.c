/*
 * T6 of the adversarial tests, for the closed form: a fresh linear probe reads a planted attribute
 * before and not after, on rows that no sum has seen. What is nonlinear stays, and so does what no
 * attribute tells.
 */
#include "tests/support/ridge.h"
#include "tests/unit/models/erasure/toy.h"

/* Held-out AUC of a fresh linear probe of v [2 ROWS, width]. */
static struct auc probed(const real *v, size_t width, const double *label, const uint64_t *patient)
{
    double weight[WIDTH + 1], score[ROWS];
    ridge_fit(weight, v, label, ROWS, width, 1, 1e-3);
    ridge_scores(score, weight, v + ROWS * width, ROWS, width);
    return auc_by_patient(score, label + ROWS, patient + ROWS, ROWS);
}

/* A feature's distance from its mean, read on its own: what a nonlinear probe would find. */
static double loudness_tells(const real *x, const struct toy *t)
{
    static real loud[2 * ROWS];
    for (size_t i = 0; i < 2 * ROWS; i++)
        loud[i] = real_fabs(x[i * WIDTH + LOUD]);
    return probed(loud, 1, t->sex, t->patient).value;
}

static void a_planted_attribute_cannot_be_read_and_the_rest_can(void **state)
{
    (void)state;
    static const double shrinkage[] = {0, .1, 1};
    struct toy *t = toy_open();
    real *y = must_alloc(COUNT(t->x), sizeof *y);
    struct auc sex = probed(t->x, WIDTH, t->sex, t->patient);
    struct auc ill = probed(t->x, WIDTH, t->ill, t->patient);
    assert_true(fabs(sex.value - .9552) < 3 * sex.se); /* Phi(2.4 / sqrt 2) */
    assert_true(fabs(ill.value - .9552) < 3 * ill.se);
    double loud = loudness_tells(t->x, t);
    assert_true(loud > .8);
    for (size_t i = 0; i < COUNT(shrinkage); i++) {
        struct erasure e;
        toy_erasure(&e, &toy_who, t, shrinkage[i]);
        erasure_apply(y, &e, t->x, 2 * ROWS);
        double told = probed(y, WIDTH, t->sex, t->patient).value;
        double kept = probed(y, WIDTH, t->ill, t->patient).value;
        double left = loudness_tells(y, t);
        if (!(told <= .55 && told >= .45 && kept > ill.value - .01 && left > loud - .01))
            fail_msg("shrinkage %g: AUC of sex %.3f, of ill %.3f, of sex by loudness %.3f",
                     shrinkage[i], told, kept, left);
        erasure_close(&e);
    }
    free(y);
    free(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_attribute_cannot_be_read_and_the_rest_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
