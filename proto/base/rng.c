#include "proto/base/rng.h"

#include <string.h>

#include "proto/base/clones.h"
#include "proto/base/must.h"

/* Products and sums are taken in 64 bits and cut by name, so that nothing wraps unseen. */
static uint32_t low(uint64_t v)
{
    return (uint32_t)(v & UINT32_MAX);
}

static uint32_t high(uint64_t v)
{
    return (uint32_t)(v >> 32);
}

void rng_philox(uint32_t out[static 4], const uint32_t counter[static 4],
                const uint32_t key[static 2])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (unsigned turn = 0; turn < 10; turn++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0;
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c2;
        c0 = high(p1) ^ c1 ^ k0;
        c1 = low(p1);
        c2 = high(p0) ^ c3 ^ k1;
        c3 = low(p0);
        k0 = low(UINT64_C(0x9E3779B9) + k0);
        k1 = low(UINT64_C(0xBB67AE85) + k1);
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/*
 * Under the seed as key, purpose and site are enciphered, then round and step
 * chained to them. Of the 128 bits that come out, 64 are the stream's key and
 * 64 the upper half of its counter; the lower half counts its blocks.
 */
struct rng rng_open(uint64_t seed, enum rng_purpose purpose, uint64_t site, uint64_t round,
                    uint64_t step)
{
    const uint32_t seed_key[2] = {low(seed), high(seed)};
    const uint32_t who[4] = {(uint32_t)purpose, low(site), high(site), 0};
    uint32_t h[4];
    rng_philox(h, who, seed_key);
    const uint32_t when[4] = {h[0] ^ low(round), h[1] ^ high(round), h[2] ^ low(step),
                              h[3] ^ high(step)};
    rng_philox(h, when, seed_key);
    return (struct rng){.key = {h[0], h[1]}, .counter = {0, 0, h[2], h[3]}};
}

static uint64_t block_number(const struct rng *r)
{
    return (uint64_t)r->counter[1] << 32 | r->counter[0];
}

static void skip_blocks(struct rng *r, uint64_t count)
{
    uint64_t at = block_number(r);
    must(at <= UINT64_MAX - count);
    at += count;
    r->counter[0] = low(at);
    r->counter[1] = high(at);
}

static void next_block(struct rng *r)
{
    rng_philox(r->block, r->counter, r->key);
    skip_blocks(r, 1);
    r->left = 4;
}

/* rng_philox of the counters from `first` on, in step, so that a turn is a few vector operations. */
CLONES static void philox_blocks(struct rng_blocks *b, uint64_t first, const uint32_t *upper,
                                 const uint32_t *key)
{
    uint32_t c0[RNG_BLOCKS], c1[RNG_BLOCKS], c2[RNG_BLOCKS], c3[RNG_BLOCKS];
    uint32_t k0 = key[0], k1 = key[1];
    for (unsigned i = 0; i < RNG_BLOCKS; i++) {
        c0[i] = low(first + i);
        c1[i] = high(first + i);
        c2[i] = upper[0];
        c3[i] = upper[1];
    }
    for (unsigned turn = 0; turn < 10; turn++) {
        for (unsigned i = 0; i < RNG_BLOCKS; i++) {
            uint64_t p0 = UINT64_C(0xD2511F53) * c0[i];
            uint64_t p1 = UINT64_C(0xCD9E8D57) * c2[i];
            c0[i] = high(p1) ^ c1[i] ^ k0;
            c1[i] = low(p1);
            c2[i] = high(p0) ^ c3[i] ^ k1;
            c3[i] = low(p0);
        }
        k0 = low(UINT64_C(0x9E3779B9) + k0);
        k1 = low(UINT64_C(0xBB67AE85) + k1);
    }
    /* cppcheck-suppress uninitvar ; it is filled here */
    memcpy(b->word[0], c0, sizeof c0);
    memcpy(b->word[1], c1, sizeof c1);
    memcpy(b->word[2], c2, sizeof c2);
    memcpy(b->word[3], c3, sizeof c3);
}

void rng_blocks(struct rng_blocks *b, struct rng *r)
{
    must(r->left == 0);
    uint64_t first = block_number(r);
    skip_blocks(r, RNG_BLOCKS);
    philox_blocks(b, first, r->counter + 2, r->key);
}

uint32_t rng_u32(struct rng *r)
{
    if (r->left == 0)
        next_block(r);
    return r->block[4 - r->left--];
}

void rng_words(uint32_t *out, size_t n, struct rng *r)
{
    size_t at = 0;
    while (at < n && r->left > 0)
        out[at++] = rng_u32(r);
    for (; n - at >= 4 * (size_t)RNG_BLOCKS; at += 4 * (size_t)RNG_BLOCKS) {
        struct rng_blocks b;
        rng_blocks(&b, r);
        for (size_t i = 0; i < RNG_BLOCKS; i++)
            for (size_t w = 0; w < 4; w++)
                out[at + 4 * i + w] = b.word[w][i];
    }
    while (at < n)
        out[at++] = rng_u32(r);
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t first = rng_u32(r);
    return (uint64_t)rng_u32(r) << 32 | first;
}

/* Lemire, "Fast random integer generation in an interval", 2019. */
uint32_t rng_below(struct rng *r, uint32_t n)
{
    must(n > 0);
    uint64_t product = (uint64_t)rng_u32(r) * n;
    if (low(product) < n) {
        uint32_t uneven = (UINT32_MAX - n + 1) % n; /* 2^32 mod n */
        while (low(product) < uneven)
            product = (uint64_t)rng_u32(r) * n;
    }
    return high(product);
}

double rng_uniform(struct rng *r)
{
    /* k + 1/2 with k of 52 bits is exact; with 53 bits the last one would round to 1. */
    return ((double)(rng_u64(r) >> 12) + 0.5) * 0x1p-52;
}

void rng_shuffle(uint32_t *order, size_t n, struct rng *r)
{
    must(n <= UINT32_MAX);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t left = (uint32_t)n; left > 1; left--) {
        uint32_t pick = rng_below(r, left);
        uint32_t last = order[left - 1];
        order[left - 1] = order[pick];
        order[pick] = last;
    }
}
