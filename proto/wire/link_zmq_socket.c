#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "proto/base/must.h"
#include "proto/wire/codec.h"
#include "proto/wire/link_zmq_inside.h"

#define ACK_BODY_MAX 64

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct net_got *)0)->held), "held holds a message");

static zmq_msg_t *inside(struct net_got *g)
{
    return (zmq_msg_t *)(void *)g->held;
}

/* --- sockets -------------------------------------------------------------------------------- */

enum status net_option_bytes(void *s, int option, const void *bytes, size_t len)
{
    if (zmq_setsockopt(s, option, bytes, len) == 0)
        return ST_OK;
    return fault(EC_INTERNAL, "link", "libzmq refuses option %d: %s", option, zmq_strerror(errno));
}

enum status net_option(void *s, int option, int value)
{
    const int64_t wide = value;
    return option == ZMQ_MAXMSGSIZE ? net_option_bytes(s, option, &wide, sizeof wide)
                                    : net_option_bytes(s, option, &value, sizeof value);
}

enum status net_socket(void **s, const struct net_link *l, int type)
{
    const struct {
        int option, value;
    } rows[] = {
        {ZMQ_LINGER, 0}, /* our queue is the lane */
        {ZMQ_MAXMSGSIZE, (int)WIRE_FRAME_MAX},
        {ZMQ_SNDHWM, 2 * WIRE_WINDOW}, /* frames; a lane has a window and a few small ones out */
        {ZMQ_RCVHWM, type == ZMQ_ROUTER ? WIRE_WINDOW : 2 * WIRE_WINDOW},
        {ZMQ_HANDSHAKE_IVL, (int)l->pace.handshake_ms},
        /* Never libzmq's own heartbeats: their timer writes to a connection that damage has
         * stopped, and 4.3.4 aborts the process (stream_engine_base.cpp:331, !_io_error). */
        {ZMQ_HEARTBEAT_IVL, 0},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 60},
        {ZMQ_TCP_KEEPALIVE_INTVL, 20},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
        {ZMQ_IPV6, 1},
    };
    *s = zmq_socket(l->context, type);
    if (*s == NULL)
        return fault(EC_INTERNAL, "link", "no socket: %s", zmq_strerror(errno));
    enum status st = ST_OK;
    for (size_t i = 0; i < COUNT(rows) && st == ST_OK; i++)
        st = net_option(*s, rows[i].option, rows[i].value);
    if (st != ST_OK)
        net_socket_close(s, NULL, 0);
    return st;
}

