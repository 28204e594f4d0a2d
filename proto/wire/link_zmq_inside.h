/*
 * link_zmq_inside.h - what the files of link_zmq share; nobody else includes it.
 *
 *     link_zmq.c         program's side: queues, waiting, closing
 *     link_zmq_socket.c  sockets with every option, frames out of and into them, the monitor
 *     link_zmq_node.c    I/O thread of a node: one socket an attempt, one lane
 *     link_zmq_coord.c   I/O thread of a coordinator: one socket, one lane a site
 */
#ifndef EVENHAND_LINK_ZMQ_INSIDE_H
#define EVENHAND_LINK_ZMQ_INSIDE_H

#include <pthread.h>

#include "proto/base/clock.h"
#include "proto/wire/lane.h"
#include "proto/wire/link_zmq.h"
#include "proto/wire/roster.h"
#include "proto/wire/zap.h"

#define NET_ENDPOINT_MAX 256
#define NET_FLUSH_MS     200 /* for frames already given to a socket that is closed */

struct arrival {
    struct msg msg;
    uint32_t site; /* 0 at a node */
};

struct parting {
    struct cargo *cargo;
    uint32_t site;
};

/* What both threads know of a peer. */
struct desk {
    uint64_t heard_ms; /* a valid frame; 0: never */
    uint32_t waiting;  /* messages that the program has not taken */
    uint32_t vectors;  /* of those, how many with one */
};

struct net_link {
    struct link link; /* first: a struct link * is a struct net_link * */
    bool coordinator;
    struct net_pace pace;
    struct digest config;
    struct party session; /* this process's life */
    struct clock clock;
    const struct identity *self;
    char endpoint[NET_ENDPOINT_MAX];
    void *context;
    pthread_t thread;
    int wake;        /* eventfd: the program did something */
    uint64_t number; /* of the last cargo: the program's thread alone */

    struct public_key server; /* node */
    struct roster *roster;    /* coordinator */
    struct zap *zap;
    void *bound; /* coordinator: the socket, until its thread takes it */

    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t news;
    struct arrival *in;
    size_t in_count, in_cap;
    struct parting *out;
    size_t out_count, out_cap;
    struct desk *desk; /* one a site; one at a node */
    uint32_t desks;
    size_t room;
    enum line_state state;
    uint32_t lives;
    uint64_t changes, seen; /* of state and lives */
    bool dated;             /* node: the coordinator told its clock */
    int64_t offset_ms;      /* then: that clock minus ours */
    bool closing;
    uint64_t close_ms; /* when closing ends */
};

void *net_run_node(void *link);
void *net_run_coord(void *link);
/* The coordinator's socket, guarded and bound to l->endpoint. EC_NET_BIND, EC_INTERNAL. */
MUST_CHECK enum status net_door(void **s, const struct net_link *l);

/* --- link_zmq.c: for the I/O threads -------------------------------------------------------- */

/* Hands over what the program sent since the last call: take(ctx, parting) consumes the cargo. */
void net_take_out(struct net_link *l, void (*take)(void *ctx, struct parting p), void *ctx);
/* Consumes m. */
void net_deliver(struct net_link *l, struct msg *m, uint32_t site);
void net_heard(struct net_link *l, uint32_t site, uint64_t now_ms);
struct desk net_desk(const struct net_link *l, uint32_t site);
size_t net_room(const struct net_link *l);
/* Is it time to end? Then *by_ms is when at the latest. */
bool net_closing(uint64_t *by_ms, const struct net_link *l);
void net_set_line(struct net_link *l, enum line_state state);
void net_new_life(struct net_link *l);

/* --- link_zmq_socket.c ---------------------------------------------------------------------- */

/* A socket of this type with the options of both ends; CURVE keys and roles are the caller's. */
MUST_CHECK enum status net_socket(void **s, const struct net_link *l, int type);
/* A whole number of either kind as an option; EC_INTERNAL when libzmq refuses it. */
MUST_CHECK enum status net_option(void *s, int option, int value);
MUST_CHECK enum status net_option_bytes(void *s, int option, const void *bytes, size_t len);
/* Closes socket and monitor, either may be NULL; frames on their way get linger_ms. */
void net_socket_close(void **s, void **watch, int linger_ms);

/* What becomes of connections. */
struct net_event {
    unsigned what; /* ZMQ_EVENT_* */
    uint32_t value;
};
MUST_CHECK enum status net_watch(void **watch, const struct net_link *l, void *s, int events,
                                 uint64_t number);
bool net_next_event(struct net_event *e, void *watch); /* the next one, false: none now */

/* The address of a peer of a ROUTER; len 0: a DEALER's only one. */
struct net_route {
    uint8_t byte[32];
    size_t len;
};

/* A header without a body, as PING and PONG are. */
struct msg_header net_header(const struct net_link *l, enum msg_kind kind);
enum net_sent { NET_SENT, NET_LATER, NET_GONE };
enum net_sent net_send_header(void *s, const struct net_route *to, const struct msg_header *h);
/* Sends the next frame of a lane that has one; session and recipient as given. */
enum net_sent net_send_lane(void *s, const struct net_route *to, struct lane *l,
                            const struct msg_header *from, uint64_t now_ms);

/* The next message of a socket: its address at a ROUTER, its user id, its bytes (until the next
 * call). Those of a wrong number of parts are passed over. */
struct net_got {
    struct net_route from;
    const char *user; /* NULL: none */
    const uint8_t *bytes;
    size_t len;
    int file;                           /* the connection's, as ZMQ_EVENT_ACCEPTED named it */
    _Alignas(8) unsigned char held[64]; /* a zmq_msg_t */
};
void net_got_open(struct net_got *g);
void net_got_close(struct net_got *g);
bool net_receive(struct net_got *g, void *s, bool routed);

/* Judges and takes a frame that is not a PING or PONG; counts what came. EC_WIRE_*. */
MUST_CHECK enum status net_lane_hear(struct net_link *l, struct lane *lane, const struct frame *f,
                                     uint32_t site, uint64_t now_ms);

#endif
