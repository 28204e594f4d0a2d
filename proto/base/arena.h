/*
 * arena.h - one slab, handed out from the front, given back all at once.
 *
 * A step asks its model how much it needs (scratch_bytes), so running out is
 * a planning bug and stops; no caller carries an "allocation failed" branch.
 * Under AddressSanitizer every piece has a poisoned gap behind it, and a
 * rewind poisons what it takes back, so a stale pointer dies at first touch.
 */
#ifndef EVENHAND_ARENA_H
#define EVENHAND_ARENA_H

#include <stddef.h>

#define ARENA_ALIGN 64

struct arena {
    unsigned char *slab; /* keeps */
    size_t cap;          /* bytes */
    size_t used;
    size_t peak;
};

/* What `count` pieces of together `bytes` bytes can take at most, gaps included. */
size_t arena_need(size_t bytes, size_t count);

/* On static or allocated memory: a slab on the stack would stay poisoned after its function. */
void arena_init(struct arena *a, void *slab, size_t cap_bytes);
void *arena_take(struct arena *a, size_t bytes);    /* 64-byte aligned, uninitialised */
float *arena_floats(struct arena *a, size_t count); /* the same, count floats */
size_t arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, size_t mark);

/* Start-up only: a slab of its own, freed by arena_close. Stops when memory is out. */
void arena_open(struct arena *a, size_t cap_bytes);
void arena_close(struct arena *a);

/* calloc that stops when memory is out: for start-up, behind an _open/_close pair. */
void *must_alloc(size_t count, size_t size);

#endif
