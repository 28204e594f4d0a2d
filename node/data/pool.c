#include "node/data/pool.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

void pool_open(struct pool *p)
{
    *p = (struct pool){.cap = 4096, .room = 256, .slots = 1024};
    p->bytes = must_alloc(p->cap, 1);
    p->at = must_alloc(p->room, sizeof *p->at);
    p->slot = must_alloc(p->slots, sizeof *p->slot);
    memset(p->slot, 0xff, p->slots * sizeof *p->slot);
}

void pool_close(struct pool *p)
{
    free(p->bytes);
    free(p->at);
    free(p->slot);
    *p = (struct pool){0};
}

const char *pool_text(const struct pool *p, uint32_t number)
{
    must(number < p->count);
    return p->bytes + p->at[number];
}

/* FNV-1a. The slots are a power of two, so the high half is folded in. */
static size_t hash_of(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ (h >> 32));
}

/* The slot of this text: its own, or the free one where it would go. */
static size_t slot_of(const struct pool *p, const char *text)
{
    size_t i = hash_of(text) & (p->slots - 1);

    while (p->slot[i] != POOL_NONE && strcmp(pool_text(p, p->slot[i]), text) != 0)
        i = (i + 1) & (p->slots - 1);
    return i;
}

uint32_t pool_find(const struct pool *p, const char *text)
{
    return p->slot[slot_of(p, text)];
}

static void more_slots(struct pool *p)
{
    free(p->slot);
    p->slots *= 2;
    p->slot = must_alloc(p->slots, sizeof *p->slot);
    memset(p->slot, 0xff, p->slots * sizeof *p->slot);
    for (uint32_t n = 0; n < p->count; n++)
        p->slot[slot_of(p, pool_text(p, n))] = n;
}

uint32_t pool_put(struct pool *p, const char *text)
{
    size_t slot = slot_of(p, text);
    size_t bytes = strlen(text) + 1;

    if (p->slot[slot] != POOL_NONE)
        return p->slot[slot];
    must(p->count < POOL_NONE);
    if (p->count == p->room) {
        p->room *= 2;
        p->at = realloc(p->at, p->room * sizeof *p->at);
        must(p->at != NULL);
    }
    if (p->cap - p->used < bytes) {
        p->cap = 2 * p->cap + bytes;
        p->bytes = realloc(p->bytes, p->cap);
        must(p->bytes != NULL);
    }
    memcpy(p->bytes + p->used, text, bytes);
    p->at[p->count] = p->used;
    p->used += bytes;
    p->slot[slot] = (uint32_t)p->count++;
    if (2 * p->count > p->slots)
        more_slots(p);
    return (uint32_t)p->count - 1;
}
