#include "node/doctor_line.h"

#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/greet.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/wire/limits.h"

#define SCHEME       "tcp://"
#define OFFSET_MAX_S 1e12
#define RETRY_MIN_MS 200 /* a person waits, for one node */
#define RETRY_MAX_MS 2000

/* --- the host's name ------------------------------------------------------------------------- */

/* Of tcp://host:port; malloc, yours. "" when it is not of that form: the link will say so. */
static char *host_of(const char *endpoint)
{
    bool ours = strncmp(endpoint, SCHEME, strlen(SCHEME)) == 0;
    const char *host = ours ? endpoint + strlen(SCHEME) : "";
    const char *colon = strrchr(host, ':');
    size_t len = colon != NULL ? (size_t)(colon - host) : 0;
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    char *copy = strndup(host, len);
    must(copy != NULL);
    return copy;
}

/* 0, or an EAI_ code; EAI_INPROGRESS: not in time, and the library still uses what it was given. */
static int resolve(struct gaicb *ask, uint64_t wait_ms)
{
    struct gaicb *all[] = {ask};
    const struct gaicb *const awaited[] = {ask};
    struct timespec patience = {.tv_sec = (time_t)(wait_ms / 1000),
                                .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    int why = getaddrinfo_a(GAI_NOWAIT, all, 1, NULL);
    if (why != 0)
        return why;
    while (gai_suspend(awaited, 1, &patience) == EAI_INTR)
        continue;
    return gai_error(ask);
}

/* libzmq says nothing of a name that has no address, and the plain lookup knows no deadline. */
static enum status look_up(const char *endpoint, uint64_t wait_ms)
{
    struct gaicb *ask = must_alloc(1, sizeof *ask);
    char *host = host_of(endpoint);
    ask->ar_name = host;
    int why = host[0] == '\0' ? 0 : resolve(ask, wait_ms);
    if (why == EAI_INPROGRESS)
        return fault(EC_NET_NAME, endpoint, "the name service does not answer");
    if (ask->ar_result != NULL)
        freeaddrinfo(ask->ar_result);
    free(ask);
    free(host);
    return why == 0 ? ST_OK : fault(EC_NET_NAME, endpoint, "%s", gai_strerror(why));
}

/* --- as this node ---------------------------------------------------------------------------- */

static enum line_state await_line(struct net_link *l, const struct clock *clock, uint64_t until_ms)
{
    for (;;) {
        enum line_state state = net_line(l);
        uint64_t now = clock_now_ms(clock);
        if (state != LINE_CONNECTING || now >= until_ms)
            return state;
        net_wait(l, until_ms - now);
    }
}

static enum status await_plan(struct msg *m, struct net_link *l, const struct clock *clock,
                              uint64_t wait_ms, const char *endpoint)
{
    struct link *link = net_as_link(l);
    uint64_t now = clock_now_ms(clock), end = now + wait_ms;
    enum status st = greet_hello(link);
    for (bool got = false; st == ST_OK;) {
        st = link->ops->receive(link, m, &got);
        if (st == ST_OK && got && m->head.type == MSG_PLAN)
            return ST_OK;
        if (st == ST_OK && got)
            msg_free(m); /* for the node that ran before */
        now = clock_now_ms(clock);
        if (st == ST_OK && now >= end)
            st = fault(EC_NET_TIMEOUT, endpoint, "no plan in %u s", (unsigned)(wait_ms / 1000));
        if (st == ST_OK && !got)
            net_wait(l, end - now);
    }
    return st;
}

static void ask_for_plan(struct visit *v, struct net_link *l, const struct clock *clock,
                         const struct node_config *c, uint64_t wait_ms)
{
    struct msg m = {.head = {.type = 0}};
    enum status st = await_plan(&m, l, clock, wait_ms, c->endpoint);
    if (st == ST_OK)
        st = greet_judge(&v->plan, &m, c);
    if (st != ST_OK)
        v->why = *fault_kept();
    msg_free(&m);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void doctor_visit(struct visit *v, const struct node_config *c, const struct identity *self,
                  uint64_t wait_ms)
{
    struct clock clock = clock_machine();
    uint64_t until_ms = clock_now_ms(&clock) + wait_ms;
    struct net_link *l = NULL;
    struct net_node_options o = {
        .endpoint = c->endpoint,
        .self = self,
        .server = &c->server,
        .pace = {.handshake_ms = (uint32_t)lesser(WIRE_HANDSHAKE_MS, wait_ms / 2 + 1),
                 .retry_min_ms = RETRY_MIN_MS,
                 .retry_max_ms = RETRY_MAX_MS}};
    *v = (struct visit){.line = {.waited_s = (unsigned)(wait_ms / 1000)}};
    enum status st = look_up(c->endpoint, wait_ms);
    if (st == ST_OK)
        st = net_node_open(&l, &o);
    if (st != ST_OK) {
        v->line.trouble = *fault_kept();
        return;
    }
    v->line.state = await_line(l, &clock, until_ms);
    if (v->line.state == LINE_UP) {
        v->dated = net_clock_offset_ms(&v->offset_ms, l);
        ask_for_plan(v, l, &clock, c, wait_ms);
    }
    net_close(&l, 0);
}

void visit_close(struct visit *v)
{
    plan_close(&v->plan);
}

/* --- from the running node ------------------------------------------------------------------- */

static enum line_state state_of(const struct json *status)
{
    const char *code = json_string(json_get(status, "line_code"), NULL);
    if (code == NULL)
        return LINE_UP;
    for (enum line_state state = LINE_CONNECTING; state <= LINE_SILENT; state++)
        if (state != LINE_UP && net_line_complaint(state) == complaint_find(code))
            return state;
    return LINE_CONNECTING; /* a code of another version's */
}

bool doctor_undecided(const struct json *status)
{
    return json_get(status, "line") == NULL || state_of(status) == LINE_CONNECTING;
}

void doctor_overhear(struct visit *v, const struct json *status, unsigned waited_s)
{
    double offset_s = json_real(json_get(status, "clock_offset_s"), (double)NAN);
    const char *digest = json_string(json_get(status, "plan_digest"), "");
    *v = (struct visit){.line = {.by_node = true, .waited_s = waited_s}};
    if (json_get(status, "line") != NULL)
        v->line.state = state_of(status);
    else
        v->line.unseen = true;
    if (fabs(offset_s) < OFFSET_MAX_S) { /* false of NAN */
        v->dated = true;
        v->offset_ms = llround(offset_s * 1000);
    }
    if (digest[0] != '\0')
        snprintf(v->plan_name, sizeof v->plan_name, "%s %.12s",
                 json_string(json_get(status, "plan"), ""), digest);
}
