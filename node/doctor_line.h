/*
 * doctor_line.h - asks at the other end of the line, for doctor.h to judge.
 *
 * Either as this node: name lookup, handshake, HELLO, PLAN. It never joins, and it refuses nothing.
 * Or, while a node runs, from what that node says of itself: a second connection with the same key
 * would be taken for the node started anew, and end what is on its way to it.
 */
#ifndef EVENHAND_DOCTOR_LINE_H
#define EVENHAND_DOCTOR_LINE_H

#include "node/doctor.h"
#include "proto/base/json.h"

struct visit {
    struct line_seen line;
    bool dated; /* the coordinator told its clock */
    int64_t offset_ms;
    struct plan plan;                /* set NULL: none is allowed */
    struct complaint_kept why;       /* then: why; EC_NONE when nobody asked */
    char plan_name[DOCTOR_TEXT_MAX]; /* by the running node, with its digest; "": it has none yet */
};

/* Waits at most wait_ms for the line, and as long for the plan. */
void doctor_visit(struct visit *v, const struct node_config *c, const struct identity *self,
                  uint64_t wait_ms);
/* The same from the status of the running node (node/run.h), NULL: none yet; waited for so long. */
void doctor_overhear(struct visit *v, const struct json *status, unsigned waited_s);
/* Does it tell of a line that is neither up nor wrong yet? Then it is worth reading again. */
bool doctor_undecided(const struct json *status);
void visit_close(struct visit *v);

#endif
