/*
 * presence.h - who is here, and whom we still wait for. No I/O.
 */
#ifndef EVENHAND_PRESENCE_H
#define EVENHAND_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESENCE_NAME_MAX 64

struct presence_site {
    char name[PRESENCE_NAME_MAX]; /* "site 3" before it joined */
    bool joined;                  /* belongs to the run */
    bool answered;                /* in the phase that is open */
    bool counted;                 /* its contribution is in the open sum */
    size_t rounds_joined, rounds_missed;
};

struct presence {
    struct presence_site *site; /* [sites] */
    uint32_t sites;
};

void presence_open(struct presence *p, uint32_t sites);
void presence_close(struct presence *p);
/* Counts as its answer in the phase that is open. false when this site has joined before. */
bool presence_join(struct presence *p, uint32_t site, const char *name);
uint32_t presence_joined(const struct presence *p);
/* A new phase: nobody has answered. A new round: nobody is counted either. */
void presence_new_phase(struct presence *p);
void presence_new_round(struct presence *p);
/* false when it has answered in this phase already. */
bool presence_answer(struct presence *p, uint32_t site);
uint32_t presence_answered(const struct presence *p);
uint32_t presence_counted(const struct presence *p);
/* At the end of a round: who was in its sum, who was not. */
void presence_account(struct presence *p);
/* The names still awaited, for people: "north, south"; cut with "..." when it does not fit. */
void presence_awaited(char *out, size_t cap, const struct presence *p);

#endif
