/*
 * Any story of a transfer: pieces of any number and length, acknowledgements of anything, time,
 * cuts, lost memories. Every piece there is the right one at its place, and the window holds.
 */
#include <stdint.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/base/reader.h"
#include "proto/wire/chunk.h"

#define COUNT_MAX (WIRE_WINDOW + 2u)
#define VERBS_MAX 64 /* longer stories only copy more */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t want[COUNT_MAX * WIRE_CHUNK_BYTES], room[sizeof want];
static bool given[COUNT_MAX]; /* what the receiver was given since it lost its memory */

/* The first and last bytes of each piece tell it from all others. */
static void mark_pieces(size_t len)
{
    for (uint32_t at = 0; at < chunk_count(len); at++) {
        want[(size_t)at * WIRE_CHUNK_BYTES] = (uint8_t)(at + 1);
        want[(size_t)at * WIRE_CHUNK_BYTES + chunk_len(len, at) - 1] = (uint8_t)(at + 1);
    }
}

static void check_receiver(const struct chunk_in *in)
{
    uint32_t below = 0;
    while (below < in->count && given[below])
        below++;
    must(in->below == below);
    must(chunk_in_whole(in) == (below == in->count));
    for (uint32_t at = 0; at < in->below; at++) {
        const uint8_t *piece = room + (size_t)at * WIRE_CHUNK_BYTES;
        must(piece[0] == at + 1);
        must(piece[chunk_len(in->len, at) - 1] == at + 1);
    }
}

static void check_sender(const struct chunk_out *o)
{
    must(o->acked <= o->next);
    must(o->next <= o->count);
    must(o->next - o->acked <= WIRE_WINDOW);
    must(chunk_out_done(o) == (o->acked == o->count));
}

/* A piece as the sender cut it, or of another number or length. */
static void deliver(struct chunk_in *in, uint32_t at, uint32_t other_len)
{
    bool fits = at < in->count && other_len == 0;
    size_t piece_len = at < in->count ? chunk_len(in->len, at) : WIRE_CHUNK_BYTES;
    if (other_len > 0)
        piece_len = other_len % sizeof want;
    fits = fits || (at < in->count && piece_len == chunk_len(in->len, at));
    const uint8_t *piece = fits ? want + (size_t)at * WIRE_CHUNK_BYTES : want;
    must((chunk_in_take(in, at, piece, piece_len) == ST_OK) == fits);
    if (fits)
        given[at] = true;
    check_receiver(in);
}

static void lose_memory(struct chunk_in *in)
{
    for (uint32_t at = 0; at < in->count; at++) {
        room[(size_t)at * WIRE_CHUNK_BYTES] = 0;
        room[(size_t)at * WIRE_CHUNK_BYTES + chunk_len(in->len, at) - 1] = 0;
    }
    memset(given, 0, sizeof given);
    chunk_in_open(in, room, in->len);
}

static void tell(struct chunk_out *out, struct chunk_in *in, struct reader *r)
{
    uint64_t now = 0;
    for (unsigned told = 0; told < VERBS_MAX; told++) {
        unsigned verb = read_u8(r);
        uint32_t at;
        if (r->spent)
            return;
        switch (verb % 8) {
        case 0: /* what the sender sends arrives */
            while (chunk_out_next(&at, out, now)) {
                check_sender(out);
                deliver(in, at, 0);
            }
            break;
        case 1: /* or is lost */
            (void)chunk_out_next(&at, out, now);
            break;
        case 2:
            at = read_u8(r);
            deliver(in, at, 0);
            break;
        case 3:
            at = read_u32le(r);
            deliver(in, at, read_u32le(r));
            break;
        case 4:
            chunk_out_ack(out, in->below, now);
            break;
        case 5:
            chunk_out_ack(out, (uint32_t)read_u16le(r) * (verb > 127 ? 0x10001u : 1u), now);
            break;
        case 6:
            now += read_u16le(r);
            break;
        default:
            chunk_out_rewind(out, now);
            if (verb > 127)
                lose_memory(in);
        }
        check_sender(out);
    }
}

/* Whatever was told: the two find together again. */
static void end_well(struct chunk_out *out, struct chunk_in *in)
{
    uint64_t now = UINT64_C(1) << 40;
    uint32_t at;
    chunk_out_rewind(out, now);
    chunk_out_ack(out, in->below, now);
    for (size_t turn = 0; !chunk_out_done(out); turn++, now += WIRE_RESEND_MAX_MS) {
        must(turn <= COUNT_MAX);
        while (chunk_out_next(&at, out, now))
            deliver(in, at, 0);
        chunk_out_ack(out, in->below, now);
    }
    must(chunk_in_whole(in));
}

/* The first three bytes are the length of the vector. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader r = {.at = data, .left = len};
    size_t bytes = read_u8(&r);
    bytes = (bytes << 16 | read_u16le(&r)) % sizeof want + 1;
    struct chunk_out out;
    struct chunk_in in = {.bytes = room, .len = bytes, .count = (uint32_t)chunk_count(bytes)};

    mark_pieces(bytes);
    lose_memory(&in);
    chunk_out_open(&out, want, bytes, 0);
    tell(&out, &in, &r);
    end_well(&out, &in);
    return 0;
}
