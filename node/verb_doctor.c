#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/doctor_line.h"
#include "node/run.h"
#include "node/verbs.h"
#include "proto/base/child.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/base/opt_set.h"
#include "proto/base/text.h"
#include "proto/store/beacon.h"

#define PATIENCE_S     20
#define PATIENCE_MAX_S 3600
#define LOOK_MS        200 /* between two looks at the running node's status */

struct consultation {
    struct diagnosis d;
    size_t told; /* findings that were printed */
    struct node_config c;
    struct identity self;
    struct json *status; /* of the running node; NULL: none, or it said nothing yet */
    bool running;
    uint64_t wait_ms;
    struct visit visit;
    struct flat flat;
};

/* --- words ----------------------------------------------------------------------------------- */

static void print_finding(const struct finding *f)
{
    const struct complaint_row *row = complaint_row(f->why);
    printf(" %-5s %-12s", f->state == CHECK_FAIL ? "FAIL" : doctor_state_name(f->state), f->check);
    text_clean(stdout, f->what, strlen(f->what));
    if (f->state != CHECK_FAIL) {
        putchar('\n');
        return;
    }
    printf("   [%s]\n        cause: %s\n        fix:   %s\n", row->code, row->cause, row->fix);
}

/* As soon as it is known: the line may take its time. */
static void tell(struct consultation *k)
{
    for (; k->told < k->d.count; k->told++)
        if (!opt_json())
            print_finding(&k->d.finding[k->told]);
    fflush(stdout);
}

static struct json *json_of(const struct diagnosis *d)
{
    struct json *all = json_array();
    for (size_t i = 0; i < d->count; i++) {
        const struct finding *f = &d->finding[i];
        const struct complaint_row *row = f->state == CHECK_FAIL ? complaint_row(f->why) : NULL;
        struct json *one = json_object();
        json_put_text(one, "check", f->check);
        json_put_text(one, "state", doctor_state_name(f->state));
        json_put_text(one, "what", f->what);
        json_put_text(one, "code", row != NULL ? row->code : NULL);
        json_put_text(one, "cause", row != NULL ? row->cause : NULL);
        json_put_text(one, "fix", row != NULL ? row->fix : NULL);
        json_add(all, one);
    }
    return all;
}

