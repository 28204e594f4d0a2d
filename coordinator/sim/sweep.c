#include "coordinator/sim/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/report/out_json.h"
#include "coordinator/report/standing.h"
#include "models/registry.h"
#include "proto/adopt/parts.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/base/opt.h"
#include "proto/base/opt_help.h"

#define SCORE          "evaluate.score"
#define OVERRIDES_MAX  (OPT_REPEAT_MAX + GRID_AXES_MAX + 1)
#define FILE_BYTES_MAX (64u << 20)

/* --- plans --------------------------------------------------------------------------------- */

/* The plan with the settings of a point, scored on these patients. */
static enum status load_point(struct plan *plan, const struct sweep *s, size_t at,
                              const char *score)
{
    const struct frontier_point *p = &s->frontier.point[at];
    char pair[GRID_AXES_MAX][2 * FRONTIER_TEXT_MAX];
    const char *overrides[OVERRIDES_MAX];
    size_t count = 0;
    must(s->o.override_count <= OPT_REPEAT_MAX);
    for (; count < s->o.override_count; count++)
        overrides[count] = s->o.overrides[count];
    for (size_t i = 0; i < p->setting_count; i++) {
        snprintf(pair[i], sizeof(pair[i]), "%s=%s", p->setting[i].key, p->setting[i].value);
        overrides[count++] = pair[i];
    }
    overrides[count++] = score;
    return plan_load(plan, s->o.plan, overrides, count, adopt_parts, adopt_part_count);
}

static bool sets(const char *override, const char *key)
{
    size_t len = strlen(key);
    return strncmp(override, key, len) == 0 && override[len] == '=';
}

/* Neither what is searched nor what is scored can be set for all points. */
static enum status judge_overrides(const struct sweep_options *o)
{
    for (size_t i = 0; i < o->override_count; i++) {
        if (sets(o->overrides[i], SCORE))
            return fault(EC_USAGE, "--set",
                         "`" SCORE "` is the search's own: valid for every "
                         "point, test for the chosen one");
        for (size_t k = 0; k < o->grid->axes; k++)
            if (sets(o->overrides[i], o->grid->axis[k].key))
                return fault(EC_USAGE, "--set", "`%s` is searched, by --over",
                             o->grid->axis[k].key);
    }
    return ST_OK;
}

static enum status judge_plan(const struct plan *plan)
{
    const struct settings *set = plan->set;
    const char *model = settings_text(set, "model.name");
    if (model_find(model)->release == NULL)
        return fault(EC_SWEEP_RELEASE, plan->path, "its model is \"%s\", which releases nothing",
                     model);
    if (!settings_has(set, "evaluate.representations", "original") ||
        !settings_has(set, "evaluate.representations", "debiased"))
        return fault(EC_SWEEP_RELEASE, plan->path,
                     "`evaluate.representations` must hold \"original\" and \"debiased\"");
    if (settings_count(set, "evaluate.probes") == 0)
        return fault(EC_SWEEP_RELEASE, plan->path, "`evaluate.probes` is empty");
    if (settings_count(set, "tasks") == 0 || settings_count(set, "groups") == 0)
        return fault(EC_SWEEP_RELEASE, plan->path, "it has no %s",
                     settings_count(set, "tasks") == 0 ? "tasks" : "groups");
    return ST_OK;
}

static enum status judge_same(const struct sweep *s, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (digest_equal(&s->plan[i].digest, &s->plan[at].digest))
            return fault(EC_SWEEP_SAME, s->o.plan, "points %zu and %zu", i + 1, at + 1);
    return ST_OK;
}

enum status sweep_open(struct sweep *s, const struct sweep_options *options)
{
    size_t points = options->grid->points;
    *s = (struct sweep){
        .o = *options,
        .plan = must_alloc(points, sizeof(*s->plan)),
        .frontier = {.point = must_alloc(points, sizeof(struct frontier_point)),
                     .count = points,
                     .least = options->least},
    };
    enum status st = judge_overrides(options);
    for (size_t i = 0; i < points && st == ST_OK; i++) {
        struct frontier_point *p = &s->frontier.point[i];
        p->setting_count = grid_settings(p->setting, options->grid, i);
        p->standing = (struct standing){
            .utility = (double)NAN, .leakage = (double)NAN, .patients = (double)NAN};
        snprintf(p->why, sizeof(p->why), "was not run yet");
        st = load_point(&s->plan[i], s, i, SCORE "=valid");
        if (st == ST_OK)
            st = judge_plan(&s->plan[i]);
        if (st == ST_OK)
            st = judge_same(s, i);
    }
    return st;
}

