#include "proto/base/file.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct scratch scratch;

static int set_up(void **state)
{
    (void)state;
    scratch = scratch_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_close(&scratch);
    return 0;
}

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += e->d_name[0] != '.' ? 1 : 0;
    closedir(dir);
    return count;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    scratch_file(path, &scratch, "whole");
    static uint8_t big[100000];
    memset(big, 7, sizeof(big));
    static const size_t lens[] = {0, 1, 4095, 4096, 4097, sizeof(big)};
    for (size_t i = 0; i < COUNT(lens); i++) {
        uint8_t *bytes = NULL;
        size_t len = 1;
        check_ok(file_write(path, big, lens[i]));
        check_ok(file_read(&bytes, &len, path, sizeof(big)));
        assert_int_equal(len, lens[i]);
        assert_memory_equal(bytes, big, len);
        assert_int_equal(bytes[len], 0);
        free(bytes);
    }
    assert_int_equal(files_in(scratch.path), 1);
}

static void a_file_larger_than_agreed_is_refused(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    scratch_file(path, &scratch, "large");
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_write(path, "12345", 5));
    check_ok(file_read(&bytes, &len, path, 5));
    free(bytes);
    check_fault(file_read(&bytes, &len, path, 4), EC_IO_LIMIT);
    assert_null(bytes);
    assert_int_equal(len, 0);
}

/* A file that tells no size is read to its end, or to the limit, all the same. */
static void a_stream_is_read_and_bounded_too(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, "/proc/self/maps", 10000000));
    assert_true(len > 100);
    assert_int_equal(strlen((const char *)bytes), len);
    free(bytes);
    check_ok(file_read(&bytes, &len, "/proc/version", 10000));
    free(bytes);
    size_t whole = len;
    check_ok(file_read(&bytes, &len, "/proc/version", whole));
    free(bytes);
    check_fault(file_read(&bytes, &len, "/proc/version", whole - 1), EC_IO_LIMIT);
    check_fault(file_read(&bytes, &len, "/dev/zero", 10000), EC_IO_LIMIT);
}

static void what_is_not_there_says_where(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    scratch_file(path, &scratch, "absent");
    uint8_t *bytes = NULL;
    const uint8_t *view = NULL;
    size_t len = 0;
    check_fault(file_read(&bytes, &len, path, 10), EC_IO_OPEN);
    assert_string_equal(fault_kept()->where, path);
    check_fault(file_read(&bytes, &len, scratch.path, 10), EC_IO_OPEN);
    check_fault(file_map(&view, &len, path), EC_IO_OPEN);
    check_fault(file_map(&view, &len, scratch.path), EC_IO_OPEN);
    check_fault(file_write("/proc/nothing/here", "x", 1), EC_IO_CREATE);
    check_fault(file_write("", "x", 1), EC_IO_WRITE);
}

static void a_failed_write_leaves_the_old_file_and_no_litter(void **state)
{
    (void)state;
    char path[SCRATCH_MAX], below[SCRATCH_MAX];
    scratch_file(path, &scratch, "folder");
    scratch_file(below, &scratch, "folder/old");
    check_ok(file_folder(path));
    check_ok(file_write(below, "old", 3));
    check_fault(file_write(path, "x", 1), EC_IO_WRITE); /* a folder is not replaced by a file */
    assert_int_equal(files_in(scratch.path), 1);
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, below, 10));
    assert_string_equal(bytes, "old");
    free(bytes);
}

