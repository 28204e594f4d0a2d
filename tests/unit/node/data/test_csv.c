#include <math.h>
#include <zlib.h>

#include "node/data/csv.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static const struct csv_form comma = {.separator = ','};

/* All fields of all rows, the header too: fields joined by |, rows by /. */
static enum status flatten(char *out, size_t cap, const char *text, size_t len)
{
    struct csv *c;
    bool more = true;
    size_t at = 0;
    enum status st = csv_parse(&c, text, len, "t.csv", &comma);

    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < csv_width(c); i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s", i > 0 ? "|" : "", csv_column(c, i));
    while (st == ST_OK && more) {
        st = csv_next(c, &more);
        for (size_t i = 0; st == ST_OK && more && i < csv_width(c); i++)
            at += (size_t)snprintf(out + at, cap - at, "%s%s", i > 0 ? "|" : "/", csv_field(c, i));
    }
    csv_close(&c);
    return st;
}

static void fields_are_what_the_file_says(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *want;
    } rows[] = {
        {"plain", "a,b\n1,2\n3,4\n", "a|b/1|2/3|4"},
        {"no line end at the end", "a,b\n1,2", "a|b/1|2"},
        {"CRLF", "a,b\r\n1,2\r\n", "a|b/1|2"},
        {"empty lines", "a,b\n\n1,2\n\r\n\n3,4\n\n", "a|b/1|2/3|4"},
        {"empty fields", "a,b,c\n,,\n1,,3\n", "a|b|c/||/1||3"},
        {"a byte-order mark",
         "\xef\xbb\xbf"
         "a,b\n1,2\n",
         "a|b/1|2"},
        {"quotes", "a,b\n\"1\",\"2\"\n", "a|b/1|2"},
        {"a separator in quotes", "a,b\n\"1,5\",2\n", "a|b/1,5|2"},
        {"a line end in quotes", "a,b\n\"1\n5\",2\n", "a|b/1\n5|2"},
        {"a doubled quote", "a,b\n\"say \"\"no\"\"\",2\n", "a|b/say \"no\"|2"},
        {"an empty field in quotes", "a,b\n\"\",2\n", "a|b/|2"},
        {"quoted names", "\"a,b\",c\n1,2\n", "a,b|c/1|2"},
        {"one column", "a\n1\n\n2\n", "a/1/2"},
        {"spaces stay", "a,b\n 1 ,2\n", "a|b/ 1 |2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[256];
        print_message("%s\n", rows[i].what);
        check_ok(flatten(got, sizeof got, rows[i].text, strlen(rows[i].text)));
        assert_string_equal(got, rows[i].want);
    }
}

static void what_is_no_table_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        size_t len;
        enum complaint want;
        const char *where;
    } rows[] = {
#define T(text) text, sizeof(text) - 1
        {"nothing", T(""), EC_DATA_EMPTY, "t.csv"},
        {"empty lines only", T("\n\r\n\n"), EC_DATA_EMPTY, "t.csv"},
        {"too few fields", T("a,b\n1,2\n3\n"), EC_DATA_VALUE, "t.csv:3"},
        {"too many fields", T("a,b\n1,2,3\n"), EC_DATA_VALUE, "t.csv:2"},
        {"a quote never closed", T("a,b\n1,2\n\"3,4\n5,6\n"), EC_DATA_VALUE, "t.csv:3"},
        {"text behind a quote", T("a,b\n\"1\"x,2\n"), EC_DATA_VALUE, "t.csv:2"},
        {"a quote inside a field", T("a,b\n1,2\"3\"\n"), EC_DATA_VALUE, "t.csv:2"},
        {"a NUL byte", T("a,b\n1,\0\n"), EC_DATA_VALUE, "t.csv:2"},
        {"the line after a quoted line end", T("a,b\n\"x\ny\",2\n1\n"), EC_DATA_VALUE, "t.csv:4"},
#undef T
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[256];
        print_message("%s\n", rows[i].what);
        check_fault(flatten(got, sizeof got, rows[i].text, rows[i].len), rows[i].want);
        assert_string_equal(fault_kept()->where, rows[i].where);
    }
}

