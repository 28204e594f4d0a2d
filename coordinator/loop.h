/*
 * loop.h - carries out coord.h's actions: messages in, sums, messages out.
 *
 *     enrolled sites --JOIN--> [ all here, or patience over ] --WELCOME--> round after round --END-->
 *
 * Who takes part is settled when the run begins: from then on the sites have numbers, and their
 * count scales the integers. A site that comes later, or comes back, is told how many legs are done
 * (WELCOME), asks for the sums it missed one by one (ASK, PAST), and joins again when it is level.
 *
 * With a store every published sum is on disk before anybody is told of it. A coordinator that is
 * started again folds them and goes on with the leg that was due; the sites come back by
 * themselves, with the contributions they had already made.
 */
#ifndef EVENHAND_COORD_LOOP_H
#define EVENHAND_COORD_LOOP_H

#include "coordinator/coord.h"
#include "coordinator/eval/release.h"
#include "coordinator/intake.h"
#include "models/course.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/store/store.h"
#include "proto/wire/link.h"
#include "proto/wire/plan.h"

struct coord_point {
    uint64_t round;                /* training round, from 1 */
    char metric[MEASURE_NAME_MAX]; /* "loss.recon", "guard.active units", "leakage.sex" */
    double value;
};

/* Where the run's time went. */
struct coord_times {
    double train_s, evaluate_s; /* sites at work on a leg of either kind */
    double aggregate_s;         /* this end at work */
};

struct coord_options {
    const struct plan *plan;   /* keeps */
    struct link *link;         /* keeps */
    const struct clock *clock; /* keeps */
    struct store *store;       /* keeps; NULL: nothing is kept, and a late site cannot catch up */
    uint32_t begin_sites;      /* the run does not begin before so many are enrolled and here... */
    uint64_t begin_ms;    /* ...unless a quorum of them waited so long; 0: the plan's patience */
    size_t turn_messages; /* heard in one turn at most; 0: all there are */
};

/* What a party can make us say as often as it likes. */
enum coord_told { TOLD_NOT_DUE, TOLD_REFUSED, TOLD_UNWILLING, TOLD_KINDS };

struct coord_loop {
    struct coord coord;
    struct coord_options o;
    const struct plan *plan; /* o's */
    struct presence presence;
    struct intake intake;
    struct course course;
    bool course_opened;
    bool begun;
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
    struct release_memory *traced; /* what its traces showed so far; NULL before the first */
    struct coord_times times;
    struct log_thrift (*told)[TOLD_KINDS]; /* [told_sites]; the first is of those outside the run */
    uint32_t told_sites;
    double opened_s;   /* clock_seconds when the open round was opened */
    uint64_t bytes_in; /* of bodies */
    /* Before a round is opened, whose contributions have so many bytes; may be NULL. */
    void (*opening)(void *ctx, size_t bytes);
    /* After every committed leg; may be NULL. */
    void (*committed)(void *ctx, const struct coord_loop *l);
    void *ctx;
    bool finished;
};

/*
 * Reads the store, if there is one with sums of this plan: the run goes on. EC_IO_LEFTOVER: the
 * store is another plan's.
 */
MUST_CHECK enum status coord_loop_open(struct coord_loop *l, const struct coord_options *options);
void coord_loop_close(struct coord_loop *l);
/*
 * This party of the link may join, as `name` (NULL: whatever it calls itself). Once the run has
 * begun only those that belong to it count; the others are told so.
 */
void coord_loop_enrol(struct coord_loop *l, const struct party *party, const char *name);
/*
 * Until there is nothing to do, or turn_messages were heard: then some may be left. A fault ends
 * the run. l->finished after the last leg.
 */
MUST_CHECK enum status coord_loop_turn(struct coord_loop *l);
/* When time alone makes something due; UINT64_MAX: nothing does. */
uint64_t coord_loop_wake_ms(const struct coord_loop *l);
/* Legs whose sums this end has folded. */
uint64_t coord_loop_done(const struct coord_loop *l);

#endif
