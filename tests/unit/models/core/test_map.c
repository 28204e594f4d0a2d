#include "tests/support/check.h"

#include "models/core/map.h"
#include "models/core/model.h"

static void tensors_follow_one_another_and_are_found_by_name(void **state)
{
    (void)state;
    struct map map = {0};
    assert_int_equal(map_add(&map, 3, 5, false, "encoder.%d.weight", 0), 0);
    assert_int_equal(map_add(&map, 3, 1, true, "encoder.%d.bias", 0), 15);
    assert_int_equal(map_add(&map, 2, 2, false, "head"), 18);
    assert_int_equal(map.end, 22);
    assert_int_equal(map.count, 3);

    const struct tensor *bias = map_find(&map, "encoder.0.bias");
    assert_non_null(bias);
    assert_int_equal(bias->at, 15);
    assert_int_equal(bias->rows, 3);
    assert_int_equal(bias->cols, 1);
    assert_true(bias->local);
    assert_false(map_find(&map, "head")->local);
    assert_null(map_find(&map, "encoder.0"));
}

static void a_map_that_was_written_is_read_again(void **state)
{
    (void)state;
    static struct map map, read;
    uint8_t bytes[256];
    map_add(&map, 3, 5, false, "weight");
    map_add(&map, 3, 1, true, "bias");
    struct writer w = {.at = bytes, .left = sizeof bytes};
    map_write(&w, &map);
    assert_false(w.spent);

    struct reader r = {.at = bytes, .left = w.done};
    assert_true(map_read(&read, &r));
    assert_int_equal(r.left, 0);
    assert_memory_equal(&read, &map, sizeof map);
    for (size_t len = 0; len < w.done; len++) {
        r = (struct reader){.at = bytes, .left = len};
        assert_false(map_read(&read, &r));
    }
}

static void numbers_that_no_map_holds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *second; /* name of the second tensor; the first is "a" */
        uint32_t count, rows, cols;
        uint8_t local;
        bool want;
    } rows[] = {
        {"two good tensors", "b", 2, 1, 1, 0, true},
        {"a name twice", "a", 2, 1, 1, 0, false},
        {"no name", "", 2, 1, 1, 0, false},
        {"a name with a slash", "../b", 2, 1, 1, 0, false},
        {"no rows", "b", 2, 0, 1, 0, false},
        {"no columns", "b", 2, 1, 0, 0, false},
        {"more rows than any tensor", "b", 2, (1u << 24) + 1, 1, 0, false},
        {"together more than a vector", "b", 2, 1u << 14, 1u << 14, 0, false},
        {"sides whose product wraps", "b", 2, 1u << 24, 1u << 24, 0, false},
        {"half local", "b", 2, 1, 1, 2, false},
        {"fewer tensors than announced", "b", 3, 1, 1, 0, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct map map;
        uint8_t bytes[128];
        struct writer w = {.at = bytes, .left = sizeof bytes};
        write_u32le(&w, rows[i].count);
        for (size_t t = 0; t < 2; t++) {
            write_text(&w, t == 0 ? "a" : rows[i].second);
            write_u32le(&w, rows[i].rows);
            write_u32le(&w, rows[i].cols);
            write_u8(&w, rows[i].local);
        }
        struct reader r = {.at = bytes, .left = w.done};
        if (map_read(&map, &r) != rows[i].want)
            fail_msg("%s", rows[i].what);
    }
}

static void a_map_holds_so_many_tensors_and_not_one_more(void **state)
{
    (void)state;
    for (uint32_t count = MAP_TENSORS_MAX; count <= MAP_TENSORS_MAX + 1; count++) {
        static struct map map;
        static uint8_t bytes[16 * (MAP_TENSORS_MAX + 2)];
        struct writer w = {.at = bytes, .left = sizeof bytes};
        write_u32le(&w, count);
        for (uint32_t t = 0; t < count; t++) {
            char name[16];
            snprintf(name, sizeof name, "t%u", t);
            write_text(&w, name);
            write_u32le(&w, 1);
            write_u32le(&w, 1);
            write_u8(&w, 0);
        }
        assert_false(w.spent);
        struct reader r = {.at = bytes, .left = w.done};
        assert_int_equal(map_read(&map, &r), count == MAP_TENSORS_MAX);
    }
}

static void a_model_that_names_nothing_has_one_tensor(void **state)
{
    (void)state;
    static struct map map;
    static const struct model_ops ops = {.name = "nameless"};
    struct model m = {.ops = &ops, .params = 42};
    model_map(&map, &m);
    assert_int_equal(map.count, 1);
    assert_int_equal(map.end, 42);
    assert_string_equal(map.tensor[0].name, "theta");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_follow_one_another_and_are_found_by_name),
        cmocka_unit_test(a_map_that_was_written_is_read_again),
        cmocka_unit_test(numbers_that_no_map_holds_are_refused),
        cmocka_unit_test(a_map_holds_so_many_tensors_and_not_one_more),
        cmocka_unit_test(a_model_that_names_nothing_has_one_tensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
