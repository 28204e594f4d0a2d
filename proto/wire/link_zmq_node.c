/*
 *            retry            handshake              PONG
 *   DOWN -----------> TRYING -----------> SHAKEN -----------> MET
 *    ^                   |                   |                  |
 *    +-------------------+-------------------+------------------+
 *      refused, wrong key, not enrolled, damaged, silent: the socket is closed
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zmq.h>

#include "proto/base/log.h"
#include "proto/base/must.h"
#include "proto/wire/link_zmq_inside.h"

#define VECTORS_MAX 2     /* long ones that the program has not taken, or that are on their way */
#define BATCH       64    /* frames taken before we look around */
#define POLL_MAX_MS 60000 /* nothing depends on it */

enum phase { DOWN, TRYING, SHAKEN, MET };

struct node {
    struct net_link *l;
    void *socket, *watch; /* NULL while DOWN */
    enum phase phase;
    uint32_t connection; /* how many attempts so far; the coordinator is told */
    uint64_t since_ms;   /* of this attempt */
    uint64_t retry_ms;   /* when the next one is due */
    uint64_t wait_ms;    /* about how long to wait before it */
    uint64_t proof_ms;   /* when we last knew that the other end hears us */
    uint64_t ping_ms;    /* when to ask again */
    enum line_state last_failure;
    struct lane lane;
    struct party life; /* the coordinator's session */
    bool met;          /* any */
    struct net_got got;
};

static const char *line_words(enum line_state state)
{
    static const char *const words[] = {[LINE_CONNECTING] = "connecting",
                                        [LINE_UP] = "up",
                                        [LINE_REFUSED] = "refused",
                                        [LINE_WRONG_KEY] = "wrong key",
                                        [LINE_NOT_ENROLLED] = "not enrolled",
                                        [LINE_NOT_OURS] = "not ours",
                                        [LINE_SILENT] = "silent"};
    must((size_t)state < COUNT(words));
    return words[state];
}

enum complaint net_line_complaint(enum line_state state)
{
    static const enum complaint of[] = {
        [LINE_CONNECTING] = EC_NET_TIMEOUT,
        [LINE_UP] = EC_NONE,
        [LINE_REFUSED] = EC_NET_REFUSED,
        [LINE_WRONG_KEY] = EC_NET_WRONG_KEY,
        [LINE_NOT_ENROLLED] = EC_NET_NOT_ENROLLED,
        [LINE_NOT_OURS] = EC_NET_NOT_OURS,
        [LINE_SILENT] = EC_NET_SILENT,
    };
    must((size_t)state < COUNT(of));
    return of[state];
}

enum status net_line_fault(enum line_state state, const char *endpoint)
{
    must(state != LINE_UP);
    return fault(net_line_complaint(state), endpoint, "the line is: %s", line_words(state));
}

static void set_line(struct node *n, enum line_state state)
{
    if (net_line(n->l) == state)
        return;
    log_info("line", LOG_TEXT("to", n->l->endpoint), LOG_TEXT("is", line_words(state)));
    net_set_line(n->l, state);
}

/* Half of it to one and a half: many nodes must not come back in step. */
static uint64_t jitter(uint64_t ms)
{
    uint64_t random = 0;
    key_random(&random, sizeof random);
    return ms / 2 + random % (ms + 1);
}

/*
 * This attempt is over. What broke off a handshake once may have been the line; the same twice is
 * the other end: only then do we say so.
 */
static void fail(struct node *n, enum line_state why, uint64_t now_ms)
{
    bool again = n->last_failure == why;
    n->last_failure = why;
    if (why != LINE_WRONG_KEY || again)
        set_line(n, why);
    else if (net_line(n->l) == LINE_UP)
        set_line(n, LINE_CONNECTING);
    net_socket_close(&n->socket, &n->watch, 0);
    n->phase = DOWN;
    n->retry_ms = now_ms + jitter(n->wait_ms);
    n->wait_ms *= 2;
    if (n->wait_ms > n->l->pace.retry_max_ms)
        n->wait_ms = n->l->pace.retry_max_ms;
}

