/*
 * sim.h - a whole federation in one process: the real nodes and the real coordinator on memory
 * links, from a plan and one flat data file a site.
 *
 *     coordinator <== link_mem ==> node 1..H      threads train `jobs` sites at a time
 *
 * Sums are integers, so neither jobs nor the order of arrival changes a byte of the result.
 */
#ifndef EVENHAND_SIM_H
#define EVENHAND_SIM_H

#include "coordinator/progress.h"
#include "coordinator/report/report.h"
#include "proto/wire/plan.h"

struct sim_options {
    size_t jobs;                     /* sites that train at the same time, at least 1 */
    uint64_t shuffle;                /* not 0: arrival order is shuffled by this seed */
    const struct frontier *frontier; /* what the settings were chosen from: goes into the report,
                                        which borrows it; NULL: nothing */
    /* Told after every round: for a progress bar, one line a round, or a test. May be NULL. */
    void (*progress)(void *ctx, const struct coord_progress *p);
    void *ctx;
};

/*
 * Runs the plan on the sites' flat files. On success *report is filled (report_close frees it) and
 * the model is written to folder/model.evh, report.json and report.html to folder. Faults as the parts give them.
 */
MUST_CHECK enum status sim_run(struct report *report, const struct plan *plan,
                               const char *const *flat_paths, size_t sites, const char *folder,
                               const struct sim_options *options);

#endif
