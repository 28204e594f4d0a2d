/*
 * codec.h - messages to bodies and back; small ones only. The door to protobuf-c.
 *
 * Control messages are flat (proto/schema/evenhand.proto), at most WIRE_BODY_MAX bytes, judged
 * before unpacking. Vectors are not encoded here: their words travel as chunks (chunk.h), and the
 * body of a MASKED or RESULT message is what announces them: bits, words, digest.
 */
#ifndef EVENHAND_CODEC_H
#define EVENHAND_CODEC_H

#include "proto/base/status.h"
#include "proto/wire/limits.h"
#include "proto/wire/msg.h"

/* Encodes the body of m (its header says which kind). Returns its length, at most cap; must fit. */
size_t codec_pack(uint8_t *out, size_t cap, const struct msg *m);
/*
 * Fills m->as from a body of m->head.type. m->vector gets bits and words, word NULL. What the
 * message owns (a schema) is malloc'ed: msg_free. EC_WIRE_BODY for whatever does not parse or is
 * out of range; nothing is allocated before lengths are judged.
 */
MUST_CHECK enum status codec_unpack(struct msg *m, const uint8_t *body, size_t len);

#endif
