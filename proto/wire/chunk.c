#include "proto/wire/chunk.h"

#include <inttypes.h>
#include <string.h>

#include "proto/base/must.h"

size_t chunk_count(size_t bytes)
{
    must(bytes > 0);
    must(bytes <= WIRE_VECTOR_MAX);
    return (bytes + WIRE_CHUNK_BYTES - 1) / WIRE_CHUNK_BYTES;
}

size_t chunk_len(size_t bytes, uint32_t at)
{
    must(at < chunk_count(bytes));
    size_t left = bytes - (size_t)at * WIRE_CHUNK_BYTES;
    return left < WIRE_CHUNK_BYTES ? left : WIRE_CHUNK_BYTES;
}

struct digest chunk_digest(const void *bytes, size_t len)
{
    return digest_of("evh-pieces", bytes, len);
}

void chunk_out_open(struct chunk_out *o, const void *bytes, size_t len, uint64_t now_ms)
{
    must(bytes != NULL);
    *o = (struct chunk_out){.bytes = bytes,
                            .len = len,
                            .count = (uint32_t)chunk_count(len),
                            .heard_ms = now_ms,
                            .patience_ms = WIRE_RESEND_MS};
}

bool chunk_out_next(uint32_t *at, struct chunk_out *o, uint64_t now_ms)
{
    must(now_ms >= o->heard_ms);

    if (o->next == o->acked) {
        o->heard_ms = now_ms; /* nothing is on its way: there was nothing to wait for */
    } else if (now_ms - o->heard_ms >= o->patience_ms) {
        o->next = o->acked;
        o->heard_ms = now_ms;
        o->patience_ms *= 2;
        if (o->patience_ms > WIRE_RESEND_MAX_MS)
            o->patience_ms = WIRE_RESEND_MAX_MS;
    }
    if (o->next == o->count || o->next - o->acked >= WIRE_WINDOW)
        return false;
    *at = o->next++;
    return true;
}

void chunk_out_ack(struct chunk_out *o, uint32_t below, uint64_t now_ms)
{
    if (below > o->count || (below <= o->acked && !o->asking))
        return;
    if (below < o->acked) /* the receiver began anew */
        o->next = below;
    o->acked = below;
    if (o->next < below)
        o->next = below;
    o->heard_ms = now_ms;
    o->asking = false;
}

void chunk_out_rewind(struct chunk_out *o, uint64_t now_ms)
{
    o->next = o->acked;
    o->heard_ms = now_ms;
    o->patience_ms = WIRE_RESEND_MS;
    o->asking = true;
}

bool chunk_out_done(const struct chunk_out *o)
{
    return o->acked == o->count;
}

static bool has(const struct chunk_in *in, uint32_t at)
{
    return (in->seen[at / 8] >> (at % 8) & 1) != 0;
}

void chunk_in_open(struct chunk_in *in, void *bytes, size_t len)
{
    must(bytes != NULL);
    *in = (struct chunk_in){.bytes = bytes, .len = len, .count = (uint32_t)chunk_count(len)};
}

enum status chunk_in_take(struct chunk_in *in, uint32_t at, const uint8_t *piece, size_t len)
{
    if (at >= in->count)
        return fault(EC_WIRE_BODY, "chunk", "piece %" PRIu32 " of %" PRIu32, at, in->count);
    if (len != chunk_len(in->len, at))
        return fault(EC_WIRE_BODY, "chunk", "piece %" PRIu32 " has %zu bytes, not %zu", at, len,
                     chunk_len(in->len, at));
    if (has(in, at))
        return ST_OK;
    memcpy(in->bytes + (size_t)at * WIRE_CHUNK_BYTES, piece, len);
    in->seen[at / 8] |= (uint8_t)(1u << (at % 8));
    while (in->below < in->count && has(in, in->below))
        in->below++;
    return ST_OK;
}

bool chunk_in_whole(const struct chunk_in *in)
{
    return in->below == in->count;
}

enum status chunk_in_judge(const struct chunk_in *in, const struct digest *announced)
{
    must(chunk_in_whole(in));
    struct digest came = chunk_digest(in->bytes, in->len);
    if (!digest_equal(&came, announced))
        return fault(EC_WIRE_DIGEST, "chunk", "%zu bytes came whole and are not the announced ones",
                     in->len);
    return ST_OK;
}
