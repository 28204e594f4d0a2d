/*
 * The store on a folder that a crash, a disk or somebody has changed.
 */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/store/db.h"
#include "proto/store/store.h"
#include "tests/support/check.h"
#include "tests/support/kept.h"

static struct kept kept;

static int set_up(void **state)
{
    (void)state;
    kept = kept_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kept_close(&kept);
    return 0;
}

static void what_a_crash_leaves_behind_is_removed(void **state)
{
    (void)state;
    char path[SCRATCH_MAX], half[SCRATCH_MAX + 8];
    struct store *s = kept_legs(&kept, 2);
    store_close(&s);
    /* The blob of leg 3 without its row, a half of leg 4, and somebody's note. */
    const struct kept_leg *l = kept_leg(3);
    check_ok(file_write(kept_blob(path, &kept, 3), l->word, ring_bytes(32, KEPT_WORDS)));
    snprintf(half, sizeof half, "%s.1-0.tmp", kept_blob(path, &kept, 4));
    check_ok(file_write(half, "half", 4));
    check_ok(file_write(kept_path(path, &kept, "blobs/note"), "x", 1));
    assert_int_equal(kept_files(&kept, "blobs"), 5);

    s = kept_store(&kept);
    assert_int_equal(kept_files(&kept, "blobs"), 3);
    assert_int_equal(store_sums(s), 2);
    check_ok(kept_keep(s, 3, kept_leg(3)));
    kept_check(s, 3);
    store_close(&s);
}

static void a_damaged_sum_is_refused_and_the_others_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t len; /* 0: the file is gone */
        size_t flip;
    } rows[] = {
        {"the first bit", 4 * KEPT_WORDS, 0},
        {"a bit in the middle", 4 * KEPT_WORDS, 801},
        {"the last bit", 4 * KEPT_WORDS, 32 * KEPT_WORDS - 1},
        {"a byte too few", 4 * KEPT_WORDS - 1, 0},
        {"a word too many", 4 * KEPT_WORDS + 4, SIZE_MAX},
        {"no file", 0, SIZE_MAX},
    };
    char path[SCRATCH_MAX];
    struct store *s = kept_legs(&kept, 3);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[8 * KEPT_WORDS] = {0};
        struct ring sum = {.word = bytes};
        uint32_t counted = 0;
        memcpy(bytes, kept_leg(3)->word, 4 * KEPT_WORDS);
        if (rows[i].flip < 8 * sizeof bytes)
            bytes[rows[i].flip / 8] ^= (uint8_t)(1u << (rows[i].flip % 8));
        check_ok(file_write(kept_blob(path, &kept, 3), bytes, rows[i].len));
        if (rows[i].len == 0)
            assert_int_equal(unlink(path), 0);
        if (store_read_sum(&sum, &counted, NULL, s, 3, KEPT_SITES) == ST_OK)
            fail_msg("%s: taken", rows[i].what);
        assert_int_equal(fault_kept()->what, EC_STORE_DAMAGED);
        assert_string_equal(fault_kept()->where, path);
        assert_null(sum.word);
        kept_check(s, 2);
    }
    s = kept_again(&kept, s);
    assert_int_equal(store_sums(s), 3);
    store_close(&s);
}

static void a_database_that_is_gone_is_not_an_empty_one(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text; /* NULL: no file */
        size_t len;
    } rows[] = {
        {"garbage", "no database, but text", 21}, {"an empty file", "", 0}, {"none", NULL, 0}};
    char path[SCRATCH_MAX];
    struct store *s = kept_legs(&kept, 2);
    store_close(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_ok(file_write(kept_path(path, &kept, "run.db"), rows[i].text, rows[i].len));
        if (rows[i].text == NULL)
            assert_int_equal(unlink(path), 0);
        check_ok(file_write(kept_path(path, &kept, "run.db-wal"), "its log", 7));
        for (int times = 0; times < 2; times++) {
            if (store_open(&s, kept.folder) == ST_OK)
                fail_msg("%s: taken", rows[i].what);
            assert_int_equal(fault_kept()->what, EC_STORE_DAMAGED);
            assert_null(s);
            assert_int_equal(kept_files(&kept, "blobs"), 2);
        }
        assert_int_equal(access(path, F_OK), 0); /* the log is left for whoever mends it */
    }
}

