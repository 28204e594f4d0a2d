/*
 * loop.h - carries out node.h's orders: messages in, work, messages out.
 *
 * One turn handles every message that waits and returns; whoever owns the loop decides when to
 * turn again (a simulator at once, a program when its socket or its timer says so).
 */
#ifndef EVENHAND_NODE_LOOP_H
#define EVENHAND_NODE_LOOP_H

#include "node/node.h"
#include "node/work.h"
#include "proto/wire/link.h"

struct node_loop {
    struct node node;
    struct work work;
    struct link *link; /* keeps */
    char name[64];
    struct digest fingerprint; /* of the state after the last adopted sum */
    bool finished;
};

/* Opens the data and sends the first message. */
MUST_CHECK enum status node_loop_open(struct node_loop *l, const struct plan *plan,
                                      const char *flat_path, struct link *link);
void node_loop_close(struct node_loop *l);
/* A fault here is the site's own: bad data, a diverged model. l->finished after END. */
MUST_CHECK enum status node_loop_turn(struct node_loop *l);

#endif
