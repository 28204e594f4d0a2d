/*
 * panel.h - one task as one predictor reads it, by the groups of one attribute.
 *
 * A panel is what a report has a table and figures of: "stage, from the debiased embeddings by
 * linear probes, by sex". Its numbers are fairness.h's list; who is withheld is in there by name.
 */
#ifndef EVENHAND_PANEL_H
#define EVENHAND_PANEL_H

#include "coordinator/eval/curves.h"
#include "models/metrics/fairness.h"

#define PANEL_NAME_MAX  128
#define PANEL_NOTES_MAX 6
#define PANEL_NOTE_MAX  400

struct panel {
    char task[PANEL_NAME_MAX];      /* "death_3y" */
    char attribute[PANEL_NAME_MAX]; /* "sex", or an intersection: "sex*race" */
    const char *representation;     /* "original", ... as of a measure */
    const char *probe;              /* "linear", "mlp", "given" */
    const char *split;              /* "test", "valid", "in-sample" */
    const char *unit;               /* "patient": intervals count patients; "row": every row counts
                                       as a patient, a labelled compatibility mode */
    double unknown; /* share of scored rows whose group is not known; NAN: not told */
    size_t groups;
    char (*group)[PANEL_NAME_MAX]; /* [groups], in the order of the report */
    struct fairness fairness;      /* its names point into group */
    struct curves curves;          /* likewise */
    bool degenerate; /* one score for everybody: gaps are 0, and say nothing; notes.h */
    size_t notes;
    char note[PANEL_NOTES_MAX][PANEL_NOTE_MAX]; /* sentences a reader needs first; notes.h */
};

/* Frees what it owns; harmless on a zeroed one. */
void panel_close(struct panel *p);

#define PANEL_NUMBER_MAX 64
/* A number in a sentence, with its interval where it has one: ".046 [.012 .089]". */
void panel_number(char out[static PANEL_NUMBER_MAX], const struct fairness_measure *m);

#endif