static enum status try_connect(struct node *n)
{
    struct net_link *l = n->l;
    enum status st = net_socket(&n->socket, l, ZMQ_DEALER);
    if (st == ST_OK)
        st = net_option_bytes(n->socket, ZMQ_CURVE_SERVERKEY, l->server.curve, KEY_BYTES);
    if (st == ST_OK)
        st = net_option_bytes(n->socket, ZMQ_CURVE_PUBLICKEY, l->self->pub.curve, KEY_BYTES);
    if (st == ST_OK)
        st = net_option_bytes(n->socket, ZMQ_CURVE_SECRETKEY, l->self->secret, KEY_BYTES);
    if (st == ST_OK)
        st = net_option(n->socket, ZMQ_IMMEDIATE, 1);
    if (st == ST_OK)
        st = net_option(n->socket, ZMQ_RECONNECT_IVL, -1); /* link_zmq.h says why */
    if (st == ST_OK)
        st = net_option(n->socket, ZMQ_CONNECT_TIMEOUT, WIRE_CONNECT_MS);
    if (st == ST_OK)
        st = net_watch(&n->watch, l, n->socket, ZMQ_EVENT_ALL, n->connection);
    if (st == ST_OK && zmq_connect(n->socket, l->endpoint) != 0)
        st = fault(EC_NET_ENDPOINT, l->endpoint, "%s", zmq_strerror(errno));
    return st;
}

static void start(struct node *n, uint64_t now_ms)
{
    n->connection++;
    n->since_ms = now_ms;
    if (try_connect(n) == ST_OK) {
        n->phase = TRYING;
        return;
    }
    log_warn("no connection", LOG_TEXT("to", n->l->endpoint), LOG_TEXT("why", fault_text()));
    fail(n, LINE_CONNECTING, now_ms);
}

/* --- what the monitor says ------------------------------------------------------------------ */

static void shaken(struct node *n, uint64_t now_ms)
{
    n->phase = SHAKEN;
    n->proof_ms = n->ping_ms = now_ms;
}

/* Of a handshake that went wrong. */
static enum line_state diagnose(const struct net_event *e)
{
    switch (e->what) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return e->value == 400 ? LINE_NOT_ENROLLED : LINE_CONNECTING;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: /* EAGAIN: its time is over; else: hung up on us */
        return e->value == EAGAIN ? LINE_NOT_OURS : LINE_WRONG_KEY;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return e->value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC ? LINE_WRONG_KEY : LINE_NOT_OURS;
    default: /* it answered something that is no handshake, and is gone */
        return LINE_NOT_OURS;
    }
}

static void on_event(struct node *n, const struct net_event *e, uint64_t now_ms)
{
    const unsigned failed = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    if (e->what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        shaken(n, now_ms);
    } else if (e->what == ZMQ_EVENT_CLOSED) { /* of a connection that never was */
        bool in_time = now_ms - n->since_ms < WIRE_CONNECT_MS;
        fail(n, in_time ? LINE_REFUSED : LINE_CONNECTING, now_ms);
    } else if ((e->what & (failed | ZMQ_EVENT_DISCONNECTED)) != 0) {
        if (n->phase != TRYING && e->what != ZMQ_EVENT_DISCONNECTED)
            log_warn("line damaged", LOG_TEXT("to", n->l->endpoint));
        fail(n, n->phase == TRYING ? diagnose(e) : LINE_CONNECTING, now_ms);
    }
}

static void take_events(struct node *n, uint64_t now_ms)
{
    struct net_event e;
    while (n->watch != NULL && net_next_event(&e, n->watch))
        on_event(n, &e, now_ms);
}

/* --- what the coordinator says -------------------------------------------------------------- */

