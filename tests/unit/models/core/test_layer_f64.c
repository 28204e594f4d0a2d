#include "tests/support/gradient.h"

#include "models/core/layer.h"

#define BATCH  6
#define IN     5
#define OUT    19 /* more than the columns that bias gradients are summed in at once */
#define STRIDE 8

/* loss = sum of c * f(x W^T + b), with fixed random c: every output counts differently. */
struct net {
    struct dense d;
    enum activation f;
    real wb[OUT * IN + OUT], x[BATCH * STRIDE], c[BATCH * OUT];
    real a[BATCH * OUT], keep[BATCH * OUT], y[BATCH * OUT];
};

static void draw(real *v, size_t n, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        v[i] = rng_normal(rng);
}

static double loss(void *ctx)
{
    struct net *n = ctx;
    dense_forward(n->a, n->d, n->wb, n->x, BATCH, STRIDE);
    act_forward(n->y, n->keep, n->f, n->a, BATCH * OUT);
    double sum = 0;
    for (size_t i = 0; i < BATCH * OUT; i++)
        sum += n->c[i] * n->y[i];
    return sum;
}

static void backward_is_the_derivative_of_forward_for_every_activation(void **state)
{
    (void)state;
    static const char *name[] = {"none", "relu", "gelu", "tanh"};
    for (enum activation f = ACT_NONE; f <= ACT_TANH; f++) {
        static struct net n;
        static real da[BATCH * OUT], dwb[COUNT(n.wb)], dx[BATCH * IN], dx_wide[COUNT(n.x)];
        struct rng rng = rng_open(5, RNG_TEST, f, 0, 0);
        n.d = (struct dense){.in = IN, .out = OUT};
        n.f = f;
        draw(n.wb, COUNT(n.wb), &rng);
        draw(n.x, COUNT(n.x), &rng);
        draw(n.c, COUNT(n.c), &rng);

        loss(&n);
        act_backward(da, f, n.c, n.y, n.keep, BATCH * OUT);
        dense_backward(dwb, dx, n.d, n.wb, n.x, da, BATCH, STRIDE);
        memset(dx_wide, 0, sizeof dx_wide); /* columns behind the slice have no say */
        for (size_t row = 0; row < BATCH; row++)
            memcpy(dx_wide + row * STRIDE, dx + row * IN, IN * sizeof *dx);
        check_gradient(name[f], loss, &n, n.wb, dwb, COUNT(n.wb));
        check_gradient(name[f], loss, &n, n.x, dx_wide, COUNT(n.x));
    }
}

static void gradients_overwrite(void **state)
{
    (void)state;
    struct dense d = {.in = 1, .out = 2};
    real wb[] = {2, 3, 0, 0}, x[] = {5, 7}, dy[] = {1, 10, 100, 1000};
    real dwb[] = {99, 99, 99, 99}, dx[] = {99, 99};
    dense_backward(dwb, dx, d, wb, x, dy, 2, 1);
    assert_true(dwb[0] == 5 + 700 && dwb[1] == 50 + 7000);
    assert_true(dwb[2] == 101 && dwb[3] == 1010);
    assert_true(dx[0] == 2 + 30 && dx[1] == 200 + 3000);
}

/* Dropout's backward is the product with the factors it kept. */
static void the_mask_is_the_derivative_of_dropout(void **state)
{
    (void)state;
    real x[64], y[64], mask[64], moved[64];
    struct rng rng = rng_open(9, RNG_TEST, 0, 0, 0);
    draw(x, 64, &rng);
    rng = rng_open(9, RNG_DROPOUT, 0, 0, 0);
    dropout_forward(y, mask, x, 64, .3, &rng);
    for (size_t i = 0; i < 64; i++)
        x[i] += .5;
    rng = rng_open(9, RNG_DROPOUT, 0, 0, 0);
    dropout_forward(moved, mask, x, 64, .3, &rng);
    for (size_t i = 0; i < 64; i++)
        assert_true(fabs(moved[i] - y[i] - .5 * mask[i]) < 1e-14);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(backward_is_the_derivative_of_forward_for_every_activation),
        cmocka_unit_test(gradients_overwrite),
        cmocka_unit_test(the_mask_is_the_derivative_of_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
