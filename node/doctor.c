#include "node/doctor.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/dataset.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/text.h"

/* --- findings -------------------------------------------------------------------------------- */

static struct finding *add(struct diagnosis *d, const char *check, enum check_state state)
{
    must(d->count < DOCTOR_FINDINGS);
    struct finding *f = &d->finding[d->count++];
    *f = (struct finding){.check = check, .state = state};
    return f;
}

void doctor_note(struct diagnosis *d, const char *check, enum check_state state, const char *fmt,
                 ...)
{
    must(state != CHECK_FAIL);
    struct finding *f = add(d, check, state);
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->what, sizeof f->what, fmt, args);
    va_end(args);
}

static void fail(struct diagnosis *d, const char *check, enum complaint why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void fail(struct diagnosis *d, const char *check, enum complaint why, const char *fmt, ...)
{
    struct finding *f = add(d, check, CHECK_FAIL);
    f->why = why;
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->what, sizeof f->what, fmt, args);
    va_end(args);
}

void doctor_fault(struct diagnosis *d, const char *check, const struct complaint_kept *why)
{
    must(why->what != EC_NONE);
    fail(d, check, why->what, "%s%s%s", why->where, why->where[0] != '\0' ? ": " : "", why->detail);
}

void doctor_skip(struct diagnosis *d, const char *check, const char *needed)
{
    doctor_note(d, check, CHECK_SKIP, "needs %s", needed);
}

bool doctor_passed(const struct diagnosis *d, const char *check)
{
    bool there = false;
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->finding[i].check, check) != 0)
            continue;
        if (d->finding[i].state == CHECK_FAIL || d->finding[i].state == CHECK_SKIP)
            return false;
        there = true;
    }
    return there;
}

size_t doctor_count(const struct diagnosis *d, enum check_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++)
        n += d->finding[i].state == state ? 1 : 0;
    return n;
}

const char *doctor_state_name(enum check_state state)
{
    static const char *const names[] = {
        [CHECK_OK] = "ok", [CHECK_WARN] = "warn", [CHECK_FAIL] = "fail", [CHECK_SKIP] = "skip"};
    must((size_t)state < COUNT(names));
    return names[state];
}

int doctor_exit_status(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->finding[i].state == CHECK_FAIL)
            return complaint_row(d->finding[i].why)->exit_status;
    return 0;
}

/* --- this machine ---------------------------------------------------------------------------- */

void doctor_config(struct diagnosis *d, struct node_config *c, const char *path,
                   const char *const *overrides, size_t count)
{
    struct setting_table table = node_config_rows();
    size_t given = 0, by_set = 0;
    if (node_config_open(c, path, overrides, count) != ST_OK) {
        doctor_fault(d, DOCTOR_CONFIG, fault_kept());
        return;
    }
    for (size_t i = 0; i < table.count; i++) {
        const char *origin = settings_origin(c->set, "%s", table.rows[i].key);
        given += strcmp(origin, "default") != 0 ? 1 : 0;
        by_set += strcmp(origin, "--set") == 0 ? 1 : 0;
    }
    doctor_note(d, DOCTOR_CONFIG, CHECK_OK, "%s  (%zu keys, %zu of them by --set)", path, given,
                by_set);
}

void doctor_key(struct diagnosis *d, struct identity *self, const struct node_config *c)
{
    char print[FINGERPRINT_MAX];
    *self = (struct identity){0};
    if (identity_open(self, c->key) != ST_OK) {
        doctor_fault(d, DOCTOR_KEY, fault_kept());
        return;
    }
    fingerprint_text(print, &self->pub);
    doctor_note(d, DOCTOR_KEY, CHECK_OK, "%s  %s", print, c->key);
}

void doctor_running(struct diagnosis *d, const char *phase)
{
    if (phase == NULL)
        doctor_note(d, DOCTOR_RUNNING, CHECK_OK, "no node runs with this state folder");
    else
        doctor_note(d, DOCTOR_RUNNING, CHECK_OK,
                    "a node runs (phase %s); what it says of its line stands below", phase);
}

