/* The verb `simulate run`: a plan in, a report out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/sim/cli.h"
#include "coordinator/sim/cli_child.h"
#include "coordinator/sim/cli_progress.h"
#include "coordinator/sim/cli_sites.h"
#include "coordinator/sim/parts.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/opt_help.h"

#define JOBS_MAX        64
#define DIGEST_SHOWN    12
#define EXIT_ANSWER_NO  1
#define EXIT_INCOMPLETE 3
#define DATA_PROGRAM    "evenhand-data"

static enum status jobs_of(size_t *jobs, size_t sites)
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

static enum status read_plan(struct plan *plan)
{
    const char *overrides[OPT_REPEAT_MAX];
    size_t count = opt_repeats("set");
    for (size_t i = 0; i < count; i++)
        overrides[i] = opt_repeat("set", i);
    return plan_load(plan, opt_argument(0), overrides, count, sim_plan_parts, sim_plan_part_count);
}

/* What can be judged before any work is done. */
static enum status judge_options(void)
{
    size_t jobs = 0;
    if (!opt_given("out"))
        return fault(EC_USAGE, "--out", "--out DIR is wanted: the folder that the run fills");
    const char *engine = opt_value("engine", "local");
    if (strcmp(engine, "local") != 0)
        return fault(EC_USAGE, "--engine", "`%s` is no engine of this version; it has: local",
                     engine);
    return jobs_of(&jobs, 1);
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

/* 1: the run answers no to one of its own checks; 3: sites are missing from some rounds. */
static int exit_status_of(const struct report *r)
{
    int status = 0;
    for (size_t i = 0; i < r->site_count; i++)
        if (r->site[i].rounds_missed > 0)
            status = EXIT_INCOMPLETE;
    for (size_t i = 0; i < r->check_count; i++)
        if (!r->check[i].ok)
            status = EXIT_ANSWER_NO;
    return status;
}

static enum status tell_end(const struct report *r, const char *out, struct json **data)
{
    int status = exit_status_of(r);
    *data = report_json(r);
    log_info("done", LOG_NUM("exit", status), LOG_NUM("seconds", r->time.total_s),
             LOG_TEXT("model_digest", r->run.model_digest));
    opt_exit_with(status);
    enum status st = opt_json() ? ST_OK : cli_print_report(*data);
    fflush(stdout);
    fprintf(stderr, "%s/report.html\n%s/report.json\n", out, out);
    return st;
}

/* model.h5, for whoever reads HDF5: this program does not. */
static enum status export_model(const char *out)
{
    char program[PLAN_PATH_MAX], from[PLAN_PATH_MAX], to[PLAN_PATH_MAX];
    enum status st = child_path(program, sizeof(program), DATA_PROGRAM);
    if (st == ST_OK)
        st = file_join(from, sizeof(from), out, "model.evh");
    if (st == ST_OK)
        st = file_join(to, sizeof(to), out, "model.h5");
    if (st != ST_OK)
        return st;
    const char *words[] = {DATA_PROGRAM, "export", from, "--out", to, "--json", NULL};
    struct json *envelope = NULL;
    st = child_run(&envelope, program, words);
    json_close(&envelope);
    return st;
}

static enum status run_sites(struct json **data, const struct plan *plan, const char *out)
{
    struct sites sites;
    enum status st = sites_open(&sites, plan, out);
    if (st != ST_OK)
        return st;
    struct progress progress = progress_open();
    struct sim_options options = {.jobs = 1, .progress = progress_round, .ctx = &progress};
    struct report report = {0};
    st = jobs_of(&options.jobs, sites.count);
    if (st == ST_OK)
        st = sim_run(&report, plan, (const char *const *)sites.path, sites.count, out, &options);
    progress_close(&progress);
    if (st == ST_OK)
        st = export_model(out);
    if (st == ST_OK)
        st = tell_end(&report, out, data);
    report_close(&report);
    sites_close(&sites);
    return st;
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    struct plan plan;
    enum status st = judge_options();
    if (st == ST_OK)
        st = read_plan(&plan);
    if (st != ST_OK)
        return st;
    const char *out = opt_value("out", NULL);
    char log[CLI_PATH_MAX];
    child_watch_interrupts();
    log_to_stderr(LOG_WARN, false); /* people get the progress line; the file gets every event */
    st = file_folder(out);
    if (st == ST_OK)
        st = file_join(log, sizeof(log), out, "log.jsonl");
    if (st == ST_OK)
        st = log_to_file(log);
    if (st == ST_OK) {
        tell_start(&plan, out);
        st = run_sites(data, &plan, out);
    }
    if (st != ST_OK)
        log_event(LOG_INFO, "failed",
                  (struct log_field[]){LOG_TEXT("code", complaint_row(fault_kept()->what)->code),
                                       LOG_TEXT("why", fault_text())},
                  2);
    enum status closed = log_to_file(NULL);
    plan_close(&plan);
    return st == ST_OK ? closed : st;
}

static const struct opt_row rows[] = {
    {"out", "DIR", "the folder the run fills: report.html, report.json, model.evh, log.jsonl"},
    {"engine", "local", "how it runs: local, all sites in this process"},
    {"set", "key=value", "set a key of the plan for this run; may be repeated"},
    {"jobs", "N", "sites that train side by side; default: one a processor"},
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
