/*
 * msg.h - plain structs for the messages; the rest of the program knows only these.
 *
 * The header has the fields of security.md 3.5 from the first day. On memory links magic, version,
 * digests of rosters and bodies, and chunk numbers stay zero: nobody is there to confuse us yet.
 * proto/schema/README.md says who sends what, when, and what an observer learns.
 */
#ifndef EVENHAND_MSG_H
#define EVENHAND_MSG_H

#include <stdbool.h>

#include "crypto/hash.h"
#include "crypto/ring.h"
#include "proto/base/status.h"

#define PARTY_BYTES 16

/* A site, the coordinator, a consortium: 16 bytes that say who. */
struct party {
    uint8_t byte[PARTY_BYTES];
};

/* The numbers are what travels: new kinds come last, none is ever given away again. */
enum msg_kind {
    MSG_JOIN,       /* node: my name, what my data look like, how far I am */
    MSG_WELCOME,    /* coordinator: the run has begun; you are site `site` of `sites` */
    MSG_ROUND_OPEN, /* coordinator: this leg is due */
    MSG_MASKED,     /* node: my contribution (in clear until masks exist) */
    MSG_RESULT,     /* coordinator: the sum, of so many sites */
    MSG_ACCEPT,     /* node: what I computed from it (header.model) */
    MSG_COMMIT,     /* coordinator: enough sites computed the same */
    MSG_BURN,       /* coordinator: this round does not count */
    MSG_END,        /* coordinator: the run is over */

    /* The transport's own, never handed to a loop. */
    MSG_PING,      /* node: are you there? */
    MSG_PONG,      /* coordinator: I am; my clock is header.round, ms since 1970 UTC (0: unknown) */
    MSG_CHUNK,     /* either: a piece of what the message with this sequence announced */
    MSG_CHUNK_ACK, /* either: what has arrived of it */
    MSG_PARCEL,    /* either: a message too long for one frame, in pieces */

    MSG_REFUSED, /* either: why I will not take part with you */
    MSG_HELLO,   /* node: what is the plan? */
    MSG_PLAN,    /* coordinator: this is */
    MSG_ASK,     /* node: I missed the sum of this leg */
    MSG_PAST,    /* coordinator: this was it */
    MSG_KINDS
};

struct msg_header {
    uint32_t magic;
    uint16_t version;
    uint8_t type; /* enum msg_kind */
    uint8_t phase;
    struct party consortium, session;
    struct digest roster, config, model; /* config: the plan's */
    uint64_t round;
    uint32_t attempt;
    struct party sender, recipient;
    uint64_t sequence;
    uint32_t chunk, chunks;
    uint64_t body_len;
    struct digest body;
};

/* What JOIN says; schema is the bytes of models/core/schema.h. head.model is the fingerprint of the
 * state after `done` legs. */
struct msg_join {
    char site[64];
    uint8_t *schema; /* owned by the message */
    size_t schema_len;
    uint64_t done; /* legs whose sums it has folded */
};

/* head.model as in JOIN, at the coordinator. */
struct msg_welcome {
    uint32_t site; /* 0..sites-1: keys the site's random numbers */
    uint32_t sites;
    uint64_t done;
};

/* The normal form of the plan (proto/base/settings.h), whose digest is head.config. */
struct msg_plan {
    uint8_t *text; /* owned by the message, not terminated */
    size_t text_len;
};

struct msg_ask {
    uint64_t leg; /* 1 is the first */
};

/* Like a RESULT, of a leg that is over: followed by its sum. */
struct msg_past {
    uint64_t leg;
    uint32_t sites; /* that the sum holds */
};

struct msg_open {
    uint32_t leg; /* enum leg_kind, to notice when both ends disagree */
    uint64_t values;
};

struct msg_result {
    uint32_t sites; /* that the sum holds */
};

struct msg_chunk_ack {
    uint64_t sequence; /* of the message that announced the pieces */
    uint32_t below;    /* all pieces before this one are there */
};

/* Stands for a message whose body is longer than a frame takes; the body follows in pieces. */
struct msg_parcel {
    uint8_t kind;   /* enum msg_kind of that message */
    uint64_t bytes; /* of its body */
    struct digest digest;
};

/* Printable ASCII: both are shown on the other side's terminal. */
struct msg_refused {
    char code[16];  /* of errors.def: "E-NET-007" */
    char text[201]; /* a sentence */
};

struct msg {
    struct msg_header head;
    union {
        struct msg_join join;
        struct msg_welcome welcome;
        struct msg_open open;
        struct msg_result result;
        struct msg_chunk_ack chunk_ack;
        struct msg_parcel parcel;
        struct msg_refused refused;
        struct msg_plan plan;
        struct msg_ask ask;
        struct msg_past past;
    } as;
    struct ring vector;          /* MASKED, RESULT, PAST: owned by the message; else word NULL */
    struct digest vector_digest; /* of a vector announced and not yet here; zero on memory links */
};

/* Party of a site, by its number; of the coordinator: all zero. */
struct party party_of_site(uint32_t site);
bool party_equal(const struct party *a, const struct party *b);

/* "join": for logs and complaints; "unknown" for a number that is no kind. */
const char *msg_kind_name(unsigned kind);
/* Makes m a REFUSED with this complaint's code. The text is cut to fit, and what is not printable
 * ASCII becomes a question mark; an empty one becomes the complaint's cause. */
void msg_refuse(struct msg *m, enum complaint why, const char *text);

/* A copy that owns what it holds. */
struct msg msg_clone(const struct msg *m);
/* Frees what the message owns and clears it. */
void msg_free(struct msg *m);
/* Bytes of its variable parts: what a wire would carry beside the header. */
size_t msg_body_bytes(const struct msg *m);

#endif
