#include "models/core/optim.h"
#include "models/vae/vae.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"
#include "tests/support/gradient.h"

#define ROWS  6
#define D     7
#define H     5
#define K     3
#define WORDS 300 /* more than the weights of any shape below */

/* loss = .3 recon + kl_weight KL + sum of c * z: everything that a gradient can come from. */
struct net {
    struct vae_shape shape;
    bool sampled;
    double kl_weight;
    real theta[WORDS], grad[WORDS], x[ROWS * D], seen[ROWS * D], eps[ROWS * K], c[ROWS * K];
    struct arena arena;
};

static void draw(real *v, size_t n, double scale, struct rng *rng)
{
    for (size_t i = 0; i < n; i++)
        v[i] = scale * rng_normal(rng);
}

static void net_open(struct net *n, struct vae_shape shape, bool sampled)
{
    *n = (struct net){.shape = shape, .sampled = sampled, .kl_weight = .2};
    must(vae_params(shape) <= WORDS);
    struct rng rng = rng_open(3, RNG_TEST, 0, 0, 0);
    draw(n->theta, WORDS, .5, &rng);
    draw(n->x, ROWS * D, 1, &rng);
    draw(n->seen, ROWS * D, 1, &rng); /* any input will do: the encoder sees x through a mask */
    draw(n->eps, ROWS * K, 1, &rng);
    draw(n->c, ROWS * K, 1, &rng);
    arena_open(&n->arena,
               arena_need(vae_scratch_reals(shape, ROWS) * sizeof(real), VAE_SCRATCH_PIECES));
}

static double forward(struct vae_acts *acts, struct net *n)
{
    vae_encode(acts, n->shape, n->theta, n->seen, n->sampled ? n->eps : NULL, ROWS, &n->arena);
    vae_decode(acts, n->shape, n->theta, &n->arena);
    double sum = .3 * vae_recon(acts->xhat, acts->xhat, n->x, ROWS * D, .3);
    for (size_t i = 0; i < ROWS * K; i++) {
        double mu = acts->mu[i], l = acts->logvar[i];
        sum += n->c[i] * acts->z[i] + n->kl_weight * (mu * mu + exp(l) - 1 - l) / (2 * ROWS);
    }
    return sum;
}

static double loss(void *ctx)
{
    struct net *n = ctx;
    struct vae_acts acts;
    double value = forward(&acts, n);
    arena_rewind(&n->arena, 0);
    return value;
}

static void backward(struct net *n)
{
    struct vae_acts acts;
    real dz[ROWS * K];
    forward(&acts, n);
    memset(n->grad, 0xff, sizeof n->grad); /* NaN where nothing is written */
    vae_decode_backward(n->grad, dz, &acts, n->shape, n->theta, acts.xhat, &n->arena);
    for (size_t i = 0; i < ROWS * K; i++)
        dz[i] += n->c[i];
    vae_encode_backward(n->grad, &acts, n->shape, n->theta, dz, n->kl_weight, &n->arena);
    arena_rewind(&n->arena, 0);
}

static const struct {
    const char *what;
    struct vae_shape shape;
    bool sampled;
} nets[] = {
    {"hidden layer, sampled", {D, H, K}, true},
    {"hidden layer, mean", {D, H, K}, false},
    {"linear, sampled", {D, 0, K}, true},
    {"linear, mean", {D, 0, K}, false},
};

static void backward_is_the_derivative_of_forward(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nets); i++) {
        struct net n;
        net_open(&n, nets[i].shape, nets[i].sampled);
        backward(&n);
        check_gradient(nets[i].what, loss, &n, n.theta, n.grad, vae_params(n.shape));
        arena_close(&n.arena);
    }
}

/* The row of the last encoder layer that gives logvar 0, and its bias. */
static void logvar_is_held_and_has_no_gradient_outside(void **state)
{
    (void)state;
    static const struct {
        double bias, sigma;
    } rows[] = {
        {1e4, 20.085536923187668},
        {-1e4, 0.0024787521766663585},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct net n;
        net_open(&n, (struct vae_shape){D, 0, K}, true);
        size_t weights = K * D, bias = 2 * K * D + K;
        n.theta[bias] = rows[i].bias;
        struct vae_acts acts;
        forward(&acts, &n);
        for (size_t row = 0; row < ROWS; row++)
            assert_true(fabs(acts.sigma[row * K] / rows[i].sigma - 1) < 7e-9); /* loop_exp */
        arena_rewind(&n.arena, 0);
        backward(&n);
        assert_true(n.grad[bias] == 0);
        for (size_t j = 0; j < D; j++)
            assert_true(n.grad[weights + j] == 0);
        assert_true(n.grad[bias + 1] != 0);
        check_gradient("held", loss, &n, n.theta, n.grad, vae_params(n.shape));
        arena_close(&n.arena);
    }
}

