#include "crypto/ring.h"

#include <string.h>

#include "proto/base/must.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words lie in memory as on the wire");

/* Wrapping is the point here, and here only; gcc has no such check to switch off. */
#ifdef __clang__
#define WRAPS __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#define WRAPS
#endif

size_t ring_bytes(unsigned bits, size_t words)
{
    must(bits == 32 || bits == 64);
    must(words <= SIZE_MAX / 8);
    return words * (bits / 8);
}

void ring_clear(struct ring *sum)
{
    memset(sum->word, 0, ring_bytes(sum->bits, sum->words));
}

WRAPS static void add_32(uint32_t *restrict sum, const uint32_t *restrict term, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += term[i];
}

WRAPS static void add_64(uint64_t *restrict sum, const uint64_t *restrict term, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += term[i];
}

void ring_add(struct ring *sum, const struct ring *term)
{
    must(sum->bits == 32 || sum->bits == 64);
    must(sum->bits == term->bits);
    must(sum->words == term->words);
    must(sum->word != term->word);

    if (sum->bits == 32)
        add_32(sum->word, term->word, sum->words);
    else
        add_64(sum->word, term->word, sum->words);
}

int64_t ring_get(const struct ring *r, size_t at)
{
    must(at < r->words);

    if (r->bits == 64)
        return ((const int64_t *)r->word)[at];
    must(r->bits == 32);
    return ((const int32_t *)r->word)[at];
}

void ring_put(struct ring *r, size_t at, int64_t value)
{
    must(at < r->words);

    if (r->bits == 64) {
        ((int64_t *)r->word)[at] = value;
        return;
    }
    must(r->bits == 32);
    must(value >= INT32_MIN);
    must(value <= INT32_MAX);
    ((int32_t *)r->word)[at] = (int32_t)value;
}
