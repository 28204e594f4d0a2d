/*
 * The store when the system stops it, or says no, at any of its calls. The calls that change a disk
 * are made here instead of in libc: for SQLite too, which finds ours first. They count, and at the
 * call that a test chose the process is killed, in the middle of a write, or the call fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/store/store.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

#define SITES  3
#define WORDS  700 /* a few KiB a sum */
#define LEGS   4
#define CALLS  10000
#define TRACED 200

enum way { UNTOUCHED, KILLED, REFUSED };

static struct {
    enum way way;
    int why; /* errno of a call that is refused */
    size_t at, calls;
    char trace[TRACED]; /* a letter a call, of kind() */
    size_t traced;
} fate;

/* B, b: a blob, its folder. D, d: the database and its log, their folder. ?: another. */
static char kind(int fd)
{
    char link[64], path[PATH_MAX] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const char *last = readlink(link, path, sizeof path - 1) > 0 ? strrchr(path, '/') : NULL;
    if (last == NULL)
        return '?';
    if (strcmp(last, "/blobs") == 0)
        return 'b';
    if (strncmp(last, "/run.db", 7) == 0)
        return 'D';
    return strstr(path, "/blobs/") != NULL ? 'B' : 'd';
}

static void note(const char *call, int fd)
{
    if (fate.traced + strlen(call) + 2 > TRACED)
        return;
    fate.traced += (size_t)snprintf(fate.trace + fate.traced, TRACED - fate.traced, "%s%c ", call,
                                    fd < 0 ? ' ' : kind(fd));
}

static bool struck(void)
{
    return fate.way != UNTOUCHED && ++fate.calls == fate.at;
}

