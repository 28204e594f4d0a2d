/* Foreign and hostile files are made with HDF5 itself: our writer makes none. */
#include <hdf5.h>
#include <math.h>

#include "node/h5/read.h"
#include "proto/base/file.h"
#include "tests/support/capture.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch s;
static char path[SCRATCH_MAX], other[SCRATCH_MAX], linked[SCRATCH_MAX];

static hid_t create(const char *name)
{
    hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

/* A dataset of this type with its data, made with these properties. */
static void put(hid_t file, const char *name, hid_t type, const hsize_t *dims, int rank, hid_t how,
                const void *v)
{
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, dims, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);

    assert_true(set >= 0);
    if (v != NULL)
        assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, v) >= 0);
    assert_true(H5Dclose(set) >= 0);
    assert_true(H5Sclose(space) >= 0);
}

/* A link out of the file can be made only before our room has taken them out of the library. */
static int open_scratch(void **state)
{
    const hsize_t three = 3;

    (void)state;
    s = scratch_open();
    scratch_file(path, &s, "a.h5");
    scratch_file(other, &s, "other.h5");
    scratch_file(linked, &s, "linked.h5");
    hid_t file = create(other);
    put(file, "x", H5T_NATIVE_FLOAT, &three, 1, H5P_DEFAULT, (const float[]){1, 2, 3});
    assert_true(H5Fclose(file) >= 0);
    file = create(linked);
    assert_true(H5Lcreate_external("other.h5", "/x", file, "/x", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_soft("/x", file, "/soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    float x[3];
    hid_t set = H5Dopen2(file, "/x", H5P_DEFAULT); /* it does lead there */
    assert_true(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    assert_true(H5Dclose(set) >= 0);
    assert_true(H5Fclose(file) >= 0);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_close(&s);
    return 0;
}

static hid_t chunked(hsize_t chunk)
{
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);

    assert_true(H5Pset_chunk(how, 1, &chunk) >= 0);
    return how;
}

static void what_h5py_writes_is_read(void **state)
{
    (void)state;
    static const double f64[] = {1.5, -2, 1e300};
    static const int8_t bits[] = {1, 0, 1};
    static const uint16_t u16[] = {1, 2, 65535};
    const char *words[] = {"north", "", "south"};
    const hsize_t three = 3;
    hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
    hid_t text = H5Tcopy(H5T_C_S1);
    hid_t packed = chunked(3);
    hid_t spaces = H5Tcopy(H5T_FORTRAN_S1);
    hid_t file = create(path);
    assert_true(H5Tenum_insert(boolean, "FALSE", &(int8_t){0}) >= 0);
    assert_true(H5Tenum_insert(boolean, "TRUE", &(int8_t){1}) >= 0);
    assert_true(H5Tset_size(text, H5T_VARIABLE) >= 0);
    assert_true(H5Tset_size(spaces, 2) >= 0);
    assert_true(H5Pset_shuffle(packed) >= 0);
    assert_true(H5Pset_deflate(packed, 9) >= 0);
    put(file, "double", H5T_NATIVE_DOUBLE, &three, 1, packed, f64);
    put(file, "bool", boolean, &three, 1, H5P_DEFAULT, bits);
    put(file, "big", H5T_STD_U16BE, &three, 1, H5P_DEFAULT,
        (const uint16_t[]){0x0100, 0x0200, 0xffff});
    put(file, "words", text, &three, 1, H5P_DEFAULT, words);
    put(file, "spaces", spaces, &three, 1, H5P_DEFAULT, "a b c ");
    assert_true(H5Fclose(file) >= 0);

    float x[3];
    int64_t v[3];
    struct h5_texts t;
    struct h5_reader *r;
    check_ok(h5_open(&r, path));
    check_ok(h5_read_f32(x, 3, r, "/double"));
    assert_true(x[0] == 1.5f && x[1] == -2 && isinf(x[2]));
    check_ok(h5_read_i64(v, 3, r, "/bool"));
    assert_true(v[0] == 1 && v[1] == 0 && v[2] == 1);
    check_ok(h5_read_i64(v, 3, r, "/big"));
    assert_true(v[0] == u16[0] && v[1] == u16[1] && v[2] == u16[2]);
    check_ok(h5_read_texts(&t, r, "/words"));
    assert_string_equal(t.text[0], "north");
    assert_string_equal(t.text[1], "");
    assert_string_equal(t.text[2], "south");
    h5_texts_free(&t);
    check_ok(h5_read_texts(&t, r, "/spaces"));
    assert_string_equal(t.text[1], "b");
    h5_texts_free(&t);
    h5_close(&r);
}

/* Numbers 0, 1, ... of any shape, asked for row by row, all at once, and past their end. */
static void rows_are_read_where_they_stand(void **state)
{
    (void)state;
    double v[24];
    float x[24];
    struct h5_reader *r;
    hid_t file = create(path);
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = (double)i;
    put(file, "flat", H5T_NATIVE_DOUBLE, (const hsize_t[]){4, 6}, 2, H5P_DEFAULT, v);
    put(file, "patches", H5T_NATIVE_DOUBLE, (const hsize_t[]){4, 2, 3}, 3, H5P_DEFAULT, v);
    put(file, "column", H5T_NATIVE_DOUBLE, (const hsize_t[]){24}, 1, H5P_DEFAULT, v);
    assert_true(H5Fclose(file) >= 0);
    static const struct {
        const char *path;
        size_t at, count, width;
        bool there;
    } rows[] = {
        {"/flat", 0, 4, 6, true},     {"/flat", 2, 1, 6, true},    {"/flat", 3, 0, 6, true},
        {"/patches", 1, 3, 6, true},  {"/column", 5, 7, 1, true},  {"/flat", 3, 2, 6, false},
        {"/flat", 5, 0, 6, false},    {"/flat", 0, 1, 5, false},   {"/flat", 1, SIZE_MAX, 6, false},
        {"/patches", 0, 1, 3, false}, {"/column", 0, 1, 6, false},
    };
    check_ok(h5_open(&r, path));
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum status st = h5_read_rows(x, rows[i].at, rows[i].count, rows[i].width, r, rows[i].path);
        if ((st == ST_OK) != rows[i].there)
            fail_msg("row %zu of the table: %s", i, status_name(st));
        if (!rows[i].there)
            assert_int_equal(fault_kept()->what, EC_DATA_SHAPE);
        for (size_t k = 0; rows[i].there && k < rows[i].count * rows[i].width; k++)
            assert_true(x[k] == (float)(rows[i].at * rows[i].width + k));
    }
    check_fault(h5_read_rows(x, 0, 1, 1, r, "/gone"), EC_DATA_SHAPE);
    h5_close(&r);
}

static void members_are_listed_by_name(void **state)
{
    (void)state;
    const hsize_t one = 1;
    struct h5_texts t;
    struct h5_reader *r;
    hid_t file = create(path);
    hid_t group = H5Gcreate2(file, "label", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put(group, "stage", H5T_NATIVE_INT, &one, 1, H5P_DEFAULT, &(int){0});
    put(group, "death", H5T_NATIVE_INT, &one, 1, H5P_DEFAULT, &(int){0});
    assert_true(H5Gclose(group) >= 0);
    assert_true(H5Fclose(file) >= 0);

    check_ok(h5_open(&r, path));
    check_ok(h5_list(&t, r, "/label"));
    assert_int_equal(t.count, 2);
    assert_string_equal(t.text[0], "death");
    assert_string_equal(t.text[1], "stage");
    h5_texts_free(&t);
    check_ok(h5_list(&t, r, "/absent"));
    assert_int_equal(t.count, 0);
    h5_texts_free(&t);
    check_fault(h5_list(&t, r, "/label/stage"), EC_DATA_SHAPE);
    h5_close(&r);
}

struct strange {
    const char *what;
    enum complaint want;
    const char *says;
};

/* Each makes /x in `file` in a way that must be refused. */
static void make_strange(hid_t file, size_t i)
{
    const hsize_t three = 3, huge = (hsize_t)1 << 60, million = 1000000;
    hid_t how = H5P_DEFAULT;
    hid_t space;

    switch (i) {
    case 0: /* words */
        put(file, "x", H5T_C_S1, &three, 1, how, "abc");
        return;
    case 1: /* data in another file */
        how = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_external(how, "/etc/hostname", 0, 12) >= 0);
        put(file, "x", H5T_NATIVE_FLOAT, &three, 1, how, NULL);
        return;
    case 2: /* a virtual dataset */
        how = H5Pcreate(H5P_DATASET_CREATE);
        space = H5Screate_simple(1, &three, NULL);
        assert_true(H5Pset_virtual(how, space, "other.h5", "/x", space) >= 0);
        put(file, "x", H5T_NATIVE_FLOAT, &three, 1, how, NULL);
        return;
    case 3: /* a filter that is neither deflate nor shuffle */
        how = chunked(3);
        assert_true(H5Pset_fletcher32(how) >= 0);
        put(file, "x", H5T_NATIVE_FLOAT, &three, 1, how, (const float[]){1, 2, 3});
        return;
    case 4: /* more bytes than anybody has */
        how = chunked(1000);
        put(file, "x", H5T_NATIVE_FLOAT, &huge, 1, how, NULL);
        return;
    case 5: /* bytes that are promised and not there */
        how = chunked(1000);
        assert_true(H5Pset_deflate(how, 1) >= 0);
        put(file, "x", H5T_NATIVE_FLOAT, &million, 1, how, NULL);
        return;
    case 6: /* four dimensions */
        put(file, "x", H5T_NATIVE_FLOAT, (const hsize_t[]){1, 1, 1, 3}, 4, how,
            (const float[]){1, 2, 3});
        return;
    case 7: /* a compound type */
        space = H5Tcreate(H5T_COMPOUND, 4);
        assert_true(H5Tinsert(space, "re", 0, H5T_NATIVE_FLOAT) >= 0);
        put(file, "x", space, &three, 1, how, (const float[]){1, 2, 3});
        return;
    case 8: /* a group of that name */
        assert_true(H5Gclose(H5Gcreate2(file, "x", how, how, how)) >= 0);
        return;
    case 9: /* a link that leads nowhere */
        assert_true(H5Lcreate_soft("/y", file, "/x", H5P_DEFAULT, H5P_DEFAULT) >= 0);
        return;
    case 10: /* a link to itself */
        assert_true(H5Lcreate_soft("/x", file, "/x", H5P_DEFAULT, H5P_DEFAULT) >= 0);
        return;
    case 11: /* two numbers too many */
        put(file, "x", H5T_NATIVE_FLOAT, (const hsize_t[]){5}, 1, how,
            (const float[]){1, 2, 3, 4, 5});
        return;
    default:
        fail();
    }
}

static void what_leads_out_or_asks_too_much_is_refused(void **state)
{
    (void)state;
    static const struct strange rows[] = {
        {"words", EC_DATA_SHAPE, NULL},
        {"data in another file", EC_DATA_H5, "keeps its data in another file"},
        {"a virtual dataset", EC_DATA_H5, "keeps its data in another file"},
        {"a filter that is not ours", EC_DATA_H5, "behind filter 3"},
        {"more bytes than anybody has", EC_DATA_SHAPE, NULL},
        {"bytes that are promised and not there", EC_DATA_H5, "claims 4000000 bytes"},
        {"four dimensions", EC_DATA_SHAPE, NULL},
        {"a compound type", EC_DATA_SHAPE, NULL},
        {"a group of that name", EC_DATA_H5, NULL},
        {"a link that leads nowhere", EC_DATA_SHAPE, NULL},
        {"a link to itself", EC_DATA_SHAPE, NULL},
        {"two numbers too many", EC_DATA_SHAPE, NULL},
    };
    float x[3];
    struct h5_reader *r;
    check_ok(h5_open(&r, linked));
    check_fault(h5_read_f32(x, 3, r, "/x"), EC_DATA_SHAPE);
    check_fault(h5_read_f32(x, 3, r, "/soft"), EC_DATA_SHAPE);
    h5_close(&r);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].what);
        hid_t file = create(path);
        make_strange(file, i);
        assert_true(H5Fclose(file) >= 0);
        check_ok(h5_open(&r, path));
        check_fault(h5_read_f32(x, 3, r, "/x"), rows[i].want);
        assert_string_equal(fault_kept()->where, path);
        if (rows[i].says != NULL && strstr(fault_text(), rows[i].says) == NULL)
            fail_msg("`%s` does not say `%s`", fault_text(), rows[i].says);
        h5_close(&r);
    }
}

