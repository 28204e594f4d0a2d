#include "proto/store/blob.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch scratch;
static const uint8_t vector[] = "the sum of a leg, as bytes";

static int set_up(void **state)
{
    (void)state;
    crypto_start();
    scratch = scratch_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_close(&scratch);
    return 0;
}

static size_t files_there(void)
{
    size_t count = 0;
    DIR *dir = opendir(scratch.path);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += e->d_name[0] != '.' ? 1 : 0;
    closedir(dir);
    return count;
}

static struct digest write_vector(void)
{
    struct digest d = blob_digest(vector, sizeof vector);
    check_ok(blob_write(scratch.path, &d, vector, sizeof vector));
    return d;
}

static const char *path_of(char path[static SCRATCH_MAX], const struct digest *d)
{
    char name[DIGEST_TEXT];
    digest_text(name, d);
    return scratch_file(path, &scratch, name);
}

static void put(const char *name, const void *bytes, size_t len)
{
    char path[SCRATCH_MAX];
    check_ok(file_write(scratch_file(path, &scratch, name), bytes, len));
}

/* In place and not synced: quick, as damage is. */
static void damage(const char *path, const void *bytes, size_t len)
{
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void check_there(const struct digest *d)
{
    void *bytes = NULL;
    check_ok(blob_read(&bytes, scratch.path, d, sizeof vector));
    assert_memory_equal(bytes, vector, sizeof vector);
    free(bytes);
}

static void a_blob_is_a_file_named_by_its_digest(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    struct digest d = write_vector(), plain = digest_of("evh-blob", vector, sizeof vector);
    assert_true(digest_equal(&d, &plain));
    assert_int_equal(access(path_of(path, &d), F_OK), 0);
    check_there(&d);
    write_vector();
    check_there(&d);
    assert_int_equal(files_there(), 1);
}

static void one_that_was_damaged_is_refused_until_it_is_written_again(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    uint8_t bytes[sizeof vector + 1];
    size_t refused = 0;
    struct digest d = write_vector();
    path_of(path, &d);
    for (size_t i = 0; i < 8 * sizeof vector; i++) {
        void *got = bytes;
        memcpy(bytes, vector, sizeof vector);
        bytes[i / 8] ^= (uint8_t)(1u << (i % 8));
        damage(path, bytes, sizeof vector);
        check_fault(blob_read(&got, scratch.path, &d, sizeof vector), EC_STORE_DAMAGED);
        assert_null(got);
        refused++;
    }
    assert_int_equal(refused, 8 * sizeof vector);
    write_vector();
    check_there(&d);
}

static void one_of_another_length_is_refused(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    uint8_t bytes[sizeof vector + 1] = {0};
    void *got = NULL;
    struct digest d = write_vector();
    memcpy(bytes, vector, sizeof vector);
    path_of(path, &d);
    static const size_t lens[] = {0, 1, sizeof vector - 1, sizeof vector + 1};
    for (size_t i = 0; i < COUNT(lens); i++) {
        check_fault(blob_read(&got, scratch.path, &d, lens[i]), EC_STORE_DAMAGED);
        damage(path, bytes, lens[i]);
        check_fault(blob_read(&got, scratch.path, &d, sizeof vector), EC_STORE_DAMAGED);
        write_vector();
    }
    check_there(&d);
}

static void one_that_is_missing_says_where(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    void *got = NULL;
    struct digest d = write_vector();
    check_ok(blob_remove(scratch.path, &d));
    check_ok(blob_remove(scratch.path, &d));
    assert_int_equal(files_there(), 0);
    check_fault(blob_read(&got, scratch.path, &d, sizeof vector), EC_STORE_DAMAGED);
    assert_string_equal(fault_kept()->where, path_of(path, &d));
    check_ok(file_folder(path)); /* something else stands there */
    check_fault(blob_read(&got, scratch.path, &d, sizeof vector), EC_STORE_DAMAGED);
    check_fault(blob_remove(scratch.path, &d), EC_IO_WRITE);
}

static void all_whole_blobs_are_listed_and_only_they(void **state)
{
    (void)state;
    struct digest *d = NULL;
    size_t count = 1;
    check_ok(blob_list(&d, &count, scratch.path));
    assert_int_equal(count, 0);
    assert_null(d);
    put("notes.txt", "x", 1);
    put("ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789", "x", 1);
    put("abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345678", "x", 1);
    put("abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567890", "x", 1);
    put("abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789.1-0.tmp", "x", 1);
    uint8_t seen[40] = {0};
    for (size_t i = 0; i < sizeof seen; i++) {
        uint8_t byte = (uint8_t)i;
        struct digest one = blob_digest(&byte, 1);
        check_ok(blob_write(scratch.path, &one, &byte, 1));
    }
    check_ok(blob_list(&d, &count, scratch.path));
    assert_int_equal(count, sizeof seen);
    for (size_t k = 0; k < count; k++) {
        void *byte = NULL;
        check_ok(blob_read(&byte, scratch.path, &d[k], 1));
        seen[*(uint8_t *)byte]++;
        free(byte);
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_equal(seen[i], 1);
    free(d);
}

static void leftovers_are_swept_and_what_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {
        {"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789", true},
        {"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789.31-0.tmp", false},
        {"0bcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789.9-99.tmp", false},
        {"abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789.copy", true},
        {"abcdef0123456789.31-0.tmp", true},
        {"letter.tmp", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        put(rows[i].name, "x", 1);
    check_ok(blob_sweep(scratch.path));
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[SCRATCH_MAX];
        if ((access(scratch_file(path, &scratch, rows[i].name), F_OK) == 0) != rows[i].stays)
            fail_msg("%s: %s", rows[i].name, rows[i].stays ? "is gone" : "is there");
    }
}

static void a_folder_that_is_not_there_says_so(void **state)
{
    (void)state;
    char nowhere[SCRATCH_MAX];
    struct digest d = blob_digest("", 0), *all = NULL;
    size_t count = 0;
    scratch_file(nowhere, &scratch, "nowhere");
    check_fault(blob_write(nowhere, &d, "", 0), EC_IO_CREATE);
    check_fault(blob_list(&all, &count, nowhere), EC_IO_OPEN);
    check_fault(blob_sweep(nowhere), EC_IO_OPEN);
    check_ok(blob_remove(nowhere, &d));
}

static void a_disk_without_room_leaves_nothing_behind(void **state)
{
    (void)state;
    static uint8_t big[100000];
    struct digest d = blob_digest(big, sizeof big);
    struct rlimit before, narrow;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    narrow = before;
    narrow.rlim_cur = sizeof big - 1;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    enum status st = blob_write(scratch.path, &d, big, sizeof big);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    check_fault(st, EC_IO_WRITE);
    assert_int_equal(files_there(), 0);
    check_ok(blob_write(scratch.path, &d, big, sizeof big));
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(a_blob_is_a_file_named_by_its_digest),
        claim(one_that_was_damaged_is_refused_until_it_is_written_again),
        claim(one_of_another_length_is_refused),
        claim(one_that_is_missing_says_where),
        claim(all_whole_blobs_are_listed_and_only_they),
        claim(leftovers_are_swept_and_what_is_not_ours_is_left_alone),
        claim(a_folder_that_is_not_there_says_so),
        claim(a_disk_without_room_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
