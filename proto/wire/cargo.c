#include "proto/wire/cargo.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/base/writer.h"
#include "proto/wire/chunk.h"
#include "proto/wire/codec.h"

#define PIECE_MAX (FRAME_HEADER_BYTES + (size_t)WIRE_CHUNK_BYTES)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words travel as they lie in memory, little-endian"
#endif

static struct digest name_of(const struct msg_header *head, uint64_t number)
{
    uint8_t bytes[PARTY_BYTES + 8];
    struct writer w = {.at = bytes, .left = sizeof bytes};
    write_bytes(&w, head->session.byte, PARTY_BYTES);
    write_u64le(&w, number);
    must(!w.spent);
    return digest_of("evh-transfer", bytes, sizeof bytes);
}

/* The bytes that follow in pieces: those of a vector, or a body that is too long for a frame. */
static const uint8_t *payload(const struct cargo *c, const struct msg *m)
{
    return c->head.type == MSG_PARCEL ? c->body + c->head.body_len : m->vector.word;
}

/* A body that does not fit in one frame stays behind the body that announces it. */
static void put_in_parcel(struct cargo *c, size_t len)
{
    struct msg parcel = codec_parcel(&c->head, c->body, len);
    size_t short_len = codec_len(&parcel);
    uint8_t *both = must_alloc(1, short_len + len);
    must(codec_pack(both, short_len, &parcel) == short_len);
    memcpy(both + short_len, c->body, len);
    free(c->body);
    c->body = both;
    c->head.type = MSG_PARCEL;
    c->head.body_len = short_len;
    c->bytes = len;
    c->name = digest_u64(&parcel.as.parcel.digest);
}

struct cargo *cargo_open(const struct msg *m, uint64_t number)
{
    struct cargo *c = must_alloc(1, sizeof *c);
    struct msg said = *m;
    atomic_init(&c->refs, 1);
    atomic_init(&c->ready, 0);
    c->head = m->head;
    if (m->vector.word != NULL) {
        said.vector.word = NULL; /* else its words would be hashed */
        said.vector_digest = name_of(&m->head, number);
        c->name = digest_u64(&said.vector_digest);
        c->bytes = ring_bytes(m->vector.bits, m->vector.words);
    }
    size_t len = codec_len(&said);
    c->body = must_alloc(1, len > 0 ? len : 1);
    must(codec_pack(c->body, len, &said) == len);
    c->head.body_len = len;
    if (len > WIRE_BODY_MAX)
        put_in_parcel(c, len);
    if (c->bytes == 0)
        return c;
    must(c->bytes <= WIRE_VECTOR_MAX);
    c->pieces = (uint32_t)chunk_count(c->bytes);
    /* malloc: calloc would touch every page once for nothing */
    c->frames = malloc(c->bytes + (size_t)c->pieces * FRAME_HEADER_BYTES);
    must(c->frames != NULL);
    return c;
}

void cargo_write(struct cargo *c, const struct msg *m, uint32_t at)
{
    must(at == atomic_load_explicit(&c->ready, memory_order_relaxed));
    must(at < c->pieces);
    const uint8_t *from = payload(c, m);
    struct msg_header head = c->head;
    head.type = MSG_CHUNK;
    head.sequence = c->name;
    head.recipient = (struct party){{0}};
    head.chunk = at;
    head.chunks = c->pieces;
    head.body_len = chunk_len(c->bytes, at);
    frame_write(c->frames + at * PIECE_MAX, &head, from + (size_t)at * WIRE_CHUNK_BYTES);
    atomic_store_explicit(&c->ready, at + 1, memory_order_release);
}

const uint8_t *cargo_piece(size_t *len, const struct cargo *c, uint32_t at)
{
    must(at < atomic_load_explicit(&c->ready, memory_order_acquire));
    *len = FRAME_HEADER_BYTES + chunk_len(c->bytes, at);
    return c->frames + at * PIECE_MAX;
}

struct cargo *cargo_keep(struct cargo *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void cargo_drop(struct cargo **cargo)
{
    struct cargo *c = *cargo;
    *cargo = NULL;
    if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(c->frames);
    free(c->body);
    free(c);
}
