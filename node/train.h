/*
 * train.h - local training of any model: batches, phases, clipping, optimiser steps.
 *
 *     theta of the round -> copy -> (phase by phase: fresh batch -> gradient of one part -> clip ->
 *     optimiser) x steps -> trained copy
 *
 * Optimiser state stays at the site from round to round. Nothing is allocated between
 * trainer_open and trainer_close.
 */
#ifndef EVENHAND_TRAIN_H
#define EVENHAND_TRAIN_H

#include "models/core/model.h"
#include "models/core/optim.h"
#include "node/batches.h"

/* How long and in what portions; for models whose phases are separate, one a phase. */
struct train_pace {
    size_t epochs, steps; /* steps 0: epochs passes over the rows */
    size_t batch;
    bool rest_alone; /* the rest of a pass is a batch of its own, however short (batches.h) */
    bool rest;       /* this phase does not train (separate phases only) */
};

struct train_spec {
    struct train_pace pace[2]; /* of the whole step, or of each separate phase */
    double clip;               /* longest gradient of a phase, L2; 0: none */
    struct optim optim;
};

struct trainer {
    const struct model *model; /* keeps */
    struct train_spec spec;
    struct rows_view rows; /* keeps what it points to */
    real *theta;           /* [params] the trained copy */
    real *grad, *state;
    uint64_t taken[16]; /* steps of each part */
    uint32_t *order[2]; /* of the last phase's batches, and of the others' */
    struct arena arena;
};

struct train_spec train_spec_model(const struct settings *plan);
/* linear_too: are there linear probes, whose phase comes first? */
struct train_spec train_spec_probes(const struct settings *plan, bool linear_too);

void trainer_open(struct trainer *t, const struct model *m, const struct train_spec *spec,
                  const struct rows_view *rows);
void trainer_close(struct trainer *t);
/*
 * One round from `global` [params]; t->theta holds the result, losses [m->loss_count] the means
 * over its steps. EC_RUN_NAN when a weight or a loss is not finite any more.
 */
MUST_CHECK enum status trainer_round(struct trainer *t, double *losses, const real *global,
                                     const struct step_key *key);

#endif
