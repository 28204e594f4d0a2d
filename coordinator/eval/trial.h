/*
 * trial.h - one trial of an attack (models/attack.h) as one predictor stood it.
 *
 *     a representation's probe that learnt poisoned labels -> clean held-out rows, by group -> panel
 *
 * The panel's numbers are those of every other; a report keeps the few that an attack is about
 * (trial_tells). It has neither curves nor notes.
 */
#ifndef EVENHAND_TRIAL_H
#define EVENHAND_TRIAL_H

#include "coordinator/eval/panel.h"

struct trial {
    struct panel panel;
    char target[PANEL_NAME_MAX]; /* level of the panel's attribute whose positives were poisoned */
    double rate;                 /* share of them, 0: none */
    double fixed,
        rank; /* thresholds: .5, and that of the share flagged, NAN where none was found */
};

/* Frees what it owns; harmless on a zeroed one. */
void trial_close(struct trial *t);

/* "auc", "fnr", "fpr", "accuracy", "fnr_gap"; and "n" of a group that is withheld. */
bool trial_tells(const struct fairness_measure *m);
/*
 * By which rules this is the threshold: "fixed", "rank", both where they chose the same; "" for a
 * number that depends on none. Returns how many.
 */
size_t trial_rules(const char *rule[static 2], const struct trial *t, double threshold);

#endif
