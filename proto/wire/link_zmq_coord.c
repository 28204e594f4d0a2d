/*
 *   frame -> user id (who, by which key) -> PING: which process, which connection -> lane -> program
 *
 * Only the last connection of a site counts, and only while its key is enrolled. A connection whose
 * key was taken away cannot be ended alone (libzmq has no call for it): the door is shut and opened
 * again, and everybody else is back within a second.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/link_zmq_inside.h"

#define BACKLOG       1024
#define BATCH         256   /* frames taken before we look around */
#define TURN          8     /* frames sent to a site before the next one's turn */
#define FULL_MS       2     /* when to try a site again that had no room */
#define REOPEN_MS     20    /* and a port that is still taken */
#define POLL_MAX_MS   60000 /* nothing depends on it */
#define SESSION_COUNT 4     /* bytes of a session that number our lives for one site */

/* What a site can make us say as often as it likes. */
enum told { TOLD_FRAME, TOLD_MESSAGE, TOLD_ANEW, TOLD_GIVEN_UP, TOLD_COUNT };

struct peer {
    struct lane lane;
    struct net_route route; /* len 0: it is away */
    struct pass pass;       /* the key by which it came */
    struct party life;      /* its session */
    bool met;
    uint32_t connection;
    bool pong;         /* is owed */
    uint32_t given_up; /* how often: to this site we are that many processes later */
    uint64_t waits;    /* since which turn its vector waits for room; 0: it does not */
    bool full;
    struct log_thrift told[TOLD_COUNT];
};

struct coord {
    struct net_link *l;
    void *door, *watch; /* NULL: the port is not ours at the moment */
    uint64_t doors;     /* opened so far */
    bool *spoke;        /* [files] did this connection (by its file) say anything? */
    size_t files;
    size_t told; /* connections that were told of and are about to end */
    uint64_t reopen_ms;
    uint64_t revoked; /* keys, as far as we acted on it */
    struct peer *peer;
    uint32_t peers;
    uint64_t turns; /* given to vectors that wait */
    struct net_got got;
};

static struct peer *peer_of(struct coord *c, uint32_t site)
{
    if (site >= c->peers) {
        c->peer = realloc(c->peer, (site + 1u) * sizeof *c->peer);
        must(c->peer != NULL);
    }
    for (; c->peers <= site; c->peers++) {
        struct peer *p = &c->peer[c->peers];
        memset(p, 0, sizeof *p);
        lane_open(&p->lane, false, WIRE_VECTOR_MAX);
    }
    return &c->peer[site];
}

static void tell(struct coord *c, uint32_t site, enum told what, const char *why)
{
    static const char *const events[] = {[TOLD_FRAME] = "frame refused",
                                         [TOLD_MESSAGE] = "message refused",
                                         [TOLD_ANEW] = "site started anew",
                                         [TOLD_GIVEN_UP] = "given up"};
    char name[KEY_NAME_MAX] = "?";
    uint64_t times = 0;
    if (!log_due(&times, &peer_of(c, site)->told[what], clock_now_ms(&c->l->clock)))
        return;
    (void)roster_name(name, c->l->roster, site);
    log_warn(events[what], LOG_TEXT("site", name), LOG_TEXT("why", why), LOG_NUM("times", times));
}

/* --- the door ------------------------------------------------------------------------------- */

enum status net_door(void **s, const struct net_link *l)
{
    enum status st = net_socket(s, l, ZMQ_ROUTER);
    if (st == ST_OK)
        st = zap_guard(*s);
    if (st == ST_OK)
        st = net_option(*s, ZMQ_CURVE_SERVER, 1);
    if (st == ST_OK)
        st = net_option_bytes(*s, ZMQ_CURVE_SECRETKEY, l->self->secret, KEY_BYTES);
    if (st == ST_OK)
        st = net_option(*s, ZMQ_ROUTER_MANDATORY, 1);
    if (st == ST_OK)
        st = net_option(*s, ZMQ_BACKLOG, BACKLOG);
    if (st == ST_OK && zmq_bind(*s, l->endpoint) != 0)
        st = fault(EC_NET_BIND, l->endpoint, "%s", zmq_strerror(errno));
    if (st != ST_OK)
        net_socket_close(s, NULL, 0);
    return st;
}