/* What happens instead of a call that was struck. */
static int strike(void)
{
    if (fate.way == KILLED)
        kill(getpid(), SIGKILL);
    errno = fate.why;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    note("write", fd);
    bool now = struck();
    if (now && len > 1)
        syscall(SYS_write, fd, bytes, len / 2);
    return now ? strike() : syscall(SYS_write, fd, bytes, len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    note("write", fd);
    bool now = struck();
    if (now && len > 1)
        syscall(SYS_pwrite64, fd, bytes, len / 2, at);
    return now ? strike() : syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd)
{
    note("sync", fd);
    return struck() ? strike() : 0; /* nobody cuts the power here; that it is called is traced */
}

int fdatasync(int fd)
{
    note("sync", fd);
    return struck() ? strike() : 0;
}

int ftruncate64(int fd, off64_t len)
{
    return struck() ? strike() : (int)syscall(SYS_ftruncate, fd, len);
}

int rename(const char *from, const char *to)
{
    note("rename", -1);
    return struck() ? strike() : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    return struck() ? strike() : (int)syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    return struck() ? strike() : (int)syscall(SYS_mkdir, path, mode);
}

static struct scratch scratch;
static char folder[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    crypto_start();
    scratch = scratch_open();
    scratch_file(folder, &scratch, "run");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fate.way = UNTOUCHED;
    scratch_close(&scratch);
    return 0;
}

static const struct ring *sum_of(uint64_t leg)
{
    static uint32_t word[WORDS];
    static struct ring sum = {32, WORDS, word};
    for (size_t i = 0; i < WORDS; i++)
        word[i] = (uint32_t)(leg * 1000 + i);
    return &sum;
}

static void check_leg(const struct store *s, uint64_t leg)
{
    struct ring sum;
    uint32_t counted = 0;
    bool in_sum[SITES];
    check_ok(store_read_sum(&sum, &counted, in_sum, s, leg, SITES));
    assert_int_equal(counted, 2);
    assert_int_equal(sum.words, WORDS);
    assert_memory_equal(sum.word, sum_of(leg)->word, 4 * WORDS);
    free(sum.word);
}

/* A life of a store, step by step. */
enum step { OPEN, PUT_SITES, PUT_FACT, KEEP, KEEP_TWO, REOPEN = KEEP + LEGS, FORGET, CLOSE, STEPS };

static enum status take_step(struct store **s, int step)
{
    static const char *const names[SITES] = {"basel", "bern", "chur"};
    static const bool in_sum[SITES] = {true, false, true};
    uint64_t leg = step >= KEEP ? 1 + (uint64_t)step - KEEP : 0;
    switch (step) {
    case REOPEN:
        store_close(s);
        return store_open(s, folder);
    case OPEN:
        return store_open(s, folder);
    case PUT_SITES:
        return store_put_sites(*s, names, SITES);
    case PUT_FACT:
        return store_put_text(*s, "plan", "0f0f");
    case FORGET:
        return store_forget(*s);
    case CLOSE:
        store_close(s);
        return ST_OK;
    default:
        return store_keep_sum(*s, leg, 2, in_sum, SITES, sum_of(leg));
    }
}

/* The store holds what the first `steps` steps of a life leave; how many those are, at most `to`. */
static int steps_in(const struct store *s, int from, int to)
{
    char **name = NULL, *fact = NULL;
    size_t sites = 0;
    uint64_t sums = store_sums(s);
    check_ok(store_sites(&name, &sites, s));
    check_ok(store_get_text(&fact, s, "plan"));
    bool has_fact = fact != NULL;
    free(name);
    free(fact);
    for (uint64_t leg = 1; leg <= sums; leg++)
        check_leg(s, leg);
    for (int steps = from; steps <= to; steps++) {
        bool over = steps > FORGET;
        uint64_t kept = steps <= KEEP ? 0 : (uint64_t)(steps - KEEP);
        if (sites == (over || steps <= PUT_SITES ? 0 : SITES) &&
            has_fact == (!over && steps > PUT_FACT) &&
            sums == (over          ? 0
                     : kept < LEGS ? kept
                                   : LEGS))
            return steps;
    }
    fail_msg("%zu sites, %d facts, %d sums: not what %d to %d steps leave", sites, has_fact,
             (int)sums, from, to);
    return 0;
}

/* A life in a child that is killed at a call; *done: the steps that returned. True: it lived on. */
static bool survives(volatile int *done, size_t at)
{
    int how = 0;
    *done = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *s = NULL;
        fate.way = KILLED;
        fate.at = at;
        fate.calls = 0;
        for (int step = 0; step < STEPS; step++) {
            if (take_step(&s, step) != ST_OK)
                _exit(1);
            *done = step + 1;
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    if (WIFEXITED(how))
        assert_int_equal(WEXITSTATUS(how), 0);
    else
        assert_int_equal(WTERMSIG(how), SIGKILL);
    return WIFEXITED(how);
}

static void a_kill_at_any_call_leaves_a_prefix_and_the_run_goes_on(void **state)
{
    (void)state;
    volatile int *done =
        mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(done != MAP_FAILED);
    size_t at = 1, killed_after[STEPS + 1] = {0};
    for (; at < CALLS && !survives(done, at); at++) {
        struct store *s = NULL;
        killed_after[*done]++;
        check_ok(store_open(&s, folder));
        int steps = steps_in(s, *done, *done + 1);
        for (int step = steps > PUT_SITES ? steps : PUT_SITES; step < FORGET; step++)
            check_ok(take_step(&s, step));
        if (steps <= FORGET)
            for (uint64_t leg = 1; leg <= LEGS; leg++)
                check_leg(s, leg);
        store_close(&s);
        scratch_close(&scratch);
        set_up(NULL);
    }
    assert_int_equal(*done, STEPS);
    assert_true(at > 60);
    for (int step = 0; step < STEPS; step++)
        if (killed_after[step] == 0)
            fail_msg("no kill in step %d", step);
    assert_int_equal(munmap((void *)(uintptr_t)done, sizeof *done), 0);
}

static bool is_refusal(enum complaint what)
{
    return what == EC_IO_WRITE || what == EC_IO_CREATE || what == EC_IO_OPEN;
}

/* One life in which one call is refused; true when there was none with this number. */
static bool lives_through(size_t at, int why, size_t *refused)
{
    struct store *s = NULL;
    fate.way = REFUSED;
    fate.why = why;
    fate.at = at;
    fate.calls = 0;
    for (int step = 0; step < STEPS; step++) {
        enum status st = take_step(&s, step);
        if (st == ST_OK)
            continue;
        if (!is_refusal(fault_kept()->what))
            fail_msg("call %zu, step %d: %s", at, step, fault_text());
        ++*refused;
        if (s != NULL) /* a run is forgotten even if its blobs cannot be removed */
            steps_in(s, step, step == FORGET ? step + 1 : step);
        check_ok(take_step(&s, step));
    }
    fate.way = UNTOUCHED;
    return fate.calls < at;
}

static void a_call_refused_leaves_what_was_kept_and_may_be_made_again(void **state)
{
    (void)state;
    static const int why[] = {ENOSPC, EIO};
    for (size_t i = 0; i < COUNT(why); i++) {
        size_t at = 1, refused = 0;
        while (at < CALLS && !lives_through(at, why[i], &refused)) {
            scratch_close(&scratch);
            set_up(NULL);
            at++;
        }
        assert_true(at > 60);
        assert_true(refused > 40);
        struct store *s = NULL;
        check_ok(store_open(&s, folder));
        assert_int_equal(steps_in(s, STEPS, STEPS), STEPS);
        store_close(&s);
        scratch_close(&scratch);
        set_up(NULL);
    }
}

static void a_sum_is_on_the_disk_before_its_row_and_the_row_before_it_is_told(void **state)
{
    (void)state;
    struct store *s = NULL;
    for (int step = 0; step <= KEEP; step++)
        check_ok(take_step(&s, step));
    fate.traced = 0;
    fate.trace[0] = '\0';
    check_ok(take_step(&s, KEEP_TWO));
    static const char blob[] = "writeB syncB rename  syncb writeD ", row[] = "writeD syncD ";
    if (strncmp(fate.trace, blob, strlen(blob)) != 0 || fate.traced < strlen(row) ||
        strcmp(fate.trace + fate.traced - strlen(row), row) != 0)
        fail_msg("%s", fate.trace);
    store_close(&s);
}

#define claim(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim(a_kill_at_any_call_leaves_a_prefix_and_the_run_goes_on),
        claim(a_call_refused_leaves_what_was_kept_and_may_be_made_again),
        claim(a_sum_is_on_the_disk_before_its_row_and_the_row_before_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
