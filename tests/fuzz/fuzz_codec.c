/* Any body of any kind: refused, or a message in range whose own body it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/wire/chunk.h"
#include "proto/wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void touch(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum ^= bytes[i];
    must(sum <= UINT8_MAX);
}

static void look_at_all_of_it(const struct msg *m)
{
    struct pieces p = codec_pieces(m);
    must(p.bytes <= WIRE_VECTOR_MAX);
    must(p.bytes == 0 || chunk_count(p.bytes) <= WIRE_CHUNKS_MAX);
    must(m->vector.word == NULL);
    if (m->head.type == MSG_JOIN) {
        must(strlen(m->as.join.site) < sizeof m->as.join.site);
        must(m->as.join.schema_len <= WIRE_SCHEMA_MAX);
        touch(m->as.join.schema, m->as.join.schema_len);
    }
    if (m->head.type == MSG_PLAN) {
        must(m->as.plan.text_len > 0);
        must(m->as.plan.text_len <= WIRE_PLAN_MAX);
        touch(m->as.plan.text, m->as.plan.text_len);
    }
    if (m->head.type == MSG_ASK)
        must(m->as.ask.leg > 0);
    if (m->head.type == MSG_PAST) {
        must(m->as.past.leg > 0);
        must(m->as.past.sites > 0);
        must(p.bytes > 0);
    }
    if (m->head.type == MSG_REFUSED)
        must(strlen(m->as.refused.code) + strlen(m->as.refused.text) < sizeof m->as.refused);
}

/* The first byte is the kind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    struct msg m = {.head = {.type = data[0]}};
    if (codec_unpack(&m, data + 1, len - 1) == ST_OK) {
        look_at_all_of_it(&m);
        must(codec_len(&m) == len - 1);
        uint8_t *body = malloc(len);
        must(body != NULL);
        must(codec_pack(body, len - 1, &m) == len - 1);
        must(memcmp(body, data + 1, len - 1) == 0);
        struct msg copy = msg_clone(&m);
        must(codec_pack(body, len - 1, &copy) == len - 1);
        must(memcmp(body, data + 1, len - 1) == 0);
        msg_free(&copy);
        free(body);
    }
    msg_free(&m);
    must(m.as.join.schema == NULL);
    must(m.as.plan.text == NULL);
    return 0;
}
