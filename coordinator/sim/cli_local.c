#include "coordinator/sim/cli_local.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "coordinator/progress_line.h"
#include "coordinator/sim/sim.h"
#include "proto/base/opt.h"

#define JOBS_MAX 64

enum status local_jobs(size_t *jobs, size_t sites)
{
    const char *text = opt_value("jobs", NULL);
    if (text == NULL) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        *jobs = processors < 1 ? 1 : (size_t)processors;
        *jobs = *jobs > sites ? sites : *jobs;
        *jobs = *jobs > JOBS_MAX ? JOBS_MAX : *jobs;
        return ST_OK;
    }
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < 1 ||
        value > JOBS_MAX)
        return fault(EC_USAGE, "--jobs", "`%s` is no number from 1 to %d", text, JOBS_MAX);
    *jobs = (size_t)value;
    return ST_OK;
}

enum status local_run(struct report *report, const struct plan *plan, const struct sites *sites,
                      const char *out, const struct frontier *frontier)
{
    struct progress progress = progress_open();
    struct sim_options options = {
        .frontier = frontier, .progress = progress_round, .ctx = &progress};
    *report = (struct report){0};
    enum status st = local_jobs(&options.jobs, sites->count);
    if (st == ST_OK)
        st = sim_run(report, plan, (const char *const *)sites->path, sites->count, out, &options);
    progress_close(&progress);
    return st;
}
