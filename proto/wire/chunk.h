/*
 * chunk.h - flat bytes in pieces of fixed size, acknowledged, resumable. Pure: no sockets, no clock
 * but the milliseconds it is told.
 *
 *     sender: announce (codec.h: bytes and digest) -> pieces 0..n-1, at most WIRE_WINDOW ahead of
 *             the acknowledgements -> done when all are acknowledged
 *     receiver: takes pieces in any order, each once, at its place; acknowledges every piece it
 *             was sent, copies too (a copy says that an acknowledgement was lost), with
 *             "everything below k"; whole when all are there; kept when the digest agrees
 *
 * Pieces are vectors (MASKED, RESULT, PAST) or the body of a message too long for one frame
 * (PARCEL). The header's sequence names the transfer: a piece carries that of the message that
 * announced it, and whoever holds the sockets finds the transfer by it and drops what belongs to
 * none.
 *
 * After a cut line both sides go on where they were: the sender announces again, the receiver
 * answers with what it has, the sender sends the rest. A receiver that lost everything says so with
 * below 0, and is sent everything. The first acknowledgement may come before any piece: a
 * coordinator that has no room now (WIRE_UPLOADS) is silent until it has, and a sender that wants
 * to wait for its turn opens its struct chunk_out then.
 */
#ifndef EVENHAND_CHUNK_H
#define EVENHAND_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"
#include "proto/base/status.h"
#include "proto/wire/limits.h"

size_t chunk_count(size_t bytes); /* pieces of so many bytes, 1..WIRE_VECTOR_MAX */
size_t chunk_len(size_t bytes, uint32_t at);
/* What an announcement promises of the whole: BLAKE2b-256, purpose "evh-pieces". */
struct digest chunk_digest(const void *bytes, size_t len);

struct chunk_out {
    const uint8_t *bytes; /* borrows until done; piece at begins at at * WIRE_CHUNK_BYTES */
    size_t len;
    uint32_t count, acked; /* everything below acked has arrived */
    uint32_t next;         /* the next piece to send */
    uint64_t heard_ms;     /* since when we wait for an acknowledgement */
    uint64_t patience_ms;  /* how long we do so before sending again */
    bool asking;           /* after a cut: the next acknowledgement counts, even a lower one */
};

void chunk_out_open(struct chunk_out *o, const void *bytes, size_t len, uint64_t now_ms);
/* The piece to send now, false when the window is full or all is sent. Resends from `acked` when
 * nothing was acknowledged for patience_ms: WIRE_RESEND_MS, twice that after each time in vain. */
bool chunk_out_next(uint32_t *at, struct chunk_out *o, uint64_t now_ms);
/* A late acknowledgement, or one of more than there is, changes nothing. */
void chunk_out_ack(struct chunk_out *o, uint32_t below, uint64_t now_ms);
/* The line was cut: send again from the last acknowledgement. */
void chunk_out_rewind(struct chunk_out *o, uint64_t now_ms);
bool chunk_out_done(const struct chunk_out *o);

struct chunk_in {
    uint8_t *bytes; /* the caller's room, len long */
    size_t len;
    uint32_t count, below; /* contiguous pieces that are there: what to acknowledge */
    uint8_t seen[WIRE_CHUNKS_MAX / 8 + 1];
};

/* len was judged by codec_unpack: 1..WIRE_VECTOR_MAX. */
void chunk_in_open(struct chunk_in *in, void *bytes, size_t len);
/* Takes piece `at`; a second copy is ignored. EC_WIRE_BODY for a wrong length or number. */
MUST_CHECK enum status chunk_in_take(struct chunk_in *in, uint32_t at, const uint8_t *piece,
                                     size_t len);
bool chunk_in_whole(const struct chunk_in *in);
/* Are the whole bytes the announced ones? EC_WIRE_DIGEST: the sender's promise is broken. */
MUST_CHECK enum status chunk_in_judge(const struct chunk_in *in, const struct digest *announced);

#endif
