#include "tests/support/check.h"

#include "models/core/schema.h"
#include "proto/base/arena.h"
#include "proto/base/rng.h"

/* One of each kind; the longest names and most levels that fit. */
static struct population rich(void)
{
    struct population who = {.width = 768, .task_count = 2, .group_count = 3};
    struct target *t = who.task;
    t[0].kind = TARGET_BINARY, t[0].train = true, t[0].levels = 2;
    memset(t[0].name, 'n', TARGET_NAME_MAX - 1);
    memcpy(t[0].level[0], "no", 3);
    memcpy(t[0].level[1], "yes", 4);
    t[1].kind = TARGET_REGRESSION;
    memcpy(t[1].name, "survival", 9);
    struct target *g = who.group;
    g[0] = t[0];
    g[0].train = false;
    memcpy(g[0].name, "sex", 4);
    g[1].kind = TARGET_REGRESSION;
    memcpy(g[1].name, "age", 4);
    g[2].kind = TARGET_CATEGORICAL, g[2].levels = TARGET_LEVELS_MAX;
    memcpy(g[2].name, "race", 5);
    for (size_t l = 0; l < TARGET_LEVELS_MAX; l++)
        g[2].level[l][0] = (char)('A' + l);
    return who;
}

/* The bytes of a population; malloc, the caller's. */
static uint8_t *bytes_of(size_t *len, const struct population *who)
{
    struct writer count = {0};
    schema_write(&count, who);
    uint8_t *bytes = must_alloc(count.done + 1, 1);
    struct writer w = {.at = bytes, .left = count.done};
    schema_write(&w, who);
    assert_false(w.spent);
    assert_int_equal(w.done, count.done);
    *len = count.done;
    return bytes;
}

/* Refused with its code, or understood so well that it is written back byte for byte. */
static bool refused_or_understood(const uint8_t *bytes, size_t len)
{
    struct population who;
    struct reader r = {.at = bytes, .left = len};
    enum status st = schema_read(&who, &r, "north");
    if (st != ST_OK) {
        assert_int_equal(fault_kept()->what, EC_DATA_DISAGREE);
        assert_string_equal(fault_kept()->where, "north");
        return false;
    }
    size_t again_len = 0;
    uint8_t *again = bytes_of(&again_len, &who);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, bytes, len);
    free(again);
    return true;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct population who = rich();
    struct population back;
    size_t len = 0;
    uint8_t *bytes = bytes_of(&len, &who);
    assert_true(len < SCHEMA_BYTES_MAX);
    struct reader r = {.at = bytes, .left = len};
    check_ok(schema_read(&back, &r, "north"));
    assert_int_equal(back.width, 768);
    assert_int_equal(back.task_count, 2);
    assert_int_equal(back.group_count, 3);
    assert_string_equal(back.task[0].name, who.task[0].name);
    assert_true(back.task[0].train);
    assert_false(back.group[0].train);
    assert_string_equal(back.task[0].level[1], "yes");
    assert_int_equal(back.group[1].kind, TARGET_REGRESSION);
    assert_true(back.group[1].sd == 1);
    assert_int_equal(back.group[2].kind, TARGET_CATEGORICAL);
    assert_int_equal(back.group[2].levels, TARGET_LEVELS_MAX);
    assert_string_equal(back.group[2].level[15], "P");
    assert_true(back.rows == 0 && back.task[0].known == 0 && back.task[0].share[1] == 0);
    free(bytes);
}

static void no_count_or_moment_is_said(void **state)
{
    (void)state;
    struct population who = rich();
    size_t len = 0;
    size_t more_len = 0;
    uint8_t *bytes = bytes_of(&len, &who);
    who.rows = 12345;
    who.task[0].known = 99, who.task[0].share[1] = .25;
    who.group[1].mean = 61.5, who.group[1].sd = 8;
    uint8_t *more = bytes_of(&more_len, &who);
    assert_int_equal(more_len, len);
    assert_memory_equal(more, bytes, len);
    free(bytes);
    free(more);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct population who = rich();
    size_t len = 0;
    uint8_t *bytes = bytes_of(&len, &who);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = must_alloc(cut + 1, 1); /* its own block: an overrun is seen */
        memcpy(part, bytes, cut);
        if (refused_or_understood(part, cut))
            fail_msg("%zu of %zu bytes were accepted", cut, len);
        free(part);
    }
    assert_false(refused_or_understood(bytes, len + 1)); /* a byte too many */
    free(bytes);
}

static void every_flipped_byte_is_refused_or_understood(void **state)
{
    (void)state;
    struct population who = rich();
    size_t len = 0;
    size_t understood = 0;
    size_t refused = 0;
    uint8_t *bytes = bytes_of(&len, &who);
    for (size_t at = 0; at < len; at++)
        for (unsigned flip = 1; flip < 256; flip++) {
            bytes[at] ^= (uint8_t)flip;
            if (refused_or_understood(bytes, len))
                understood++;
            else
                refused++;
            bytes[at] ^= (uint8_t)flip;
        }
    assert_true(understood > 1000); /* letters of names */
    assert_true(refused > 1000);    /* lengths, kinds, counts */
    free(bytes);
}

static void random_bytes_never_crash_it(void **state)
{
    (void)state;
    uint8_t bytes[512];
    for (uint64_t run = 0; run < 20000; run++) {
        struct rng rng = rng_open(run, RNG_TEST, 0, 0, 0);
        size_t len = rng_below(&rng, sizeof bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)rng_below(&rng, i < 8 && run % 2 == 0 ? 4 : 256);
        (void)refused_or_understood(bytes, len);
    }
}

/* Bytes of one target behind a width of 4: name "t", then these. */
static void numbers_outside_their_limits_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t width;
        uint8_t tasks, kind, train, levels;
        bool good;
    } rows[] = {
        {"as it should be", 4, 1, TARGET_BINARY, 1, 2, true},
        {"no feature", 0, 1, TARGET_BINARY, 1, 2, false},
        {"more features than anything", 1u << 21, 1, TARGET_BINARY, 1, 2, false},
        {"more tasks than fit", 4, TASKS_MAX + 1, TARGET_BINARY, 1, 2, false},
        {"a kind that does not exist", 4, 1, 3, 1, 2, false},
        {"neither true nor false", 4, 1, TARGET_BINARY, 2, 2, false},
        {"a binary target of three", 4, 1, TARGET_BINARY, 1, 3, false},
        {"a categorical one of none", 4, 1, TARGET_CATEGORICAL, 1, 0, false},
        {"a number with levels", 4, 1, TARGET_REGRESSION, 1, 2, false},
        {"more levels than fit", 4, 1, TARGET_CATEGORICAL, 1, 17, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[4096];
        struct writer w = {.at = bytes, .left = sizeof bytes};
        write_u32le(&w, rows[i].width);
        write_u8(&w, rows[i].tasks);
        write_u8(&w, 0);
        for (size_t t = 0; t < rows[i].tasks; t++) {
            write_text(&w, "t");
            write_u8(&w, rows[i].kind);
            write_u8(&w, rows[i].train);
            write_u8(&w, rows[i].levels);
            for (size_t l = 0; l < rows[i].levels; l++)
                write_text(&w, "level");
        }
        assert_false(w.spent);
        if (refused_or_understood(bytes, w.done) != rows[i].good)
            fail_msg("%s", rows[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(no_count_or_moment_is_said),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_byte_is_refused_or_understood),
        cmocka_unit_test(random_bytes_never_crash_it),
        cmocka_unit_test(numbers_outside_their_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
