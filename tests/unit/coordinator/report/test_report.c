#include "tests/support/check.h"

#include <unistd.h>

#include "proto/base/file.h"
#include "tests/support/sample.h"
#include "tests/support/scratch.h"

static void a_written_report_reads_back_and_prints_the_same(void **state)
{
    (void)state;
    struct scratch folder = scratch_open();
    struct report r = sample_report(4, true);
    check_ok(report_write(&r, folder.path));

    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, scratch_file(path, &folder, "report.json"), 1u << 20));
    assert_int_equal(bytes[len - 1], '\n');
    struct json *read = NULL, *made = report_json(&r);
    check_ok(json_parse(&read, (const char *)bytes, len, path));
    char *from_file = json_text(read, 0), *from_struct = json_text(made, 0);
    assert_string_equal(from_file, from_struct);
    free(from_file);
    free(from_struct);
    json_close(&read);
    json_close(&made);
    free(bytes);
    report_close(&r);
    scratch_close(&folder);
}

/* What is written with the run, and what is made again from its file. */
static void the_page_is_written_beside_it_and_again_from_the_file(void **state)
{
    (void)state;
    struct scratch folder = scratch_open(), other = scratch_open();
    struct report r = sample_report(4, true);
    check_ok(report_write(&r, folder.path));

    char path[SCRATCH_MAX];
    uint8_t *bytes = NULL, *page = NULL, *again = NULL;
    size_t len = 0, page_len = 0, again_len = 0;
    check_ok(file_read(&bytes, &len, scratch_file(path, &folder, "report.json"), 1u << 20));
    check_ok(file_read(&page, &page_len, scratch_file(path, &folder, "report.html"), 1u << 20));
    struct json *read = NULL;
    check_ok(json_parse(&read, (const char *)bytes, len, path));
    check_ok(report_write_html(read, other.path));
    check_ok(file_read(&again, &again_len, scratch_file(path, &other, "report.html"), 1u << 20));
    assert_true(page_len > 1000);
    assert_int_equal(page_len, again_len);
    assert_memory_equal(page, again, page_len);
    json_close(&read);
    free(bytes);
    free(page);
    free(again);
    report_close(&r);
    scratch_close(&folder);
    scratch_close(&other);
}

static void a_report_of_another_schema_leaves_no_page(void **state)
{
    (void)state;
    struct scratch folder = scratch_open();
    struct json *tree = sample_json("{\"schema\": \"evenhand.report/2\"}");
    char path[SCRATCH_MAX];
    check_fault(report_write_html(tree, folder.path), EC_IO_JSON);
    assert_int_not_equal(access(scratch_file(path, &folder, "report.html"), F_OK), 0);
    json_close(&tree);
    scratch_close(&folder);
}

static void a_report_that_cannot_be_written_is_a_fault(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    check_fault(report_write(&r, "/nonexistent/folder"), EC_IO_CREATE);
    report_close(&r);
}

static void a_closed_report_is_empty(void **state)
{
    (void)state;
    struct report r = sample_report(1, false);
    report_close(&r);
    assert_null(r.measure);
    assert_int_equal(r.measure_count, 0);
    report_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_report_reads_back_and_prints_the_same),
        cmocka_unit_test(the_page_is_written_beside_it_and_again_from_the_file),
        cmocka_unit_test(a_report_of_another_schema_leaves_no_page),
        cmocka_unit_test(a_report_that_cannot_be_written_is_a_fault),
        cmocka_unit_test(a_closed_report_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
