/*
 * coord.h - the round as the coordinator sees it: a table. No I/O.
 *
 *   BOOT -start-> LOAD -loaded-> LISTEN -present-> OPEN -opened-> COLLECT_MASKED
 *
 *   COLLECT_MASKED -complete / deadline with quorum-> CHECK -sum good-> PUBLISH -published->
 *   COLLECT_ACCEPT -complete / deadline with quorum-> COMMIT -committed-> LISTEN
 *                                                            -finished-> DONE
 *   COLLECT_MASKED -deadline short-> BURN -burnt-> LISTEN        CHECK -sum bad-> BURN
 *   COLLECT_ACCEPT -differs-> HALT
 *
 * The phase names are those of security.md 10.3. COLLECT_ADV, COLLECT_SHARES, SURVIVORS,
 * COLLECT_CONSISTENT, COLLECT_UNMASK and RECONSTRUCT belong to secure aggregation; no row leads to
 * them yet.
 */
#ifndef EVENHAND_COORD_H
#define EVENHAND_COORD_H

#include <stdint.h>

#include "proto/base/status.h"

enum coord_phase {
    CO_BOOT,
    CO_LOAD,
    CO_LISTEN,
    CO_OPEN,
    CO_COLLECT_ADV,
    CO_COLLECT_SHARES,
    CO_COLLECT_MASKED,
    CO_SURVIVORS,
    CO_COLLECT_CONSISTENT,
    CO_COLLECT_UNMASK,
    CO_RECONSTRUCT,
    CO_CHECK,
    CO_PUBLISH,
    CO_COLLECT_ACCEPT,
    CO_COMMIT,
    CO_BURN,
    CO_DONE,
    CO_HALT,
    CO_COUNT
};

enum event {
    EV_START,
    EV_LOADED,
    EV_PRESENT, /* every awaited site has joined, or enough at the deadline */
    EV_OPENED,
    EV_COMPLETE,        /* every awaited message is here */
    EV_DEADLINE_ENOUGH, /* the deadline is over, the quorum is here */
    EV_DEADLINE_SHORT,  /* the deadline is over, too few are here */
    EV_SUM_GOOD,
    EV_SUM_BAD,
    EV_PUBLISHED,
    EV_DIFFERS, /* a site computed another model from the same sum */
    EV_COMMITTED,
    EV_BURNT,
    EV_FINISHED, /* the course is at its end */
    EV_COUNT
};

enum action {
    AC_NONE,
    AC_LOAD,
    AC_AWAIT_SITES,
    AC_OPEN,
    AC_CHECK,
    AC_PUBLISH,
    AC_COMMIT,
    AC_BURN,
    AC_FINISH,
    AC_HALT
};

struct coord {
    enum coord_phase phase;
};

/* Moves on and says what to do, or refuses (EC_RUN_STATE) and changes nothing. */
MUST_CHECK enum status coord_step(struct coord *c, enum event what, enum action *todo);
const char *coord_phase_name(enum coord_phase phase);
const char *event_name(enum event what);

#endif
