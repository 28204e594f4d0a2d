#include "coordinator/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "coordinator/assess.h"
#include "coordinator/eval/utility.h"
#include "proto/adopt/adopt.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#ifndef EVENHAND_VERSION
#define EVENHAND_VERSION "0.1.0-dev"
#endif

#define CHECKS_MAX (MODEL_GUARDS_MAX + 8)

static double peak_bytes(void)
{
    struct rusage used;
    must(getrusage(RUSAGE_SELF, &used) == 0);
    return 1024.0 * (double)used.ru_maxrss;
}

static void fill_run(struct report *r, const struct coord_loop *l, const char *engine)
{
    const struct settings *plan = l->plan->set;
    struct digest model = adopt_model_digest(&l->course);
    digest_text(r->run.plan_digest, &l->plan->digest);
    digest_text(r->run.model_digest, &model);
    snprintf(r->run.plan, sizeof r->run.plan, "%s", settings_text(plan, "plan"));
    snprintf(r->run.model, sizeof r->run.model, "%s", settings_text(plan, "model.name"));
    /* The same plan and result have the same id: two runs that agree can be seen to agree. */
    snprintf(r->run.id, sizeof r->run.id, "%.12s-%.12s", r->run.plan_digest, r->run.model_digest);
    snprintf(r->run.version, sizeof r->run.version, "%s", EVENHAND_VERSION);
    r->run.seed = settings_int(plan, "seed");
    r->run.rounds_planned = settings_size(plan, "rounds");
    for (size_t i = 0; i < l->history_count; i++)
        if (l->history[i].round > r->run.rounds_done)
            r->run.rounds_done = l->history[i].round;
    r->run.aggregation = "plain";
    r->run.engine = engine;
    r->min_cell = settings_int(plan, "privacy.min_cell");
}

static void fill_sites(struct report *r, const struct coord_loop *l)
{
    r->site = must_alloc(l->presence.sites, sizeof *r->site);
    r->site_count = l->presence.sites;
    for (uint32_t i = 0; i < l->presence.sites; i++) {
        const struct presence_site *from = &l->presence.site[i];
        struct report_site *to = &r->site[i];
        snprintf(to->name, sizeof to->name, "%s", from->title);
        to->state = from->refused                 ? "refused"
                    : !from->joined || from->away ? "lost"
                    : from->rounds_missed > 0     ? "late"
                                                  : "done";
        to->rounds_joined = from->rounds_joined;
        to->rounds_missed = from->rounds_missed;
        to->missed = must_alloc(from->missed_count + 1, sizeof *to->missed);
        to->missed_count = from->missed_count;
        for (size_t k = 0; k < from->missed_count; k++)
            to->missed[k] = (struct report_span){from->missed[k].first, from->missed[k].last};
    }
}

static void fill_history(struct report *r, const struct coord_loop *l)
{
    r->history = must_alloc(l->history_count + 1, sizeof *r->history);
    r->history_count = l->history_count;
    for (size_t i = 0; i < l->history_count; i++) {
        const struct coord_point *p = &l->history[i];
        r->history[i].round = p->round;
        r->history[i].value = p->value;
        snprintf(r->history[i].metric, sizeof r->history[i].metric, "%s", p->metric);
    }
}

/* A tolerance whose panels are not there has its verdict too: not enough evidence. */
static void fill_gate(struct report *r, const struct settings *plan)
{
    r->gate_count = gate_count(plan);
    r->gate = must_alloc(r->gate_count + 1, sizeof(*r->gate));
    gate_judge(r->gate, plan, r->panel, r->panel_count);
}

