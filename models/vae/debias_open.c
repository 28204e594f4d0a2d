#include <stdlib.h>
#include <string.h>

#include "models/vae/collapse.h"
#include "models/vae/debias.h"
#include "models/vae/debias_inside.h"
#include "proto/base/must.h"

#define STEPS_MAX 15 /* phases of the adversaries; the main phase is the last of model.part */

/* Rows of two lines; aligned, their columns would be wider than a screen. */
/* clang-format off */
const struct setting debias_rows[DEBIAS_SETTINGS] = {
    {"model.latent", SET_INT, 1, 4096, "reals", "64", NULL, false,
     "Length of the latent z, which is what is released."},
    {"model.hidden", SET_INT, 0, 65536, "units", "512", NULL, false,
     "Hidden units of encoder and decoder; 0 makes both linear, as published."},
    {"model.beta", SET_REAL, 0, 1e9, "variance", "1.0", NULL, false,
     "Weight of the KL term, in units of the noise variance that the ELBO assumes."},
    {"model.kl", SET_TEXT, 0, 0, "", "\"elbo\"", "elbo|summed", false,
     "The KL term: a mean over rows in the units of model.beta, or nats summed over a batch and "
     "weighed against a mean, as published, which collapses."},
    {"model.beta_warmup", SET_REAL, 0, 1, "of the run", "0.2", NULL, false,
     "Share of the rounds over which beta grows from 0 to its value."},
    {"model.reconstruct", SET_REAL, 0, 1e6, "", "0.3", NULL, false,
     "Weight of the mean squared error of reconstruction."},
    {"model.dropout", SET_REAL, 0, 0.95, "of the features", "0.2", NULL, false,
     "Share of a row's features that the encoder does not see in a training step."},
    {"model.decay", SET_REAL, 0, 1, "", "1e-4", NULL, false,
     "Decoupled weight decay (AdamW) of encoder, decoder and task head."},
    {"model.task.weight", SET_REAL, 0, 1e6, "", "3.0", NULL, false,
     "Weight of the losses of the tasks that are trained."},
    {"model.task.balanced", SET_BOOL, 0, 0, "", "false", NULL, false,
     "Let every level of a task weigh alike in its loss, as far as 10 times its rows: for what is rare."},
    {"model.task.hidden", SET_INT, 0, 65536, "units", "0", NULL, false,
     "Hidden units of the task head; 0 makes it linear."},
    {"model.adversary.hidden", SET_LIST_INT, 1, 2048, "units", "[512, 64]", NULL, false,
     "Hidden layers of an adversary, at most 4; [] makes it linear."},
    {"model.adversary.count", SET_INT, 0, ADVERSARY_COPIES_MAX, "", "3", NULL, false,
     "Adversaries of each attribute; 0 trains a plain auto-encoder."},
    {"model.adversary.steps", SET_INT, 1, STEPS_MAX, "", "5", NULL, false,
     "Steps of the adversaries before each step of the encoder, each on a fresh batch."},
    {"model.adversary.weight", SET_REAL, 0, 1e6, "", "20.0", NULL, false,
     "Weight of an attribute's adversarial term; groups[].weight overrides it."},
    {"model.adversary.form", SET_TEXT, 0, 0, "", "\"confusion\"", "confusion|reverse", false,
     "What the encoder does to the adversaries: push them to the prior, or raise their loss."},
    {"model.adversary.ramp", SET_REAL, 0, 1, "of the run", "0.3", NULL, false,
     "Share of the rounds over which that weight grows to its value; groups[].ramp overrides it."},
    {"model.adversary.lr", SET_REAL, 0, 1, "", "1e-3", NULL, false,
     "Learning rate of the adversaries."},
    {"model.adversary.decay", SET_REAL, 0, 1, "", "1e-3", NULL, false,
     "Decoupled weight decay (AdamW) of the adversaries."},
    {"model.collapse_r2", SET_REAL, 0, 1, "", "0.2", NULL, false,
     "Least R^2 of held-out rows' reconstruction: with less, the collapse guard says no."},
    {"model.release.layer", SET_TEXT, 0, 0, "", "\"latent\"", "latent|decoder", false,
     "What is released of a row: its latent, or the decoder's output."},
    {"model.release.z", SET_TEXT, 0, 0, "", "\"sampled\"", "sampled|mean", false,
     "A keyed draw, or the mean, which tells more than the KL term bounds."},
    {"model.release.draw", SET_TEXT, 0, 0, "", "\"patient\"", "patient|row", false,
     "One draw for all rows of a patient, or one a row, as published, which averaging undoes."},
};
/* clang-format on */

static bool says(const struct settings *plan, const char *key, const char *word)
{
    return strcmp(settings_text(plan, "%s", key), word) == 0;
}

