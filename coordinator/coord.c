#include "coordinator/coord.h"

#include "proto/base/must.h"

struct rule {
    enum coord_phase in;
    enum event what;
    enum coord_phase next;
    enum action todo;
};

static const struct rule rules[] = {
    {CO_BOOT, EV_START, CO_LOAD, AC_LOAD},
    {CO_LOAD, EV_LOADED, CO_LISTEN, AC_AWAIT_SITES},
    {CO_LISTEN, EV_PRESENT, CO_OPEN, AC_OPEN},
    {CO_LISTEN, EV_DEADLINE_SHORT, CO_HALT, AC_HALT},
    {CO_LISTEN, EV_FINISHED, CO_DONE, AC_FINISH},
    {CO_OPEN, EV_OPENED, CO_COLLECT_MASKED, AC_NONE},
    {CO_COLLECT_MASKED, EV_COMPLETE, CO_CHECK, AC_CHECK},
    {CO_COLLECT_MASKED, EV_DEADLINE_ENOUGH, CO_CHECK, AC_CHECK},
    {CO_COLLECT_MASKED, EV_DEADLINE_SHORT, CO_BURN, AC_BURN},
    {CO_CHECK, EV_SUM_GOOD, CO_PUBLISH, AC_PUBLISH},
    {CO_CHECK, EV_SUM_BAD, CO_BURN, AC_BURN},
    {CO_PUBLISH, EV_PUBLISHED, CO_COLLECT_ACCEPT, AC_NONE},
    {CO_COLLECT_ACCEPT, EV_COMPLETE, CO_COMMIT, AC_COMMIT},
    {CO_COLLECT_ACCEPT, EV_DEADLINE_ENOUGH, CO_COMMIT, AC_COMMIT},
    {CO_COLLECT_ACCEPT, EV_DEADLINE_SHORT, CO_HALT, AC_HALT},
    {CO_COLLECT_ACCEPT, EV_DIFFERS, CO_HALT, AC_HALT},
    {CO_COMMIT, EV_COMMITTED, CO_LISTEN, AC_AWAIT_SITES},
    {CO_BURN, EV_BURNT, CO_LISTEN, AC_AWAIT_SITES},
};

const char *coord_phase_name(enum coord_phase phase)
{
    static const char *const names[CO_COUNT] = {
        "BOOT",           "LOAD",           "LISTEN",
        "OPEN",           "COLLECT_ADV",    "COLLECT_SHARES",
        "COLLECT_MASKED", "SURVIVORS",      "COLLECT_CONSISTENT",
        "COLLECT_UNMASK", "RECONSTRUCT",    "CHECK",
        "PUBLISH",        "COLLECT_ACCEPT", "COMMIT",
        "BURN",           "DONE",           "HALT"};
    must((size_t)phase < CO_COUNT);
    return names[phase];
}

const char *event_name(enum event what)
{
    static const char *const names[EV_COUNT] = {"start",
                                                "loaded",
                                                "present",
                                                "opened",
                                                "complete",
                                                "deadline with quorum",
                                                "deadline without quorum",
                                                "sum good",
                                                "sum bad",
                                                "published",
                                                "differs",
                                                "committed",
                                                "burnt",
                                                "finished"};
    must((size_t)what < EV_COUNT);
    return names[what];
}

enum status coord_step(struct coord *c, enum event what, enum action *todo)
{
    must((size_t)c->phase < CO_COUNT);
    must((size_t)what < EV_COUNT);
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (rules[i].in != c->phase || rules[i].what != what)
            continue;
        c->phase = rules[i].next;
        *todo = rules[i].todo;
        return ST_OK;
    }
    return fault(EC_RUN_STATE, "coordinator", "`%s` in phase %s", event_name(what),
                 coord_phase_name(c->phase));
}
