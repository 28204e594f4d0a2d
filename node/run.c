#include "node/run.h"

#include <stdio.h>
#include <string.h>

#include "models/core/blas.h"
#include "node/greet.h"
#include "node/loop.h"
#include "proto/base/child.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/store/beacon.h"
#include "proto/wire/link_zmq.h"

#define DATA_PROGRAM "evenhand-data"
#define FLAT_ENDING  ".flat"
#define WAIT_MS      1000 /* between two looks at the line, and between two writings of the status */
#define FAREWELL_MS  5000 /* for the last words to go out */

struct running {
    const struct node_config *c;
    struct identity self;
    struct beacon *beacon;
    struct net_link *link;
    struct clock clock;
    char flat[PATH_MAX];
    bool read;             /* flat is there */
    struct digest offered; /* the plan that came last; zeros: none */
    struct plan plan;
    bool planned; /* plan and loop are open */
    struct node_loop loop;
    uint32_t lives;        /* of the coordinator, as far as we acted on them */
    enum line_state line;  /* as it was told last */
    uint64_t reached_ms;   /* when the line was up last */
    enum node_phase phase; /* as it was told last */
    uint64_t done, told_ms;
};

bool node_is_packed(const struct node_config *c)
{
    size_t len = strlen(c->data), end = strlen(FLAT_ENDING);
    return len > end && strcmp(c->data + len - end, FLAT_ENDING) == 0;
}

enum status node_pack(char *flat, size_t cap, const struct node_config *c, const char *folder)
{
    if (node_is_packed(c))
        return file_join(flat, cap, "", c->data);
    char program[PATH_MAX], name[KEY_NAME_MAX + sizeof FLAT_ENDING];
    snprintf(name, sizeof name, "%s%s", c->name, FLAT_ENDING);
    enum status st = child_path(program, sizeof program, DATA_PROGRAM);
    if (st == ST_OK)
        st = file_join(flat, cap, folder, name);
    if (st != ST_OK)
        return st;
    const char *words[] = {
        DATA_PROGRAM, "pack", c->data, "--out", flat, "--x", settings_text(c->set, "features"),
        "--json",     NULL};
    struct json *said = NULL;
    st = child_run(&said, program, words);
    json_close(&said);
    return st;
}

/* --- what others may know -------------------------------------------------------------------- */

static const char *line_words(enum line_state line)
{
    return line == LINE_UP ? "up" : complaint_row(net_line_complaint(line))->cause;
}

static struct json *status_of(const struct running *r)
{
    struct json *j = json_object();
    char now[21], digest[DIGEST_TEXT];
    clock_utc(now);
    json_put_text(j, "schema", "evenhand.node-status/1");
    json_put_text(j, "time", now);
    json_put_text(j, "name", r->c->name);
    json_put_text(j, "coordinator", r->c->endpoint);
    if (!r->read) {
        json_put_text(j, "phase", "READING");
        return j;
    }
    json_put_text(j, "line", line_words(r->line));
    if (r->line != LINE_UP)
        json_put_text(j, "line_code", complaint_row(net_line_complaint(r->line))->code);
    int64_t offset_ms = 0;
    if (net_clock_offset_ms(&offset_ms, r->link))
        json_put_real(j, "clock_offset_s", (double)offset_ms / 1000);
    json_put_text(j, "phase", r->planned ? node_phase_name(r->loop.node.phase) : "CONNECTING");
    if (!r->planned)
        return j;
    digest_text(digest, &r->plan.digest);
    json_put_text(j, "plan", settings_text(r->plan.set, "plan"));
    json_put_text(j, "plan_digest", digest);
    json_put_int(j, "legs_done", (int64_t)node_loop_done(&r->loop));
    if (r->loop.work.begun)
        json_put_text(j, "leg", leg_name(r->loop.work.course.leg.kind));
    json_put_real(j, "bytes_out", (double)net_as_link(r->link)->bytes_out);
    return j;
}

/* A status that cannot be written must not end a run. */
static void tell(struct running *r)
{
    r->told_ms = clock_now_ms(&r->clock);
    if (beacon_say(r->beacon, status_of(r)) != ST_OK)
        log_warn("status not written", LOG_TEXT("why", fault_text()));
}

static void tell_news(struct running *r)
{
    enum node_phase phase = r->planned ? r->loop.node.phase : PH_CONNECTING;
    uint64_t done = r->planned ? node_loop_done(&r->loop) : 0;
    bool news = phase != r->phase || done != r->done;
    if (!news || clock_now_ms(&r->clock) - r->told_ms < WAIT_MS) /* rounds may be short: later */
        return;
    r->phase = phase;
    r->done = done;
    tell(r);
}

/* --- the line -------------------------------------------------------------------------------- */

