/*
 * ring.h - vectors of integers modulo 2^32 or 2^64: the only place where wrapping is meant.
 *
 * A ring vector is `words` words of `bits` bits (32 or 64), little-endian in memory as on the
 * wire. Sums do not depend on the order of their terms.
 */
#ifndef EVENHAND_RING_H
#define EVENHAND_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
    unsigned bits; /* 32 or 64 */
    size_t words;
    void *word; /* uint32_t or uint64_t [words] */
};

size_t ring_bytes(unsigned bits, size_t words);
void ring_clear(struct ring *sum);
/* sum += term, word by word modulo 2^bits; same bits and words (a promise). */
void ring_add(struct ring *sum, const struct ring *term);
/* One word read as a signed number, and written as one. */
int64_t ring_get(const struct ring *r, size_t at);
void ring_put(struct ring *r, size_t at, int64_t value);

#endif
