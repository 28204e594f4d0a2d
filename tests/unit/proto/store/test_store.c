#include "proto/store/store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/kept.h"
#include "tests/support/stops.h"

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

static void check_fact(const struct store *s, const char *key, const char *want)
{
    char *value = NULL;
    check_ok(store_get_text(&value, s, key));
    if (want == NULL)
        assert_null(value);
    else
        assert_string_equal(value, want);
    free(value);
}

static void a_new_store_is_empty_and_for_its_user_alone(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = {{"", 0700}, {"blobs", 0700}, {"run.db", 0600}, {"lock", 0600}};
    mode_t umask_before = umask(0);
    struct store *s = kept_store(&kept);
    umask(umask_before);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[SCRATCH_MAX];
        struct stat st;
        assert_int_equal(stat(kept_path(path, &kept, rows[i].name), &st), 0);
        assert_int_equal(st.st_mode & 0777, rows[i].mode);
    }
    char **site = NULL;
    size_t count = 1;
    check_ok(store_sites(&site, &count, s));
    assert_int_equal(count, 0);
    assert_null(site);
    assert_int_equal(store_sums(s), 0);
    check_fact(s, "plan", NULL);
    store_close(&s);
    assert_null(s);
    store_close(&s);
}

static void what_was_kept_is_there_after_reopening(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 9);
    check_ok(store_put_text(s, "plan", "0f0f"));
    for (int times = 0; times < 2; times++) {
        char **site = NULL;
        size_t count = 0;
        check_ok(store_sites(&site, &count, s));
        assert_int_equal(count, KEPT_SITES);
        for (size_t i = 0; i < KEPT_SITES; i++)
            assert_string_equal(site[i], kept_names[i]);
        free(site);
        assert_int_equal(store_sums(s), 9);
        for (uint64_t leg = 1; leg <= 9; leg++)
            kept_check(s, leg);
        check_fact(s, "plan", "0f0f");
        s = kept_again(&kept, s);
    }
    check_ok(kept_keep(s, 10, kept_leg(10)));
    kept_check(s, 10);
    store_close(&s);
}

static void a_fact_is_the_last_text_put(void **state)
{
    (void)state;
    static char large[100001];
    memset(large, 'x', sizeof large - 1);
    const char *const values[] = {"first", "", "a 'quoted'; DROP TABLE fact", large, "naïve\n"};
    struct store *s = kept_store(&kept);
    check_ok(store_put_text(s, "other", "stays"));
    for (size_t i = 0; i < COUNT(values); i++) {
        check_ok(store_put_text(s, "key", values[i]));
        check_fact(s, "key", values[i]);
    }
    s = kept_again(&kept, s);
    check_fact(s, "key", values[COUNT(values) - 1]);
    check_fact(s, "other", "stays");
    check_fact(s, "Key", NULL);
    store_close(&s);
}

static void sites_are_put_once_and_all_or_none(void **state)
{
    (void)state;
    static const char *const twins[] = {"basel", "bern", "basel"};
    struct store *s = kept_store(&kept);
    char **site = NULL;
    size_t count = 1;
    check_fault(store_put_sites(s, twins, COUNT(twins)), EC_STORE_CONFLICT);
    check_ok(store_sites(&site, &count, s));
    assert_int_equal(count, 0);
    check_ok(store_put_sites(s, kept_names, KEPT_SITES));
    check_fault(store_put_sites(s, kept_names, KEPT_SITES), EC_STORE_CONFLICT);
    assert_string_equal(fault_text(), "11 sites are kept already");
    s = kept_again(&kept, s);
    check_fault(store_put_sites(s, kept_names, 1), EC_STORE_CONFLICT);
    check_ok(store_sites(&site, &count, s));
    assert_int_equal(count, KEPT_SITES);
    free(site);
    store_close(&s);
}

static void a_leg_is_kept_once(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 3);
    struct kept_leg l = *kept_leg(2);
    l.sum.word = l.word;
    check_ok(kept_keep(s, 2, &l));

    l.word[7] ^= 1;
    check_fault(kept_keep(s, 2, &l), EC_STORE_CONFLICT);
    l.word[7] ^= 1;
    l.sum.bits = 32;
    l.sum.words = 2 * KEPT_WORDS; /* the same bytes */
    check_fault(kept_keep(s, 2, &l), EC_STORE_CONFLICT);
    l.sum.bits = 64;
    l.sum.words = KEPT_WORDS - 1;
    check_fault(kept_keep(s, 2, &l), EC_STORE_CONFLICT);
    l.sum.words = KEPT_WORDS;
    l.in_sum[0] = !l.in_sum[0];
    l.in_sum[1] = !l.in_sum[1]; /* as many as before */
    check_fault(kept_keep(s, 2, &l), EC_STORE_CONFLICT);

    assert_int_equal(store_sums(s), 3);
    assert_int_equal(kept_files(&kept, "blobs"), 3);
    s = kept_again(&kept, s);
    kept_check(s, 2);
    store_close(&s);
}

