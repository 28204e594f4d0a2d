/*
 * cli_local.h - a plan run by the simulator for somebody at a terminal: --jobs, and progress on stderr.
 */
#ifndef EVENHAND_CLI_LOCAL_H
#define EVENHAND_CLI_LOCAL_H

#include "coordinator/report/report.h"
#include "coordinator/sim/cli_sites.h"

/* The row of a verb's table. */
#define LOCAL_JOBS_ROW                                                                             \
    {                                                                                              \
        "jobs", "N", "sites that work side by side; default: one a processor"                      \
    }

/* What --jobs asks for, or its default: one a processor, at most one a site. EC_USAGE. */
MUST_CHECK enum status local_jobs(size_t *jobs, size_t sites);
/* sim_run on the sites, into folder out. frontier: what the plan's settings were chosen from, or
 * NULL; the report borrows it. */
MUST_CHECK enum status local_run(struct report *report, const struct plan *plan,
                                 const struct sites *sites, const char *out,
                                 const struct frontier *frontier);

#endif
