/*
 * engine_process.h - a whole federation as programs: one coordinator, one node a site, CURVE on
 * loopback; the same plan, the same model bytes as in one process.
 *
 * A site whose name cannot be a key's gets a node with another name and its own as title.
 *
 *     OUT/process/   keys, configurations, and what each program says on stderr
 *     OUT/           what the coordinator leaves: report, model, log
 *
 * The programs end with this one, however it ends.
 */
#ifndef EVENHAND_ENGINE_PROCESS_H
#define EVENHAND_ENGINE_PROCESS_H

#include "coordinator/progress.h"
#include "coordinator/sim/cli_sites.h"
#include "proto/base/json.h"

struct process_options {
    const char *plan; /* its file */
    const char *const *overrides;
    size_t override_count;
    const char *out;
    void (*progress)(void *ctx, const struct coord_progress *p);
    void *ctx;
};

/*
 * Runs the plan on these sites. *result is the coordinator's envelope (json_close): its "data" is
 * the report, its "exit" 0, 1 or 3. What a program complains of becomes ours; EC_IO_PROGRAM when it
 * says nothing.
 */
MUST_CHECK enum status process_run(struct json **result, const struct sites *sites,
                                   const struct process_options *options);

#endif