static void ping(struct node *n, uint64_t now_ms)
{
    static const struct net_route only = {.len = 0};
    struct msg_header h = net_header(n->l, MSG_PING);
    h.attempt = n->connection;
    h.sequence = n->lane.base;
    if (net_send_header(n->socket, &only, &h) == NET_SENT)
        n->ping_ms = now_ms + n->l->pace.ping_ms;
}

/* What no clock can show is as good as unknown. */
static void compare_clocks(struct net_link *l, uint64_t theirs_ms)
{
    int64_t ours_ms = (int64_t)clock_utc_ms();
    pthread_mutex_lock(&l->lock);
    l->dated = theirs_ms > 0 && theirs_ms <= INT64_MAX;
    l->offset_ms = l->dated ? (int64_t)theirs_ms - ours_ms : 0;
    pthread_mutex_unlock(&l->lock);
}

static void on_pong(struct node *n, const struct msg_header *h, uint64_t now_ms)
{
    bool same = n->met && party_equal(&h->session, &n->life);
    n->proof_ms = now_ms;
    compare_clocks(n->l, h->round);
    if (!same) {
        if (n->met)
            lane_forget(&n->lane); /* it was for another process */
        lane_meet(&n->lane, h->sequence);
        n->life = h->session;
        n->met = true;
        net_new_life(n->l);
        ping(n, now_ms); /* with which number our messages begin now */
    } else {
        (void)lane_begin(&n->lane, h->sequence);
    }
    if (n->phase == SHAKEN) {
        n->phase = MET;
        n->wait_ms = n->l->pace.retry_min_ms;
        n->last_failure = LINE_UP;
        lane_cut(&n->lane, now_ms);
    }
    set_line(n, LINE_UP);
}

/* A connection delivers everything or is no good: after a frame that is wrong we make a new one. */
static void on_frame(struct node *n, uint64_t now_ms)
{
    struct frame f;
    enum status st = frame_parse(&f, n->got.bytes, n->got.len);
    if (st != ST_OK) {
        log_warn("frame refused", LOG_TEXT("from", n->l->endpoint), LOG_TEXT("why", fault_text()));
        fail(n, LINE_CONNECTING, now_ms);
        return;
    }
    net_heard(n->l, 0, now_ms);
    if (f.head.type == MSG_PONG) {
        on_pong(n, &f.head, now_ms);
        return;
    }
    /* A piece is known by its transfer; it is written once for all sites. */
    if (n->phase != MET || (f.head.type != MSG_CHUNK && !party_equal(&f.head.session, &n->life)))
        return;
    uint64_t expected = n->lane.expected;
    uint32_t below = n->lane.pieces.below;
    st = net_lane_hear(n->l, &n->lane, &f, 0, now_ms);
    if (st != ST_OK)
        log_warn("message refused", LOG_TEXT("from", n->l->endpoint),
                 LOG_TEXT("why", fault_text()));
    if (f.head.type == MSG_CHUNK_ACK || n->lane.expected != expected ||
        n->lane.pieces.below != below) /* copies of what we have prove nothing */
        n->proof_ms = now_ms;
}

static void take_frames(struct node *n, uint64_t now_ms)
{
    for (size_t i = 0; i < BATCH && n->socket != NULL; i++) {
        if (!net_receive(&n->got, n->socket, false))
            return;
        on_frame(n, now_ms);
    }
}

/* --- the loop ------------------------------------------------------------------------------- */

static void take_parting(void *ctx, struct parting p)
{
    struct node *n = ctx;
    lane_send(&n->lane, p.cargo);
}

static void give_room(struct node *n, uint64_t now_ms)
{
    if (lane_waits(&n->lane) > 0 && net_desk(n->l, 0).vectors < VECTORS_MAX)
        (void)lane_seat(&n->lane, now_ms); /* no memory: asked again on the next turn */
}

