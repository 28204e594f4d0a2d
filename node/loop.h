/*
 * loop.h - carries out node.h's orders: messages in, work, messages out.
 *
 * One turn handles every message that waits and returns; whoever owns the loop decides when to
 * turn again (a simulator at once, a program when its socket or its timer says so).
 *
 * A site is where its folded sums have brought it. What it missed it folds later, sum by sum; when
 * the coordinator's run is another than that of the sums folded here, it begins with nothing.
 */
#ifndef EVENHAND_NODE_LOOP_H
#define EVENHAND_NODE_LOOP_H

#include "node/node.h"
#include "node/work.h"
#include "proto/wire/link.h"

struct node_options {
    const struct plan *plan; /* keeps */
    const char *flat_path;   /* keeps */
    const char *name;        /* for people; NULL: as the flat file says */
    struct link *link;       /* keeps */
};

struct node_loop {
    struct node_options o;
    struct node node;
    struct work work;
    char name[64];
    struct digest fingerprint; /* of the state after the last folded sum */
    uint64_t target;           /* legs that the coordinator had folded when it welcomed us */
    size_t restarts;           /* how often we began with nothing */
    bool finished;
};

/* Opens the data and sends the first message. */
MUST_CHECK enum status node_loop_open(struct node_loop *l, const struct node_options *options);
void node_loop_close(struct node_loop *l);
/* A fault here is the site's own, or the coordinator's refusal. l->finished after END. */
MUST_CHECK enum status node_loop_turn(struct node_loop *l);
/* Another process answers at the other end: joins again. */
MUST_CHECK enum status node_loop_rejoin(struct node_loop *l);
/* Legs whose sums this end has folded. */
uint64_t node_loop_done(const struct node_loop *l);

#endif
