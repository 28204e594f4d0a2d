/*
 * cargo.h - an outgoing message made ready for the wire: once, for all it goes to.
 *
 *     message --cargo_open--> header, body           said to each recipient in a frame of its own
 *     vector  --cargo_write-> piece 0, 1, ... n-1    whole frames, the same bytes for everybody
 *
 * Writing a piece is the only copy a vector gets and the only time it is hashed; the frames are then
 * handed to the sockets without another copy, so a result for sixteen sites is in memory once. One
 * thread writes pieces while others send those that are ready.
 *
 * Pieces name their transfer by 8 bytes, in their sequence: those that the announced digest begins
 * with. It is made of the sender's session and a number that is used once, not of the vector: each
 * piece has a digest of its own over its bytes, its place and that name, so a vector is whole and
 * true when its pieces are, and hashing it again would find nothing.
 */
#ifndef EVENHAND_CARGO_H
#define EVENHAND_CARGO_H

#include <stdatomic.h>

#include "proto/wire/frame.h"

struct cargo {
    atomic_uint refs;
    struct msg_header head; /* without sequence and recipient */
    uint8_t *body;          /* [head.body_len] */
    size_t bytes;           /* that follow in pieces; 0: nothing does */
    uint32_t pieces;
    uint64_t name;
    atomic_uint ready; /* pieces written */
    uint8_t *frames;   /* where the pieces are */
};

/* Everything but the pieces of m; counts one reference. `number` differs for every cargo of one
 * session; m.head is sent as it is, but for sequence and recipient. */
struct cargo *cargo_open(const struct msg *m, uint64_t number);
/* Writes piece `at`, in order; m as for cargo_open. */
void cargo_write(struct cargo *c, const struct msg *m, uint32_t at);
/* Bytes of a piece's frame, and where it lies; at < ready. */
const uint8_t *cargo_piece(size_t *len, const struct cargo *c, uint32_t at);

struct cargo *cargo_keep(struct cargo *c); /* one more reference */
void cargo_drop(struct cargo **c); /* one less; with the last it is gone. From any thread. */

#endif