/* --- the line -------------------------------------------------------------------------------- */

/* A line is made in steps; each state of it says how many succeeded. */
static const char *const steps[] = {"reachable", "protocol", "right key", DOCTOR_ENROLLED};

static size_t steps_done(enum line_state state)
{
    static const size_t done[] = {
        [LINE_CONNECTING] = 0, [LINE_REFUSED] = 0,      [LINE_SILENT] = 0, [LINE_NOT_OURS] = 1,
        [LINE_WRONG_KEY] = 2,  [LINE_NOT_ENROLLED] = 3, [LINE_UP] = 4};
    must((size_t)state < COUNT(done));
    return done[state];
}

static void step_succeeded(struct diagnosis *d, size_t step, const struct line_seen *seen,
                           const struct node_config *c, const struct public_key *own)
{
    char print[FINGERPRINT_MAX];
    fingerprint_text(print, &c->server);
    switch (step) {
    case 0:
        doctor_note(d, steps[0], CHECK_OK, "%s answers%s", c->endpoint,
                    seen->by_node ? ", says the running node" : "");
        break;
    case 1:
        doctor_note(d, steps[1], CHECK_OK, "it speaks as a coordinator does");
        break;
    case 2:
        doctor_note(d, steps[2], CHECK_OK, "it has the key that is pinned, %s", print);
        break;
    default:
        doctor_note(d, steps[3], CHECK_OK, "it knows the key of `%s`", own->name);
    }
}

static void step_failed(struct diagnosis *d, const struct line_seen *seen,
                        const struct node_config *c, const struct public_key *own)
{
    const char *check = steps[steps_done(seen->state)];
    enum complaint why = net_line_complaint(seen->state);
    char print[FINGERPRINT_MAX];
    switch (seen->state) {
    case LINE_CONNECTING:
        fail(d, check, why, "%s: no answer in %u s", c->endpoint, seen->waited_s);
        break;
    case LINE_REFUSED:
        fail(d, check, why, "%s: the connection is refused", c->endpoint);
        break;
    case LINE_NOT_OURS:
        fail(d, check, why, "what listens at %s does not speak as a coordinator does", c->endpoint);
        break;
    case LINE_WRONG_KEY:
        fingerprint_text(print, &c->server);
        fail(d, check, why, "the pinned key's fingerprint is %s; %s has another", print,
             c->endpoint);
        break;
    case LINE_NOT_ENROLLED:
        fingerprint_text(print, own);
        fail(d, check, why, "the fingerprint of `%s` is %s; no such key is enrolled", own->name,
             print);
        break;
    default:
        fail(d, check, why, "%s: %s", c->endpoint, complaint_row(why)->cause);
    }
}

void doctor_line(struct diagnosis *d, const struct line_seen *seen, const struct node_config *c,
                 const struct public_key *own)
{
    size_t done = seen->trouble.what != EC_NONE ? 0 : steps_done(seen->state);
    for (size_t i = 0; seen->unseen && i < COUNT(steps); i++)
        doctor_note(d, steps[i], CHECK_SKIP, "the running node has not come so far");
    if (seen->unseen)
        return;
    for (size_t i = 0; i < done; i++)
        step_succeeded(d, i, seen, c, own);
    if (seen->trouble.what != EC_NONE)
        doctor_fault(d, steps[0], &seen->trouble);
    else if (seen->state != LINE_UP)
        step_failed(d, seen, c, own);
    for (size_t i = done + 1; i < COUNT(steps); i++)
        doctor_skip(d, steps[i], steps[done]);
}

