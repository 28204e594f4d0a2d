#include <math.h>
#include <unistd.h>

#include "node/h5/read.h"
#include "node/h5/write.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch s;
static char path[SCRATCH_MAX];

static int open_scratch(void **state)
{
    (void)state;
    s = scratch_open();
    scratch_file(path, &s, "a.h5");
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_close(&s);
    return 0;
}

static void numbers_come_back_as_they_were(void **state)
{
    (void)state;
    static const float f32[] = {1.5f, -0.0f, INFINITY};
    static const double f64[] = {0.1, -1e300};
    static const int8_t i8[] = {-1, 0, 127};
    static const int32_t i32[] = {-1, INT32_MAX};
    static const int64_t i64[] = {INT64_MIN, INT64_MAX - 1};
    struct h5_writer *w;
    struct h5_reader *r;
    check_ok(h5_create(&w, path));
    check_ok(h5_put_f32(w, "/deep/er/f32", f32, 3));
    check_ok(h5_put_f64(w, "/f64", f64, 2));
    check_ok(h5_put_i8(w, "/i8", i8, 3));
    check_ok(h5_put_i32(w, "/i32", i32, 2));
    check_ok(h5_put_i64(w, "/i64", i64, 2));
    check_ok(h5_put_i64(w, "/none", i64, 0));
    check_ok(h5_finish(&w));
    assert_null(w);

    float a[3];
    double b[2];
    int64_t c[3];
    check_ok(h5_open(&r, path));
    check_ok(h5_read_f32(a, 3, r, "/deep/er/f32"));
    assert_memory_equal(a, f32, sizeof a);
    check_ok(h5_read_f64(b, 2, r, "/f64"));
    assert_memory_equal(b, f64, sizeof b);
    check_ok(h5_read_i64(c, 3, r, "/i8"));
    assert_int_equal(c[0], -1);
    assert_int_equal(c[2], 127);
    check_ok(h5_read_i64(c, 2, r, "/i32"));
    assert_int_equal(c[1], INT32_MAX);
    check_ok(h5_read_i64(c, 2, r, "/i64"));
    assert_memory_equal(c, i64, sizeof i64);
    check_ok(h5_read_i64(c, 0, r, "/none"));
    h5_close(&r);
}

static void a_matrix_is_filled_piece_by_piece(void **state)
{
    (void)state;
    float x[6] = {0, 1, 2, 3, 4, 5};
    float got[6];
    struct h5_shape shape;
    char text[96];
    struct h5_writer *w;
    struct h5_reader *r;
    check_ok(h5_create(&w, path));
    check_ok(h5_make_matrix(w, "/x", 3, 2));
    check_ok(h5_put_rows(w, "/x", x + 2, 1, 2));
    check_ok(h5_put_rows(w, "/x", x, 0, 1));
    check_ok(h5_put_tensor(w, "/t", x, (size_t[]){1, 3, 2}, 3));
    check_ok(h5_finish(&w));

    check_ok(h5_open(&r, path));
    check_ok(h5_look(&shape, r, "/x"));
    h5_shape_text(text, sizeof text, &shape);
    assert_string_equal(text, "float32 [3,2]");
    check_ok(h5_read_f32(got, 6, r, "/x"));
    assert_memory_equal(got, x, sizeof x);
    check_ok(h5_look(&shape, r, "/t"));
    assert_int_equal(shape.rank, 3);
    assert_int_equal(shape.dim[1], 3);
    h5_close(&r);
}

static void texts_and_notes_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "", "caf\xc3\xa9 bleu", "zz"};
    struct h5_texts got;
    bool found;
    char word[32];
    struct h5_writer *w;
    struct h5_reader *r;
    check_ok(h5_create(&w, path));
    check_ok(h5_put_texts(w, "/t", texts, 4));
    check_ok(h5_note_texts(w, "/t", "names", texts, 4));
    check_ok(h5_note_text(w, "/", "site", "north"));
    check_ok(h5_note_i64(w, "/", "version", 3));
    check_ok(h5_note_f64(w, "/t", "mean", 0.5));
    check_ok(h5_finish(&w));

    check_ok(h5_open(&r, path));
    check_ok(h5_read_texts(&got, r, "/t"));
    assert_int_equal(got.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(got.text[i], texts[i]);
    h5_texts_free(&got);
    check_ok(h5_note_read_texts(&got, &found, r, "/t", "names"));
    assert_true(found);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(got.text[i], texts[i]);
    h5_texts_free(&got);
    check_ok(h5_note_read_text(word, sizeof word, &found, r, "/", "site"));
    assert_string_equal(word, "north");
    check_ok(h5_note_read_text(word, sizeof word, &found, r, "/", "nothing"));
    assert_false(found);
    check_fault(h5_note_read_text(word, sizeof word, &found, r, "/", "version"), EC_DATA_SHAPE);
    h5_close(&r);
}

static void the_old_file_stays_until_the_new_one_is_whole(void **state)
{
    (void)state;
    float v = 1;
    struct h5_writer *w;
    struct h5_reader *r;
    check_ok(h5_create(&w, path));
    check_ok(h5_put_f32(w, "/old", &v, 1));
    check_ok(h5_finish(&w));

    check_ok(h5_create(&w, path));
    check_ok(h5_put_f32(w, "/new", &v, 1));
    check_ok(h5_open(&r, path));
    assert_true(h5_has(r, "/old"));
    h5_close(&r);
    h5_abandon(&w);
    check_ok(h5_open(&r, path));
    assert_true(h5_has(r, "/old"));
    assert_false(h5_has(r, "/new"));
    h5_close(&r);
    h5_abandon(&w); /* NULL is welcome */
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    float v = 1;
    struct h5_writer *w;
    check_fault(h5_create(&w, "/nowhere/at/all.h5"), EC_IO_CREATE);
    assert_null(w);
    check_ok(h5_create(&w, path));
    check_ok(h5_put_f32(w, "/x", &v, 1));
    check_fault(h5_put_f32(w, "/x", &v, 1), EC_IO_WRITE);
    check_fault(h5_note_text(w, "/absent", "site", "north"), EC_IO_WRITE);
    h5_abandon(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_as_they_were),
        cmocka_unit_test(a_matrix_is_filled_piece_by_piece),
        cmocka_unit_test(texts_and_notes_come_back_as_they_were),
        cmocka_unit_test(the_old_file_stays_until_the_new_one_is_whole),
        cmocka_unit_test(what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
