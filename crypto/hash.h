/*
 * hash.h - BLAKE2b-256 digests: of plans, models and messages.
 *
 * Every digest names its purpose (libsodium's personalisation, at most 16 bytes),
 * so a digest made for one thing is never taken for another.
 */
#ifndef EVENHAND_HASH_H
#define EVENHAND_HASH_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_TEXT  (2 * DIGEST_BYTES + 1)

struct digest {
    uint8_t byte[DIGEST_BYTES];
};

/* Must be called once before anything else in crypto/; stops when libsodium refuses. */
void crypto_start(void);

struct digest digest_of(const char *purpose, const void *bytes, size_t len);
/* The same over several pieces, one after the other. */
struct digest_state {
    _Alignas(64) unsigned char opaque[384];
};
void digest_begin(struct digest_state *s, const char *purpose);
void digest_add(struct digest_state *s, const void *bytes, size_t len);
struct digest digest_end(struct digest_state *s);

int digest_equal(const struct digest *a, const struct digest *b);
/* Lower-case hex into out. */
void digest_text(char out[static DIGEST_TEXT], const struct digest *d);
/* The first 8 bytes, little-endian: for keying training randomness, not for security. */
uint64_t digest_u64(const struct digest *d);

#endif
