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
        cmocka_unit_test(a_report_that_cannot_be_written_is_a_fault),
        cmocka_unit_test(a_closed_report_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