void doctor_clock(struct diagnosis *d, bool known, int64_t offset_ms)
{
    double offset_s = fabs((double)offset_ms / 1000);
    if (!known)
        doctor_note(d, "clock", CHECK_SKIP, "the coordinator does not know the date");
    else if (offset_s < DOCTOR_CLOCK_S)
        doctor_note(d, "clock", CHECK_OK, "%.1f s from the coordinator's", offset_s);
    else
        doctor_note(d, "clock", CHECK_WARN,
                    "%.0f s %s the coordinator's: times in logs will not agree", offset_s,
                    offset_ms > 0 ? "behind" : "ahead of");
}

void doctor_plan(struct diagnosis *d, const struct plan *p)
{
    char digest[DIGEST_TEXT];
    digest_text(digest, &p->digest);
    doctor_note(d, DOCTOR_PLAN, CHECK_OK,
                "%s %.12s: %" PRId64 " rounds of %s, which the policy allows",
                settings_text(p->set, "plan"), digest, settings_int(p->set, "rounds"),
                settings_text(p->set, "model.name"));
}

/* --- the patients ---------------------------------------------------------------------------- */

static void append_names(char text[static DOCTOR_TEXT_MAX], const char *what,
                         const struct target *targets, size_t count)
{
    text_add(text, DOCTOR_TEXT_MAX, "; %s ", what);
    for (size_t i = 0; i < count; i++)
        text_add(text, DOCTOR_TEXT_MAX, "%s%s", i > 0 ? ", " : "", targets[i].name);
    text_add(text, DOCTOR_TEXT_MAX, count == 0 ? "none" : "");
}

