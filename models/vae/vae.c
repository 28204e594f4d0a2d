#include "models/vae/vae.h"

#include <string.h>

#include "models/core/exp.h"
#include "models/core/layer.h"
#include "models/core/loss.h"
#include "models/core/vec.h"
#include "proto/base/must.h"

/* A side of the auto-encoder: in -> hidden -> out, or in -> out when hidden is 0. */
struct side {
    struct dense first, last; /* first.out is 0 when there is no hidden layer */
    size_t at;                /* of its weights in theta */
    size_t last_at;
};

static struct side side_of(size_t in, size_t hidden, size_t out, size_t at)
{
    if (hidden == 0)
        return (struct side){.last = {in, out}, .at = at, .last_at = at};
    struct dense first = {in, hidden};
    return (struct side){
        .first = first, .last = {hidden, out}, .at = at, .last_at = at + dense_params(first)};
}

static size_t side_end(struct side d)
{
    return d.last_at + dense_params(d.last);
}

static struct side encoder_of(struct vae_shape s)
{
    return side_of(s.width, s.hidden, 2 * s.latent, 0);
}

static struct side decoder_of(struct vae_shape s)
{
    return side_of(s.latent, s.hidden, s.width, side_end(encoder_of(s)));
}

size_t vae_params(struct vae_shape s)
{
    return side_end(decoder_of(s));
}

size_t vae_encoder_params(struct vae_shape s)
{
    return side_end(encoder_of(s));
}

static void side_map(struct map *map, struct side d, const char *name)
{
    size_t layer = 0;
    if (d.first.out > 0) {
        map_add(map, d.first.out, d.first.in, false, "%s.%zu.weight", name, layer);
        map_add(map, d.first.out, 1, false, "%s.%zu.bias", name, layer++);
    }
    map_add(map, d.last.out, d.last.in, false, "%s.%zu.weight", name, layer);
    map_add(map, d.last.out, 1, false, "%s.%zu.bias", name, layer);
}

void vae_map(struct map *map, struct vae_shape s)
{
    side_map(map, encoder_of(s), "encoder");
    side_map(map, decoder_of(s), "decoder");
}

/*
 * encode: down twice, the pair mu and logvar, and mu, logvar, sigma, z (6 K). decode: up twice,
 * xhat.
 * backward: dup, ddown, and dmu, dlogvar and their pair (4 K).
 */
size_t vae_scratch_reals(struct vae_shape s, size_t rows)
{
    return rows * (6 * s.hidden + 10 * s.latent + s.width);
}

static void side_init(real *theta, struct side d, struct rng rng)
{
    if (d.first.out > 0)
        dense_init(theta + d.at, d.first, &rng);
    dense_init(theta + d.last_at, d.last, &rng);
}

void vae_init(real *theta, struct vae_shape s, uint64_t seed, uint64_t first_stream)
{
    side_init(theta, encoder_of(s), rng_open(seed, RNG_INIT, 0, 0, first_stream));
    side_init(theta, decoder_of(s), rng_open(seed, RNG_INIT, 0, 0, first_stream + 1));
}

/* Writes the output; *hidden and *pre are taken from the arena when there is a hidden layer. */
static void side_forward(real *out, real **hidden, real **pre, struct side d, const real *theta,
                         const real *in, size_t rows, struct arena *arena)
{
    *hidden = *pre = NULL;
    if (d.first.out > 0) {
        size_t count = rows * d.first.out;
        *hidden = arena_reals(arena, count);
        *pre = arena_reals(arena, count);
        dense_forward(*pre, d.first, theta + d.at, in, rows, d.first.in);
        act_forward(*hidden, *pre, ACT_GELU, *pre, count);
        in = *hidden;
    }
    dense_forward(out, d.last, theta + d.last_at, in, rows, d.last.in);
}

struct side_kept {
    const real *in, *hidden, *pre;
    size_t rows;
};

/* din NULL: nobody needs the gradient of the input, and its product is saved. */
static void side_backward(real *grad, real *din, struct side d, const real *theta,
                          struct side_kept kept, const real *dout, struct arena *arena)
{
    if (d.first.out == 0) {
        dense_backward(grad + d.last_at, din, d.last, theta + d.last_at, kept.in, dout, kept.rows,
                       d.last.in);
        return;
    }
    size_t count = kept.rows * d.first.out;
    real *dhidden = arena_reals(arena, count);
    dense_backward(grad + d.last_at, dhidden, d.last, theta + d.last_at, kept.hidden, dout,
                   kept.rows, d.last.in);
    act_backward(dhidden, ACT_GELU, dhidden, kept.hidden, kept.pre, count);
    dense_backward(grad + d.at, din, d.first, theta + d.at, kept.in, dhidden, kept.rows,
                   d.first.in);
}

/* logvar is held in its range; a loop for each, as two choices in one would be branches. */
CLONES static void hold(real *restrict logvar, real *restrict sigma, size_t n)
{
    for (size_t i = 0; i < n; i++)
        logvar[i] = logvar[i] < VAE_LOGVAR_MIN ? VAE_LOGVAR_MIN : logvar[i];
    for (size_t i = 0; i < n; i++)
        logvar[i] = logvar[i] > VAE_LOGVAR_MAX ? VAE_LOGVAR_MAX : logvar[i];
    for (size_t i = 0; i < n; i++)
        sigma[i] = loop_exp(logvar[i] / 2);
}