void sweep_close(struct sweep *s)
{
    for (size_t i = 0; i < s->frontier.count; i++)
        plan_close(&s->plan[i]);
    free(s->plan);
    frontier_close(&s->frontier);
    json_close(&s->made);
    *s = (struct sweep){0};
}

/* --- what lies in the folder --------------------------------------------------------------- */

static enum status place(char out[static PLAN_PATH_MAX], const struct sweep *s, const char *name)
{
    return file_join(out, PLAN_PATH_MAX, s->o.out, name);
}

/* A JSON file of ours. *tree stays NULL where there is none. */
static enum status read_tree(struct json **tree, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    *tree = NULL;
    if (access(path, F_OK) != 0)
        return ST_OK;
    enum status st = file_read(&bytes, &len, path, FILE_BYTES_MAX);
    if (st == ST_OK)
        st = json_parse(tree, (const char *)bytes, len, path);
    free(bytes);
    return st;
}

/* The report of this plan in a folder; *report stays NULL where there is none. */
static enum status read_report(struct json **report, const char *folder, const struct plan *plan)
{
    char path[PLAN_PATH_MAX], digest[DIGEST_TEXT];
    *report = NULL;
    enum status st = file_join(path, sizeof(path), folder, "report.json");
    if (st == ST_OK)
        st = read_tree(report, path);
    if (st != ST_OK || *report == NULL)
        return st;
    digest_text(digest, &plan->digest);
    const char *of = json_string(json_get(json_get(*report, "run"), "plan_digest"), "");
    if (strcmp(of, digest) == 0)
        return ST_OK;
    json_close(report);
    return fault(EC_IO_LEFTOVER, path, "is of another plan");
}

static struct json *made_of(const struct sweep *s, const struct digest *data)
{
    char text[DIGEST_TEXT];
    struct json *made = json_object(), *plans = json_array();
    json_put_text(made, "version", EVENHAND_VERSION);
    json_put_text(made, "plan", settings_text(s->plan[0].set, "plan"));
    json_put_real(made, "least_utility", s->frontier.least);
    digest_text(text, data);
    json_put_text(made, "data_digest", text);
    for (size_t i = 0; i < s->frontier.count; i++) {
        digest_text(text, &s->plan[i].digest);
        json_add_text(plans, text);
    }
    json_put(made, "plan_digests", plans);
    return made;
}

