/*
 * zap.h - the gatekeeper: decides by the roster whose CURVE key may connect (ZeroMQ's ZAP, RFC 27).
 *
 *     libzmq --"1.0", id, domain, address, identity, "CURVE", key--> thread of its own (REP)
 *            <--"1.0", id, "200" or "400", words, user id, ""-------
 *
 * Without a gatekeeper libzmq lets everybody in, so it fails closed: zap_open answers a request of
 * its own before any socket is bound, zap_guard makes a socket refuse when nobody answers, and a
 * gatekeeper that dies stops the process. Everything but "CURVE" in our domain by a key of the
 * roster is refused, with one line in the log an attempt. It also reads the roster every second.
 */
#ifndef EVENHAND_ZAP_H
#define EVENHAND_ZAP_H

#include "proto/wire/roster.h"

struct zap;

/* On this ZeroMQ context, one at most. Keeps r. EC_INTERNAL: it does not answer. */
MUST_CHECK enum status zap_open(struct zap **z, void *context, struct roster *r);
/* Before the context ends and after its sockets are closed. NULL is welcome. */
void zap_close(struct zap **z);

/* Makes this socket ask us, and refuse when we are not there: before bind. EC_INTERNAL: libzmq
 * does not enforce it; the socket must not be bound then. */
MUST_CHECK enum status zap_guard(void *socket);
/* What the user id of a message says, false when it is none of ours. */
bool zap_pass(struct pass *p, const char *user_id);

#endif
