/* The verbs `simulate run` and `evaluate`: a plan in, a report out. */
#include <stdio.h>
#include <string.h>

#include "coordinator/keep.h"
#include "coordinator/outcome.h"
#include "coordinator/progress_line.h"
#include "coordinator/sim/cli.h"
#include "coordinator/sim/cli_local.h"
#include "coordinator/sim/cli_sites.h"
#include "coordinator/sim/engine_process.h"
#include "models/given/given.h"
#include "models/registry.h"
#include "proto/adopt/parts.h"
#include "proto/base/child.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/opt_help.h"
#include "proto/base/opt_set.h"

#define DIGEST_SHOWN 12

/* `evaluate` promises that nothing is trained. */
static enum status read_plan(struct plan *plan, bool evaluates)
{
    const char *overrides[OPT_REPEAT_MAX];
    enum status st = plan_load(plan, opt_argument(0), overrides, opt_overrides(overrides),
                               adopt_parts, adopt_part_count);
    if (st != ST_OK || !evaluates)
        return st;
    const char *model = settings_text(plan->set, "model.name");
    if (!model_find(model)->fixed) {
        st = fault(EC_EVAL_TRAINS, opt_argument(0), "its model is \"%s\"; \"%s\" trains nothing",
                   model, given_ops.name);
        plan_close(plan);
    }
    return st;
}

/* What can be judged before any work is done. */
static enum status judge_options(void)
{
    size_t jobs = 0;
    if (!opt_given("out"))
        return fault(EC_USAGE, "--out", "--out DIR is wanted: the folder that the run fills");
    const char *engine = opt_value("engine", "local");
    if (strcmp(engine, "local") != 0 && strcmp(engine, "process") != 0)
        return fault(EC_USAGE, "--engine",
                     "`%s` is no engine of this version; it has: local, process", engine);
    return local_jobs(&jobs, 1);
}

/* The first line of a run: what it takes to repeat it. */
static void tell_start(const struct plan *plan, const char *out)
{
    char digest[DIGEST_TEXT];
    digest_text(digest, &plan->digest);
    long long seed = (long long)settings_int(plan->set, "seed");
    fprintf(stderr, "seed %lld  plan %s %.*s  evenhand %s  to %s\n", seed,
            settings_text(plan->set, "plan"), DIGEST_SHOWN, digest, EVENHAND_VERSION, out);
    log_info("run", LOG_TEXT("plan", settings_text(plan->set, "plan")), LOG_NUM("seed", seed),
             LOG_TEXT("plan_digest", digest), LOG_TEXT("version", EVENHAND_VERSION));
}

static enum status run_local(struct json **data, const struct plan *plan, const struct sites *sites,
                             const char *out)
{
    struct report report;
    enum status st = local_run(&report, plan, sites, out, NULL);
    if (st == ST_OK)
        st = keep_export(&report, out);
    if (st == ST_OK)
        st = outcome_tell(data, &report, out);
    report_close(&report);
    return st;
}

static enum status run_processes(struct json **data, const struct sites *sites, const char *out)
{
    struct progress progress = progress_open();
    const char *overrides[OPT_REPEAT_MAX];
    struct process_options options = {.plan = opt_argument(0),
                                      .overrides = overrides,
                                      .override_count = opt_overrides(overrides),
                                      .out = out,
                                      .progress = progress_round,
                                      .ctx = &progress};
    struct json *result = NULL;
    enum status st = process_run(&result, sites, &options);
    progress_close(&progress);
    if (st != ST_OK)
        return st;
    opt_exit_with((int)json_int(json_get(result, "exit"), 0));
    *data = json_take(result, "data");
    json_close(&result);
    st = opt_json() ? ST_OK : outcome_print(*data);
    outcome_paths(out);
    return st;
}

static enum status run_sites(struct json **data, const struct plan *plan, const char *out)
{
    struct sites sites;
    enum status st = sites_open(&sites, plan, out);
    if (st != ST_OK)
        return st;
    if (strcmp(opt_value("engine", "local"), "process") == 0)
        st = run_processes(data, &sites, out);
    else
        st = run_local(data, plan, &sites, out);
    sites_close(&sites);
    return st;
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    struct plan plan;
    enum status st = judge_options();
    if (st == ST_OK)
        st = read_plan(&plan, strcmp(verb->name, cli_evaluate.name) == 0);
    if (st != ST_OK)
        return st;
    const char *out = opt_value("out", NULL);
    child_watch_interrupts();
    log_to_stderr(LOG_WARN, false); /* people get the progress line; the file gets every event */
    st = file_folder(out);
    if (st == ST_OK)
        st = log_begin(out);
    if (st == ST_OK) {
        tell_start(&plan, out);
        st = log_end(run_sites(data, &plan, out));
    }
    plan_close(&plan);
    return st;
}

static const struct opt_row rows[] = {
    {"out", "DIR",
     "the folder the run fills: report.html, report.json, log.jsonl, and the trained model"},
    {"engine", "NAME",
     "local (default): all sites in this process; process: each a program, CURVE"},
    {"set", "key=value", "set a key of the plan for this run; may be repeated"},
    LOCAL_JOBS_ROW,
};

const struct opt_verb cli_evaluate = {
    .name = "evaluate",
    .arguments = "PLAN.cfg",
    .least = 1,
    .most = 1,
    .about = "Predictions that the sites have already, measured together; nothing is trained.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};

const struct opt_verb cli_run = {
    .name = "simulate run",
    .arguments = "PLAN.cfg",
    .least = 1,
    .most = 1,
    .about =
        "A whole federation here; status 1: a check of its report failed, 3: sites missed rounds.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