static void numbers_are_read_as_strtod_reads_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "-1.5",
        "0.1",
        "123456789012345",
        "0.000000000000001",
        "1e3",
        "-2E-4",
        ".5",
        "5.",
        " 7",
        "7 ",
        "3.4028235e38",
        "2.15",
        "-0.09",
        "+4",
        "0.1234567890123456789",
        "1e-320",
        "99999999999999999999",
        "9007199254740993",
        "12345678901234567",
        "0.1234567890123456",
        "1234567.8901234567",
        "123456789012345678",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        double v;
        assert_int_equal(csv_number(&v, texts[i]), CSV_NUMBER);
        double want = strtod(texts[i], NULL);
        assert_memory_equal(&v, &want, sizeof v);
    }
    for (int i = -2000; i <= 2000; i++) { /* every number of this form, to the last bit */
        char text[32];
        double v;
        snprintf(text, sizeof text, "%s%d.%02d", i < 0 ? "-" : "", abs(i) / 100, abs(i) % 100);
        assert_int_equal(csv_number(&v, text), CSV_NUMBER);
        double want = strtod(text, NULL);
        assert_memory_equal(&v, &want, sizeof v);
    }
}

static void words_are_no_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum csv_number want;
    } rows[] = {
        {"", CSV_NOT_A_NUMBER},      {"-", CSV_NOT_A_NUMBER},       {".", CSV_NOT_A_NUMBER},
        {"1,5", CSV_NOT_A_NUMBER},   {"> 89", CSV_NOT_A_NUMBER},    {"12a", CSV_NOT_A_NUMBER},
        {"0x10", CSV_NOT_A_NUMBER},  {"1 2", CSV_NOT_A_NUMBER},     {"1e", CSV_NOT_A_NUMBER},
        {"nan", CSV_NOT_FINITE},     {"-Infinity", CSV_NOT_FINITE}, {"1e999", CSV_NOT_FINITE},
        {"1.2.3", CSV_NOT_A_NUMBER}, {"--1", CSV_NOT_A_NUMBER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double v;
        print_message("`%s`\n", rows[i].text);
        assert_int_equal(csv_number(&v, rows[i].text), rows[i].want);
    }
}

static void write_gzip(const char *path, const char *text, size_t times)
{
    gzFile out = gzopen(path, "wb");

    assert_non_null(out);
    for (size_t i = 0; i < times; i++)
        assert_int_equal(gzwrite(out, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(out), Z_OK);
}

static enum status count_rows(size_t *rows, const char *path)
{
    struct csv *c;
    bool more = true;
    enum status st = csv_open(&c, path, &comma);

    *rows = 0;
    for (; st == ST_OK && more; *rows += more)
        st = csv_next(c, &more);
    csv_close(&c);
    return st;
}

static void gzip_is_read_like_plain_text_however_long(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    size_t rows;
    scratch_file(path, &s, "big.csv.gz");
    write_gzip(path, "alpha,beta\n", 200001); /* more than any buffer of ours */
    check_ok(count_rows(&rows, path));
    assert_int_equal(rows, 200000);
    scratch_close(&s);
}

static void a_cut_gzip_file_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char path[SCRATCH_MAX];
    char bytes[512];
    scratch_file(path, &s, "cut.csv.gz");
    write_gzip(path, "alpha,beta\n1,2\n3,4\n", 1);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fclose(in), 0);
    for (size_t cut = 2; cut < len; cut++) { /* one byte of it is not gzip yet */
        size_t rows;
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(bytes, 1, cut, out), cut);
        assert_int_equal(fclose(out), 0);
        if (count_rows(&rows, path) == ST_OK)
            fail_msg("%zu of %zu bytes were taken for the whole file", cut, len);
    }
    size_t rows;
    check_fault(count_rows(&rows, "/nowhere/t.csv"), EC_IO_OPEN);
    check_fault(count_rows(&rows, s.path), EC_IO_OPEN);
    scratch_close(&s);
}

static void a_file_without_a_header_is_named_by_the_recipe(void **state)
{
    (void)state;
    static const char *const names[] = {"age", "sex"};
    struct csv_form form = {';', names, 2};
    struct csv *c;
    bool more;
    check_ok(csv_parse(&c, "63;1\n67;0\n", 10, "t.csv", &form));
    assert_string_equal(csv_column(c, 1), "sex");
    check_ok(csv_next(c, &more));
    assert_true(more);
    assert_string_equal(csv_field(c, 0), "63");
    assert_int_equal(csv_line(c), 1);
    csv_close(&c);
    form.column_count = 1;
    check_ok(csv_parse(&c, "63;1\n", 5, "t.csv", &form));
    check_fault(csv_next(c, &more), EC_DATA_VALUE);
    csv_close(&c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_what_the_file_says),
        cmocka_unit_test(what_is_no_table_is_refused_with_its_line),
        cmocka_unit_test(numbers_are_read_as_strtod_reads_them),
        cmocka_unit_test(words_are_no_numbers),
        cmocka_unit_test(gzip_is_read_like_plain_text_however_long),
        cmocka_unit_test(a_cut_gzip_file_is_refused_wherever_it_is_cut),
        cmocka_unit_test(a_file_without_a_header_is_named_by_the_recipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