static void the_published_shape_has_the_published_parameters(void **state)
{
    (void)state;
    struct vae_shape s = {.width = 1408, .hidden = 0, .latent = 500};
    assert_int_equal(vae_encoder_params(s), 1409000);
    assert_int_equal(vae_params(s) - vae_encoder_params(s), 705408);
}

static void encoder_and_decoder_draw_from_streams_of_their_own(void **state)
{
    (void)state;
    struct vae_shape s = {.width = D, .latent = K};
    real theta[WORDS], again[WORDS];
    vae_init(theta, s, 5, 0);
    vae_init(again, s, 5, 1); /* its encoder has the stream that the decoder had */
    size_t decoder = vae_encoder_params(s);
    double bound[] = {sqrt(D), sqrt(K)};
    size_t same = 0;
    for (size_t i = 0; i < K * D; i++) {
        assert_true(fabs(theta[i] * bound[0] - theta[decoder + i] * bound[1]) > 1e-12);
        same += fabs(again[i] * bound[0] - theta[decoder + i] * bound[1]) < 1e-12;
    }
    assert_int_equal(same, K * D);
}

#define PCA_D    6
#define PCA_ROWS (16 * 2 * PCA_D)

/* Rows of covariance diag(lambda) exactly: of each direction as many + as - sqrt(D lambda). */
static void rows_of(real *x, const double *lambda)
{
    memset(x, 0, PCA_ROWS * PCA_D * sizeof *x);
    for (size_t row = 0; row < PCA_ROWS; row++) {
        size_t direction = row % PCA_D;
        double size = sqrt(PCA_D * lambda[direction]);
        x[row * PCA_D + direction] = row / PCA_D % 2 == 0 ? size : -size;
    }
}

/* methods.md 1.5: direction i is kept with gain max(0, 1 - beta / lambda_i). */
static void a_linear_auto_encoder_keeps_what_the_closed_form_says(void **state)
{
    (void)state;
    static const double lambda[PCA_D] = {4, 2, 1, .8, .4, .2};
    const double beta = .5;
    enum { STEPS = 4000, HALF = 2000 };
    struct vae_shape s = {.width = PCA_D, .latent = PCA_D};
    size_t n = vae_params(s), need = vae_scratch_reals(s, PCA_ROWS) * sizeof(real);
    static real x[PCA_ROWS * PCA_D], eps[PCA_ROWS * PCA_D], dz[PCA_ROWS * PCA_D];
    real theta[200], grad[200], adam_state[400] = {0};
    must(n <= COUNT(theta));
    struct arena arena;
    arena_open(&arena, arena_need(need, VAE_SCRATCH_PIECES));
    rows_of(x, lambda);
    vae_init(theta, s, 5, 0);

    const struct optim adam = {.rule = OPTIM_ADAM, .beta1 = .9, .beta2 = .999, .eps = 1e-8};
    struct rng rng = rng_open(11, RNG_TEST, 0, 0, 0);
    struct vae_acts acts;
    for (size_t step = 0; step < STEPS; step++) {
        draw(eps, PCA_ROWS * PCA_D, 1, &rng);
        memset(grad, 0, n * sizeof *grad);
        vae_encode(&acts, s, theta, x, eps, PCA_ROWS, &arena);
        vae_decode(&acts, s, theta, &arena);
        vae_recon(acts.xhat, acts.xhat, x, PCA_ROWS * PCA_D, 1);
        vae_decode_backward(grad, dz, &acts, s, theta, acts.xhat, &arena);
        vae_encode_backward(grad, &acts, s, theta, dz, 2 * beta / PCA_D, &arena);
        double lr = step < HALF ? 1e-2 : 1e-2 * pow(.01, (double)(step - HALF) / HALF);
        optim_step(theta, adam_state, &adam, grad, n,
                   &(struct optim_move){.lr = lr, .scale = 1, .t = step + 1});
        arena_rewind(&arena, 0);
    }
    vae_encode(&acts, s, theta, x, NULL, PCA_ROWS, &arena);
    vae_decode(&acts, s, theta, &arena);
    for (size_t i = 0; i < PCA_D; i++) {
        /* Rows i and i + D are + and - the direction: their difference forgets the biases. */
        double there = acts.xhat[i * PCA_D + i] - acts.xhat[(i + PCA_D) * PCA_D + i];
        double gain = there / (2 * sqrt(PCA_D * lambda[i]));
        double want = fmax(0, 1 - beta / lambda[i]);
        if (!(fabs(gain - want) <= .02))
            fail_msg("lambda %g: gain %.4f, %.4f wanted", lambda[i], gain, want);
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backward_is_the_derivative_of_forward),
        cmocka_unit_test(logvar_is_held_and_has_no_gradient_outside),
        cmocka_unit_test(the_published_shape_has_the_published_parameters),
        cmocka_unit_test(encoder_and_decoder_draw_from_streams_of_their_own),
        cmocka_unit_test(a_linear_auto_encoder_keeps_what_the_closed_form_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