/* Says what became of the line, and gives up when that lasted too long. */
static enum status watch_line(struct running *r)
{
    enum line_state line = net_line(r->link);
    uint64_t now = clock_now_ms(&r->clock);
    if (line == LINE_UP)
        r->reached_ms = now;
    if (line != r->line) {
        r->line = line;
        tell(r);
        if (line != LINE_UP && line != LINE_CONNECTING) {
            const struct complaint_row *row = complaint_row(net_line_complaint(line));
            log_warn("no line", LOG_TEXT("code", row->code), LOG_TEXT("to", r->c->endpoint),
                     LOG_TEXT("why", row->cause), LOG_TEXT("fix", row->fix));
        }
    }
    if (now - r->reached_ms < r->c->patience_ms)
        return ST_OK;
    return net_line_fault(line == LINE_UP ? LINE_SILENT : line, r->c->endpoint);
}

/* --- the run --------------------------------------------------------------------------------- */

/* Until the plan is here. */
static enum status take_plan(struct running *r)
{
    struct msg m;
    bool got = false;
    struct link *l = net_as_link(r->link);
    enum status st = l->ops->receive(l, &m, &got);
    if (st != ST_OK || !got)
        return st;
    if (m.head.type == MSG_PLAN) {
        r->offered = m.head.config;
        st = greet_judge(&r->plan, &m, r->c);
        if (st == ST_OK) {
            struct node_options o = {
                .plan = &r->plan, .flat_path = r->flat, .name = r->c->title, .link = l};
            char digest[DIGEST_TEXT];
            digest_text(digest, &r->plan.digest);
            log_info("plan", LOG_TEXT("plan", settings_text(r->plan.set, "plan")),
                     LOG_TEXT("digest", digest),
                     LOG_TEXT("model", settings_text(r->plan.set, "model.name")));
            st = node_loop_open(&r->loop, &o);
            if (st == ST_OK)
                r->planned = true;
            else
                plan_close(&r->plan);
        }
    }
    msg_free(&m); /* whatever else came was for another life of ours */
    return st;
}

static enum status greet_again(struct running *r)
{
    uint32_t lives = net_lives(r->link);
    if (lives == r->lives)
        return ST_OK;
    bool first = r->lives == 0; /* HELLO waits in its queue since the link was opened */
    r->lives = lives;
    if (first)
        return ST_OK;
    log_info("another coordinator process answers", LOG_TEXT("at", r->c->endpoint));
    return r->planned ? node_loop_rejoin(&r->loop) : greet_hello(net_as_link(r->link));
}

static enum status turn(struct running *r)
{
    enum status st = watch_line(r);
    if (st == ST_OK)
        st = greet_again(r);
    if (st != ST_OK)
        return st;
    st = r->planned ? node_loop_turn(&r->loop) : take_plan(r);
    if (st == ST_OK)
        tell_news(r);
    return st;
}

static enum status open_all(struct running *r)
{
    const struct node_config *c = r->c;
    enum status st = beacon_open(&r->beacon, c->state);
    if (st == ST_OK)
        tell(r); /* reading the data may take minutes, and what an earlier life said is not true */
    if (st == ST_OK)
        st = identity_open(&r->self, c->key);
    struct net_node_options o = {.endpoint = c->endpoint, .self = &r->self, .server = &c->server};
    if (st == ST_OK)
        st = net_node_open(&r->link, &o);
    if (st == ST_OK)
        st = greet_hello(net_as_link(r->link));
    if (st == ST_OK) /* meanwhile the line comes up, and the coordinator knows that we are here */
        st = node_pack(r->flat, sizeof r->flat, c, c->state);
    r->read = st == ST_OK;
    return st;
}

static void close_all(struct running *r)
{
    struct complaint_kept why = *fault_kept();
    if (r->planned)
        node_loop_close(&r->loop);
    net_close(&r->link, FAREWELL_MS);
    plan_close(&r->plan);
    identity_close(&r->self);
    beacon_close(&r->beacon);
    fault_restore(&why);
}

enum status node_run(const struct node_config *c)
{
    struct running r = {.c = c, .clock = clock_machine(), .phase = PH_COUNT};
    /* The same bytes on every machine of a kind, and one processor is the site's share. */
    blas_threads(1);
    r.reached_ms = clock_now_ms(&r.clock);
    enum status st = open_all(&r);
    while (st == ST_OK && !(r.planned && r.loop.finished)) {
        st = turn(&r);
        if (st == ST_OK && !(r.planned && r.loop.finished))
            net_wait(r.link, WAIT_MS);
    }
    if (st != ST_OK && r.link != NULL) /* it need not wait for us, if it can still be told */
        greet_leave(net_as_link(r.link), &r.offered);
    else if (st == ST_OK)
        tell(&r);
    close_all(&r);
    return st;
}
