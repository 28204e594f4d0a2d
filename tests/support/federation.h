/*
 * federation.h - a coordinator and its sites on loopback, in one process, for tests of the wire.
 *
 * Keys lie in scratch/keys, enrolled ones in scratch/sites. Sites are named "s000", "s001", ... The
 * pace is that of somebody in a hurry unless told otherwise.
 */
#ifndef EVENHAND_FEDERATION_H
#define EVENHAND_FEDERATION_H

#include "proto/wire/link_zmq.h"
#include "tests/support/scratch.h"

#define FED_SITES_MAX   300
#define FED_PATIENCE_MS 60000 /* for conditions that should hold in milliseconds */

struct fed {
    struct scratch scratch;
    uint32_t sites;
    struct identity coord_id, site_id[FED_SITES_MAX];
    struct net_link *coord, *site[FED_SITES_MAX];
    struct net_pace pace;
    char endpoint[128]; /* of the coordinator, once it was open */
};

void fed_open(struct fed *f, uint32_t sites); /* makes the keys and enrols all; opens no link */
void fed_close(struct fed *f);

void fed_enrol(const struct fed *f, uint32_t site);
void fed_revoke(const struct fed *f, uint32_t site);
/* Opens the coordinator; at the port it had, if it had one. */
void fed_start_coord(struct fed *f);
/* Opens a site's link, to this port of loopback; 0: to the coordinator. */
void fed_start_site(struct fed *f, uint32_t site, unsigned port);
unsigned fed_port(const struct fed *f);

/* Waits for a state of the line, at most FED_PATIENCE_MS; false: it did not come. */
bool fed_line(const struct fed *f, uint32_t site, enum line_state want);
/* The next message, at most ms; false: none came. */
bool fed_receive(struct msg *m, struct net_link *l, uint64_t ms);
/* A message of this round with so many words, whose values follow from round and place. */
struct msg fed_message(uint64_t round, size_t words);
/* Are its words those? */
bool fed_intact(const struct msg *m);

#endif
