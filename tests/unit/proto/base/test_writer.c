#include "proto/base/writer.h"

#include "proto/base/reader.h"
#include "tests/support/check.h"
#include "tests/support/stops.h"

static void write_one_of_each(struct writer *w)
{
    write_u8(w, 0xfe);
    write_u16le(w, 0x0102);
    write_u32le(w, 0x03040506);
    write_u64le(w, UINT64_C(0x0708090a0b0c0d0e));
    write_f64le(w, -1.0);
    write_bytes(w, "xyz", 3);
    write_text(w, "north");
}

#define ONE_OF_EACH 33

static void measuring_and_writing_agree(void **state)
{
    (void)state;
    uint8_t out[ONE_OF_EACH + 1];
    struct writer measure = {.at = NULL};
    write_one_of_each(&measure);
    assert_int_equal(measure.done, ONE_OF_EACH);
    assert_false(measure.spent);

    struct writer w = {.at = out, .left = sizeof(out)};
    write_one_of_each(&w);
    assert_int_equal(w.done, ONE_OF_EACH);
    assert_int_equal(w.left, 1);
    static const uint8_t want[] = {0xfe, 2, 1, 6, 5, 4, 3, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 7};
    assert_memory_equal(out, want, sizeof(want));
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    uint8_t out[ONE_OF_EACH];
    char text[16];
    struct writer w = {.at = out, .left = sizeof(out)};
    write_one_of_each(&w);
    struct reader r = {.at = out, .left = sizeof(out)};
    assert_int_equal(read_u8(&r), 0xfe);
    assert_int_equal(read_u16le(&r), 0x0102);
    assert_int_equal(read_u32le(&r), 0x03040506);
    assert_true(read_u64le(&r) == UINT64_C(0x0708090a0b0c0d0e));
    assert_true(read_f64le(&r) == -1.0);
    assert_memory_equal(read_bytes(&r, 3), "xyz", 3);
    read_text(text, &r, sizeof(text));
    assert_string_equal(text, "north");
    assert_false(r.spent);
}

static void an_overrun_writes_nothing_more(void **state)
{
    (void)state;
    uint8_t whole[ONE_OF_EACH];
    struct writer all = {.at = whole, .left = sizeof(whole)};
    write_one_of_each(&all);
    for (size_t cap = 0; cap < ONE_OF_EACH; cap++) {
        uint8_t out[ONE_OF_EACH];
        memset(out, 0xaa, sizeof(out));
        struct writer w = {.at = out, .left = cap};
        write_one_of_each(&w);
        assert_true(w.spent);
        assert_true(w.done <= cap);
        assert_memory_equal(out, whole, w.done); /* nothing shorter slips in afterwards */
        for (size_t i = w.done; i < sizeof(out); i++)
            assert_int_equal(out[i], 0xaa);
    }
}

static void write_long_text(void *ctx)
{
    struct writer w = {.at = NULL};
    write_text(&w, ctx);
}

static void a_text_longer_than_its_length_field_stops(void **state)
{
    (void)state;
    char *text = malloc(65537);
    assert_non_null(text);
    memset(text, 'x', 65536);
    text[65536] = '\0';
    assert_true(stops(NULL, 0, write_long_text, text));
    text[65535] = '\0';
    assert_false(stops(NULL, 0, write_long_text, text));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measuring_and_writing_agree),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(an_overrun_writes_nothing_more),
        cmocka_unit_test(a_text_longer_than_its_length_field_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
