/*
 * codec.h - messages to bodies and back; small ones only. The door to protobuf-c.
 *
 * Control messages are flat (proto/schema/evenhand.proto), each with a length of its own that is
 * judged before unpacking. Vectors are not encoded here: their words travel as pieces (chunk.h),
 * and the body of a MASKED, RESULT or PAST is what announces them: bits, words, digest. A body over
 * WIRE_BODY_MAX (a JOIN with a long schema, a long PLAN) travels as pieces too, announced by a
 * PARCEL:
 *
 *     m --codec_pack--> body --short--> frame                 MASKED, RESULT, PAST: then the vector
 *                            --long---> codec_parcel -> frame PARCEL: then the body
 *     frame --codec_unpack--> m --codec_pieces--> how many bytes follow
 *     PARCEL whole and judged --codec_unparcel--> m
 */
#ifndef EVENHAND_CODEC_H
#define EVENHAND_CODEC_H

#include "proto/base/status.h"
#include "proto/wire/limits.h"
#include "proto/wire/msg.h"

/* Length of the body of m, at most WIRE_PARCEL_MAX. */
size_t codec_len(const struct msg *m);
/*
 * Encodes the body of m (its header says which kind; not CHUNK). Returns its length, at most cap;
 * must fit. The digest of a vector is taken from its words, or from m where it has none.
 */
size_t codec_pack(uint8_t *out, size_t cap, const struct msg *m);
/*
 * Fills m->as from a body of m->head.type. m->vector gets bits and words, word NULL. What the
 * message owns (a schema, a plan's text) is malloc'ed: msg_free. EC_WIRE_BODY for whatever does not
 * parse or is out of range, and m then has its header and nothing else; nothing is allocated before
 * lengths are judged. What a schema or a plan says is not looked at.
 */
MUST_CHECK enum status codec_unpack(struct msg *m, const uint8_t *body, size_t len);

/* What follows m in pieces: a vector, or the body in a parcel. bytes 0: nothing. */
struct pieces {
    size_t bytes;
    struct digest digest;
};
struct pieces codec_pieces(const struct msg *m);

/* The PARCEL that is sent in the place of a message with this header and this long body. */
struct msg codec_parcel(const struct msg_header *head, const uint8_t *body, size_t len);
/* The message in a parcel, once its body is whole; as codec_unpack, with the parcel's header. */
MUST_CHECK enum status codec_unparcel(struct msg *m, const struct msg *parcel, const uint8_t *body);

#endif