static void shape_found_and_shape_wanted_are_said(void **state)
{
    (void)state;
    float x[3];
    int64_t v[3];
    struct h5_reader *r;
    hid_t file = create(path);
    put(file, "x", H5T_NATIVE_DOUBLE, (const hsize_t[]){2, 3}, 2, H5P_DEFAULT,
        (const double[]){1, 2, 3, 4, 5, 6});
    assert_true(H5Fclose(file) >= 0);
    check_ok(h5_open(&r, path));
    check_fault(h5_read_f32(x, 3, r, "/x"), EC_DATA_SHAPE);
    assert_string_equal(fault_text(), "/x: float64 [2,3] found, 3 numbers wanted");
    check_fault(h5_read_i64(v, 6, r, "/x"), EC_DATA_SHAPE);
    assert_string_equal(fault_text(), "/x: float64 [2,3] found, 6 integers wanted");
    check_fault(h5_read_f32(x, 3, r, "/y"), EC_DATA_SHAPE);
    assert_string_equal(fault_text(), "/y: nothing found, a dataset wanted");
    h5_close(&r);
}

static void a_text_longer_than_any_name_is_refused(void **state)
{
    (void)state;
    const hsize_t two = 2;
    struct h5_texts t;
    struct h5_reader *r;
    char *words[] = {malloc(H5_TEXT_MAX * 4), strdup("b")};
    assert_non_null(words[0]);
    memset(words[0], 'a', H5_TEXT_MAX * 4 - 1);
    words[0][H5_TEXT_MAX * 4 - 1] = '\0';
    hid_t text = H5Tcopy(H5T_C_S1);
    assert_true(H5Tset_size(text, H5T_VARIABLE) >= 0);
    hid_t file = create(path);
    put(file, "t", text, &two, 1, H5P_DEFAULT, words);
    assert_true(H5Fclose(file) >= 0);
    check_ok(h5_open(&r, path));
    check_fault(h5_read_texts(&t, r, "/t"), EC_DATA_H5);
    h5_close(&r);
    free(words[0]);
    free(words[1]);
}

