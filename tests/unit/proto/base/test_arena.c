#include "proto/base/arena.h"

#include "tests/support/check.h"
#include "tests/support/stops.h"

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED true
#endif
#endif
#ifndef WATCHED
#define WATCHED false
#endif

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 63, 64, 65, 0, 7, 4096};
    struct arena a;
    arena_open(&a, 8192);
    const unsigned char *end = a.slab;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned char *piece = arena_take(&a, sizes[i]);
        assert_int_equal((uintptr_t)piece % ARENA_ALIGN, 0);
        assert_true(piece >= end);
        memset(piece, 0xa5, sizes[i]);
        end = piece + sizes[i];
    }
    assert_true(end <= a.slab + a.cap);
    arena_close(&a);
}

static void what_need_promises_is_enough_wherever_the_slab_begins(void **state)
{
    (void)state;
    static const struct {
        size_t each, count;
    } rows[] = {{1, 1}, {1, 100}, {64, 10}, {65, 10}, {0, 5}, {1000, 3}, {0, 0}};
    size_t met = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t need = arena_need(rows[i].each * rows[i].count, rows[i].count);
        for (size_t shift = 0; shift < ARENA_ALIGN; shift++, met++) {
            struct arena a;
            unsigned char *slab = must_alloc(need + shift, 1);
            arena_init(&a, slab + shift, need);
            for (size_t piece = 0; piece < rows[i].count; piece++)
                /* stops when need was too little */
                assert_int_equal((uintptr_t)arena_take(&a, rows[i].each) % ARENA_ALIGN, 0);
            free(slab);
        }
    }
    assert_int_equal(met, COUNT(rows) * ARENA_ALIGN);
}

static void a_rewind_gives_back_and_the_peak_stays(void **state)
{
    (void)state;
    struct arena a;
    arena_open(&a, 4096);
    float *first = arena_floats(&a, 10);
    size_t mark = arena_mark(&a);
    float *second = arena_floats(&a, 100);
    size_t peak = a.peak;
    assert_int_equal(peak, a.used);
    arena_rewind(&a, mark);
    assert_int_equal(a.used, mark);
    assert_ptr_equal(arena_floats(&a, 1), second);
    assert_int_equal(a.peak, peak);
    first[9] = 1.0f; /* what was taken before the mark is still there */
    arena_close(&a);
    assert_null(a.slab);
}

struct abuse {
    struct arena arena;
    size_t bytes;
};

static void take(void *ctx)
{
    struct abuse *b = ctx;
    arena_take(&b->arena, b->bytes);
}

static void rewind_to(void *ctx)
{
    struct abuse *b = ctx;
    arena_rewind(&b->arena, b->bytes);
}

static void running_out_is_a_planning_bug_and_stops(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*act)(void *);
        size_t bytes;
        bool stops;
    } rows[] = {
        {"what fits", take, 128, false},
        {"one byte more than the slab", take, 1025, true},
        {"a size that would wrap", take, SIZE_MAX, true},
        {"a mark of the future", rewind_to, 2048, true},
        {"a mark nobody made", rewind_to, 1, true},
        {"the last mark", rewind_to, 256, false},
    };
    struct abuse b;
    arena_open(&b.arena, 1024);
    while (b.arena.used < 256)
        arena_take(&b.arena, 1);
    arena_rewind(&b.arena, 256);
    for (size_t i = 0; i < COUNT(rows); i++) {
        b.bytes = rows[i].bytes;
        if (stops(NULL, 0, rows[i].act, &b) != rows[i].stops)
            fail_msg("%s", rows[i].what);
    }
    arena_close(&b.arena);
}

static void touch(void *ctx)
{
    *(volatile unsigned char *)ctx = 1;
}

/* Without AddressSanitizer nobody notices: the bytes still lie in the slab. */
static void a_stale_pointer_dies_at_first_touch(void **state)
{
    (void)state;
    struct arena a;
    arena_open(&a, 4096);
    unsigned char *kept = arena_take(&a, 10);
    size_t mark = arena_mark(&a);
    unsigned char *stale = arena_take(&a, 10);
    assert_false(dies(touch, kept + 9));
    assert_int_equal(dies(touch, kept + 10), WATCHED);
    assert_false(dies(touch, stale));
    arena_rewind(&a, mark);
    assert_int_equal(dies(touch, stale), WATCHED);
    arena_close(&a);
}

static void must_alloc_clears(void **state)
{
    (void)state;
    unsigned char *bytes = must_alloc(16, 16);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(bytes[i], 0);
    free(bytes);
    void *nothing = must_alloc(0, 8);
    assert_non_null(nothing);
    free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(what_need_promises_is_enough_wherever_the_slab_begins),
        cmocka_unit_test(a_rewind_gives_back_and_the_peak_stays),
        cmocka_unit_test(running_out_is_a_planning_bug_and_stops),
        cmocka_unit_test(a_stale_pointer_dies_at_first_touch),
        cmocka_unit_test(must_alloc_clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
