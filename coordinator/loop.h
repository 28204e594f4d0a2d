/*
 * loop.h - carries out coord.h's actions: messages in, sums, messages out.
 *
 * One turn handles every message that waits, looks at the clock, and returns.
 */
#ifndef EVENHAND_COORD_LOOP_H
#define EVENHAND_COORD_LOOP_H

#include "coordinator/coord.h"
#include "coordinator/intake.h"
#include "coordinator/presence.h"
#include "models/course.h"
#include "proto/base/clock.h"
#include "proto/wire/link.h"
#include "proto/wire/plan.h"

struct coord_point {
    uint64_t round;   /* training round, from 1 */
    const char *kind; /* "loss", "guard" */
    const char *name;
    double value;
};

struct coord_loop {
    struct coord coord;
    const struct plan *plan;   /* keeps */
    struct link *link;         /* keeps */
    const struct clock *clock; /* keeps */
    struct presence presence;
    struct intake intake;
    struct course course;
    bool course_opened;
    uint8_t *schema; /* of the first site that joined */
    size_t schema_len;
    char schema_of[PRESENCE_NAME_MAX];
    uint64_t turn;        /* rounds opened so far, burnt ones too: the round of messages */
    uint64_t deadline_ms; /* of the open phase */
    size_t burnt;         /* attempts at the due leg that burnt */
    struct leg closed;    /* the leg whose sum was folded last */
    struct digest fingerprint;
    uint64_t rounds_done; /* legs committed */
    struct coord_point *history;
    size_t history_count, history_cap;
    /* After every committed leg; may be NULL. */
    void (*committed)(void *ctx, const struct coord_loop *l);
    void *ctx;
    bool finished;
};

MUST_CHECK enum status coord_loop_open(struct coord_loop *l, const struct plan *plan,
                                       uint32_t sites, struct link *link,
                                       const struct clock *clock);
void coord_loop_close(struct coord_loop *l);
/* A fault ends the run. l->finished after the last leg. */
MUST_CHECK enum status coord_loop_turn(struct coord_loop *l);

#endif
