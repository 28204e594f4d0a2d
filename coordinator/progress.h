/*
 * progress.h - how far a run is: for a progress line, a line a round, a status file.
 */
#ifndef EVENHAND_COORD_PROGRESS_H
#define EVENHAND_COORD_PROGRESS_H

#include "coordinator/loop.h"

struct coord_progress {
    size_t round;        /* legs done so far */
    size_t train_round;  /* of them: training rounds of the model */
    size_t train_rounds; /* planned */
    const char *stage; /* "moments", "train", "guard", "scale", "probe", "valid", "test", "place" */
    double done;       /* 0..1, an estimate over the whole run */
    double seconds, seconds_left;
    size_t loss_count; /* of a training round */
    const char *const *loss_name;
    const double *loss;
};

/* After a committed leg; seconds: how long the run has lasted. */
struct coord_progress coord_progress(const struct coord_loop *l, double seconds);

/* One line of the log. */
void coord_progress_log(const struct coord_progress *p);

#endif
