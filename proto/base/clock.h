/*
 * clock.h - monotonic milliseconds, from the machine or turned by hand.
 */
#ifndef EVENHAND_CLOCK_H
#define EVENHAND_CLOCK_H

#include <stdint.h>

/* One of the five seams: whoever waits asks this clock and no other. */
struct clock {
    uint64_t (*now_ms)(const struct clock *c);
    uint64_t hand_ms; /* the time of a hand-turned clock */
};

struct clock clock_machine(void);
struct clock clock_by_hand(uint64_t now_ms);
void clock_turn(struct clock *c, uint64_t ms); /* forward by ms; hand-turned clocks only */
uint64_t clock_now_ms(const struct clock *c);
/* The sooner of two times; UINT64_MAX stands for never. */
uint64_t clock_sooner(uint64_t a, uint64_t b);

/* Seconds since an unspecified start, for measuring how long something took. */
double clock_seconds(void);
/* Now, UTC, RFC 3339 with seconds: "2026-11-23T04:05:06Z". For people, never for decisions. */
void clock_utc(char out[static 21]);
/* Now, milliseconds since 1970 UTC; 0 on a machine that believes in an earlier year. For people,
 * never for decisions. */
uint64_t clock_utc_ms(void);

#endif
