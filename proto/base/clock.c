#include "proto/base/clock.h"

#include <time.h>

#include "proto/base/must.h"

static struct timespec monotonic(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return t;
}

static uint64_t whole_ms(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t machine_now_ms(const struct clock *c)
{
    (void)c;
    return whole_ms(monotonic());
}

static uint64_t hand_now_ms(const struct clock *c)
{
    return c->hand_ms;
}

struct clock clock_machine(void)
{
    return (struct clock){.now_ms = machine_now_ms};
}

struct clock clock_by_hand(uint64_t now_ms)
{
    return (struct clock){.now_ms = hand_now_ms, .hand_ms = now_ms};
}

void clock_turn(struct clock *c, uint64_t ms)
{
    must(c->now_ms == hand_now_ms);
    must(ms <= UINT64_MAX - c->hand_ms);
    c->hand_ms += ms;
}

uint64_t clock_now_ms(const struct clock *c)
{
    return c->now_ms(c);
}

uint64_t clock_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

double clock_seconds(void)
{
    struct timespec t = monotonic();
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void clock_utc(char out[static 21])
{
    time_t now = time(NULL);
    struct tm utc;
    must(gmtime_r(&now, &utc) != NULL);
    must(strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &utc) == 20);
}

uint64_t clock_utc_ms(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return t.tv_sec >= 0 ? whole_ms(t) : 0;
}