CLONES static void sample(real *restrict z, const real *restrict mu, const real *restrict sigma,
                          const real *restrict eps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = mu[i] + sigma[i] * eps[i];
}

void vae_encode(struct vae_acts *acts, struct vae_shape s, const real *theta, const real *x,
                const real *eps, size_t rows, struct arena *arena)
{
    size_t k = s.latent;
    *acts = (struct vae_acts){.rows = rows, .x = x, .eps = eps};
    real *both = arena_reals(arena, rows * 2 * k);
    side_forward(both, &acts->down, &acts->down_pre, encoder_of(s), theta, x, rows, arena);

    acts->mu = arena_reals(arena, rows * k);
    acts->logvar = arena_reals(arena, rows * k);
    acts->sigma = arena_reals(arena, rows * k);
    acts->z = arena_reals(arena, rows * k);
    for (size_t row = 0; row < rows; row++) {
        memcpy(acts->mu + row * k, both + row * 2 * k, k * sizeof *both);
        memcpy(acts->logvar + row * k, both + row * 2 * k + k, k * sizeof *both);
    }
    hold(acts->logvar, acts->sigma, rows * k);
    if (eps == NULL)
        memcpy(acts->z, acts->mu, rows * k * sizeof *acts->z);
    else
        sample(acts->z, acts->mu, acts->sigma, eps, rows * k);
}

void vae_decode(struct vae_acts *acts, struct vae_shape s, const real *theta, struct arena *arena)
{
    acts->xhat = arena_reals(arena, acts->rows * s.width);
    side_forward(acts->xhat, &acts->up, &acts->up_pre, decoder_of(s), theta, acts->z, acts->rows,
                 arena);
}

/* d, which is xhat, becomes scale * (d - x); squares of d - x are added to the partial sums. */
CLONES static void add_squares(double *restrict lane, real *restrict d, const real *restrict x,
                               size_t whole, real scale)
{
    double sum[VEC_LANES] = {0};
    for (size_t at = 0; at < whole; at += VEC_LANES)
        for (size_t i = 0; i < VEC_LANES; i++) {
            real off = d[at + i] - x[at + i];
            sum[i] += (double)off * (double)off;
            d[at + i] = scale * off;
        }
    for (size_t i = 0; i < VEC_LANES; i++)
        lane[i] += sum[i];
}

double vae_recon(real *dxhat, const real *xhat, const real *x, size_t count, double weight)
{
    must(count > 0);

    double lane[VEC_LANES] = {0};
    size_t whole = count - count % VEC_LANES;
    real scale = (real)(2 * weight / (double)count);
    if (dxhat != xhat)
        memcpy(dxhat, xhat, count * sizeof *dxhat);
    add_squares(lane, dxhat, x, whole, scale);
    for (size_t i = whole; i < count; i++) {
        real off = dxhat[i] - x[i];
        lane[i - whole] += (double)off * (double)off;
        dxhat[i] = scale * off;
    }
    return vec_fold(lane) / (double)count;
}

void vae_decode_backward(real *grad, real *dz, const struct vae_acts *acts, struct vae_shape s,
                         const real *theta, const real *dxhat, struct arena *arena)
{
    struct side_kept kept = {acts->z, acts->up, acts->up_pre, acts->rows};
    side_backward(grad, dz, decoder_of(s), theta, kept, dxhat, arena);
}

/* Adds what comes through z to the KL's gradients; logvar has none where it is held. */
CLONES static void add_sampled(real *restrict dmu, real *restrict dlogvar, const real *restrict dz,
                               const struct vae_acts *acts, size_t n)
{
    const real *restrict sigma = acts->sigma, *restrict eps = acts->eps;
    const real *restrict logvar = acts->logvar;
    for (size_t i = 0; i < n; i++)
        dmu[i] += dz[i];
    for (size_t i = 0; eps != NULL && i < n; i++)
        dlogvar[i] += dz[i] * sigma[i] * eps[i] / 2;
    for (size_t i = 0; i < n; i++)
        dlogvar[i] = logvar[i] > VAE_LOGVAR_MIN && logvar[i] < VAE_LOGVAR_MAX ? dlogvar[i] : 0;
}

double vae_encode_backward(real *grad, const struct vae_acts *acts, struct vae_shape s,
                           const real *theta, const real *dz, double kl_weight, struct arena *arena)
{
    size_t k = s.latent, rows = acts->rows;
    real *dmu = arena_reals(arena, rows * k);
    real *dlogvar = arena_reals(arena, rows * k);
    real *both = arena_reals(arena, rows * 2 * k);
    double kl = loss_kl(dmu, dlogvar, acts->mu, acts->logvar, rows, k, kl_weight);

    add_sampled(dmu, dlogvar, dz, acts, rows * k);
    for (size_t row = 0; row < rows; row++) {
        memcpy(both + row * 2 * k, dmu + row * k, k * sizeof *both);
        memcpy(both + row * 2 * k + k, dlogvar + row * k, k * sizeof *both);
    }
    struct side_kept kept = {acts->x, acts->down, acts->down_pre, rows};
    side_backward(grad, NULL, encoder_of(s), theta, kept, both, arena);
    return kl;
}