static void a_cut_file_is_damaged_wherever_it_is_cut_and_hdf5_says_nothing(void **state)
{
    (void)state;
    float x[1000] = {0};
    uint8_t *bytes;
    size_t len;
    hid_t file = create(other);
    put(file, "x", H5T_NATIVE_FLOAT, (const hsize_t[]){1000}, 1, H5P_DEFAULT, x);
    assert_true(H5Fclose(file) >= 0);
    check_ok(file_read(&bytes, &len, other, 1 << 20));
    struct capture c = capture_open(2);
    for (size_t cut = 0; cut < len; cut += 97) {
        struct h5_reader *r;
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(bytes, 1, cut, out), cut);
        assert_int_equal(fclose(out), 0);
        check_fault(h5_open(&r, path), EC_DATA_H5);
        assert_null(r);
    }
    char *heard = capture_close(&c);
    assert_string_equal(heard, "");
    free(heard);
    free(bytes);
    struct h5_reader *r;
    check_fault(h5_open(&r, "/nowhere.h5"), EC_IO_OPEN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_h5py_writes_is_read),
        cmocka_unit_test(rows_are_read_where_they_stand),
        cmocka_unit_test(members_are_listed_by_name),
        cmocka_unit_test(what_leads_out_or_asks_too_much_is_refused),
        cmocka_unit_test(shape_found_and_shape_wanted_are_said),
        cmocka_unit_test(a_text_longer_than_any_name_is_refused),
        cmocka_unit_test(a_cut_file_is_damaged_wherever_it_is_cut_and_hdf5_says_nothing),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
