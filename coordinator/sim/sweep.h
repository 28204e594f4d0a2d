/*
 * sweep.h - a search over the settings of a plan that trains a debiaser: chosen on validation
 * patients, scored once on test patients.
 *
 *     plan x grid -> plans, all judged -> a run each, evaluate.score = "valid"    OUT/points/001, ...
 *                 -> two numbers each (report/standing.h) -> frontier, choice (eval/frontier.h)
 *                 -> one run of the chosen settings, evaluate.score = "test"      OUT/chosen
 *
 *     OUT/sweep.json   what was searched, on which data, by which rule; then the frontier; last, how
 *                      the run of the chosen settings ended
 *
 * A point whose report lies there is not run again, so a search that was stopped goes on; nor is the
 * chosen one. OUT belongs to one search: another grid, rule, plan, data or version is refused there,
 * or test patients could be scored until they please.
 */
#ifndef EVENHAND_SWEEP_H
#define EVENHAND_SWEEP_H

#include "coordinator/sim/grid.h"
#include "crypto/hash.h"
#include "proto/base/json.h"
#include "proto/wire/plan.h"

#define SWEEP_SCHEMA "evenhand.sweep/1"

struct sweep_options {
    const char *plan; /* its file */
    const char *const *overrides;
    size_t override_count;
    const struct grid *grid;
    double least; /* frontier.h */
    const char *out;
    /* Runs a plan and leaves its report in the folder, which exists. Of the chosen settings: frontier
     * is not NULL and belongs into the report, *ended is its exit status. EC_RUN_NAN is a point that
     * cannot be chosen; any other fault ends the search. */
    enum status (*run)(void *ctx, int *ended, const struct plan *plan, const char *folder,
                       const struct frontier *frontier);
    /* Told after each point, from 0; kept: it was there already. May be NULL. */
    void (*told)(void *ctx, const struct frontier *f, size_t point, bool kept);
    void *ctx;
};

struct sweep {
    struct sweep_options o; /* keeps what it points at */
    struct plan *plan;      /* [frontier.count] as they are run, on validation patients */
    struct frontier frontier;
    struct json *made; /* what this search is; NULL before it began */
    bool kept;         /* the run of the chosen settings was there already */
    int ended;         /* its exit status */
};

/*
 * Judges all points; nothing is run or written. EC_CFG_* of a plan, EC_SWEEP_RELEASE, EC_SWEEP_SAME;
 * EC_USAGE when an override sets a key of the grid or evaluate.score. sweep_close also after a fault.
 */
MUST_CHECK enum status sweep_open(struct sweep *s, const struct sweep_options *options);
void sweep_close(struct sweep *s);

/* Runs what is not there yet. data: digest of what the sites have. EC_IO_LEFTOVER when OUT holds
 * another search; EC_SWEEP_NONE; what runs complain of. */
MUST_CHECK enum status sweep_run(struct sweep *s, const struct digest *data);
/* The tree of sweep.json; the caller closes it. After sweep_run. */
struct json *sweep_json(const struct sweep *s);

#endif
