/*
 * proxy.h - a bad line: forwards TCP on loopback, and flips bits, cuts and stalls when told to.
 *
 *     client -> 127.0.0.1:proxy_port -> 127.0.0.1:target
 */
#ifndef EVENHAND_PROXY_H
#define EVENHAND_PROXY_H

#include <stdbool.h>
#include <stdint.h>

enum proxy_way { PROXY_UP, PROXY_DOWN }; /* to the target, and back */

struct proxy;

struct proxy *proxy_open(unsigned target, uint64_t seed);
void proxy_close(struct proxy **p);
unsigned proxy_port(const struct proxy *p);
/* Where connections are forwarded to from now on. */
void proxy_target(struct proxy *p, unsigned target);

/* Flips one random bit of the next bytes that pass this way. */
void proxy_flip(struct proxy *p, enum proxy_way way);
/* Flips one every so often, in one of both ways by chance; 0, 0: stops. */
void proxy_flip_every(struct proxy *p, unsigned min_ms, unsigned max_ms);
void proxy_cut(struct proxy *p);             /* ends all connections */
void proxy_stall(struct proxy *p, bool yes); /* nothing passes; connections are still taken */

unsigned proxy_flips(const struct proxy *p);       /* that were done */
unsigned proxy_connections(const struct proxy *p); /* taken so far */

#endif
