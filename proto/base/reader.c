#include "proto/base/reader.h"

#include <string.h>

#include "proto/base/must.h"

const uint8_t *read_bytes(struct reader *r, size_t len)
{
    if (r->spent || len > r->left) {
        r->spent = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *bytes = r->at;
    if (len > 0)
        r->at += len;
    r->left -= len;
    return bytes;
}

static uint64_t little_endian(struct reader *r, size_t len)
{
    const uint8_t *bytes = read_bytes(r, len);
    uint64_t v = 0;
    for (size_t i = 0; bytes != NULL && i < len; i++)
        v |= (uint64_t)bytes[i] << (8 * i);
    return v;
}

uint8_t read_u8(struct reader *r)
{
    return (uint8_t)little_endian(r, 1);
}

uint16_t read_u16le(struct reader *r)
{
    return (uint16_t)little_endian(r, 2);
}

uint32_t read_u32le(struct reader *r)
{
    return (uint32_t)little_endian(r, 4);
}

uint64_t read_u64le(struct reader *r)
{
    return little_endian(r, 8);
}

double read_f64le(struct reader *r)
{
    uint64_t bits = little_endian(r, 8);
    double v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

void read_text(char *out, struct reader *r, size_t cap)
{
    must(cap > 0);
    out[0] = '\0';
    size_t len = read_u16le(r);
    const uint8_t *bytes = read_bytes(r, len);
    if (bytes == NULL)
        return;
    if (len >= cap || memchr(bytes, 0, len) != NULL) {
        r->spent = true;
        r->left = 0;
        return;
    }
    memcpy(out, bytes, len);
    out[len] = '\0';
}