static int by_word(const void *a, const void *b)
{
    const uint64_t *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

/* Patients of the rows where value is `level`; value NULL: of all rows. id: room for all rows. */
static size_t patients_of(uint64_t *id, const struct flat *f, const float *value, size_t level)
{
    size_t rows = 0, patients = 0;
    for (size_t i = 0; i < f->rows; i++)
        if (value == NULL || value[i] == (float)level)
            id[rows++] = f->patient[i];
    qsort(id, rows, sizeof *id, by_word);
    for (size_t i = 0; i < rows; i++)
        patients += i == 0 || id[i] != id[i - 1] ? 1 : 0;
    return patients;
}

static size_t rows_in(const struct flat *f, enum split split)
{
    size_t rows = 0;
    for (size_t i = 0; i < f->rows; i++)
        rows += f->split[i] == split ? 1 : 0;
    return rows;
}

/* Tasks and groups as the plan has them, or as the file has. */
static enum status targets_of(struct population *who, const struct flat *f, const char *path,
                              const struct settings *plan)
{
    struct dataset set;
    *who = (struct population){.task_count = f->task_count, .group_count = f->group_count};
    memcpy(who->task, f->task, sizeof who->task);
    memcpy(who->group, f->group, sizeof who->group);
    if (plan == NULL)
        return ST_OK;
    enum status st = dataset_open(&set, path, plan);
    if (st != ST_OK)
        return st;
    *who = set.schema;
    dataset_close(&set);
    return ST_OK;
}

void doctor_data(struct diagnosis *d, struct flat *f, const char *path, const struct settings *plan)
{
    struct population who;
    char text[DOCTOR_TEXT_MAX] = "";
    *f = (struct flat){0};
    enum status st = flat_open(f, path);
    if (st == ST_OK)
        st = targets_of(&who, f, path, plan);
    if (st != ST_OK) {
        doctor_fault(d, DOCTOR_DATA, fault_kept());
        return;
    }
    uint64_t *id = must_alloc(f->rows, sizeof *id);
    text_add(text, DOCTOR_TEXT_MAX, "%zu rows x %zu float32, %zu patients", f->rows, f->width,
             patients_of(id, f, NULL, 0));
    free(id);
    append_names(text, "labels", who.task, who.task_count);
    append_names(text, "groups", who.group, who.group_count);
    if (plan != NULL)
        text_add(text, DOCTOR_TEXT_MAX, ": all that the plan names");
    bool trains = rows_in(f, SPLIT_TRAIN) > 0, tests = rows_in(f, SPLIT_TEST) > 0;
    if (!trains)
        text_add(text, DOCTOR_TEXT_MAX, "; no training rows");
    if (!tests)
        text_add(text, DOCTOR_TEXT_MAX, "; no test rows: this site adds nothing to the evaluation");
    doctor_note(d, DOCTOR_DATA, trains && tests ? CHECK_OK : CHECK_WARN, "%s", text);
}

static bool is_wanted(const struct settings *plan, const char *group)
{
    if (plan == NULL)
        return true;
    for (size_t i = 0; i < settings_count(plan, "groups"); i++)
        if (strcmp(settings_text(plan, "groups[%zu].name", i), group) == 0)
            return true;
    return false;
}

/* True when there is something to say of it. */
static bool odd(char text[static DOCTOR_TEXT_MAX], const struct flat *f, size_t group,
                size_t min_cell)
{
    const struct target *t = &f->group[group];
    const float *value = f->value + (f->task_count + group) * f->rows;
    size_t unknown = 0, small = 0;
    uint64_t *id = must_alloc(f->rows, sizeof *id);
    text[0] = '\0';
    text_add(text, DOCTOR_TEXT_MAX, "%s:", t->name);
    for (size_t i = 0; i < f->rows; i++)
        unknown += isnan(value[i]) ? 1 : 0;
    double share = (double)unknown / (double)f->rows;
    bool vague = share > DOCTOR_UNKNOWN;
    if (vague)
        text_add(text, DOCTOR_TEXT_MAX, " unknown in %.0f %% of the rows", 100 * share);
    for (size_t i = 0; i < t->levels; i++) {
        size_t patients = patients_of(id, f, value, i);
        if (patients == 0 || patients >= min_cell)
            continue;
        text_add(text, DOCTOR_TEXT_MAX, "%s%s %zu",
                 small > 0 ? ", "
                 : vague   ? "; few patients: "
                           : " few patients: ",
                 t->level[i], patients);
        small++;
    }
    free(id);
    if (small > 0)
        text_add(text, DOCTOR_TEXT_MAX,
                 "; withheld from the report unless all sites together have %zu", min_cell);
    return small > 0 || vague;
}

void doctor_groups(struct diagnosis *d, const struct flat *f, const struct settings *plan)
{
    size_t min_cell = plan != NULL ? settings_size(plan, "privacy.min_cell") : DOCTOR_MIN_CELL;
    size_t wanted = 0, warned = 0;
    char text[DOCTOR_TEXT_MAX];
    for (size_t i = 0; i < f->group_count; i++) {
        if (!is_wanted(plan, f->group[i].name))
            continue;
        wanted++;
        if (!odd(text, f, i, min_cell))
            continue;
        warned++;
        doctor_note(d, "groups", CHECK_WARN, "%s", text);
    }
    if (wanted == 0)
        doctor_note(d, "groups", CHECK_OK, "there are none");
    else if (warned == 0)
        doctor_note(d, "groups", CHECK_OK, "every level has %zu patients or more", min_cell);
}

static void bytes_text(char out[static 32], uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double v = (double)bytes / 1000;
    size_t unit = 0;
    for (; v >= 1000 && unit + 1 < COUNT(units); unit++)
        v /= 1000;
    snprintf(out, 32, "%.*f %s", v >= 100 ? 0 : 1, v, units[unit]);
}

void doctor_disk(struct diagnosis *d, const char *folder, uint64_t free_bytes, uint64_t need_bytes)
{
    char free_text[32], need_text[32];
    bytes_text(free_text, free_bytes);
    bytes_text(need_text, need_bytes);
    if (free_bytes < need_bytes)
        fail(d, "disk", EC_IO_CREATE, "%s: %s free, a run needs %s", folder, free_text, need_text);
    else
        doctor_note(d, "disk", free_bytes / 2 < need_bytes ? CHECK_WARN : CHECK_OK,
                    "%s free, a run needs %s", free_text, need_text);
}
