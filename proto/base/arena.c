#include "proto/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define GAP            ((size_t)ARENA_ALIGN)
#define close_to(p, n) __asan_poison_memory_region((p), (n))
#define open_to(p, n)  __asan_unpoison_memory_region((p), (n))
#else
#define GAP            ((size_t)0)
#define close_to(p, n) ((void)(p), (void)(n))
#define open_to(p, n)  ((void)(p), (void)(n))
#endif

/* Every piece ends on a multiple of ARENA_ALIGN, its gap included. */
static size_t rounded(size_t bytes)
{
    must(bytes <= SIZE_MAX - GAP - (ARENA_ALIGN - 1));
    return (bytes + GAP + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

size_t arena_need(size_t bytes, size_t count)
{
    size_t each = GAP + ARENA_ALIGN - 1;
    size_t start = ARENA_ALIGN - 1; /* a slab may begin anywhere */
    must(bytes <= SIZE_MAX - start);
    must(count <= (SIZE_MAX - start - bytes) / each);
    return bytes + start + count * each;
}

void arena_init(struct arena *a, void *slab, size_t cap_bytes)
{
    size_t past = (uintptr_t)slab % ARENA_ALIGN;
    size_t skip = past == 0 ? 0 : ARENA_ALIGN - past;
    must(skip <= cap_bytes);
    *a = (struct arena){.slab = (unsigned char *)slab + skip, .cap = cap_bytes - skip};
    close_to(a->slab, a->cap);
}

void *arena_take(struct arena *a, size_t bytes)
{
    size_t size = rounded(bytes);
    must(size <= a->cap - a->used);
    unsigned char *piece = a->slab + a->used;
    open_to(piece, bytes);
    a->used += size;
    if (a->used > a->peak)
        a->peak = a->used;
    return piece;
}

float *arena_floats(struct arena *a, size_t count)
{
    must(count <= SIZE_MAX / sizeof(float));
    return arena_take(a, count * sizeof(float));
}

size_t arena_mark(const struct arena *a)
{
    return a->used;
}

void arena_rewind(struct arena *a, size_t mark)
{
    must(mark <= a->used);
    must(mark % ARENA_ALIGN == 0);
    close_to(a->slab + mark, a->used - mark);
    a->used = mark;
}

void arena_open(struct arena *a, size_t cap_bytes)
{
    must(cap_bytes <= SIZE_MAX - (ARENA_ALIGN - 1));
    size_t cap = (cap_bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    void *slab = aligned_alloc(ARENA_ALIGN, cap == 0 ? ARENA_ALIGN : cap);
    must(slab != NULL);
    arena_init(a, slab, cap);
}

void arena_close(struct arena *a)
{
    if (a->slab != NULL)
        open_to(a->slab, a->cap);
    free(a->slab);
    *a = (struct arena){0};
}

void *must_alloc(size_t count, size_t size)
{
    void *bytes = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    must(bytes != NULL);
    return bytes;
}
