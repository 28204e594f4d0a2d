/*
 * run.h - a coordinator as a program: door, sites, rounds, report.
 *
 * What it does is told in the log, to whoever asks in the state folder (proto/store/beacon.h), and
 * to its caller after every round. Stopped at any moment and started again it goes on with the leg
 * that was due.
 */
#ifndef EVENHAND_COORD_RUN_H
#define EVENHAND_COORD_RUN_H

#include "coordinator/config.h"
#include "coordinator/progress.h"
#include "coordinator/report/report.h"

struct coord_run_options {
    const char *engine; /* for the report: "process", "network" */
    /* The door is open at this endpoint. May be NULL. */
    void (*listening)(void *ctx, const char *endpoint);
    /* After every round. May be NULL. */
    void (*progress)(void *ctx, const struct coord_progress *p);
    void *ctx;
};

/*
 * Until the run is over: fills *report (report_close frees it) and the out folder, and forgets the
 * run's sums. Faults as the parts give them.
 */
MUST_CHECK enum status coord_run(struct report *report, const struct coord_config *c,
                                 const struct coord_run_options *o);

#endif
