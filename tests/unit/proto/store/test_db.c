#include "proto/store/db.h"

#include <sys/stat.h>

#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#define OURS 0x0a0b0c0d

static const char *const migration[] = {
    "CREATE TABLE one (a INTEGER PRIMARY KEY) STRICT; INSERT INTO one VALUES (1);",
    "CREATE TABLE two (b INTEGER PRIMARY KEY) STRICT; INSERT INTO two SELECT a FROM one;",
    "DROP TABLE one; this is no SQL;",
};

static struct scratch scratch;
static char path[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch = scratch_open();
    scratch_file(path, &scratch, "x.db");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_close(&scratch);
    return 0;
}

static enum status open_with(struct db **d, int migrations)
{
    struct db_schema schema = {OURS, migration, migrations};
    return db_open(d, path, &schema, true);
}

static void make_with(int migrations)
{
    struct db *d = NULL;
    check_ok(open_with(&d, migrations));
    db_close(&d);
}

static int64_t number(struct db *d, const char *sql)
{
    int64_t n = 0;
    check_ok(db_number(&n, d, sql));
    return n;
}

static void a_new_database_is_for_its_user_alone(void **state)
{
    (void)state;
    static const char *const files[] = {"x.db", "x.db-wal"};
    struct db *d = NULL;
    char file[SCRATCH_MAX];
    struct stat st;
    mode_t umask_before = umask(0);
    check_ok(open_with(&d, 1));
    for (size_t i = 0; i < COUNT(files); i++) {
        assert_int_equal(stat(scratch_file(file, &scratch, files[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    umask(umask_before);
    db_close(&d);
    assert_null(d);
}

static void one_that_may_not_be_new_is_neither_made_nor_filled(void **state)
{
    (void)state;
    static const struct db_schema schema = {OURS, migration, 1}, none = {OURS, migration, 0};
    struct db *d = NULL;
    struct stat st;
    check_fault(db_open(&d, path, &schema, false), EC_STORE_DAMAGED);
    assert_int_equal(stat(path, &st), -1);
    check_ok(file_write(path, "", 0));
    check_fault(db_open(&d, path, &schema, false), EC_STORE_DAMAGED);
    check_ok(db_open(&d, path, &none, true)); /* as a crash before the first table leaves it */
    db_close(&d);
    for (int times = 0; times < 2; times++)
        check_fault(db_open(&d, path, &schema, false), EC_STORE_DAMAGED);
    assert_null(d);
    check_ok(db_open(&d, path, &schema, true));
    db_close(&d);
    check_ok(db_open(&d, path, &schema, false));
    db_close(&d);
}

static void commits_are_synced(void **state)
{
    (void)state;
    struct db *d = NULL;
    make_with(1);
    check_ok(open_with(&d, 1));
    assert_int_equal(number(d, "PRAGMA synchronous"), 2);
    assert_int_equal(number(d, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(d, "SELECT count(*) FROM pragma_journal_mode"
                               " WHERE journal_mode = 'wal'"),
                     1);
    db_close(&d);
}

static void each_migration_runs_once(void **state)
{
    (void)state;
    struct db *d = NULL;
    make_with(1);
    check_ok(open_with(&d, 1));
    check_ok(db_run(d, "INSERT INTO one VALUES (7)"));
    db_close(&d);
    for (int times = 0; times < 2; times++) {
        check_ok(open_with(&d, 2));
        assert_int_equal(number(d, "SELECT sum(b) FROM two"), 8);
        assert_int_equal(number(d, "PRAGMA user_version"), 2);
        db_close(&d);
    }
}

static void a_migration_that_fails_leaves_the_older_version(void **state)
{
    (void)state;
    struct db *d = NULL;
    make_with(1);
    check_fault(open_with(&d, 3), EC_STORE_DAMAGED);
    assert_null(d);
    check_ok(open_with(&d, 2)); /* the second had succeeded */
    assert_int_equal(number(d, "PRAGMA user_version"), 2);
    assert_int_equal(number(d, "SELECT count(*) FROM one"), 1);
    db_close(&d);
}

static void a_newer_database_is_refused(void **state)
{
    (void)state;
    struct db *d = NULL;
    make_with(2);
    check_fault(open_with(&d, 1), EC_STORE_VERSION);
    assert_non_null(strstr(fault_text(), "version 2, at most 1"));
    assert_null(d);
    check_ok(open_with(&d, 2));
    db_close(&d);
}

static void a_database_of_another_program_is_refused_and_left_alone(void **state)
{
    (void)state;
    static const char *const makes_it_theirs[] = {
        "PRAGMA application_id = 5",
        "PRAGMA application_id = 0",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -1",
    };
    for (size_t i = 0; i < COUNT(makes_it_theirs); i++) {
        struct db *d = NULL;
        uint8_t *before = NULL, *after = NULL;
        size_t before_len = 0, after_len = 0;
        char name[16];
        snprintf(name, sizeof name, "%zu.db", i);
        scratch_file(path, &scratch, name);
        make_with(1);
        check_ok(open_with(&d, 1));
        check_ok(db_run(d, makes_it_theirs[i]));
        db_close(&d);
        check_ok(file_read(&before, &before_len, path, 100000));
        check_fault(open_with(&d, 1), EC_STORE_DAMAGED);
        check_ok(file_read(&after, &after_len, path, 100000));
        assert_int_equal(before_len, after_len);
        assert_memory_equal(before, after, after_len);
        free(before);
        free(after);
    }
}

static void what_is_no_sound_database_is_refused(void **state)
{
    (void)state;
    uint8_t *sound = NULL;
    size_t len = 0;
    make_with(2);
    check_ok(file_read(&sound, &len, path, 100000));
    assert_true(len >= 3 * 4096);
    static const struct {
        const char *what;
        size_t from, bytes, len; /* so many bytes are overwritten; len 0: as long as before */
    } rows[] = {
        {"the first words", 0, 16, 0},
        {"a page", 4096, 4096, 0},
        {"the list of tables", 100, 8, 0},
        {"a short file", 0, 10, 10},
        {"an end", 0, 0, 6000},
        {"a last page", 0, 0, 8192},
        {"all of it", 0, 12288, 12288},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db *d = NULL;
        uint8_t bytes[16384];
        size_t cut = rows[i].len > 0 ? rows[i].len : len;
        assert_true(len <= sizeof bytes);
        memcpy(bytes, sound, len);
        memset(bytes + rows[i].from, 0xa5, rows[i].bytes);
        check_ok(file_write(path, bytes, cut));
        enum status st = open_with(&d, 2);
        if (st == ST_OK || fault_kept()->what != EC_STORE_DAMAGED)
            fail_msg("%s: %s", rows[i].what, st == ST_OK ? "taken" : fault_text());
        assert_string_equal(fault_kept()->where, path);
    }
    free(sound);
}

static void what_cannot_be_made_says_so(void **state)
{
    (void)state;
    struct db *d = NULL;
    scratch_file(path, &scratch, "no/folder/x.db");
    check_fault(open_with(&d, 1), EC_IO_CREATE);
    assert_int_equal(snprintf(path, sizeof path, "%s", scratch.path), strlen(scratch.path));
    check_fault(open_with(&d, 1), EC_IO_CREATE);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    (void)state;
    struct db *d = NULL;
    check_ok(open_with(&d, 1));
    check_ok(db_begin(d));
    check_ok(db_run(d, "INSERT INTO one VALUES (2)"));
    check_fault(db_end(d, db_run(d, "INSERT INTO one VALUES (1)")), EC_STORE_CONFLICT);
    assert_int_equal(number(d, "SELECT count(*) FROM one"), 1);
    check_ok(db_begin(d)); /* and the next one is not inside the one that failed */
    check_ok(db_end(d, db_run(d, "INSERT INTO one VALUES (2)")));
    assert_int_equal(number(d, "SELECT count(*) FROM one"), 2);
    db_close(&d);
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(a_new_database_is_for_its_user_alone),
        claim(one_that_may_not_be_new_is_neither_made_nor_filled),
        claim(commits_are_synced),
        claim(each_migration_runs_once),
        claim(a_migration_that_fails_leaves_the_older_version),
        claim(a_newer_database_is_refused),
        claim(a_database_of_another_program_is_refused_and_left_alone),
        claim(what_is_no_sound_database_is_refused),
        claim(what_cannot_be_made_says_so),
        claim(a_transaction_is_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