/* Changes run.db behind the store's back. */
static void tamper(const char *sql)
{
    static const char *const nothing[] = {""};
    static const struct db_schema as_the_store = {0x45564853, nothing, 1};
    char path[SCRATCH_MAX];
    struct db *d = NULL;
    check_ok(db_open(&d, kept_path(path, &kept, "run.db"), &as_the_store, false));
    check_ok(db_run(d, sql));
    db_close(&d);
}

static void rows_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum complaint opening, reading; /* EC_NONE: succeeds */
    } rows[] = {
        {"UPDATE fact SET value = 'y'", EC_NONE, EC_NONE},
        {"DELETE FROM leg WHERE number = 1", EC_STORE_DAMAGED, EC_NONE},
        {"UPDATE site SET number = 40 WHERE number = 4", EC_STORE_DAMAGED, EC_NONE},
        {"DROP TABLE fact; DROP TABLE site", EC_STORE_DAMAGED, EC_NONE},
        {"PRAGMA user_version = 9", EC_STORE_VERSION, EC_NONE},
        {"UPDATE leg SET counted = counted + 1", EC_NONE, EC_STORE_DAMAGED},
        {"UPDATE leg SET in_sum = x'ff'", EC_NONE, EC_STORE_DAMAGED},
        {"UPDATE leg SET words = words + 1", EC_NONE, EC_STORE_DAMAGED},
        {"UPDATE leg SET words = 9223372036854775807", EC_NONE, EC_STORE_DAMAGED},
        {"UPDATE leg SET bits = 64", EC_NONE, EC_STORE_DAMAGED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ring sum;
        uint32_t counted = 0;
        struct store *s = kept_legs(&kept, 3);
        store_close(&s);
        tamper(rows[i].sql);
        enum status st = store_open(&s, kept.folder);
        if ((st == ST_OK ? EC_NONE : fault_kept()->what) != rows[i].opening)
            fail_msg("%s: opens with %s", rows[i].sql, st == ST_OK ? "success" : fault_text());
        st = s == NULL ? ST_OK : store_read_sum(&sum, &counted, NULL, s, 1, KEPT_SITES);
        if ((st == ST_OK ? EC_NONE : fault_kept()->what) != rows[i].reading)
            fail_msg("%s: reads with %s", rows[i].sql, st == ST_OK ? "success" : fault_text());
        if (s != NULL && st == ST_OK)
            free(sum.word);
        store_close(&s);
        kept_close(&kept);
        kept = kept_open();
    }
}

static void a_full_disk_leaves_what_was_kept(void **state)
{
    (void)state;
    static uint32_t word[100000];
    struct ring large = {32, COUNT(word), word};
    const bool in_sum[KEPT_SITES] = {false};
    struct store *s = kept_legs(&kept, 2);
    struct rlimit before, narrow;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    narrow = before;
    narrow.rlim_cur = 200000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    enum status st = store_keep_sum(s, 3, 0, in_sum, KEPT_SITES, &large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    check_fault(st, EC_IO_WRITE);
    assert_int_equal(store_sums(s), 2);
    kept_check(s, 2);
    check_ok(store_keep_sum(s, 3, 0, in_sum, KEPT_SITES, &large));
    check_ok(kept_keep(s, 4, kept_leg(4)));
    s = kept_again(&kept, s);
    kept_check(s, 4);
    store_close(&s);
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(what_a_crash_leaves_behind_is_removed),
        claim(a_damaged_sum_is_refused_and_the_others_are_read),
        claim(a_database_that_is_gone_is_not_an_empty_one),
        claim(rows_that_contradict_each_other_are_refused),
        claim(a_full_disk_leaves_what_was_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
