#include "proto/wire/msg.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"

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
