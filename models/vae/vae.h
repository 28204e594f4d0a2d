/*
 * vae.h - variational auto-encoder over fixed-length embeddings.
 *
 *     x [B,D] -> dense -> gelu [B,H] -> dense -> mu, logvar [B,K] each
 *                                                z = mu + eps * exp(logvar / 2)
 *     z [B,K] -> dense -> gelu [B,H] -> dense -> xhat [B,D]
 *
 * H = 0 leaves the hidden layer out: one dense layer either way, as published.
 * The weights are one stretch of reals, encoder first:
 *
 *     [ x->h | h->(mu,logvar) | z->h | h->xhat ]        H = 0: [ x->(mu,logvar) | z->xhat ]
 *
 * The auto-encoder owns no memory, draws no random numbers and does no I/O: the
 * input after dropout and eps are arguments, so a step can be replayed and its
 * gradient checked by wiggling one weight. Weight gradients overwrite.
 */
#ifndef EVENHAND_VAE_H
#define EVENHAND_VAE_H

#include <stdint.h>

#include "models/core/map.h"
#include "models/core/real.h"

/*
 * logvar is held in this range, and has no gradient at its ends: a latent is neither known to
 * better than a four-hundredth of the prior's width nor blown up to twenty times it.
 */
#define VAE_LOGVAR_MIN (-12)
#define VAE_LOGVAR_MAX 6

struct vae_shape {
    size_t width;  /* D, features */
    size_t hidden; /* H, 0: linear */
    size_t latent; /* K */
};

/* What the forward passes keep for the backward passes; lives until the arena is rewound. */
struct vae_acts {
    size_t rows;
    const real *x;                 /* [B,D] what the encoder was given; borrowed */
    const real *eps;               /* [B,K], borrowed; NULL: z = mu */
    real *down, *down_pre;         /* [B,H] after and before gelu; NULL when H = 0 */
    real *mu, *logvar, *sigma, *z; /* [B,K] */
    real *up, *up_pre;             /* [B,H] of the decoder */
    real *xhat;                    /* [B,D] */
};

size_t vae_params(struct vae_shape s);
size_t vae_encoder_params(struct vae_shape s);
/* Names the weights: encoder.0.weight, encoder.0.bias, ... */
void vae_map(struct map *map, struct vae_shape s);
/* Reals and pieces that encode, decode and their backward passes take from an arena. */
size_t vae_scratch_reals(struct vae_shape s, size_t rows);
#define VAE_SCRATCH_PIECES 16

/* Encoder and decoder draw from streams of their own: (seed, RNG_INIT, 0, 0, first_stream), + 1. */
void vae_init(real *theta, struct vae_shape s, uint64_t seed, uint64_t first_stream);

/* x [rows,D] and eps [rows,K] (NULL: the mean) must outlive acts. */
void vae_encode(struct vae_acts *acts, struct vae_shape s, const real *theta, const real *x,
                const real *eps, size_t rows, struct arena *arena);
/* acts->xhat from acts->z. */
void vae_decode(struct vae_acts *acts, struct vae_shape s, const real *theta, struct arena *arena);

/* Mean over rows and features of (xhat - x)^2; dxhat (may be xhat) = weight * its gradient. */
double vae_recon(real *dxhat, const real *xhat, const real *x, size_t count, double weight);

/* grad = of the decoder's weights; dz [B,K] = gradient of z. */
void vae_decode_backward(real *grad, real *dz, const struct vae_acts *acts, struct vae_shape s,
                         const real *theta, const real *dxhat, struct arena *arena);
/*
 * grad = of the encoder's weights, of a loss whose gradients are dz, and kl_weight times the mean
 * over rows of KL(N(mu, sigma^2) || N(0, I)). Returns that KL, nats a row.
 */
double vae_encode_backward(real *grad, const struct vae_acts *acts, struct vae_shape s,
                           const real *theta, const real *dz, double kl_weight,
                           struct arena *arena);

#endif