static const char *s_of(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_sum(const struct diagnosis *d)
{
    size_t warnings = doctor_count(d, CHECK_WARN), failures = doctor_count(d, CHECK_FAIL);
    printf(" %zu ok, %zu warning%s, %zu failure%s\n", doctor_count(d, CHECK_OK), warnings,
           s_of(warnings), failures, s_of(failures));
}

/* --- the line -------------------------------------------------------------------------------- */

static void look_whether_a_node_runs(struct consultation *k)
{
    if (beacon_read(&k->status, &k->running, k->c.state) != ST_OK) {
        doctor_fault(&k->d, DOCTOR_RUNNING, fault_kept());
        return;
    }
    doctor_running(&k->d, k->running ? json_string(json_get(k->status, "phase"), "-") : NULL);
}

/* Until the running node knows what its line is. */
static void overhear(struct consultation *k)
{
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + k->wait_ms;
    while (k->running && doctor_undecided(k->status) && clock_now_ms(&clock) < end) {
        (void)poll(NULL, 0, LOOK_MS);
        if (k->status != NULL)
            json_close(&k->status);
        if (beacon_read(&k->status, &k->running, k->c.state) != ST_OK)
            break;
    }
    doctor_overhear(&k->visit, k->status, (unsigned)(k->wait_ms / 1000));
}

static void judge_plan(struct consultation *k)
{
    if (k->visit.plan.set != NULL)
        doctor_plan(&k->d, &k->visit.plan);
    else if (k->visit.why.what != EC_NONE)
        doctor_fault(&k->d, DOCTOR_PLAN, &k->visit.why);
    else if (k->visit.plan_name[0] != '\0')
        doctor_note(&k->d, DOCTOR_PLAN, CHECK_OK, "%s, which the running node took",
                    k->visit.plan_name);
    else
        doctor_note(&k->d, DOCTOR_PLAN, CHECK_SKIP, "the running node has none yet");
}

static void check_line(struct consultation *k)
{
    if (k->running)
        overhear(k);
    else
        doctor_visit(&k->visit, &k->c, &k->self, k->wait_ms);
    doctor_line(&k->d, &k->visit.line, &k->c, &k->self.pub);
    if (doctor_passed(&k->d, DOCTOR_ENROLLED)) {
        doctor_clock(&k->d, k->visit.dated, k->visit.offset_ms);
        judge_plan(k);
    } else {
        doctor_skip(&k->d, "clock", DOCTOR_ENROLLED);
        doctor_skip(&k->d, DOCTOR_PLAN, DOCTOR_ENROLLED);
    }
}

/* --- the patients ---------------------------------------------------------------------------- */

/*
 * A flat file of our own, for as long as it takes to map it: the one of a running node stays as it
 * is. In the state folder, where nobody else may read and where `run` needs the same room.
 */
static void check_packed(struct consultation *k, const struct settings *plan)
{
    char folder[PATH_MAX], flat[PATH_MAX] = "";
    enum status st = file_join(folder, sizeof folder, k->c.state, "doctor.XXXXXX");
    if (st == ST_OK && mkdtemp(folder) == NULL)
        st = fault(EC_IO_CREATE, folder, "%s", strerror(errno));
    if (st != ST_OK) {
        doctor_fault(&k->d, DOCTOR_DATA, fault_kept());
        return;
    }
    st = node_pack(flat, sizeof flat, &k->c, folder);
    if (st == ST_OK)
        doctor_data(&k->d, &k->flat, flat, plan);
    else
        doctor_fault(&k->d, DOCTOR_DATA, fault_kept());
    if (flat[0] != '\0')
        (void)unlink(flat);
    (void)rmdir(folder);
}

static void check_data(struct consultation *k)
{
    const struct settings *plan = k->visit.plan.set;
    if (node_is_packed(&k->c))
        doctor_data(&k->d, &k->flat, k->c.data, plan);
    else if (access(k->c.state, F_OK) != 0)
        doctor_skip(&k->d, DOCTOR_DATA, "the state folder, which `init` makes");
    else
        check_packed(k, plan);
    if (doctor_passed(&k->d, DOCTOR_DATA))
        doctor_groups(&k->d, &k->flat, plan);
    else
        doctor_skip(&k->d, "groups", DOCTOR_DATA);
}

static void check_disk(struct consultation *k)
{
    struct statvfs fs;
    bool packed = node_is_packed(&k->c);
    if (!packed && k->flat.map == NULL)
        doctor_skip(&k->d, "disk", DOCTOR_DATA);
    else if (statvfs(k->c.state, &fs) != 0)
        doctor_skip(&k->d, "disk", "the state folder, which `init` makes");
    else
        doctor_disk(&k->d, k->c.state, (uint64_t)fs.f_bavail * fs.f_frsize,
                    DOCTOR_STATE_MIN + (packed ? 0 : k->flat.map_len));
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum status patience(uint64_t *wait_ms)
{
    const char *text = opt_value("patience", NULL);
    char *end = NULL;
    long s = text != NULL ? strtol(text, &end, 10) : PATIENCE_S;
    if (text != NULL && (end == text || *end != '\0' || s < 1 || s > PATIENCE_MAX_S))
        return fault(EC_USAGE, "--patience", "`%s` is no number of seconds from 1 to %d", text,
                     PATIENCE_MAX_S);
    *wait_ms = 1000 * (uint64_t)s;
    return ST_OK;
}

static void skip_line(struct diagnosis *d, const char *needed)
{
    static const char *const checks[] = {"reachable",     "protocol", "right key",
                                         DOCTOR_ENROLLED, "clock",    DOCTOR_PLAN};
    for (size_t i = 0; i < COUNT(checks); i++)
        doctor_skip(d, checks[i], needed);
}

static void skip_all(struct diagnosis *d)
{
    doctor_skip(d, DOCTOR_KEY, DOCTOR_CONFIG);
    doctor_skip(d, DOCTOR_RUNNING, DOCTOR_CONFIG);
    skip_line(d, DOCTOR_CONFIG);
    doctor_skip(d, DOCTOR_DATA, DOCTOR_CONFIG);
    doctor_skip(d, "groups", DOCTOR_CONFIG);
    doctor_skip(d, "disk", DOCTOR_CONFIG);
}

static void examine(struct consultation *k)
{
    doctor_key(&k->d, &k->self, &k->c);
    look_whether_a_node_runs(k);
    tell(k);
    if (!doctor_passed(&k->d, DOCTOR_KEY))
        skip_line(&k->d, DOCTOR_KEY);
    else if (!doctor_passed(&k->d, DOCTOR_RUNNING))
        skip_line(&k->d, DOCTOR_RUNNING);
    else
        check_line(k);
    tell(k);
    check_data(k);
    check_disk(k);
}

static void end(struct consultation *k)
{
    json_close(&k->status);
    visit_close(&k->visit);
    flat_close(&k->flat);
    identity_close(&k->self);
    node_config_close(&k->c);
}

static enum status run(const struct opt_verb *verb, struct json **data)
{
    (void)verb;
    static struct consultation k; /* findings take more than a stack should give */
    const char *overrides[OPT_REPEAT_MAX];
    enum status st = patience(&k.wait_ms);
    if (st != ST_OK)
        return st;
    log_to_stderr(LOG_ERROR, false); /* what the line says stands in the findings */
    child_watch_interrupts();
    doctor_config(&k.d, &k.c, opt_argument(0), overrides, opt_overrides(overrides));
    tell(&k);
    if (doctor_passed(&k.d, DOCTOR_CONFIG))
        examine(&k);
    else
        skip_all(&k.d);
    tell(&k);
    *data = json_object();
    json_put(*data, "checks", json_of(&k.d));
    opt_exit_with(doctor_exit_status(&k.d));
    if (!opt_json())
        print_sum(&k.d);
    end(&k);
    return ST_OK;
}

static const struct opt_row rows[] = {
    OPT_SET_ROW,
    {"patience", "SECONDS", "how long to wait for the coordinator, default 20"},
};

const struct opt_verb node_doctor_verb = {
    .name = "doctor",
    .arguments = "NODE.cfg",
    .least = 1,
    .most = 1,
    .about = "What would keep this node from running, one line a check; it joins nothing.",
    .rows = rows,
    .row_count = COUNT(rows),
    .run = run,
};
