/* Any body of any kind: refused, or a message in range whose own body it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/wire/chunk.h"
#include "proto/wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void look_at_all_of_it(const struct msg *m)
{
    struct pieces p = codec_pieces(m);
    must(p.bytes <= WIRE_VECTOR_MAX);
    must(p.bytes == 0 || chunk_count(p.bytes) <= WIRE_CHUNKS_MAX);
    must(m->vector.word == NULL);
    if (m->head.type == MSG_JOIN) {
        must(strlen(m->as.join.site) < sizeof m->as.join.site);
        must(m->as.join.schema_len <= WIRE_SCHEMA_MAX);
        uint8_t sum = 0;
        for (size_t i = 0; i < m->as.join.schema_len; i++)
            sum ^= m->as.join.schema[i];
        must(sum <= UINT8_MAX);
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
    return 0;
}
