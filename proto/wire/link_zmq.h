/*
 * link_zmq.h - links across the world: CURVE on every socket. The door to ZeroMQ (with zap.c).
 *
 *     node: DEALER, connects out, pinned server key     coordinator: ROUTER, binds, ZAP allow-list
 *
 *     program's thread <== queue ==> I/O thread: owns the socket, asks and answers, cuts and joins
 *                                    pieces, acknowledges, makes the socket anew (node)
 *
 * The I/O thread never computes, so a party that trains still answers. A message handed to send is
 * copied; send fails only when the recipient does not exist. Peers are known by the ZAP user id
 * (the site's public-key file), never by a routing id or by what a frame says of its sender. Every
 * option is that of security.md 3.4, but for two. A node makes a new socket for every attempt,
 * because after damage an old one stays dead and says nothing (3.2). And libzmq's heartbeats stay
 * off: after damage they would abort the process, so we ask and answer ourselves.
 *
 * Messages are delivered once and in order to the process they were meant for (lane.h). When the
 * other end is a new process, nothing that was on its way to the old one is delivered: net_lives.
 */
#ifndef EVENHAND_LINK_ZMQ_H
#define EVENHAND_LINK_ZMQ_H

#include "crypto/keys.h"
#include "proto/wire/link.h"

/* What the socket monitor and the watchdog make of the line: interface.md 2.2, in plain words. */
enum line_state {
    LINE_CONNECTING,   /* no answer yet                                  E-NET-004 */
    LINE_UP,           /* handshake done, answers in the last WIRE_SILENCE_MS */
    LINE_REFUSED,      /* port closed                                    E-NET-003 */
    LINE_WRONG_KEY,    /* it answers, but its key is not the pinned one  E-NET-006 */
    LINE_NOT_ENROLLED, /* it does not know our key                       E-NET-007 */
    LINE_NOT_OURS,     /* something else answers on that port            E-NET-008 */
    LINE_SILENT        /* was up; nothing valid for WIRE_SILENCE_MS      E-NET-009 */
};

struct net_link; /* begins with a struct link */

/* Patience in milliseconds; zero: that of limits.h. Tests are in a hurry. */
struct net_pace {
    uint32_t ping_ms, silence_ms, handshake_ms, retry_min_ms, retry_max_ms;
};

struct net_node_options {
    const char *endpoint;            /* "tcp://coord.example:7443" */
    const struct identity *self;     /* keeps */
    const struct public_key *server; /* the pinned key */
    struct digest config;            /* the plan's digest: stands in every frame */
    struct net_pace pace;
};

/* Does not wait for the line: it connects, and connects again, until it is closed.
 * EC_NET_ENDPOINT. */
MUST_CHECK enum status net_node_open(struct net_link **l, const struct net_node_options *options);

struct net_coord_options {
    const char *endpoint;        /* "tcp://0.0.0.0:7443"; port 0 or *: any (tests) */
    const struct identity *self; /* keeps */
    const char *sites_folder;    /* one NAME.pub a site; read again when it changes, no restart */
    struct digest config;
    struct net_pace pace;
};

/* Sites are numbered in the order of their names; the numbers never change while the link lives:
 * a site enrolled later gets the next one. EC_NET_ENDPOINT, EC_NET_BIND, EC_IO_OPEN (the folder),
 * EC_INTERNAL (the gatekeeper is not what it should be: nothing is bound). */
MUST_CHECK enum status net_coord_open(struct net_link **l, const struct net_coord_options *options);
uint32_t net_coord_sites(const struct net_link *l); /* enrolled so far */
bool net_coord_site_name(char out[static KEY_NAME_MAX], const struct net_link *l, uint32_t site);
/* Milliseconds since a valid frame of this site, UINT64_MAX: never. */
uint64_t net_coord_quiet_ms(const struct net_link *l, uint32_t site);
void net_bound_endpoint(char *out, size_t cap, const struct net_link *l); /* what port 0 became */

struct link *net_as_link(struct net_link *l);
/* Longer vectors are refused (and told of in the log) instead of given room; from now on, at first
 * WIRE_VECTOR_MAX. A coordinator knows what is due, and a site must not make it keep more. */
void net_vector_room(struct net_link *l, size_t bytes);
/* Waits until a message can be received, or ms have passed, or the line's state changed, or the
 * other end is a new process. */
void net_wait(struct net_link *l, uint64_t ms);
enum line_state net_line(const struct net_link *l); /* node only */
/*
 * How many processes answered at the other end so far (node only). When it grows past one, that
 * process knows nothing of us: join again. Also when the coordinator gave us up: we were away for
 * more than it keeps.
 */
uint32_t net_lives(const struct net_link *l);
/*
 * The coordinator's clock minus ours (node only), as of its last answer; false before the first, or
 * when it does not know the date. Too low by as long as that answer was under way, and its word
 * alone: for people, who compare logs, never for decisions.
 */
bool net_clock_offset_ms(int64_t *ms, const struct net_link *l);
/* The complaint that this state of the line is (EC_NET_*), EC_NONE when it is up. */
enum complaint net_line_complaint(enum line_state state);
/* Keeps it; not of a line that is up. */
MUST_CHECK enum status net_line_fault(enum line_state state, const char *endpoint);
/* Sends what is queued for at most ms, then closes and wipes. NULL is welcome. */
void net_close(struct net_link **l, uint64_t ms);

#endif
