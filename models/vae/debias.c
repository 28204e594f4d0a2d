#include "models/vae/debias.h"

#include <string.h>

#include "models/core/layer.h"
#include "models/vae/collapse.h"
#include "models/vae/debias_inside.h"
#include "proto/base/must.h"

/* Streams of initial weights: encoder 0, decoder 1, head 2, then one a player. */
enum { STREAM_VAE = 0, STREAM_HEAD = 2, STREAM_PLAYERS = 3 };

static void debias_init(real *theta, const struct model *m, uint64_t seed)
{
    const struct debias *d = debias_of(m);
    vae_init(theta, d->vae, seed, STREAM_VAE);
    head_init(theta + d->head_at, &d->head, seed, STREAM_HEAD);
    adversary_init(theta + d->adversaries_at, &d->adversaries, seed, STREAM_PLAYERS);
}

static void debias_map(struct map *map, const struct model *m)
{
    const struct debias *d = debias_of(m);
    vae_map(map, d->vae);
    head_map(map, &d->head);
    adversary_map(map, &d->adversaries);
}

/* The main phase is the hungriest: it runs every part, on an input and an eps drawn for it. */
size_t debias_scratch_bytes(const struct model *m, size_t rows)
{
    const struct debias *d = debias_of(m);
    size_t dropped = d->dropout > 0 ? d->vae.width : 0;
    size_t reals = vae_scratch_reals(d->vae, rows) + head_scratch_reals(&d->head, rows) +
                   adversary_scratch_reals(&d->adversaries, rows) +
                   rows * (dropped + 2 * d->vae.latent); /* eps, dz */
    size_t pieces = VAE_SCRATCH_PIECES + HEAD_SCRATCH_PIECES + ADVERSARY_SCRATCH_PIECES + 3;
    return arena_need(reals * sizeof(real), pieces);
}

/* Drawn as floats in every build, so that the test build sees the same numbers. */
static void draw_normals(real *out, size_t n, struct rng rng)
{
    float some[256];
    for (size_t at = 0; at < n; at += COUNT(some)) {
        size_t count = n - at < COUNT(some) ? n - at : COUNT(some);
        rng_normals(some, count, &rng);
        for (size_t i = 0; i < count; i++)
            out[at + i] = (real)some[i];
    }
}

/* 0 at the start of the run, 1 from `until` on. */
static double along(double progress, double until)
{
    return until > 0 && progress < until ? progress / until : 1;
}

static double ramp_at(double progress, double until)
{
    return 2 / (1 + exp(-10 * along(progress, until))) - 1;
}

/*
 * beta is in ELBO units; L_rec is a mean over D features of what the ELBO sums and halves. Summed,
 * beta weighs the nats of all rows.
 */
static double kl_weight_at(const struct debias *d, double progress, size_t rows)
{
    double beta = d->beta * along(progress, d->beta_warmup);
    return d->kl_summed ? beta * (double)rows : beta * 2 / (double)d->vae.width;
}

static double task_term(real *grad, real *dz, double *losses, const struct debias *d,
                        const real *theta, const struct vae_acts *acts, const struct batch *b,
                        struct arena *arena)
{
    if (d->head.outputs == 0)
        return 0;
    struct head_acts head;
    head_forward(&head, &d->head, theta + d->head_at, acts->z, acts->rows, arena);
    real *dlogits = arena_reals(arena, acts->rows * d->head.outputs);
    double loss = head_loss(dlogits, &d->head, &head, b, d->task_weight);
    head_backward(grad + d->head_at, dz, &d->head, &head, theta + d->head_at, dlogits, arena);
    losses[d->loss_task] = loss;
    return d->task_weight * loss;
}

/* Frozen players, so no gradient of theirs; without weight (before the ramp) none of z either. */
static double adversarial_term(real *dz, double *losses, const struct debias *d, const real *theta,
                               const struct vae_acts *acts, const struct batch *b, double progress,
                               struct arena *arena)
{
    const struct adversaries *a = &d->adversaries;
    if (a->count == 0)
        return 0;
    double weight[GROUPS_MAX] = {0}, most = 0, pull;
    for (size_t g = 0; g < a->who->group_count; g++) {
        weight[g] = ramp_at(progress, d->group_ramp[g]) * d->group_weight[g];
        most = fmax(most, weight[g]);
    }
    struct adversary_acts said, back;
    const real *players = theta + d->adversaries_at;
    adversary_forward(&said, a, players, acts->z, acts->rows, arena);
    losses[d->loss_confusion] = adversary_confuse(&back, &pull, a, &said, b, weight, arena);
    if (most > 0)
        adversary_backward(NULL, dz, a, players, acts->z, &said, &back);
    return pull;
}

double debias_main(real *grad, double *losses, const struct model *m, const real *theta,
                   const struct batch *b, const struct debias_draw *draw, struct arena *arena)
{
    const struct debias *d = debias_of(m);
    must(b->width == d->vae.width);
    must(b->rows > 0);

    struct vae_acts acts;
    vae_encode(&acts, d->vae, theta, draw->x, draw->eps, b->rows, arena);
    vae_decode(&acts, d->vae, theta, arena);
    double recon = vae_recon(acts.xhat, acts.xhat, b->x, b->rows * b->width, d->reconstruct);
    real *dz = arena_reals(arena, b->rows * d->vae.latent);
    vae_decode_backward(grad, dz, &acts, d->vae, theta, acts.xhat, arena);

    double tasks = task_term(grad, dz, losses, d, theta, &acts, b, arena);
    double pull = adversarial_term(dz, losses, d, theta, &acts, b, draw->progress, arena);
    double kl_weight = kl_weight_at(d, draw->progress, b->rows);
    double kl = vae_encode_backward(grad, &acts, d->vae, theta, dz, kl_weight, arena);
    losses[d->loss_recon] = recon;
    losses[d->loss_kl] = kl;
    return d->reconstruct * recon + kl_weight * kl + tasks + pull;
}

