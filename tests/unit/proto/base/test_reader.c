#include "proto/base/reader.h"

#include "tests/support/check.h"

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
                                0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0,    0,    0,    0,    0,
                                0,    0xf0, 0xbf, 5,    0,    'n',  'o',  'r',  't',  'h'};

static void numbers_are_little_endian(void **state)
{
    (void)state;
    struct reader r = {.at = bytes, .left = sizeof(bytes)};
    char text[6];
    assert_int_equal(read_u8(&r), 0x01);
    assert_int_equal(read_u16le(&r), 0x0302);
    assert_int_equal(read_u32le(&r), 0x07060504);
    assert_true(read_u64le(&r) == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_true(read_f64le(&r) == -1.0);
    read_text(text, &r, sizeof(text));
    assert_string_equal(text, "north");
    assert_int_equal(r.left, 0);
    assert_false(r.spent);
}

/* Every kind of read over every prefix: it gives the value or goes dead, and never in between. */
static void a_short_buffer_makes_it_dead_for_good(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 4, 8, 8, 3};
    size_t met = 0;
    for (size_t kind = 0; kind < COUNT(sizes); kind++) {
        for (size_t left = 0; left <= 9; left++, met++) {
            struct reader r = {.at = bytes, .left = left};
            bool zero = kind == 0   ? read_u8(&r) == 0
                        : kind == 1 ? read_u16le(&r) == 0
                        : kind == 2 ? read_u32le(&r) == 0
                        : kind == 3 ? read_u64le(&r) == 0
                        : kind == 4 ? read_f64le(&r) == 0.0
                                    : read_bytes(&r, 3) == NULL;
            bool enough = left >= sizes[kind];
            assert_int_equal(zero, !enough);
            assert_int_equal(r.spent, !enough);
            if (enough)
                continue;
            assert_int_equal(read_u8(&r), 0);
            assert_null(read_bytes(&r, 0));
            assert_true(r.spent);
        }
    }
    assert_int_equal(met, 60);
}

static void a_text_that_does_not_fit_or_holds_a_nul_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *bytes;
        size_t len, cap;
        const char *want; /* NULL: spent */
    } rows[] = {
        {"empty", "\0\0", 2, 1, ""},
        {"fits exactly", "\3\0abc", 5, 4, "abc"},
        {"no room for the NUL", "\3\0abc", 5, 3, NULL},
        {"shorter than it says", "\4\0abc", 5, 8, NULL},
        {"a NUL inside", "\3\0a\0c", 5, 8, NULL},
        {"half a length", "\3", 1, 8, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[8] = "zzzzzzz";
        struct reader r = {.at = (const uint8_t *)rows[i].bytes, .left = rows[i].len};
        read_text(text, &r, rows[i].cap);
        if (r.spent != (rows[i].want == NULL) ||
            strcmp(text, rows[i].want == NULL ? "" : rows[i].want) != 0)
            fail_msg("%s: `%s`, %s", rows[i].what, text, r.spent ? "spent" : "not spent");
    }
}

static void a_view_points_into_the_buffer(void **state)
{
    (void)state;
    struct reader r = {.at = bytes, .left = sizeof(bytes)};
    assert_ptr_equal(read_bytes(&r, 4), bytes);
    assert_ptr_equal(read_bytes(&r, 0), bytes + 4);
    assert_null(read_bytes(&r, SIZE_MAX));
    assert_true(r.spent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(a_short_buffer_makes_it_dead_for_good),
        cmocka_unit_test(a_text_that_does_not_fit_or_holds_a_nul_is_refused),
        cmocka_unit_test(a_view_points_into_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