static void a_file_keeps_its_rights_when_rewritten(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    struct stat st;
    scratch_file(path, &scratch, "key");
    check_ok(file_write(path, "1", 1));
    assert_int_equal(chmod(path, 0600), 0);
    check_ok(file_write(path, "2", 1));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void folders_are_made_all_the_way_and_twice(void **state)
{
    (void)state;
    char path[SCRATCH_MAX], file[SCRATCH_MAX];
    struct stat st;
    check_ok(file_folder(scratch_file(path, &scratch, "a/b/c")));
    check_ok(file_folder(path));
    check_ok(file_folder(scratch_file(path, &scratch, "a//d/")));
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    check_ok(file_folder("/"));
    check_fault(file_folder(""), EC_IO_CREATE);
    check_ok(file_write(scratch_file(file, &scratch, "file"), "x", 1));
    check_fault(file_folder(file), EC_IO_CREATE);
    check_fault(file_folder(scratch_file(path, &scratch, "file/below")), EC_IO_CREATE);
}

static void a_private_folder_is_for_its_user_alone(void **state)
{
    (void)state;
    static const struct {
        const char *path, *private, *open;
    } rows[] = {
        {"plain", "plain", "."},
        {"a/b", "a/b", "a"},
        {"c/d//", "c/d", "c"},
    };
    mode_t umask_before = umask(0022);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[SCRATCH_MAX];
        struct stat st;
        check_ok(file_folder_private(scratch_file(path, &scratch, rows[i].path)));
        assert_int_equal(stat(scratch_file(path, &scratch, rows[i].private), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_int_equal(stat(scratch_file(path, &scratch, rows[i].open), &st), 0);
        assert_int_equal(st.st_mode & 0777, strcmp(rows[i].open, ".") == 0 ? 0700 : 0755);
        assert_int_equal(chmod(scratch_file(path, &scratch, rows[i].private), 0750), 0);
        check_ok(file_folder_private(path)); /* one that exists keeps its rights */
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0750);
    }
    umask(umask_before);
    check_fault(file_folder_private(""), EC_IO_CREATE);
}

static void a_map_shows_the_file(void **state)
{
    (void)state;
    char path[SCRATCH_MAX];
    const uint8_t *view = NULL;
    size_t len = 0;
    check_ok(file_write(scratch_file(path, &scratch, "mapped"), "embeddings", 10));
    check_ok(file_map(&view, &len, path));
    assert_int_equal(len, 10);
    assert_memory_equal(view, "embeddings", 10);
    file_unmap(&view, len);
    assert_null(view);
    file_unmap(&view, 0);
    check_ok(file_write(path, "", 0));
    check_fault(file_map(&view, &len, path), EC_IO_OPEN);
}

static void names_are_joined(void **state)
{
    (void)state;
    static const struct {
        const char *base, *name;
        size_t cap;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"runs", "a.h5", 64, "runs/a.h5"},
        {"runs/", "a.h5", 64, "runs/a.h5"},
        {"runs", "/a.h5", 64, "/a.h5"},
        {"", "a.h5", 64, "a.h5"},
        {"/", "a", 64, "/a"},
        {"runs", "a", 7, "runs/a"},
        {"runs", "a", 6, NULL},
        {"runs", "/abcdef", 4, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[64];
        if (rows[i].want == NULL) {
            check_fault(file_join(out, rows[i].cap, rows[i].base, rows[i].name), EC_IO_OPEN);
        } else {
            check_ok(file_join(out, rows[i].cap, rows[i].base, rows[i].name));
            assert_string_equal(out, rows[i].want);
        }
    }
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void a_folder_is_removed_with_all_that_is_in_it_and_nothing_else(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char deep[SCRATCH_MAX], file[SCRATCH_MAX], link[SCRATCH_MAX], tree[SCRATCH_MAX];
    check_ok(file_folder(scratch_file(deep, &s, "tree/a/b/c")));
    check_ok(file_write(scratch_file(file, &s, "tree/a/b/f"), "x", 1));
    check_ok(file_write(scratch_file(file, &s, "outside"), "x", 1));
    assert_int_equal(symlink(file, scratch_file(link, &s, "tree/link")), 0);
    scratch_file(tree, &s, "tree");
    check_ok(file_remove_tree(tree));
    assert_int_not_equal(access(tree, F_OK), 0);
    assert_int_equal(access(file, F_OK), 0); /* the link went, not what it pointed at */
    check_ok(file_remove_tree(tree));
    check_fault(file_remove_tree("/proc/1/status"), EC_IO_WRITE);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(what_is_written_is_read),
        claim(a_file_larger_than_agreed_is_refused),
        claim(a_stream_is_read_and_bounded_too),
        claim(what_is_not_there_says_where),
        claim(a_failed_write_leaves_the_old_file_and_no_litter),
        claim(a_file_keeps_its_rights_when_rewritten),
        claim(folders_are_made_all_the_way_and_twice),
        claim(a_private_folder_is_for_its_user_alone),
        claim(a_map_shows_the_file),
        claim(names_are_joined),
        cmocka_unit_test(a_folder_is_removed_with_all_that_is_in_it_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
