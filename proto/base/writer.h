/*
 * writer.h - little-endian bytes into a fixed buffer, front to back.
 *
 * Dead after the first overrun (`spent`), like the reader. A writer with a
 * NULL buffer only counts: measure first, write second, with one function.
 */
#ifndef EVENHAND_WRITER_H
#define EVENHAND_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
    uint8_t *at; /* borrows; NULL: count only */
    size_t left; /* ignored while counting */
    size_t done; /* bytes written so far */
    bool spent;
};

void write_u8(struct writer *w, uint8_t v);
void write_u16le(struct writer *w, uint16_t v);
void write_u32le(struct writer *w, uint32_t v);
void write_u64le(struct writer *w, uint64_t v);
void write_f64le(struct writer *w, double v);
void write_bytes(struct writer *w, const void *bytes, size_t len);
void write_text(struct writer *w, const char *text); /* u16 length, then the bytes */

#endif
