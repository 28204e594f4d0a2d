/*
 * reader.h - bounded little-endian bytes, read front to back.
 *
 * The reader goes dead after its first overrun: every later read gives zero
 * and `spent` stays true, so a parser reads all, then judges once.
 */
#ifndef EVENHAND_READER_H
#define EVENHAND_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at; /* borrows */
    size_t left;
    bool spent;
};

uint8_t read_u8(struct reader *r);
uint16_t read_u16le(struct reader *r);
uint32_t read_u32le(struct reader *r);
uint64_t read_u64le(struct reader *r);
double read_f64le(struct reader *r);
/* A view of the next `len` bytes, NULL (and spent) when there are fewer. */
const uint8_t *read_bytes(struct reader *r, size_t len);
/* Copies a text of a u16 length into out[cap]; spent when it does not fit or holds a NUL. */
void read_text(char *out, struct reader *r, size_t cap);

#endif
