/*
 * progress_line.h - how far a run is, for people: a line redrawn on a terminal, else a line a round.
 *
 *   [######--------------]  31 %  round 12/40  train  recon .710 kl .080  0:41 left
 */
#ifndef EVENHAND_PROGRESS_LINE_H
#define EVENHAND_PROGRESS_LINE_H

#include <stdio.h>

#include "coordinator/progress.h"

struct progress {
    FILE *to;
    bool terminal;
    size_t columns;   /* of the terminal */
    double drawn_at;  /* seconds of the last redrawing */
    size_t drawn_len; /* columns that the redrawn line takes */
};

struct progress progress_open(void); /* to stderr */
/* After every round; ctx is a struct progress. */
void progress_round(void *ctx, const struct coord_progress *p);
/* Clears the redrawn line. */
void progress_close(struct progress *progress);

/* The words of a round without the bar: "round 12/40  train  recon .710 kl .080  0:41 left". */
void progress_words(char *out, size_t cap, const struct coord_progress *p);

#endif
