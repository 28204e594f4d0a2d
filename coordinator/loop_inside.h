/*
 * loop_inside.h - what the files of the coordinator's loop share; nobody else includes it.
 *
 *     loop.c       what the table orders, and what the clock and the presence make due
 *     loop_hear.c  what sites say
 *     loop_past.c  sums that are over: kept, folded again, given to who missed them
 */
#ifndef EVENHAND_COORD_LOOP_INSIDE_H
#define EVENHAND_COORD_LOOP_INSIDE_H

#include "coordinator/loop.h"

struct msg coord_blank(const struct coord_loop *l, enum msg_kind kind);
MUST_CHECK enum status coord_send(struct coord_loop *l, struct msg *m, uint32_t site);
/* Tells this site that the round is open. */
MUST_CHECK enum status coord_send_open(struct coord_loop *l, uint32_t site);
MUST_CHECK enum status coord_send_welcome(struct coord_loop *l, uint32_t site);
/* One event for the table, and what it orders. */
MUST_CHECK enum status coord_event(struct coord_loop *l, enum event what);
void coord_remember_leg(struct coord_loop *l);
/* A line about what this party did, at most one a second: it could do it without end. */
void coord_tell(struct coord_loop *l, const struct party *party, enum coord_told what,
                const char *code, const char *why);

/* One message. EC_RUN_STATE: it was not due, and counts for nothing. Others end the run. */
MUST_CHECK enum status coord_hear(struct coord_loop *l, struct msg *m);

/* From a schema to a course that waits for its first sum. */
MUST_CHECK enum status coord_open_course(struct coord_loop *l, const uint8_t *schema, size_t len,
                                         const char *from);
/* Folds what the store has. */
MUST_CHECK enum status coord_resume(struct coord_loop *l);
/* The run begins with these sites and this schema. */
MUST_CHECK enum status coord_keep_beginning(struct coord_loop *l);
/* The sum that was folded just now, before anybody is told of it. */
MUST_CHECK enum status coord_keep_sum(struct coord_loop *l);
/* What the site asked for. EC_RUN_STATE: there is no such sum. */
MUST_CHECK enum status coord_send_past(struct coord_loop *l, uint32_t site, uint64_t leg);

#endif