static enum status read_adversaries(struct debias *d, const struct settings *plan,
                                    const struct population *who)
{
    struct adversary_shape shape = {
        .latent = d->vae.latent,
        .copies = settings_size(plan, "model.adversary.count"),
        .hidden_count = settings_count(plan, "model.adversary.hidden"),
        .form =
            says(plan, "model.adversary.form", "reverse") ? ADVERSARY_REVERSE : ADVERSARY_CONFUSION,
    };
    if (shape.hidden_count > ADVERSARY_LAYERS_MAX)
        return fault(EC_CFG_RANGE, settings_origin(plan, "model.adversary.hidden"),
                     "model.adversary.hidden: %zu layers, at most %d", shape.hidden_count,
                     ADVERSARY_LAYERS_MAX);
    for (size_t i = 0; i < shape.hidden_count; i++)
        shape.hidden[i] = settings_list_size(plan, i, "model.adversary.hidden");
    adversary_plan(&d->adversaries, who, &shape);

    for (size_t g = 0; g < who->group_count; g++) {
        double weight = settings_real(plan, "groups[%zu].weight", g);
        double ramp = settings_real(plan, "groups[%zu].ramp", g);
        d->group_weight[g] = weight < 0 ? settings_real(plan, "model.adversary.weight") : weight;
        d->group_ramp[g] = ramp < 0 ? settings_real(plan, "model.adversary.ramp") : ramp;
    }
    return ST_OK;
}

static void read_weights(struct debias *d, const struct settings *plan)
{
    d->reconstruct = settings_real(plan, "model.reconstruct");
    d->beta = settings_real(plan, "model.beta");
    d->kl_summed = says(plan, "model.kl", "summed");
    d->beta_warmup = settings_real(plan, "model.beta_warmup");
    d->dropout = settings_real(plan, "model.dropout");
    d->task_weight = settings_real(plan, "model.task.weight");
    d->collapse_r2 = settings_real(plan, "model.collapse_r2");
    d->release_decoder = says(plan, "model.release.layer", "decoder");
    d->release_mean = says(plan, "model.release.z", "mean");
    d->draw_a_row = says(plan, "model.release.draw", "row");
}

static size_t name_loss(struct model *m, const char *name, bool wanted)
{
    if (!wanted)
        return SIZE_MAX;
    m->loss_name[m->loss_count] = name;
    return m->loss_count++;
}

static void lay_out(struct debias *d, const struct settings *plan)
{
    struct model *m = &d->model;
    bool against = d->adversaries.count > 0;
    d->head_at = vae_params(d->vae);
    d->adversaries_at = d->head_at + head_params(&d->head);
    m->params = d->adversaries_at + d->adversaries.params;

    size_t steps = against ? settings_size(plan, "model.adversary.steps") : 0;
    must(steps < COUNT(m->part));
    for (size_t i = 0; i < steps; i++)
        m->part[i] = (struct model_part){.at = d->adversaries_at,
                                         .count = d->adversaries.params,
                                         .lr = settings_real(plan, "model.adversary.lr"),
                                         .decay = settings_real(plan, "model.adversary.decay")};
    m->part[steps] = (struct model_part){.at = 0,
                                         .count = d->adversaries_at,
                                         .lr = settings_real(plan, "local.lr"),
                                         .decay = settings_real(plan, "model.decay")};
    m->phases = steps + 1;

    d->loss_recon = name_loss(m, "recon", true);
    d->loss_kl = name_loss(m, "kl", true);
    d->loss_task = name_loss(m, "task", d->head.outputs > 0);
    d->loss_confusion = name_loss(m, "confusion", against);
    d->loss_adversary = name_loss(m, "adversary", against);

    m->release_width = d->release_decoder ? d->vae.width : d->vae.latent;
    m->outputs = d->head.outputs;
    memcpy(m->task_at, d->head.at, sizeof m->task_at);
    m->guard_words = collapse_words(d->vae.latent);
    m->guard_bound = COLLAPSE_BOUND;
}

enum status debias_open(struct model **m, const struct settings *plan, const struct population *who)
{
    *m = NULL;
    if (who->width == 0)
        return fault(EC_MODEL_SHAPE, "", "debias-vae: the data has no features");
    if (settings_count(plan, "groups") != who->group_count)
        return fault(EC_MODEL_SHAPE, "", "debias-vae: the plan has %zu groups, the data %zu",
                     settings_count(plan, "groups"), who->group_count);

    struct debias *d = must_alloc(1, sizeof *d);
    d->model = (struct model){.ops = &debias_vae_ops, .who = who};
    d->vae = (struct vae_shape){.width = who->width,
                                .hidden = settings_size(plan, "model.hidden"),
                                .latent = settings_size(plan, "model.latent")};
    head_plan(&d->head, who, d->vae.latent, settings_size(plan, "model.task.hidden"),
              settings_bool(plan, "model.task.balanced"));
    read_weights(d, plan);
    enum status st = read_adversaries(d, plan, who);
    if (st == ST_OK) {
        lay_out(d, plan);
        if (d->model.params > MAP_REALS_MAX)
            st = fault(EC_MODEL_SHAPE, "", "debias-vae: %zu weights, at most %u", d->model.params,
                       MAP_REALS_MAX);
    }
    *m = &d->model;
    if (st != ST_OK)
        debias_close(m);
    return st;
}

void debias_close(struct model **m)
{
    free(*m);
    *m = NULL;
}