double debias_adversaries(real *grad, double *losses, const struct model *m, const real *theta,
                          const struct batch *b, const struct debias_draw *draw,
                          struct arena *arena)
{
    const struct debias *d = debias_of(m);
    const struct adversaries *a = &d->adversaries;
    must(a->count > 0);
    must(b->width == d->vae.width);
    must(b->rows > 0);

    struct vae_acts acts;
    vae_encode(&acts, d->vae, theta, draw->x, draw->eps, b->rows, arena);
    struct adversary_acts said, back;
    const real *players = theta + d->adversaries_at;
    adversary_forward(&said, a, players, acts.z, b->rows, arena);
    double mean = adversary_loss(&back, a, &said, b, arena);
    adversary_backward(grad + d->adversaries_at, NULL, a, players, acts.z, &said, &back);
    losses[d->loss_adversary] = mean;
    return mean * (double)a->count;
}

static void debias_step(real *grad, double *losses, const struct model *m, const real *theta,
                        const struct batch *b, size_t phase, const struct step_key *key,
                        struct arena *arena)
{
    const struct debias *d = debias_of(m);
    must(phase < m->phases);
    /* Counted from the end: the main phase draws the same whatever stands before it. */
    uint64_t at = key->step * COUNT(m->part) + (m->phases - 1 - phase);
    struct debias_draw draw = {.x = b->x, .progress = key->progress};
    if (d->dropout > 0) {
        struct rng rng = rng_open(key->seed, RNG_DROPOUT, key->site, key->round, at);
        size_t count = b->rows * b->width;
        real *seen = arena_reals(arena, count);
        dropout_forward(seen, NULL, b->x, count, d->dropout, &rng);
        draw.x = seen;
    }
    size_t count = b->rows * d->vae.latent;
    real *eps = arena_reals(arena, count);
    draw_normals(eps, count, rng_open(key->seed, RNG_LATENT, key->site, key->round, at));
    draw.eps = eps;

    if (phase + 1 == m->phases)
        (void)debias_main(grad, losses, m, theta, b, &draw, arena);
    else
        (void)debias_adversaries(grad, losses, m, theta, b, &draw, arena);
}

/* FNV-1a over the features, as floats in every build: what tells a patient's rows apart. */
static uint64_t key_of_row(const real *x, size_t width)
{
    uint64_t key = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < width; i++) {
        float value = (float)x[i];
        uint32_t word;
        memcpy(&word, &value, sizeof word);
        key = (key ^ word) * UINT64_C(1099511628211);
    }
    return key;
}

static void draw_releases(real *eps, const struct debias *d, const real *x, const uint64_t *patient,
                          size_t rows, uint64_t release_seed)
{
    size_t k = d->vae.latent;
    for (size_t row = 0; row < rows; row++) {
        uint64_t own = d->draw_a_row ? key_of_row(x + row * d->vae.width, d->vae.width) : 0;
        draw_normals(eps + row * k, k, rng_open(release_seed, RNG_RELEASE, patient[row], own, 0));
    }
}

static void debias_release(real *z, const struct model *m, const real *theta, const real *x,
                           const uint64_t *patient, size_t rows, uint64_t release_seed,
                           struct arena *arena)
{
    const struct debias *d = debias_of(m);
    real *eps = NULL;
    if (!d->release_mean) {
        eps = arena_reals(arena, rows * d->vae.latent);
        draw_releases(eps, d, x, patient, rows, release_seed);
    }
    struct vae_acts acts;
    vae_encode(&acts, d->vae, theta, x, eps, rows, arena);
    const real *out = acts.z;
    if (d->release_decoder) {
        vae_decode(&acts, d->vae, theta, arena);
        out = acts.xhat;
    }
    memcpy(z, out, rows * m->release_width * sizeof *z);
}

static void debias_predict(real *logits, const struct model *m, const real *theta, const real *x,
                           size_t rows, struct arena *arena)
{
    const struct debias *d = debias_of(m);
    if (d->head.outputs == 0)
        return;
    struct vae_acts acts;
    struct head_acts head;
    vae_encode(&acts, d->vae, theta, x, NULL, rows, arena);
    head_forward(&head, &d->head, theta + d->head_at, acts.z, rows, arena);
    memcpy(logits, head.logits, rows * m->outputs * sizeof *logits);
}

const struct model_ops debias_vae_ops = {
    .name = "debias-vae",
    .about = "variational auto-encoder whose latent adversaries cannot read",
    .settings = {debias_rows, DEBIAS_SETTINGS},
    .open = debias_open,
    .close = debias_close,
    .init = debias_init,
    .scratch_bytes = debias_scratch_bytes,
    .step = debias_step,
    .release = debias_release,
    .predict = debias_predict,
    .guard_add = collapse_add,
    .guard_judge = collapse_judge,
    .map = debias_map,
};
