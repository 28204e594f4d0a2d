/*
 * node.h - what a hospital may say and hear in one round, and nothing else. No I/O.
 *
 *   OFFLINE -start-> CONNECTING -link up-> AUTH -welcome-> IDLE
 *                                          ^ |
 *                                    level | | behind       from any phase -link up-> AUTH:
 *                                          | v              another process answers there now
 *                                      CATCHING_UP -past-+
 *                                             ^----------+
 *
 *   IDLE -round open-> TRAINING -trained-> UPLOADING -uploaded-> UPLOADED -result-> APPLIED
 *    ^ ^                  |                   |                     |              |    |
 *    | +------------------+-------burn--------+---------------------+              | differs
 *    +-------------------------------------commit----------------------------------+    v
 *                                                                                     HALT
 *
 * The phase names are those of security.md 10.3. KEYED, SHARED, MASKED, VOUCHED and RELEASED belong
 * to secure aggregation; no row leads to them yet, so whatever would need them is refused.
 * After a RESULT the round has happened: it cannot burn any more.
 */
#ifndef EVENHAND_NODE_H
#define EVENHAND_NODE_H

#include <stdint.h>

#include "proto/base/status.h"

enum node_phase {
    PH_OFFLINE,
    PH_CONNECTING,
    PH_AUTH,
    PH_CATCHING_UP,
    PH_IDLE,
    PH_KEYED,
    PH_SHARED,
    PH_TRAINING,
    PH_MASKED,
    PH_UPLOADING,
    PH_UPLOADED,
    PH_VOUCHED,
    PH_RELEASED,
    PH_APPLIED,
    PH_HALT,
    PH_COUNT
};

enum heard {
    HE_START,
    HE_LINK_UP, /* a process answers that knows nothing of us */
    HE_WELCOME, /* and we are level */
    HE_BEHIND,  /* a welcome, but sums are missing here */
    HE_PAST,    /* the next of them */
    HE_LEVEL,   /* that was the last */
    HE_ROUND_OPEN,
    HE_TRAINED,
    HE_UPLOADED,
    HE_RESULT,
    HE_COMMIT,
    HE_BURN,
    HE_DIFFERS, /* the committed model is not the one computed here */
    HE_END,
    HE_COUNT
};

enum order {
    OR_WAIT,
    OR_CONNECT,
    OR_JOIN,
    OR_ASK,   /* for the next sum that is missing */
    OR_FOLD,  /* a sum that is over */
    OR_TRAIN, /* make this leg's contribution */
    OR_UPLOAD,
    OR_ADOPT,  /* fold the published sum, say what came out */
    OR_FORGET, /* the round does not count; its leg is tried again */
    OR_STOP,
    OR_HALT
};

struct node {
    enum node_phase phase;
    uint64_t round; /* of the last message that was due */
};

/* Moves on and says what to do, or refuses (EC_RUN_STATE) and changes nothing. */
MUST_CHECK enum status node_hear(struct node *n, enum heard what, uint64_t round, enum order *todo);
const char *node_phase_name(enum node_phase phase);
const char *heard_name(enum heard what);

#endif
