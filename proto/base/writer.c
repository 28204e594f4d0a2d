#include "proto/base/writer.h"

#include <string.h>

#include "proto/base/must.h"

void write_bytes(struct writer *w, const void *bytes, size_t len)
{
    bool counting = w->at == NULL;
    if (w->spent || (!counting && len > w->left)) {
        w->spent = true;
        return;
    }
    if (!counting && len > 0) {
        memcpy(w->at, bytes, len);
        w->at += len;
        w->left -= len;
    }
    w->done += len;
}

static void little_endian(struct writer *w, uint64_t v, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    write_bytes(w, bytes, len);
}

void write_u8(struct writer *w, uint8_t v)
{
    little_endian(w, v, 1);
}

void write_u16le(struct writer *w, uint16_t v)
{
    little_endian(w, v, 2);
}

void write_u32le(struct writer *w, uint32_t v)
{
    little_endian(w, v, 4);
}

void write_u64le(struct writer *w, uint64_t v)
{
    little_endian(w, v, 8);
}

void write_f64le(struct writer *w, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    little_endian(w, bits, 8);
}

void write_text(struct writer *w, const char *text)
{
    size_t len = strlen(text);
    must(len <= UINT16_MAX);
    write_u16le(w, (uint16_t)len);
    write_bytes(w, text, len);
}
