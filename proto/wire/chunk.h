/*
 * chunk.h - flat vectors in pieces of fixed size, acknowledged, resumable. Pure: no sockets, no clock
 * but the milliseconds it is told.
 *
 *     sender: announce (message with bits, words, digest) -> pieces 0..n-1, at most WIRE_WINDOW
 *             ahead of the acknowledgements -> done when all are acknowledged
 *     receiver: takes pieces in any order, each once, at its place; acknowledges with a bitmap's
 *             worth of "everything below k, and these"; whole when all are there and the digest of
 *             the vector agrees
 *
 * After a cut line both sides go on where they were: the receiver says what it has, the sender
 * sends the rest. Sequence numbers name the transfer; a piece of another transfer is refused.
 */
#ifndef EVENHAND_CHUNK_H
#define EVENHAND_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/status.h"
#include "proto/wire/limits.h"

size_t chunk_count(size_t bytes); /* pieces of a vector of so many bytes */
size_t chunk_len(size_t bytes, uint32_t at);

struct chunk_out {
    const uint8_t *bytes; /* borrows until done */
    size_t len;
    uint32_t count, acked; /* everything below acked has arrived */
    uint32_t next;         /* the next piece never sent */
    uint64_t heard_ms;     /* when the last acknowledgement came */
};

void chunk_out_open(struct chunk_out *o, const void *bytes, size_t len, uint64_t now_ms);
/* The piece to send now, false when the window is full or all is sent. Resends from `acked` when
 * nothing was acknowledged for WIRE_RESEND_MS. */
bool chunk_out_next(uint32_t *at, struct chunk_out *o, uint64_t now_ms);
void chunk_out_ack(struct chunk_out *o, uint32_t below, uint64_t now_ms);
/* The line was cut: send again from the last acknowledgement. */
void chunk_out_rewind(struct chunk_out *o, uint64_t now_ms);
bool chunk_out_done(const struct chunk_out *o);

struct chunk_in {
    uint8_t *bytes; /* the caller's room, len long */
    size_t len;
    uint32_t count, below; /* contiguous pieces that are there */
    uint8_t seen[WIRE_VECTOR_MAX / WIRE_CHUNK_BYTES / 8 + 1];
};

void chunk_in_open(struct chunk_in *in, void *bytes, size_t len);
/* Takes piece `at`; a second copy is ignored. EC_WIRE_BODY for a wrong length or number. */
MUST_CHECK enum status chunk_in_take(struct chunk_in *in, uint32_t at, const uint8_t *piece,
                                     size_t len);
bool chunk_in_whole(const struct chunk_in *in);

#endif
