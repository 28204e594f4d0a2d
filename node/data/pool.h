/*
 * pool.h - each distinct text once, known by a number: 0, 1, 2, ... in the order they came.
 */
#ifndef EVENHAND_POOL_H
#define EVENHAND_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

struct pool {
    char *bytes; /* texts one behind the other, each ended by NUL */
    size_t used, cap;
    size_t *at; /* [count]: where each begins */
    size_t count, room;
    uint32_t *slot; /* [slots]: number or POOL_NONE, by hash */
    size_t slots;
};

void pool_open(struct pool *p);
void pool_close(struct pool *p);
/* The number of a text, a new one when it has not been seen. */
uint32_t pool_put(struct pool *p, const char *text);
/* POOL_NONE when it has not been seen. */
uint32_t pool_find(const struct pool *p, const char *text);
/* Until the next pool_put. */
const char *pool_text(const struct pool *p, uint32_t number);

#endif
