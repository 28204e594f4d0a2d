/*
 * status.h - who is here, who is awaited, since when and why: for `status`, while the run goes on.
 *
 *     {schema, time, plan, plan_digest, phase, leg, legs_done, round, rounds, quorum, begun,
 *      deadline_s, sites: [{name, title, state, note, rounds_joined, rounds_missed, quiet_s}]}
 */
#ifndef EVENHAND_COORD_STATUS_H
#define EVENHAND_COORD_STATUS_H

#include <stdio.h>

#include "coordinator/loop.h"
#include "proto/base/json.h"
#include "proto/wire/link_zmq.h"

/* As it is now; the caller closes it. */
struct json *coord_status(const struct coord_loop *l, const struct net_link *link);
/* The same in words, from what was said. */
void coord_status_print(FILE *to, const struct json *said, bool alive);

#endif