static void watch_time(struct node *n, uint64_t now_ms)
{
    const struct net_pace *pace = &n->l->pace;
    if (n->phase == DOWN && now_ms >= n->retry_ms)
        start(n, now_ms);
    else if (n->phase == TRYING &&
             now_ms - n->since_ms >= (uint64_t)WIRE_CONNECT_MS + 2 * pace->handshake_ms)
        fail(n, LINE_CONNECTING, now_ms); /* a name that nobody knows: libzmq says nothing */
    else if ((n->phase == SHAKEN || n->phase == MET) && now_ms - n->proof_ms >= pace->silence_ms)
        fail(n, LINE_SILENT, now_ms);
    if ((n->phase == SHAKEN || n->phase == MET) && now_ms >= n->ping_ms)
        ping(n, now_ms);
}

/* True when the socket has no room for what there is to send. */
static bool send_frames(struct node *n, uint64_t now_ms)
{
    static const struct net_route only = {.len = 0};
    struct msg_header from = net_header(n->l, MSG_PING);
    for (size_t i = 0; i < BATCH && n->phase == MET && lane_has(&n->lane, now_ms); i++) {
        enum net_sent way = net_send_lane(n->socket, &only, &n->lane, &from, now_ms);
        if (way == NET_GONE)
            fail(n, LINE_CONNECTING, now_ms);
        if (way == NET_LATER)
            return true;
    }
    return false;
}

static uint64_t next_time(const struct node *n, uint64_t close_ms)
{
    const struct net_pace *pace = &n->l->pace;
    uint64_t next = close_ms;
    if (n->phase == DOWN)
        return clock_sooner(next, n->retry_ms);
    if (n->phase == TRYING)
        return clock_sooner(next, n->since_ms + WIRE_CONNECT_MS + 2 * pace->handshake_ms);
    next = clock_sooner(next, clock_sooner(n->ping_ms, n->proof_ms + pace->silence_ms));
    return n->phase == MET ? clock_sooner(next, lane_wake_ms(&n->lane)) : next;
}

static void sleep_until(struct node *n, uint64_t when_ms, uint64_t now_ms, bool full)
{
    uint64_t ms = when_ms > now_ms ? when_ms - now_ms : 0;
    short want = (short)(ZMQ_POLLIN | (full ? ZMQ_POLLOUT : 0));
    zmq_pollitem_t on[] = {
        {NULL, n->l->wake, ZMQ_POLLIN, 0}, {n->socket, 0, want, 0}, {n->watch, 0, ZMQ_POLLIN, 0}};
    int count = n->socket == NULL ? 1 : 3;
    must(zmq_poll(on, count, (long)clock_sooner(ms, POLL_MAX_MS)) >= 0 || errno == EINTR);
}

void *net_run_node(void *link)
{
    struct node n = {.l = link, .wait_ms = ((struct net_link *)link)->pace.retry_min_ms};
    net_got_open(&n.got);
    lane_open(&n.lane, true, WIRE_VECTOR_MAX);
    for (;;) {
        uint64_t close_ms = 0;
        bool closing = net_closing(&close_ms, n.l);
        uint64_t now = clock_now_ms(&n.l->clock);
        net_take_out(n.l, take_parting, &n);
        take_events(&n, now);
        take_frames(&n, now);
        give_room(&n, now);
        watch_time(&n, now);
        if (closing)
            lane_hurry(&n.lane);
        bool full = send_frames(&n, now);
        if (closing && (lane_idle(&n.lane) || now >= close_ms))
            break;
        bool more = n.phase == MET && !full && lane_has(&n.lane, now);
        uint64_t next = next_time(&n, closing ? close_ms : UINT64_MAX);
        sleep_until(&n, more ? now : next, now, full);
    }
    net_socket_close(&n.socket, &n.watch, NET_FLUSH_MS);
    net_got_close(&n.got);
    lane_close(&n.lane);
    return NULL;
}