void net_socket_close(void **s, void **watch, int linger_ms)
{
    if (*s != NULL) {
        (void)zmq_socket_monitor(*s, NULL, 0);
        (void)zmq_setsockopt(*s, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        zmq_close(*s);
    }
    *s = NULL;
    if (watch == NULL)
        return;
    if (*watch != NULL)
        zmq_close(*watch);
    *watch = NULL;
}

enum status net_watch(void **watch, const struct net_link *l, void *s, int events, uint64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://watch-%" PRIu64, number);
    *watch = NULL;
    if (zmq_socket_monitor(s, name, events) != 0)
        return fault(EC_INTERNAL, "link", "no monitor: %s", zmq_strerror(errno));
    *watch = zmq_socket(l->context, ZMQ_PAIR);
    if (*watch == NULL || zmq_connect(*watch, name) != 0)
        return fault(EC_INTERNAL, "link", "no monitor: %s", zmq_strerror(errno));
    return ST_OK;
}

bool net_next_event(struct net_event *e, void *watch)
{
    uint8_t frame[6]; /* u16 what, u32 value, in the byte order of this machine */
    uint16_t what = 0;
    int len = zmq_recv(watch, frame, sizeof frame, ZMQ_DONTWAIT);
    if (len < 0)
        return false;
    int more = 1;
    size_t size = sizeof more;
    while (zmq_getsockopt(watch, ZMQ_RCVMORE, &more, &size) == 0 && more != 0)
        if (zmq_recv(watch, NULL, 0, 0) < 0) /* the address: we know it */
            return false;
    must(len == (int)sizeof frame);
    memcpy(&what, frame, sizeof what);
    memcpy(&e->value, frame + sizeof what, sizeof e->value);
    e->what = what;
    return true;
}

/* --- out ------------------------------------------------------------------------------------ */

/* A ROUTER is told the address first, and says then whether the frame will find room. */
static enum net_sent address(void *s, const struct net_route *to)
{
    if (to->len == 0 || zmq_send(s, to->byte, to->len, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0)
        return NET_SENT;
    return errno == EAGAIN || errno == EINTR ? NET_LATER : NET_GONE;
}

/* A DEALER with nobody at the other end has no room. */
static bool has_room(void *s)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(s, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT) != 0;
}

/* Consumes m. */
static enum net_sent send_msg(void *s, zmq_msg_t *m)
{
    if (zmq_msg_send(m, s, ZMQ_DONTWAIT) >= 0)
        return NET_SENT;
    zmq_msg_close(m);
    return NET_GONE; /* there was room a moment ago: what was there is no more */
}

static enum net_sent send_frame(void *s, const struct msg_header *h, const uint8_t *body)
{
    zmq_msg_t m;
    must(zmq_msg_init_size(&m, frame_bytes(h)) == 0);
    frame_write(zmq_msg_data(&m), h, body);
    return send_msg(s, &m);
}

struct msg_header net_header(const struct net_link *l, enum msg_kind kind)
{
    return (struct msg_header){.type = (uint8_t)kind, .session = l->session, .config = l->config};
}

enum net_sent net_send_header(void *s, const struct net_route *to, const struct msg_header *h)
{
    if (to->len == 0 && !has_room(s))
        return NET_LATER;
    enum net_sent way = address(s, to);
    return way == NET_SENT ? send_frame(s, h, NULL) : way;
}

/* libzmq is done with a piece; called from its threads. */
static void drop_cargo(void *bytes, void *cargo)
{
    struct cargo *c = cargo;
    (void)bytes;
    cargo_drop(&c);
}

static enum net_sent send_piece(void *s, struct cargo *c, uint32_t at)
{
    size_t len = 0;
    const uint8_t *bytes = cargo_piece(&len, c, at);
    zmq_msg_t m;
    must(zmq_msg_init_data(&m, (void *)(uintptr_t)bytes, len, drop_cargo, cargo_keep(c)) == 0);
    return send_msg(s, &m);
}

static enum net_sent send_ack(void *s, const struct lane_out *o, const struct msg_header *from)
{
    struct msg m = {.head = *from};
    uint8_t body[ACK_BODY_MAX];
    m.head.type = MSG_CHUNK_ACK;
    m.head.attempt = (uint32_t)o->wish;
    m.as.chunk_ack = (struct msg_chunk_ack){o->sequence, o->at};
    m.head.body_len = codec_pack(body, sizeof body, &m);
    return send_frame(s, &m.head, body);
}

enum net_sent net_send_lane(void *s, const struct net_route *to, struct lane *l,
                            const struct msg_header *from, uint64_t now_ms)
{
    struct lane_out o;
    if (to->len == 0 && !has_room(s))
        return NET_LATER;
    enum net_sent way = address(s, to);
    if (way != NET_SENT)
        return way;
    enum lane_due due = lane_next(&o, l, now_ms);
    must(due != LANE_NOTHING); /* it said that it has something, and the address is out */
    if (due == LANE_ACK)
        return send_ack(s, &o, from);
    if (due == LANE_PIECE)
        return send_piece(s, o.cargo, o.at);
    struct msg_header h = o.cargo->head;
    h.session = from->session;
    h.recipient = from->recipient;
    h.sequence = o.sequence;
    return send_frame(s, &h, o.cargo->body);
}

/* --- in ------------------------------------------------------------------------------------- */

void net_got_open(struct net_got *g)
{
    *g = (struct net_got){.user = NULL};
    must(zmq_msg_init(inside(g)) == 0);
}

void net_got_close(struct net_got *g)
{
    zmq_msg_close(inside(g));
}

/* All parts of a message: the last stays in g, an address before it too. Their number, 0: none. */
static size_t receive_parts(struct net_got *g, void *s)
{
    size_t parts = 0;
    for (bool more = true; more; parts++) {
        if (parts == 1) { /* what came is an address, if anything follows */
            g->from.len = zmq_msg_size(inside(g));
            if (g->from.len > sizeof g->from.byte)
                g->from.len = 0;
            memcpy(g->from.byte, zmq_msg_data(inside(g)), g->from.len);
        }
        if (zmq_msg_recv(inside(g), s, ZMQ_DONTWAIT) < 0)
            return 0; /* parts of a message come together: this is its first */
        more = zmq_msg_more(inside(g)) != 0;
    }
    return parts;
}

bool net_receive(struct net_got *g, void *s, bool routed)
{
    size_t parts = 0;
    do {
        g->from.len = 0;
        parts = receive_parts(g, s);
    } while (parts != 0 && (parts != (routed ? 2 : 1) || (routed && g->from.len == 0)));
    if (parts == 0)
        return false;
    g->user = zmq_msg_gets(inside(g), "User-Id");
    g->file = zmq_msg_get(inside(g), ZMQ_SRCFD);
    g->bytes = zmq_msg_data(inside(g));
    g->len = zmq_msg_size(inside(g));
    return true;
}

static enum status take_ack(struct lane *lane, const struct frame *f, uint64_t now_ms)
{
    struct msg m = {.head = f->head};
    if (f->head.attempt > LANE_WISH_AGAIN)
        return fault(EC_WIRE_BODY, "link", "an acknowledgement with a wish of %" PRIu32,
                     f->head.attempt);
    enum status st = codec_unpack(&m, f->body, (size_t)f->head.body_len);
    if (st == ST_OK)
        lane_acked(lane, m.as.chunk_ack.sequence, m.as.chunk_ack.below,
                   (enum lane_wish)f->head.attempt, now_ms);
    return st;
}

enum status net_lane_hear(struct net_link *l, struct lane *lane, const struct frame *f,
                          uint32_t site, uint64_t now_ms)
{
    struct msg m;
    bool got = false;
    if (f->head.type == MSG_CHUNK_ACK)
        return take_ack(lane, f, now_ms);
    if (f->head.type == MSG_PING || f->head.type == MSG_PONG ||
        net_desk(l, site).waiting >= WIRE_INBOX_MAX) /* unacknowledged, so it comes again */
        return ST_OK;
    lane->room = net_room(l);
    enum status st = lane_hear(&m, &got, lane, f, now_ms);
    if (got)
        net_deliver(l, &m, site);
    return st;
}