static void equal_sums_of_two_legs_are_both_there(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 1);
    check_ok(kept_keep(s, 2, kept_leg(1)));
    s = kept_again(&kept, s);
    assert_int_equal(kept_files(&kept, "blobs"), 1);
    for (uint64_t leg = 1; leg <= 2; leg++) {
        struct ring sum;
        uint32_t counted = 0;
        check_ok(store_read_sum(&sum, &counted, NULL, s, leg, KEPT_SITES));
        assert_memory_equal(sum.word, kept_leg(1)->word, ring_bytes(32, KEPT_WORDS));
        free(sum.word);
    }
    store_close(&s);
}

struct wrong {
    struct store *s;
    uint64_t leg;
    size_t sites;
    uint32_t more;
};

static void keep_wrongly(void *ctx)
{
    struct wrong *w = ctx;
    const struct kept_leg *l = kept_leg(w->leg);
    (void)!store_keep_sum(w->s, w->leg, l->counted + w->more, l->in_sum, w->sites, &l->sum);
}

static void legs_are_kept_without_a_gap(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 4);
    const struct {
        const char *what;
        struct wrong wrong;
        bool stops;
    } rows[] = {
        {"a leg that is there", {s, 2, KEPT_SITES, 0}, false},
        {"no leg", {s, 0, KEPT_SITES, 0}, true},
        {"a leg too early", {s, 6, KEPT_SITES, 0}, true},
        {"fewer sites, the last not in the sum", {s, 5, KEPT_SITES - 1, 0}, true},
        {"more counted than there are", {s, 5, KEPT_SITES, 1}, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wrong wrong = rows[i].wrong;
        if (stops(NULL, 0, keep_wrongly, &wrong) != rows[i].stops)
            fail_msg("%s: %s", rows[i].what, rows[i].stops ? "kept" : "stops");
    }
    store_close(&s);
}

static void only_one_may_work_in_a_folder(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 1), *second = NULL;
    char path[SCRATCH_MAX];
    check_fault(store_open(&second, kept.folder), EC_IO_BUSY);
    assert_string_equal(fault_kept()->where,
                        kept_path(path, &kept, "lock")); /* at once, not SQLite's */
    assert_null(second);
    int how = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enum status st = store_open(&second, kept.folder);
        _exit(st == ST_OK ? 0 : complaint_row(fault_kept()->what)->exit_status);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 75);
    check_ok(kept_keep(s, 2, kept_leg(2))); /* the first one was not disturbed */
    s = kept_again(&kept, s);
    kept_check(s, 2);
    store_close(&s);
}

static void a_run_that_is_forgotten_leaves_room_for_the_next(void **state)
{
    (void)state;
    struct store *s = kept_legs(&kept, 4);
    check_ok(store_put_text(s, "plan", "0f0f"));
    check_ok(store_forget(s));
    for (int times = 0; times < 2; times++) {
        char **site = NULL;
        size_t count = 1;
        assert_int_equal(store_sums(s), 0);
        assert_int_equal(kept_files(&kept, "blobs"), 0);
        check_fact(s, "plan", NULL);
        check_ok(store_sites(&site, &count, s));
        assert_int_equal(count, 0);
        check_ok(store_forget(s));
        s = kept_again(&kept, s);
    }
    store_close(&s);
    s = kept_legs(&kept, 2);
    kept_check(s, 2);
    store_close(&s);
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(a_new_store_is_empty_and_for_its_user_alone),
        claim(what_was_kept_is_there_after_reopening),
        claim(a_fact_is_the_last_text_put),
        claim(sites_are_put_once_and_all_or_none),
        claim(a_leg_is_kept_once),
        claim(equal_sums_of_two_legs_are_both_there),
        claim(legs_are_kept_without_a_gap),
        claim(only_one_may_work_in_a_folder),
        claim(a_run_that_is_forgotten_leaves_room_for_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
