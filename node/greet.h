/*
 * greet.h - the first words with a coordinator: what is the plan, and does this hospital allow it?
 *
 *     HELLO ->    <- PLAN (normal form)    judged: its digest, its settings, the hospital's policy
 */
#ifndef EVENHAND_GREET_H
#define EVENHAND_GREET_H

#include "node/config.h"
#include "proto/wire/link.h"

MUST_CHECK enum status greet_hello(struct link *l);
/*
 * Judges a PLAN. On success *p is open: plan_close. EC_RUN_PLAN: the plan is not
 * the one its message names; EC_CFG_*: this version does not understand it; EC_POL_PLAN.
 */
MUST_CHECK enum status greet_judge(struct plan *p, const struct msg *m,
                                   const struct node_config *c);
/*
 * Tells the coordinator that this site will not take part: the kept fault's code, no detail; the
 * fault stays. plan: in which, zeros: it saw none.
 */
void greet_leave(struct link *l, const struct digest *plan);

#endif
