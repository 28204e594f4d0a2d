/*
 * adversary.h - players that read a patient's attributes from z, and how z is turned against them.
 *
 *     z [B,K] -> dense -> relu [B,h1] -> ... -> dense -> outputs      `copies` players an attribute
 *
 * Two games are played with one set of weights, never in the same phase:
 *
 *     adversary_loss      the players' own: each descends its mean loss on samples of z,
 *                         weights move, z is frozen
 *     adversary_confuse   the encoder's: weights are frozen, the gradient goes through them to z
 *         confusion  KL(prior || p) of every row; a regression is pushed to the mean, value^2 / 2
 *         reverse    minus the player's own loss, over the rows whose value is known (unbounded)
 *                    In a batch that knows no value of an attribute its players weigh nothing.
 *
 * A player's loss is cross-entropy (binary), cross-entropy with rare levels weighted up
 * (categorical: 1 / (levels seen * share), at most TARGET_BALANCE_MAX), or squared
 * error / 2 (regression, standardised). Weights change what a player says when z tells it nothing:
 * the prior of confusion is share * weight, normalised, so that a clueless player pulls at nobody.
 *
 * All players read z, so their first layers are stacked: one product computes them all. Weights:
 *
 *     [ first layers: W of all players, b of all players | later layers of player 0 | of 1 | ... ]
 *
 * An attribute of which nobody knows a value, or that has one level, has no player; it is left out,
 * and counted.
 */
#ifndef EVENHAND_ADVERSARY_H
#define EVENHAND_ADVERSARY_H

#include "models/core/batch.h"
#include "models/core/map.h"

#define ADVERSARY_LAYERS_MAX  4 /* hidden */
#define ADVERSARY_COPIES_MAX  8
#define ADVERSARY_PLAYERS_MAX (GROUPS_MAX * ADVERSARY_COPIES_MAX)

enum adversary_form { ADVERSARY_CONFUSION, ADVERSARY_REVERSE };

struct adversary_shape {
    size_t latent; /* K */
    size_t copies; /* 0: no adversaries at all */
    size_t hidden_count;
    size_t hidden[ADVERSARY_LAYERS_MAX];
    enum adversary_form form;
};

struct player {
    size_t group; /* in population.group */
    size_t outputs;
    size_t column;  /* its first one in the stacked first layer */
    size_t weights; /* where its later layers start in theta */
    size_t units;   /* units of later layers of the players before it */
};

struct adversaries {
    const struct population *who; /* keeps */
    struct adversary_shape shape;
    size_t params;
    size_t columns; /* of the stacked first layer */
    size_t units;   /* of all later layers */
    size_t count;
    struct player player[ADVERSARY_PLAYERS_MAX];
    bool left_out[GROUPS_MAX]; /* the attribute has no player */
    size_t left_out_count;
    double class_weight[GROUPS_MAX][TARGET_LEVELS_MAX];
    double prior[GROUPS_MAX][TARGET_LEVELS_MAX];
};

/* Outputs of all layers, or their gradients: first layers side by side, later ones one by one. */
struct adversary_acts {
    size_t rows;
    real *first; /* [B,columns] */
    real *later; /* [B * units] */
};

void adversary_plan(struct adversaries *a, const struct population *who,
                    const struct adversary_shape *shape);
/* Names the weights: adversary.first.weight, .bias, all later layers of player i as one tensor. */
void adversary_map(struct map *map, const struct adversaries *a);
/* Reals and pieces of a forward pass, a loss and a backward pass. */
size_t adversary_scratch_reals(const struct adversaries *a, size_t rows);
#define ADVERSARY_SCRATCH_PIECES 4

/* Player i draws from the stream (seed, RNG_INIT, 0, 0, first_stream + i). */
void adversary_init(real *theta, const struct adversaries *a, uint64_t seed, uint64_t first_stream);

void adversary_forward(struct adversary_acts *acts, const struct adversaries *a, const real *theta,
                       const real *z, size_t rows, struct arena *arena);

/*
 * The players' game. d (taken from the arena) = gradient of the sum over players of their mean
 * losses; as players share no weight, each gets the gradient of its own. Returns the mean over
 * players.
 */
double adversary_loss(struct adversary_acts *d, const struct adversaries *a,
                      const struct adversary_acts *acts, const struct batch *b,
                      struct arena *arena);
/*
 * The encoder's game. d = gradient of the sum over attributes of weight[group] * (mean over the
 * attribute's players of their confusion, or of minus their loss). *pull = that sum; returns the
 * mean over players of the unweighted values.
 */
double adversary_confuse(struct adversary_acts *d, double *pull, const struct adversaries *a,
                         const struct adversary_acts *acts, const struct batch *b,
                         const double weight[static GROUPS_MAX], struct arena *arena);

/*
 * grad = of the players' weights (NULL: they are frozen), dz [B,K] += of z (NULL: z is frozen), of
 * the loss that filled d. Overwrites the rest of d.
 */
void adversary_backward(real *grad, real *dz, const struct adversaries *a, const real *theta,
                        const real *z, const struct adversary_acts *acts, struct adversary_acts *d);

#endif
