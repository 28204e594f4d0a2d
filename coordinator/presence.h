/*
 * presence.h - who is here, and whom we still wait for. No I/O.
 *
 *   enrolled -JOIN, level-> here -deadline passes-> away -answers, or JOINs again-> here
 *   enrolled, here, away -says that it will not take part-> refused -JOIN-> here
 *
 * A site is level when it has folded every sum so far. Only sites that were level once are waited
 * for: a site that comes late catches up beside the rounds, and one that started anew has until the
 * deadline of the open phase. Who is away is told of everything and waited for by nobody.
 */
#ifndef EVENHAND_PRESENCE_H
#define EVENHAND_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/wire/msg.h"

#define PRESENCE_NAME_MAX 64

/* Legs of the run, from the first to the last of them. */
struct presence_span {
    uint64_t first, last;
};

struct presence_site {
    char name[PRESENCE_NAME_MAX];  /* it is enrolled under; "site 3" before anybody said it */
    char title[PRESENCE_NAME_MAX]; /* for people, as it calls itself: its name until it does */
    bool named;                    /* by its enrolment, not by itself */
    struct party party;            /* as its link knows it */
    bool reachable; /* party is somebody: a restored site may not be enrolled any more */
    bool joined;    /* was level once: belongs to the run */
    bool level;     /* and is, in its present life: takes part in rounds */
    bool away;      /* let a deadline pass, and was not heard of since */
    bool refused;   /* will not take part */
    char why[16];   /* the code it gave */
    bool answered;  /* in the phase that is open */
    bool counted;   /* its contribution is in the open sum */
    size_t rounds_joined, rounds_missed;
    struct presence_span *missed; /* [missed_count] which: in order, none touching */
    size_t missed_count, missed_cap;
};

struct presence {
    struct presence_site *site; /* [sites]; the index is the site's number in the run */
    uint32_t sites, cap;
};

void presence_open(struct presence *p);
void presence_close(struct presence *p);
/* One site more. name NULL: it will tell. Its number. */
uint32_t presence_enrol(struct presence *p, const char *name, const struct party *party);
/* The site of this party, of this name or title; p->sites: none. */
uint32_t presence_of_party(const struct presence *p, const struct party *party);
uint32_t presence_of_name(const struct presence *p, const char *name);
/* What a site calls itself: it becomes its title, and its name where its enrolment gave it none.
 * false, and nothing changes: another site is called so, or it called itself otherwise before. */
bool presence_call(struct presence *p, uint32_t site, const char *title);

/* It is level: it belongs to the run, and is waited for. */
void presence_join(struct presence *p, uint32_t site);
/* Its new life has sums to catch up with. */
void presence_behind(struct presence *p, uint32_t site);
/* It will not take part, for the reason with this code; "" undoes it. */
void presence_refuse(struct presence *p, uint32_t site, const char *code);

/* A new phase: nobody has answered. A new round: nobody is counted either. */
void presence_new_phase(struct presence *p);
void presence_new_round(struct presence *p);
/* false when it has answered in this phase already. */
bool presence_answer(struct presence *p, uint32_t site);
uint32_t presence_answered(const struct presence *p);
uint32_t presence_counted(const struct presence *p);
/* Has everybody who is waited for come back? */
bool presence_level(const struct presence *p);
/* Is nobody waited for any more? */
bool presence_complete(const struct presence *p);
/* The deadline passed: who has not answered is away. */
void presence_give_up(struct presence *p);
/* At the end of this leg: who was in its sum, who was not. Legs come in order. */
void presence_account(struct presence *p, uint64_t leg);
/* The titles still awaited, for people: "north, south"; cut with "..." when it does not fit. */
void presence_awaited(char *out, size_t cap, const struct presence *p);

#endif
