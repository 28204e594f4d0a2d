#include "node/node.h"

#include <inttypes.h>

#include "proto/base/must.h"

/* When is a message with this round number due? */
enum due {
    DUE_ANY,
    DUE_FIRST, /* always, and rounds are counted from its number on */
    DUE_NEW,
    DUE_SAME
};

struct rule {
    enum node_phase in;
    enum heard what;
    enum due due;
    enum node_phase next;
    enum order todo;
};

/* What is not in this table is not due, whoever sent it. */
static const struct rule rules[] = {
    {PH_OFFLINE, HE_START, DUE_ANY, PH_CONNECTING, OR_CONNECT},
    {PH_CONNECTING, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_AUTH, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_AUTH, HE_WELCOME, DUE_FIRST, PH_IDLE, OR_WAIT},
    {PH_AUTH, HE_BEHIND, DUE_FIRST, PH_CATCHING_UP, OR_ASK},
    {PH_AUTH, HE_END, DUE_ANY, PH_OFFLINE, OR_STOP},
    {PH_CATCHING_UP, HE_PAST, DUE_ANY, PH_CATCHING_UP, OR_FOLD},
    {PH_CATCHING_UP, HE_LEVEL, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_CATCHING_UP, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_CATCHING_UP, HE_END, DUE_ANY, PH_OFFLINE, OR_STOP},
    {PH_IDLE, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_IDLE, HE_WELCOME, DUE_FIRST, PH_IDLE, OR_WAIT}, /* the second of two that crossed */
    {PH_IDLE, HE_BEHIND, DUE_FIRST, PH_CATCHING_UP, OR_ASK},
    {PH_IDLE, HE_ROUND_OPEN, DUE_NEW, PH_TRAINING, OR_TRAIN},
    {PH_IDLE, HE_END, DUE_ANY, PH_OFFLINE, OR_STOP},
    {PH_TRAINING, HE_TRAINED, DUE_SAME, PH_UPLOADING, OR_UPLOAD},
    {PH_TRAINING, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_TRAINING, HE_BURN, DUE_SAME, PH_IDLE, OR_FORGET},
    {PH_UPLOADING, HE_UPLOADED, DUE_SAME, PH_UPLOADED, OR_WAIT},
    {PH_UPLOADING, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_UPLOADING, HE_BURN, DUE_SAME, PH_IDLE, OR_FORGET},
    {PH_UPLOADED, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_UPLOADED, HE_RESULT, DUE_SAME, PH_APPLIED, OR_ADOPT},
    {PH_UPLOADED, HE_BURN, DUE_SAME, PH_IDLE, OR_FORGET},
    {PH_APPLIED, HE_LINK_UP, DUE_ANY, PH_AUTH, OR_JOIN},
    {PH_APPLIED, HE_COMMIT, DUE_SAME, PH_IDLE, OR_WAIT},
    {PH_APPLIED, HE_DIFFERS, DUE_SAME, PH_HALT, OR_HALT},
};

const char *node_phase_name(enum node_phase phase)
{
    static const char *const names[PH_COUNT] = {"OFFLINE",  "CONNECTING", "AUTH",     "CATCHING_UP",
                                                "IDLE",     "KEYED",      "SHARED",   "TRAINING",
                                                "MASKED",   "UPLOADING",  "UPLOADED", "VOUCHED",
                                                "RELEASED", "APPLIED",    "HALT"};
    must((size_t)phase < PH_COUNT);
    return names[phase];
}

const char *heard_name(enum heard what)
{
    static const char *const names[HE_COUNT] = {
        "start",   "link up",  "welcome", "behind", "past", "level",   "round open",
        "trained", "uploaded", "result",  "commit", "burn", "differs", "end"};
    must((size_t)what < HE_COUNT);
    return names[what];
}

static const struct rule *rule_for(enum node_phase in, enum heard what)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].in == in && rules[i].what == what)
            return &rules[i];
    return NULL;
}

enum status node_hear(struct node *n, enum heard what, uint64_t round, enum order *todo)
{
    must((size_t)n->phase < PH_COUNT);
    must((size_t)what < HE_COUNT);
    const struct rule *r = rule_for(n->phase, what);
    if (r == NULL)
        return fault(EC_RUN_STATE, "node", "heard `%s` in phase %s", heard_name(what),
                     node_phase_name(n->phase));
    bool due = r->due == DUE_NEW ? round > n->round : r->due != DUE_SAME || round == n->round;
    if (!due)
        return fault(EC_RUN_STATE, "node", "`%s` of round %" PRIu64 " is not due in round %" PRIu64,
                     heard_name(what), round, n->round);
    n->phase = r->next;
    if (r->due != DUE_ANY)
        n->round = round;
    *todo = r->todo;
    return ST_OK;
}