static bool same_text(const struct json *a, const struct json *b)
{
    char *left = json_text(a, 0), *right = json_text(b, 0);
    bool same = strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

static enum status write_tree(const struct sweep *s, const struct json *tree)
{
    char path[PLAN_PATH_MAX];
    enum status st = place(path, s, "sweep.json");
    if (st != ST_OK)
        return st;
    char *text = json_text(tree, 2);
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the NUL: the file's length is told apart */
    st = file_write(path, text, len + 1);
    free(text);
    return st;
}

/* Takes a search's object into another tree, by its text: a child has one parent. */
static struct json *copy_of(const struct json *tree)
{
    char *text = json_text(tree, 0);
    struct json *copy = NULL;
    must(json_parse(&copy, text, strlen(text), "sweep.json") == ST_OK);
    free(text);
    return copy;
}

struct json *sweep_json(const struct sweep *s)
{
    struct json *tree = json_object();
    json_put_text(tree, "schema", SWEEP_SCHEMA);
    json_put(tree, "made", copy_of(s->made));
    json_put(tree, "search", out_search(&s->frontier));
    json_put(tree, "frontier", out_frontier(&s->frontier));
    if (s->ended >= 0)
        json_put_int(tree, "exit", s->ended);
    else
        json_put_text(tree, "exit", NULL);
    return tree;
}

static enum status keep(const struct sweep *s)
{
    struct json *tree = sweep_json(s);
    enum status st = write_tree(s, tree);
    json_close(&tree);
    return st;
}

/* This search or none: what was made before is `made`, and how it ended is known. */
static enum status begin(struct sweep *s, const struct digest *data)
{
    char path[PLAN_PATH_MAX];
    struct json *before = NULL;
    s->made = made_of(s, data);
    s->ended = -1;
    enum status st = place(path, s, "sweep.json");
    if (st == ST_OK)
        st = read_tree(&before, path);
    if (st != ST_OK)
        return st;
    if (before == NULL)
        return keep(s);
    const struct json *made = json_get(before, "made");
    if (made == NULL || !same_text(made, s->made))
        st = fault(EC_IO_LEFTOVER, path,
                   "is of another search: other points, rule, plan, data or version");
    s->ended = (int)json_int(json_get(before, "exit"), -1);
    json_close(&before);
    return st;
}

/* --- points -------------------------------------------------------------------------------- */

static void judge_report(struct frontier_point *p, const struct json *report)
{
    p->checks_held = standing_checks(report);
    bool any = standing_of(&p->standing, p->why, sizeof(p->why), report, REP_DEBIASED);
    if (!any)
        snprintf(p->why, sizeof(p->why), "nothing was measured");
}

/* Training that broke down says something about the settings, and nothing about the search. */
static enum status broke_down(struct frontier_point *p, enum status st)
{
    if (st == ST_OK || fault_kept()->what != EC_RUN_NAN)
        return st;
    snprintf(p->why, sizeof(p->why), "%s", complaint_row(EC_RUN_NAN)->cause);
    return ST_OK;
}

/* The folder of a point: points/001 is the first. */
static enum status point_folder(char out[static PLAN_PATH_MAX], const struct sweep *s, size_t at)
{
    char name[32];
    snprintf(name, sizeof(name), "points/%03zu", at + 1);
    enum status st = place(out, s, name);
    return st == ST_OK ? file_folder(out) : st;
}

static enum status run_point(struct sweep *s, size_t at)
{
    char folder[PLAN_PATH_MAX];
    struct json *report = NULL;
    int ended = 0;
    enum status st = point_folder(folder, s, at);
    if (st == ST_OK)
        st = read_report(&report, folder, &s->plan[at]);
    bool kept = report != NULL;
    if (st == ST_OK && !kept)
        st = s->o.run(s->o.ctx, &ended, &s->plan[at], folder, NULL);
    if (st == ST_OK && !kept)
        st = read_report(&report, folder, &s->plan[at]);
    if (st == ST_OK)
        judge_report(&s->frontier.point[at], report);
    st = broke_down(&s->frontier.point[at], st);
    json_close(&report);
    if (st == ST_OK && s->o.told != NULL)
        s->o.told(s->o.ctx, &s->frontier, at, kept);
    return st;
}

/* --- the chosen one ------------------------------------------------------------------------ */

/* What its own run on validation patients says of the originals and of noise. */
static enum status add_references(struct sweep *s, size_t chosen)
{
    static const enum representation reps[] = {REP_ORIGINAL, REP_ERASURE, REP_NOISE};
    struct frontier *f = &s->frontier;
    char folder[PLAN_PATH_MAX], why[sizeof(f->point->why)];
    struct json *report = NULL;
    enum status st = point_folder(folder, s, chosen);
    if (st == ST_OK)
        st = read_report(&report, folder, &s->plan[chosen]);
    for (size_t i = 0; i < COUNT(reps) && st == ST_OK; i++) {
        struct frontier_reference *r = &f->reference[f->reference_count];
        r->representation = rows_representation(reps[i]);
        if (standing_of(&r->standing, why, sizeof(why), report, reps[i]))
            f->reference_count++;
    }
    json_close(&report);
    return st;
}

static enum status run_chosen(struct sweep *s, size_t chosen)
{
    char folder[PLAN_PATH_MAX];
    struct json *report = NULL;
    struct plan plan = {0};
    enum status st = place(folder, s, "chosen");
    if (st == ST_OK)
        st = file_folder(folder);
    if (st == ST_OK)
        st = load_point(&plan, s, chosen, SCORE "=test");
    if (st == ST_OK)
        st = read_report(&report, folder, &plan);
    s->kept = st == ST_OK && report != NULL && s->ended >= 0;
    if (st == ST_OK && !s->kept)
        st = s->o.run(s->o.ctx, &s->ended, &plan, folder, &s->frontier);
    json_close(&report);
    plan_close(&plan);
    return st;
}

enum status sweep_run(struct sweep *s, const struct digest *data)
{
    enum status st = begin(s, data);
    for (size_t i = 0; i < s->frontier.count && st == ST_OK; i++)
        st = run_point(s, i);
    if (st != ST_OK)
        return st;
    bool any = frontier_mark(&s->frontier);
    size_t chosen = any ? (size_t)(frontier_chosen(&s->frontier) - s->frontier.point) : 0;
    if (any)
        st = add_references(s, chosen);
    if (st == ST_OK)
        st = keep(s);
    if (st == ST_OK && !any)
        return fault(EC_SWEEP_NONE, s->o.out, "point 1: %s", s->frontier.point[0].why);
    if (st == ST_OK)
        st = run_chosen(s, chosen);
    return st == ST_OK ? keep(s) : st;
}
