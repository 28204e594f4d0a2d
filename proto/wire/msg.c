#include "proto/wire/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

struct party party_of_site(uint32_t site)
{
    struct party p = {{1}};
    for (size_t i = 0; i < sizeof site; i++)
        p.byte[1 + i] = (uint8_t)(site >> (8 * i));
    return p;
}

bool party_equal(const struct party *a, const struct party *b)
{
    return memcmp(a->byte, b->byte, PARTY_BYTES) == 0;
}

const char *msg_kind_name(unsigned kind)
{
    static const char *const names[MSG_KINDS] = {
        [MSG_JOIN] = "join",           [MSG_WELCOME] = "welcome", [MSG_ROUND_OPEN] = "round open",
        [MSG_MASKED] = "masked",       [MSG_RESULT] = "result",   [MSG_ACCEPT] = "accept",
        [MSG_COMMIT] = "commit",       [MSG_BURN] = "burn",       [MSG_END] = "end",
        [MSG_PING] = "ping",           [MSG_PONG] = "pong",       [MSG_CHUNK] = "chunk",
        [MSG_CHUNK_ACK] = "chunk ack", [MSG_PARCEL] = "parcel",   [MSG_REFUSED] = "refused",
        [MSG_HELLO] = "hello",         [MSG_PLAN] = "plan",       [MSG_ASK] = "ask",
        [MSG_PAST] = "past",
    };
    return kind < MSG_KINDS ? names[kind] : "unknown";
}

void msg_refuse(struct msg *m, enum complaint why, const char *text)
{
    struct msg_refused *r = &m->as.refused;
    must(why < EC_COUNT);

    m->head.type = MSG_REFUSED;
    *r = (struct msg_refused){{0}, {0}};
    snprintf(r->code, sizeof r->code, "%s", complaint_row(why)->code);
    snprintf(r->text, sizeof r->text, "%s", *text != '\0' ? text : complaint_row(why)->cause);
    for (char *c = r->text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

/* The bytes that a message owns beside its vector, NULL: none. */
static uint8_t **owned(size_t *len, struct msg *m)
{
    *len = 0;
    if (m->head.type == MSG_JOIN) {
        *len = m->as.join.schema_len;
        return &m->as.join.schema;
    }
    if (m->head.type == MSG_PLAN) {
        *len = m->as.plan.text_len;
        return &m->as.plan.text;
    }
    return NULL;
}

struct msg msg_clone(const struct msg *m)
{
    struct msg copy = *m;
    size_t len = 0;
    uint8_t **bytes = owned(&len, &copy);
    if (m->vector.word != NULL) {
        size_t vector = ring_bytes(m->vector.bits, m->vector.words);
        copy.vector.word = must_alloc(1, vector);
        memcpy(copy.vector.word, m->vector.word, vector);
    }
    if (bytes != NULL && *bytes != NULL) {
        const uint8_t *theirs = *bytes;
        *bytes = must_alloc(1, len);
        memcpy(*bytes, theirs, len);
    }
    return copy;
}

void msg_free(struct msg *m)
{
    size_t len = 0;
    uint8_t **bytes = owned(&len, m);
    if (bytes != NULL)
        free(*bytes);
    free(m->vector.word);
    *m = (struct msg){0};
}

size_t msg_body_bytes(const struct msg *m)
{
    struct msg view = *m;
    size_t len = 0;
    (void)owned(&len, &view);
    return len + (m->vector.word != NULL ? ring_bytes(m->vector.bits, m->vector.words) : 0);
}