static struct report_check *add_check(struct report *r, bool ok, const char *name)
{
    must(r->check_count < CHECKS_MAX);
    struct report_check *c = &r->check[r->check_count++];
    c->ok = ok;
    snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

static void check_guards(struct report *r, const struct course *c)
{
    for (size_t i = 0; i < c->guard_count; i++) {
        struct report_check *check = add_check(r, c->guard[i].ok, "");
        snprintf(check->name, sizeof check->name, "collapse guard: %s", c->guard[i].name);
        snprintf(check->why, sizeof check->why, "%s", c->guard[i].why);
    }
}

/* A number that stands for something with nothing in it must be told from noise. */
static void check_noise(struct report *r)
{
    size_t rows = 0;
    size_t off = 0;
    for (size_t i = 0; i < r->measure_count; i++) {
        const struct measure *m = &r->measure[i];
        bool held_out_auc = strcmp(m->metric, "auc") == 0 && strcmp(m->split, "test") == 0;
        if (strcmp(m->representation, "noise") != 0 || !held_out_auc || isnan(m->lo))
            continue;
        rows++;
        /* 95 % intervals miss now and then; three standard errors do not. */
        double half = (m->hi - m->lo) / 2;
        off += fabs(m->value - .5) > 1.6 * half;
    }
    if (rows == 0)
        return;
    struct report_check *check = add_check(r, off == 0, "noise control");
    if (off == 0)
        snprintf(check->why, sizeof check->why, "probes read nothing from noise (%zu rows)", rows);
    else
        snprintf(check->why, sizeof check->why,
                 "probes read something from noise in %zu of %zu rows", off, rows);
}

/* Predictions that were there before are no claim of ours. */
static void check_utility(struct report *r, const struct coord_loop *l)
{
    struct utility u;
    double margin = settings_real(l->plan->set, "evaluate.margin");
    if (l->course.model == NULL || l->course.model->ops->fixed ||
        !utility_judge(&u, r->measure, r->measure_count, margin))
        return;
    struct report_check *check = add_check(r, u.ok, "utility");
    snprintf(check->why, sizeof check->why, "%s", u.why);
}

static void check_split(struct report *r, const struct exam *e)
{
    bool on_valid = strcmp(settings_text(e->plan, "evaluate.score"), "valid") == 0;
    struct report_check *check = add_check(r, !e->in_sample && !on_valid, "split");
    const char *why = "every number rests on test patients that nothing was fitted to or chosen on";
    if (on_valid)
        why = "scored on validation patients, for choosing settings: these numbers are optimistic";
    if (e->in_sample)
        why = "probes were fitted and scored on the same patients: in-sample, not evidence of "
              "utility";
    snprintf(check->why, sizeof check->why, "%s", why);
}

static void check_cells(struct report *r)
{
    size_t withheld = 0;
    for (size_t i = 0; i < r->measure_count; i++)
        withheld += r->measure[i].withheld;
    struct report_check *check = add_check(r, true, "small cells");
    snprintf(check->why, sizeof check->why,
             "%zu of %zu numbers rest on fewer than %d patients of a class and are withheld",
             withheld, r->measure_count, (int)r->min_cell);
}

struct override_room {
    struct report *r;
    size_t cap;
};

static void add_override(void *ctx, const char *key, const char *value, const char *origin)
{
    (void)origin;
    struct override_room *room = ctx;
    struct report *r = room->r;
    if (r->override_count == room->cap) {
        room->cap = room->cap > 0 ? 2 * room->cap : 8;
        r->override = realloc(r->override, room->cap * sizeof *r->override);
        must(r->override != NULL);
    }
    snprintf(r->override[r->override_count].key, REPORT_NAME_MAX, "%s", key);
    snprintf(r->override[r->override_count].value, REPORT_NAME_MAX, "%s", value);
    r->override_count++;
}

void summary_fill(struct report *r, const struct coord_loop *l, const char *engine, double seconds)
{
    *r = (struct report){0};
    fill_run(r, l, engine);
    fill_sites(r, l);
    r->measure_count = exam_measure_count(&l->course.exam);
    r->measure = must_alloc(r->measure_count + 1, sizeof *r->measure);
    exam_measures(r->measure, &l->course.exam, (double)r->min_cell);
    assess_open(&r->panel, &r->panel_count, &l->course, presence_counted(&l->presence));
    assess_attacks(&r->trial, &r->trial_count, &l->course, presence_counted(&l->presence));
    fill_history(r, l);
    fill_gate(r, l->plan->set);
    r->check = must_alloc(CHECKS_MAX, sizeof *r->check);
    check_guards(r, &l->course);
    check_noise(r);
    check_utility(r, l);
    check_split(r, &l->course.exam);
    check_cells(r);
    struct override_room room = {.r = r};
    settings_overrides(l->plan->set, l->plan->path, add_override, &room);
    r->traffic.bytes_up = (double)l->bytes_in;
    r->traffic.bytes_down = (double)l->o.link->bytes_out;
    r->memory_peak = peak_bytes();
    r->time.total_s = seconds;
    r->time.train_s = l->times.train_s;
    r->time.evaluate_s = l->times.evaluate_s;
    r->time.aggregate_s = l->times.aggregate_s;
    r->traffic.bytes_model =
        l->course.model == NULL ? 0 : (double)(l->course.model->params * sizeof(real));
}