/*
 * Never HANDSHAKE_FAILED_PROTOCOL: libzmq 4.3.4 tells of it when a frame of a live connection is
 * damaged, too, spoils errno by telling (curve_mechanism_base.cpp, decode), and then takes the
 * damage for a full queue. It neither reads that connection any more nor ever closes its file.
 */
static void watch_door(struct coord *c)
{
    const int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    c->told = c->files = 0;
    must(net_watch(&c->watch, c->l, c->door, events, ++c->doors) == ST_OK);
}

static void reopen(struct coord *c, uint64_t now_ms)
{
    if (net_door(&c->door, c->l) == ST_OK) {
        watch_door(c);
        return;
    }
    if (c->reopen_ms == 0)
        log_warn("port not ours yet", LOG_TEXT("endpoint", c->l->endpoint),
                 LOG_TEXT("why", fault_text()));
    c->reopen_ms = now_ms + REOPEN_MS;
}

/* Keys were taken away: ends the connections that were made with them. */
static void act_on_revocations(struct coord *c, uint64_t now_ms)
{
    uint64_t revoked = roster_revoked(c->l->roster);
    bool alive = false;
    if (revoked == c->revoked)
        return;
    c->revoked = revoked;
    for (uint32_t i = 0; i < c->peers; i++)
        alive = alive || (c->peer[i].route.len > 0 && !roster_holds(c->l->roster, c->peer[i].pass));
    if (!alive || c->door == NULL)
        return;
    log_warn("door shut and opened", LOG_TEXT("why", "a site was revoked; the others come back"));
    char bound[NET_ENDPOINT_MAX];
    size_t len = sizeof bound;
    if (zmq_getsockopt(c->door, ZMQ_LAST_ENDPOINT, bound, &len) == 0)
        (void)zmq_unbind(c->door, bound); /* else the port stays taken for seconds */
    net_socket_close(&c->door, &c->watch, 0);
    for (uint32_t i = 0; i < c->peers; i++)
        c->peer[i].route.len = 0;
    c->reopen_ms = 0;
    reopen(c, now_ms);
}

static bool *spoke(struct coord *c, size_t file)
{
    size_t had = c->files;
    if (file >= had) {
        c->files = file + 1;
        c->spoke = realloc(c->spoke, c->files * sizeof *c->spoke);
        must(c->spoke != NULL);
        memset(c->spoke + had, 0, (c->files - had) * sizeof *c->spoke);
    }
    return &c->spoke[file];
}

/*
 * One line an attempt; the gatekeeper tells of those that came as far as a key. Who got in speaks
 * at once, so a connection that ends and never spoke did not get in.
 */
