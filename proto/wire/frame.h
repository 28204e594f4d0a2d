/*
 * frame.h - the envelope: a fixed header, a body, and a digest over both.
 *
 *     header (FRAME_HEADER_BYTES, little-endian, no varints) | body (body_len bytes)
 *
 * The header is struct msg_header of msg.h in its order (security.md 3.5): magic "EVH1", version,
 * type, phase, consortium, session, digests of roster, plan (config) and model, round, attempt,
 * sender, recipient, sequence, chunk, chunks, body length, digest. The digest is BLAKE2b-256 with
 * purpose "evh-frame" over the header (its own field zero) and the body: it finds every flipped
 * bit; it is no signature. Sealing will replace it.
 *
 * A piece (MSG_CHUNK) is chunk 0..chunks-1 of at most WIRE_CHUNKS_MAX, WIRE_CHUNK_BYTES long unless
 * it is the last; everything else has chunk = chunks = 0 and at most WIRE_BODY_MAX bytes.
 */
#ifndef EVENHAND_FRAME_H
#define EVENHAND_FRAME_H

#include "proto/base/status.h"
#include "proto/wire/msg.h"

#define FRAME_MAGIC        0x31485645u /* "EVH1" */
#define FRAME_HEADER_BYTES 236         /* checked by a static assertion and a test */

struct frame {
    struct msg_header head;
    const uint8_t *body; /* borrows from the bytes that were parsed */
};

/* Bytes of the frame of this header; head.body_len is what counts. */
size_t frame_bytes(const struct msg_header *head);
/* Writes header, body and digest into out (frame_bytes long), the header with our magic, our
 * version and the digest. */
void frame_write(uint8_t *out, const struct msg_header *head, const uint8_t *body);
/*
 * Judges magic and version, then the length of the header, type, chunk numbers and the length of
 * the body, then the digest. EC_WIRE_FRAME (bytes that are no frame), EC_WIRE_VERSION,
 * EC_WIRE_DIGEST. f is written only when all is well.
 */
MUST_CHECK enum status frame_parse(struct frame *f, const uint8_t *bytes, size_t len);

#endif
