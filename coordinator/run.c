#include "coordinator/run.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/keep.h"
#include "coordinator/status.h"
#include "coordinator/summary.h"
#include "crypto/keys.h"
#include "models/core/blas.h"
#include "proto/adopt/parts.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/store/beacon.h"
#include "proto/wire/link_zmq.h"

#define WAIT_MS     1000  /* between two looks at the folder of sites and the status */
#define MESSAGES    64    /* between two such looks, whoever says how much */
#define FAREWELL_MS 15000 /* for the last words to go out to sites on slow lines */

struct running {
    const struct coord_config *c;
    const struct coord_run_options *o;
    struct identity self;
    struct beacon *beacon;
    struct store *store;
    struct plan plan;
    struct net_link *link;
    struct clock clock;
    struct coord_loop loop;
    bool looping; /* loop is open */
    uint32_t enrolled;
    uint64_t told_ms;
    double started;
};

/* A status that cannot be written must not end a run. */
static void tell(struct running *r)
{
    r->told_ms = clock_now_ms(&r->clock);
    if (beacon_say(r->beacon, coord_status(&r->loop, r->link)) != ST_OK)
        log_warn("status not written", LOG_TEXT("why", fault_text()));
}

static void committed(void *ctx, const struct coord_loop *l)
{
    struct running *r = ctx;
    struct coord_progress p = coord_progress(l, clock_seconds() - r->started);
    coord_progress_log(&p);
    if (r->o->progress != NULL)
        r->o->progress(r->o->ctx, &p);
}

/* A site must not make us keep more than is due. */
static void opening(void *ctx, size_t bytes)
{
    const struct running *r = ctx;
    net_vector_room(r->link, bytes);
}

/* The folder of sites is read by the link; what came to it since is enrolled here. */
static void enrol(struct running *r)
{
    for (uint32_t sites = net_coord_sites(r->link); r->enrolled < sites; r->enrolled++) {
        char name[KEY_NAME_MAX];
        struct party party = party_of_site(r->enrolled);
        if (!net_coord_site_name(name, r->link, r->enrolled))
            continue;
        coord_loop_enrol(&r->loop, &party, name);
    }
}

static enum status open_link(struct running *r)
{
    char endpoint[256];
    struct net_coord_options o = {.endpoint = r->c->listen,
                                  .self = &r->self,
                                  .sites_folder = r->c->sites,
                                  .config = r->plan.digest};
    enum status st = net_coord_open(&r->link, &o);
    if (st != ST_OK)
        return st;
    net_bound_endpoint(endpoint, sizeof endpoint, r->link);
    log_info("listening", LOG_TEXT("at", endpoint), LOG_TEXT("sites", r->c->sites));
    if (r->o->listening != NULL)
        r->o->listening(r->o->ctx, endpoint);
    return ST_OK;
}

static enum status open_loop(struct running *r)
{
    struct coord_options o = {.plan = &r->plan,
                              .link = net_as_link(r->link),
                              .clock = &r->clock,
                              .store = r->store,
                              .begin_sites = r->c->begin_sites,
                              .begin_ms = r->c->begin_ms,
                              .turn_messages = MESSAGES};
    net_vector_room(r->link, 0); /* nothing is due before the first round */
    enum status st = coord_loop_open(&r->loop, &o);
    r->looping = st == ST_OK;
    r->loop.opening = opening;
    r->loop.committed = committed;
    r->loop.ctx = r;
    return st;
}

static enum status read_plan(struct plan *p, const struct coord_config *c)
{
    const char *overrides[SETTINGS_LIST_MAX];
    size_t count = settings_count(c->set, "plan_overrides");
    for (size_t i = 0; i < count; i++)
        overrides[i] = settings_list_text(c->set, i, "plan_overrides");
    return plan_load(p, c->plan, overrides, count, adopt_parts, adopt_part_count);
}

static enum status open_all(struct running *r)
{
    const struct coord_config *c = r->c;
    enum status st = beacon_open(&r->beacon, c->state);
    if (st == ST_OK)
        st = identity_open(&r->self, c->key);
    if (st == ST_OK)
        st = read_plan(&r->plan, c);
    if (st == ST_OK)
        st = store_open(&r->store, c->store);
    if (st == ST_OK)
        st = open_link(r);
    return st == ST_OK ? open_loop(r) : st;
}

static void close_all(struct running *r)
{
    struct complaint_kept why = *fault_kept();
    net_close(&r->link, FAREWELL_MS);
    if (r->looping)
        coord_loop_close(&r->loop);
    store_close(&r->store);
    plan_close(&r->plan);
    identity_close(&r->self);
    beacon_close(&r->beacon);
    fault_restore(&why);
}

static enum status turns(struct running *r)
{
    enum status st = ST_OK;
    while (st == ST_OK && !r->loop.finished) {
        enrol(r);
        st = coord_loop_turn(&r->loop);
        uint64_t now = clock_now_ms(&r->clock);
        if (st != ST_OK || r->loop.finished || now - r->told_ms >= WAIT_MS)
            tell(r);
        uint64_t wake = coord_loop_wake_ms(&r->loop);
        if (st == ST_OK && !r->loop.finished)
            net_wait(r->link, clock_sooner(WAIT_MS, wake > now ? wake - now : 0));
    }
    return st;
}

enum status coord_run(struct report *report, const struct coord_config *c,
                      const struct coord_run_options *o)
{
    struct running r = {.c = c, .o = o, .clock = clock_machine(), .started = clock_seconds()};
    *report = (struct report){0};
    blas_threads(1);
    enum status st = open_all(&r);
    if (st == ST_OK)
        st = turns(&r);
    if (st == ST_OK) {
        summary_fill(report, &r.loop, o->engine, clock_seconds() - r.started);
        st = keep_run(report, &r.loop, c->out);
    }
    if (st == ST_OK) /* the report is on disk: nobody will want the sums again */
        st = store_forget(r.store);
    close_all(&r);
    return st;
}