static void take_events(struct coord *c)
{
    struct net_event e;
    while (c->watch != NULL && net_next_event(&e, c->watch)) {
        const char *why = NULL;
        if (e.what == ZMQ_EVENT_ACCEPTED) {
            *spoke(c, e.value) = false;
        } else if (e.what != ZMQ_EVENT_DISCONNECTED) {
            c->told++;
            if (e.what == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
                why = "it hung up, or said nothing, in the handshake";
        } else if (!*spoke(c, e.value)) {
            if (c->told == 0)
                why = "it does not speak CURVE, or to another key than ours, or was damaged";
            c->told -= c->told > 0;
        }
        if (why != NULL)
            log_warn("refused at the door", LOG_TEXT("why", why));
    }
}

/* --- what sites say ------------------------------------------------------------------------- */

static void new_life(struct coord *c, struct peer *p, const struct msg_header *h)
{
    char name[KEY_NAME_MAX] = "?";
    if (p->met) {
        tell(c, p->pass.site, TOLD_ANEW, "another process has its key");
        lane_forget(&p->lane); /* it was for another process */
    } else if (roster_name(name, c->l->roster, p->pass.site)) {
        log_info("site here", LOG_TEXT("site", name));
    }
    lane_meet(&p->lane, h->sequence);
    p->life = h->session;
    p->met = true;
}

/* Which process asks, and over which of its connections: older ones are not listened to. */
static void on_ping(struct coord *c, struct peer *p, const struct msg_header *h, uint64_t now_ms)
{
    bool same = p->met && party_equal(&p->life, &h->session);
    bool known = same && h->attempt == p->connection && p->route.len == c->got.from.len &&
                 memcmp(p->route.byte, c->got.from.byte, p->route.len) == 0;
    if (same && !known && h->attempt <= p->connection)
        return;
    if (!same)
        new_life(c, p, h);
    if (!known) {
        p->route = c->got.from;
        p->connection = h->attempt;
        p->full = false;
        lane_cut(&p->lane, now_ms);
    }
    (void)lane_begin(&p->lane, h->sequence);
    p->pong = true;
}

static void on_frame(struct coord *c, uint64_t now_ms)
{
    struct pass pass;
    struct frame f;
    if (!zap_pass(&pass, c->got.user) || !roster_holds(c->l->roster, pass))
        return; /* its key was taken away; its connection will be */
    enum status st = frame_parse(&f, c->got.bytes, c->got.len);
    if (st != ST_OK) {
        tell(c, pass.site, TOLD_FRAME, fault_text());
        return; /* unanswered: the node makes a new connection */
    }
    struct peer *p = peer_of(c, pass.site);
    net_heard(c->l, pass.site, now_ms);
    p->pass = pass;
    if (f.head.type == MSG_PING) {
        on_ping(c, p, &f.head, now_ms);
        return;
    }
    if (!p->met || !party_equal(&p->life, &f.head.session) || p->route.len != c->got.from.len ||
        memcmp(p->route.byte, c->got.from.byte, p->route.len) != 0)
        return;
    st = net_lane_hear(c->l, &p->lane, &f, pass.site, now_ms);
    if (st != ST_OK)
        tell(c, pass.site, TOLD_MESSAGE, fault_text());
}

static void take_frames(struct coord *c, uint64_t now_ms)
{
    for (size_t i = 0; i < BATCH && c->door != NULL; i++) {
        if (!net_receive(&c->got, c->door, true))
            return;
        if (c->got.file >= 0)
            *spoke(c, (size_t)c->got.file) = true;
        on_frame(c, now_ms);
    }
}

/* --- room for vectors ----------------------------------------------------------------------- */

static bool has_room(const struct peer *p)
{
    return lane_seated(&p->lane) && p->lane.bytes > WIRE_PARCEL_MAX;
}

/* Takes room back from a site that fell silent half-way. */
static bool reclaim(struct coord *c, uint64_t now_ms)
{
    for (uint32_t i = 0; i < c->peers; i++) {
        if (!has_room(&c->peer[i]) || now_ms - net_desk(c->l, i).heard_ms < c->l->pace.silence_ms)
            continue;
        lane_unseat(&c->peer[i].lane);
        return true;
    }
    return false;
}

/* First come, first served, WIRE_UPLOADS at a time, counting those the program has not taken. */
static void give_room(struct coord *c, uint64_t now_ms)
{
    for (;;) {
        size_t taken = 0;
        struct peer *first = NULL;
        for (uint32_t i = 0; i < c->peers; i++) {
            struct peer *p = &c->peer[i];
            bool waits = lane_waits(&p->lane) > 0;
            p->waits = !waits ? 0 : p->waits != 0 ? p->waits : ++c->turns;
            if (waits && (first == NULL || p->waits < first->waits))
                first = p;
            taken += has_room(p);
        }
        if (first == NULL)
            return;
        for (uint32_t i = 0; i < c->peers; i++)
            taken += net_desk(c->l, i).vectors;
        if (taken >= WIRE_UPLOADS && !reclaim(c, now_ms))
            return;
        if (!lane_seat(&first->lane, now_ms))
            return; /* no memory: asked again on the next turn */
    }
}

/* --- what we say ---------------------------------------------------------------------------- */

static size_t vectors_queued(const struct lane *l)
{
    size_t vectors = 0;
    for (size_t i = 0; i < l->count; i++)
        vectors += l->queue[i]->bytes > WIRE_PARCEL_MAX;
    return vectors;
}

static void take_parting(void *ctx, struct parting p)
{
    struct coord *c = ctx;
    struct peer *to = peer_of(c, p.site);
    lane_send(&to->lane, p.cargo);
    if (to->lane.count <= WIRE_QUEUE_MAX && vectors_queued(&to->lane) <= WIRE_AWAY_MAX)
        return;
    tell(c, p.site, TOLD_GIVEN_UP, "too much waits for it; it must join again");
    lane_forget(&to->lane);
    to->given_up++;
}

static struct msg_header header_to(const struct coord *c, uint32_t site, enum msg_kind kind)
{
    struct msg_header h = net_header(c->l, kind);
    for (size_t i = 0; i < SESSION_COUNT; i++)
        h.session.byte[i] ^= (uint8_t)(c->peer[site].given_up >> (8 * i));
    h.recipient = party_of_site(site);
    return h;
}

static enum net_sent send_one(struct coord *c, uint32_t site, uint64_t now_ms)
{
    struct peer *p = &c->peer[site];
    if (!p->pong) {
        struct msg_header from = header_to(c, site, MSG_PONG);
        return net_send_lane(c->door, &p->route, &p->lane, &from, now_ms);
    }
    struct msg_header h = header_to(c, site, MSG_PONG);
    h.attempt = p->connection;
    h.sequence = p->lane.base;
    h.round = clock_utc_ms();
    enum net_sent way = net_send_header(c->door, &p->route, &h);
    p->pong = way == NET_LATER;
    return way;
}

/* Some frames to this site; true when there are more that would find room. */
static bool send_some(struct coord *c, uint32_t site, uint64_t now_ms)
{
    struct peer *p = &c->peer[site];
    p->full = false;
    for (size_t i = 0; c->door != NULL && p->route.len > 0; i++) {
        if (!p->pong && !lane_has(&p->lane, now_ms))
            return false;
        if (i == TURN)
            return true;
        enum net_sent way = send_one(c, site, now_ms);
        if (way == NET_GONE)
            p->route.len = 0; /* until it comes back and asks */
        p->full = way == NET_LATER;
        if (p->full)
            return false;
    }
    return false;
}

/* A turn for everybody; true when somebody needs another. */
static bool send_frames(struct coord *c, uint64_t now_ms)
{
    bool more = false;
    for (uint32_t i = 0; i < c->peers; i++)
        more = send_some(c, i, now_ms) || more;
    return more;
}

/* --- the loop ------------------------------------------------------------------------------- */

static uint64_t next_time(const struct coord *c, uint64_t close_ms, uint64_t now_ms)
{
    uint64_t next =
        clock_sooner(close_ms, now_ms + ROSTER_READ_MS); /* revocations come from there */
    if (c->door == NULL)
        return clock_sooner(next, c->reopen_ms);
    for (uint32_t i = 0; i < c->peers; i++) {
        const struct peer *p = &c->peer[i];
        if (p->route.len > 0)
            next = clock_sooner(next, p->full ? now_ms + FULL_MS : lane_wake_ms(&p->lane));
    }
    return next;
}

static void sleep_until(struct coord *c, uint64_t when_ms, uint64_t now_ms)
{
    uint64_t ms = when_ms > now_ms ? when_ms - now_ms : 0;
    zmq_pollitem_t on[] = {{NULL, c->l->wake, ZMQ_POLLIN, 0},
                           {c->door, 0, ZMQ_POLLIN, 0},
                           {c->watch, 0, ZMQ_POLLIN, 0}};
    int count = c->door == NULL ? 1 : 3;
    must(zmq_poll(on, count, (long)clock_sooner(ms, POLL_MAX_MS)) >= 0 || errno == EINTR);
}

/* Nobody who is here waits for anything; who is away is not waited for. */
static bool all_said(struct coord *c)
{
    bool idle = true;
    for (uint32_t i = 0; i < c->peers; i++) {
        lane_hurry(&c->peer[i].lane);
        idle = idle && (c->peer[i].route.len == 0 || lane_idle(&c->peer[i].lane));
    }
    return idle;
}

void *net_run_coord(void *link)
{
    struct coord c = {.l = link};
    c.door = c.l->bound;
    c.l->bound = NULL;
    watch_door(&c);
    net_got_open(&c.got);
    for (;;) {
        uint64_t close_ms = 0;
        bool closing = net_closing(&close_ms, c.l);
        uint64_t now = clock_now_ms(&c.l->clock);
        net_take_out(c.l, take_parting, &c);
        take_frames(&c, now);
        take_events(&c);
        act_on_revocations(&c, now);
        if (c.door == NULL && now >= c.reopen_ms)
            reopen(&c, now);
        give_room(&c, now);
        bool said = closing && all_said(&c);
        bool more = send_frames(&c, now);
        if (said || (closing && now >= close_ms))
            break;
        uint64_t next = next_time(&c, closing ? close_ms : UINT64_MAX, now);
        sleep_until(&c, more ? now : next, now);
    }
    net_socket_close(&c.door, &c.watch, NET_FLUSH_MS);
    net_got_close(&c.got);
    for (uint32_t i = 0; i < c.peers; i++)
        lane_close(&c.peer[i].lane);
    free(c.peer);
    free(c.spoke);
    return NULL;
}
