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

struct msg msg_clone(const struct msg *m)
{
    struct msg copy = *m;
    if (m->vector.word != NULL) {
        size_t bytes = ring_bytes(m->vector.bits, m->vector.words);
        copy.vector.word = must_alloc(1, bytes);
        memcpy(copy.vector.word, m->vector.word, bytes);
    }
    if (m->head.type == MSG_JOIN && m->as.join.schema != NULL) {
        copy.as.join.schema = must_alloc(1, m->as.join.schema_len);
        memcpy(copy.as.join.schema, m->as.join.schema, m->as.join.schema_len);
    }
    return copy;
}

void msg_free(struct msg *m)
{
    free(m->vector.word);
    if (m->head.type == MSG_JOIN)
        free(m->as.join.schema);
    *m = (struct msg){0};
}

size_t msg_body_bytes(const struct msg *m)
{
    size_t bytes = m->vector.word != NULL ? ring_bytes(m->vector.bits, m->vector.words) : 0;
    return bytes + (m->head.type == MSG_JOIN ? m->as.join.schema_len : 0);
}
