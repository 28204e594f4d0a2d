#include "models/vae/collapse.h"

#include <stdio.h>

#include "models/vae/debias_inside.h"

size_t collapse_words(size_t latent)
{
    return 2 * latent + 3;
}

/* NAN counts as the worst there is. */
static double within(double v, double bound)
{
    if (!(v < bound))
        return bound;
    return v < -bound ? -bound : v;
}

void collapse_add(double *sums, const struct model *m, const real *theta, const struct batch *b,
                  const struct step_key *key, struct arena *arena)
{
    (void)key; /* the mean path draws nothing */
    const struct debias *d = debias_of(m);
    size_t k = d->vae.latent, width = d->vae.width;
    struct vae_acts acts;
    vae_encode(&acts, d->vae, theta, b->x, NULL, b->rows, arena);
    vae_decode(&acts, d->vae, theta, arena);

    for (size_t row = 0; row < b->rows; row++) {
        double kl = 0, off = 0, size = 0;
        for (size_t j = 0; j < k; j++) {
            double mu = (double)acts.mu[row * k + j], l = (double)acts.logvar[row * k + j];
            kl += (mu * mu + exp(l) - 1 - l) / 2;
            mu = within(mu, sqrt(COLLAPSE_BOUND));
            sums[j] += mu;
            sums[k + j] += mu * mu;
        }
        for (size_t i = 0; i < width; i++) {
            double x = (double)b->x[row * width + i], xhat = (double)acts.xhat[row * width + i];
            off += (xhat - x) * (xhat - x);
            size += x * x;
        }
        sums[2 * k] += within(kl, COLLAPSE_BOUND);
        sums[2 * k + 1] += within(off / (double)width, COLLAPSE_BOUND);
        sums[2 * k + 2] += within(size / (double)width, COLLAPSE_BOUND);
    }
}

static struct guard judge_r2(double off, double size, double least)
{
    struct guard g = {.name = "recon_r2", .value = size > 0 ? 1 - off / size : 0};
    g.ok = g.value >= least;
    snprintf(g.why, sizeof g.why,
             "the decoder explains %.3f of held-out variance, at least %.2f wanted", g.value,
             least);
    return g;
}

static struct guard judge_units(const double *sums, size_t k, double rows)
{
    size_t active = 0, want = k < 2 * COLLAPSE_ACTIVE_MIN ? (k + 1) / 2 : COLLAPSE_ACTIVE_MIN;
    for (size_t j = 0; j < k; j++) {
        double mean = sums[j] / rows;
        active += sums[k + j] / rows - mean * mean > COLLAPSE_ACTIVE_VARIANCE;
    }
    struct guard g = {.name = "active_units", .value = (double)active, .ok = active >= want};
    snprintf(g.why, sizeof g.why,
             "%zu of %zu latents vary between held-out rows, at least %zu wanted", active, k, want);
    return g;
}

static struct guard judge_kl(double kl)
{
    struct guard g = {.name = "kl_per_row", .value = kl, .ok = true};
    snprintf(g.why, sizeof g.why, "a row's latent carries at most %.3f nats on average; no limit",
             kl);
    return g;
}

static struct guard judge_left_out(const struct adversaries *a)
{
    struct guard g = {.name = "left_out", .value = (double)a->left_out_count};
    size_t at = (size_t)snprintf(g.why, sizeof g.why, "no adversary, nothing removed:");
    for (size_t i = 0; i < a->who->group_count && at < sizeof g.why; i++)
        if (a->left_out[i])
            at += (size_t)snprintf(g.why + at, sizeof g.why - at, " %s (%s)", a->who->group[i].name,
                                   a->who->group[i].known > 0 ? "one level" : "nothing known");
    return g;
}

size_t collapse_judge(struct guard guards[static MODEL_GUARDS_MAX], const struct model *m,
                      const double *sums, double rows)
{
    const struct debias *d = debias_of(m);
    size_t k = d->vae.latent, count = 0;
    double n = rows > 0 ? rows : 1; /* no rows: zero sums, which pass no guard */
    guards[count++] = judge_r2(sums[2 * k + 1], sums[2 * k + 2], d->collapse_r2);
    guards[count++] = judge_units(sums, k, n);
    guards[count++] = judge_kl(sums[2 * k] / n);
    if (d->adversaries.left_out_count > 0)
        guards[count++] = judge_left_out(&d->adversaries);
    return count;
}
