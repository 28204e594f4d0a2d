/* The verb `simulate sweep`: a plan and values for some of its settings in, the report of the chosen
 * ones out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/keep.h"
#include "coordinator/outcome.h"
#include "coordinator/sim/cli.h"
#include "coordinator/sim/cli_local.h"
#include "coordinator/sim/sweep.h"
#include "proto/base/arena.h"
#include "proto/base/child.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/opt_help.h"
#include "proto/base/opt_set.h"
#include "proto/base/text.h"

#define DATA_PURPOSE   "sweep data"
#define REPORT_MAX     (64u << 20)
#define CHOOSE_PATTERN "utility>="

/* --choose utility>=X */
static enum status least_utility(double *least)
{
    const char *text = opt_value("choose", NULL);
    *least = FRONTIER_LEAST;
    if (text == NULL)
        return ST_OK;
    size_t len = strlen(CHOOSE_PATTERN);
    char *end = NULL;
    errno = 0;
    if (strncmp(text, CHOOSE_PATTERN, len) == 0)
        *least = strtod(text + len, &end);
    if (end == NULL || end == text + len || *end != '\0' || errno != 0 || !(fabs(*least) <= 1))
        return fault(EC_USAGE, "--choose",
                     "`%s` is not " CHOOSE_PATTERN "X with X from -1 to 1, as " CHOOSE_PATTERN
                     "-0.02",
                     text);
    return ST_OK;
}

static enum status judge_options(double *least)
{
    size_t jobs = 0;
    if (!opt_given("out"))
        return fault(EC_USAGE, "--out", "--out DIR is wanted: the folder that the search fills");
    enum status st = least_utility(least);
    return st == ST_OK ? local_jobs(&jobs, 1) : st;
}

static enum status parse_grid(struct grid *g)
{
    const char *over[OPT_REPEAT_MAX];
    size_t count = opt_repeats("over");
    for (size_t i = 0; i < count; i++)
        over[i] = opt_repeat("over", i);
    return grid_parse(g, over, count);
}

/* A point leaves what a run leaves; the chosen one's report is told as a run's. */
static enum status run_one(void *ctx, int *ended, const struct plan *plan, const char *folder,
                           const struct frontier *frontier)
{
    struct report report = {0};
    enum status st = log_begin(folder);
    if (st != ST_OK)
        return st;
    st = local_run(&report, plan, ctx, folder, frontier);
    if (st == ST_OK && frontier != NULL)
        st = keep_export(&report, folder);
    if (st == ST_OK && frontier != NULL) {
        struct json *tree = NULL;
        *ended = outcome_exit(&report);
        st = outcome_tell(&tree, &report, folder);
        json_close(&tree);
    }
    report_close(&report);
    return log_end(st);
}

/* "point 2/4  model.beta=0.3  utility -.012  leakage .612" */
static void tell_point(void *ctx, const struct frontier *f, size_t at, bool kept)
{
    (void)ctx;
    const struct frontier_point *p = &f->point[at];
    char utility[TEXT_FIGURE_MAX], leakage[TEXT_FIGURE_MAX];
    text_figure(utility, p->standing.utility);
    text_figure(leakage, p->standing.leakage);
    fprintf(stderr, "point %zu/%zu ", at + 1, f->count);
    for (size_t i = 0; i < p->setting_count; i++)
        fprintf(stderr, " %s=%s", p->setting[i].key, p->setting[i].value);
    fprintf(stderr, "  utility %s  leakage %s%s%s%s\n", utility, leakage,
            p->why[0] == '\0' ? "" : "  ", p->why, kept ? "  (was there)" : "");
}

static enum status digest_sites(struct digest *data, const struct sites *sites)
{
    struct digest_state state;
    digest_begin(&state, DATA_PURPOSE);
    for (size_t i = 0; i < sites->count; i++) {
        const uint8_t *bytes = NULL;
        size_t len = 0;
        enum status st = file_map(&bytes, &len, sites->path[i]);
        if (st != ST_OK)
            return st;
        digest_add(&state, bytes, len);
        file_unmap(&bytes, len);
    }
    *data = digest_end(&state);
    return ST_OK;
}

/* The report of the chosen settings as it was told when it was made. */
static enum status tell_again(const char *out)
{
    char folder[CLI_PATH_MAX], path[CLI_PATH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    struct json *report = NULL;
    enum status st = file_join(folder, sizeof(folder), out, "chosen");
    if (st == ST_OK)
        st = file_join(path, sizeof(path), folder, "report.json");
    if (st == ST_OK)
        st = file_read(&bytes, &len, path, REPORT_MAX);
    if (st == ST_OK)
        st = json_parse(&report, (const char *)bytes, len, path);
    if (st == ST_OK && !opt_json())
        st = outcome_print(report);
    if (st == ST_OK)
        outcome_paths(folder);
    json_close(&report);
    free(bytes);
    return st;
}

static enum status search(struct json **data, struct sweep *s, const struct sites *sites)
{
    struct digest digest;
    enum status st = digest_sites(&digest, sites);
    if (st == ST_OK)
        st = sweep_run(s, &digest);
    if (st == ST_OK && s->kept)
        st = tell_again(s->o.out);
    if (st != ST_OK)
        return st;
    opt_exit_with(s->ended);
    *data = sweep_json(s);
    fprintf(stderr, "%s/sweep.json\n", s->o.out);
    return ST_OK;
}

static enum status run_sweep(struct json **data, const struct grid *grid, double least)
{
    const char *overrides[OPT_REPEAT_MAX];
    struct sites sites = {0};
    struct sweep_options options = {.plan = opt_argument(0),
                                    .overrides = overrides,
                                    .override_count = opt_overrides(overrides),
                                    .grid = grid,
                                    .least = least,
                                    .out = opt_value("out", NULL),
                                    .run = run_one,
                                    .told = tell_point,
                                    .ctx = &sites};
    struct sweep s;
    enum status st = sweep_open(&s, &options);
    if (st == ST_OK)
        st = file_folder(options.out);
    if (st == ST_OK) {
        child_watch_interrupts();
        log_to_stderr(LOG_WARN, false); /* people get the progress lines */
        fprintf(stderr, "plan %s  %zu points  evenhand %s  to %s\n",
                settings_text(s.plan[0].set, "plan"), grid->points, EVENHAND_VERSION, options.out);
        st = sites_open(&sites, &s.plan[0], options.out);
    }
    if (st == ST_OK)
        st = search(data, &s, &sites);
    sites_close(&sites);
    sweep_close(&s);
    return st;
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    double least = 0;
    struct grid *grid = must_alloc(1, sizeof(*grid));
    enum status st = judge_options(&least);
    if (st == ST_OK)
        st = parse_grid(grid);
    if (st == ST_OK)
        st = run_sweep(data, grid, least);
    free(grid);
    return st;
}

static const struct opt_row rows[] = {
    {"over", "key=v1,v2",
     "values of a key that are tried; may be repeated: all combinations, at most 64"},
    {"out", "DIR",
     "the folder the search fills: points/001, ..., chosen (a run's folder), sweep.json"},
    {"choose", "utility>=X",
     "least leakage among points of at least this AUC less the originals'; default -0.02"},
    {"set", "key=value", "set a key of the plan for all points; may be repeated"},
    LOCAL_JOBS_ROW,
};

const struct opt_verb cli_sweep = {
    .name = "simulate sweep",
    .arguments = "PLAN.cfg",
    .least = 1,
    .most = 1,
    .about = "Searches over settings of a debiaser: chosen on validation patients, scored once on "
             "test patients; goes on where it was stopped.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
