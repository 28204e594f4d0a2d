#include "tests/support/check.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/child.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/support/capture.h"
#include "tests/support/scratch.h"

/* A shell stands for the program; what it says on our stderr is the caller's to free. */
static enum status play(struct json **envelope, char **said, const char *script)
{
    const char *words[] = {"sh", "-c", script, NULL};
    struct capture capture = capture_open(STDERR_FILENO);
    enum status st = child_run(envelope, "/bin/sh", words);
    *said = capture_close(&capture);
    return st;
}

#define NO_COLUMN                                                                                  \
    "echo '{\"ok\":false,\"exit\":65,\"error\":{\"code\":\"E-DAT-005\","                           \
    "\"message\":\"no column sex\",\"where\":\"a.csv:1\"}}';"

static void a_result_comes_back_as_it_was_said(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_ok(play(&envelope, &said,
                  "echo '1 of 2' >&2; echo '{\"data\":{\"sites\":[1,2]}}'; "
                  "echo '2 of 2' >&2"));
    assert_int_equal(json_count(json_get(json_get(envelope, "data"), "sites")), 2);
    assert_string_equal(said, "1 of 2\n2 of 2\n");
    json_close(&envelope);
    free(said);
}

static void a_complaint_keeps_its_code_and_is_said_once(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_fault(play(&envelope, &said,
                     "echo reading >&2; echo 'error[E-DAT-005] a.csv:1: no column sex' >&2; "
                     "echo 'fix: mend it' >&2; " NO_COLUMN " exit 65"),
                EC_DATA_COLUMN);
    assert_null(envelope);
    assert_string_equal(fault_kept()->where, "a.csv:1");
    assert_string_equal(fault_text(), "no column sex");
    assert_string_equal(said, "reading\n");
    free(said);
}

static void a_program_that_cannot_be_understood_is_a_fault_and_its_words_are_shown(void **state)
{
    (void)state;
    static const char new_code[] =
        "echo 'error[E-NEW-001] x' >&2; echo '{\"error\":{\"code\":\"E-NEW-001\"}}'; exit 65";
    static const char no_complaint[] = "echo '{\"error\":{\"code\":\"E-NON-000\"}}'; exit 1";
    static const struct {
        const char *script, *shown, *detail;
    } rows[] = {
        {"kill -SEGV $$", "", "signal 11"},
        {"echo 'error[E-OLD-1] x' >&2; exit 9", "error[E-OLD-1] x\n", "status 9"},
        {"printf 'no line end' >&2; exit 2", "no line end", "status 2"},
        {"exit 0", "", "no result"},
        {"echo done", "", "no result"},
        {new_code, "error[E-NEW-001] x\n", "status 65"},
        {no_complaint, "", "status 1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *envelope = NULL;
        char *said = NULL;
        check_fault(play(&envelope, &said, rows[i].script), EC_IO_PROGRAM);
        if (strstr(fault_text(), rows[i].detail) == NULL || strcmp(said, rows[i].shown) != 0)
            fail_msg("%s: `%s`, said `%s`", rows[i].script, fault_text(), said);
        assert_null(envelope);
        free(said);
    }
}

static void more_than_a_pipe_holds_comes_through(void **state)
{
    (void)state;
    struct json *envelope = NULL;
    char *said = NULL;
    check_ok(play(&envelope, &said,
                  "i=0; while [ $i -lt 20000 ]; do echo 123456789 >&2; i=$((i+1)); done; "
                  "printf '{\"data\":\"'; i=0; while [ $i -lt 20000 ]; do printf 123456789; "
                  "i=$((i+1)); done; echo '\"}'"));
    assert_int_equal(strlen(json_string(json_get(envelope, "data"), "")), 180000);
    assert_int_equal(strlen(said), 200000);
    json_close(&envelope);
    free(said);
}

static void a_program_that_is_not_there_is_a_fault(void **state)
{
    (void)state;
    const char *words[] = {"evenhand-data", "--json", NULL};
    struct json *envelope = NULL;
    check_fault(child_run(&envelope, "/nonexistent/evenhand-data", words), EC_IO_PROGRAM);
    assert_string_equal(fault_kept()->where, "/nonexistent/evenhand-data");
}

static void our_programs_stand_beside_this_one(void **state)
{
    (void)state;
    char path[4096], small[8];
    check_ok(child_path(path, sizeof(path), "test_child"));
    assert_int_equal(access(path, X_OK), 0);
    check_fault(child_path(small, sizeof(small), "evenhand-data"), EC_IO_PROGRAM);
}

/* --- beside us ------------------------------------------------------------------------------- */

#define PATIENCE_MS 60000 /* for what should take milliseconds */

static enum status start_script(struct child *c, const char *script, const char *log, bool listen)
{
    const char *words[] = {"sh", "-c", script, NULL};
    return child_start(c, "/bin/sh", words, log, listen);
}

/* Until it has ended; its exit status. */
static int end_of(struct child *c)
{
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + PATIENCE_MS;
    int how = -1;
    while (!child_ended(&how, c) && clock_now_ms(&clock) < end)
        (void)poll(NULL, 0, 1);
    return how;
}

/* A line of what it says. */
static void hear(char out[static 64], int fd)
{
    size_t len = 0;
    while (len + 1 < 64 && read(fd, out + len, 1) == 1 && out[len] != '\n')
        len++;
    out[len] = '\0';
}

static char *text_of(const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    check_ok(file_read(&bytes, &len, path, 1 << 20));
    return (char *)bytes;
}

static void a_child_runs_beside_us_and_its_end_is_seen_once(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int want;
    } rows[] = {{"exit 0", 0}, {"exit 3", 3}, {"kill -SEGV $$", 128 + SIGSEGV}};
    struct scratch s = scratch_open();
    char log[SCRATCH_MAX];
    scratch_file(log, &s, "log");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct child c;
        int how = -1;
        check_ok(start_script(&c, rows[i].script, log, false));
        assert_int_equal(c.out, -1);
        assert_true(c.pid > 0);
        assert_int_equal(end_of(&c), rows[i].want);
        assert_int_equal(c.pid, 0);
        assert_false(child_ended(&how, &c));
        child_stop(&c, 1000); /* of nobody */
    }
    scratch_close(&s);
}

static void what_it_says_goes_to_us_or_to_the_end_of_the_log(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct child c;
    char log[SCRATCH_MAX], line[64];
    check_ok(file_write(scratch_file(log, &s, "log"), "before\n", 7));
    check_ok(start_script(&c, "echo out; echo err >&2", log, true));
    hear(line, c.out);
    assert_string_equal(line, "out");
    assert_int_equal(end_of(&c), 0);
    child_stop(&c, 1000);
    assert_int_equal(c.out, -1);
    check_ok(start_script(&c, "echo out; echo err >&2", log, false));
    assert_int_equal(end_of(&c), 0);
    char *said = text_of(log);
    assert_string_equal(said, "before\nerr\nout\nerr\n");
    free(said);
    scratch_close(&s);
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void one_that_cannot_start_leaves_nothing_open(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    struct child c;
    char log[SCRATCH_MAX];
    const char *words[] = {"nobody", NULL};
    size_t before = open_files();
    check_fault(child_start(&c, "/nonexistent/nobody", words, scratch_file(log, &s, "log"), true),
                EC_IO_PROGRAM);
    assert_int_equal(c.pid, 0);
    assert_int_equal(c.out, -1);
    check_fault(start_script(&c, "exit 0", scratch_file(log, &s, "no/such/log"), true),
                EC_IO_CREATE);
    assert_int_equal(open_files(), before);
    scratch_close(&s);
}

static void one_that_will_not_end_is_made_to(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        unsigned ms;
    } rows[] = {
        {"echo ready; exec sleep 1000", PATIENCE_MS},
        {"trap '' TERM; echo ready; exec sleep 1000", 100},
    };
    struct scratch s = scratch_open();
    char log[SCRATCH_MAX], line[64];
    scratch_file(log, &s, "log");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct child c;
        struct clock clock = clock_machine();
        check_ok(start_script(&c, rows[i].script, log, true));
        hear(line, c.out);
        assert_string_equal(line, "ready");
        pid_t pid = c.pid;
        uint64_t from = clock_now_ms(&clock);
        child_stop(&c, rows[i].ms);
        assert_true(clock_now_ms(&clock) - from < PATIENCE_MS / 2);
        assert_int_equal(c.pid, 0);
        assert_int_equal(c.out, -1);
        assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* it was waited for */
    }
    scratch_close(&s);
}

/* A parent that starts a child, tells its pid and waits to be killed. */
static void be_parent(int tell, const char *log)
{
    struct child c;
    if (start_script(&c, "exec sleep 1000", log, false) == ST_OK)
        (void)!write(tell, &c.pid, sizeof c.pid);
    pause();
    _exit(0);
}

static void a_child_dies_with_its_parent_however_that_ended(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char log[SCRATCH_MAX];
    int told[2];
    pid_t orphan = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the orphan becomes ours to wait for */
    assert_int_equal(pipe(told), 0);
    scratch_file(log, &s, "log");
    pid_t parent = fork();
    if (parent == 0)
        be_parent(told[1], log);
    assert_int_equal(read(told[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(kill(orphan, 0), 0);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    struct child c = {.pid = orphan, .out = -1};
    int how = end_of(&c);
    if (how < 0)
        child_stop(&c, 0);
    assert_int_equal(how, 128 + SIGTERM);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    close(told[0]);
    close(told[1]);
    scratch_close(&s);
}

static void a_complaint_in_an_envelope_becomes_ours(void **state)
{
    (void)state;
    static const struct {
        const char *what, *envelope;
        enum complaint want;
        const char *where, *detail;
    } rows[] = {
        {"whole",
         "{\"error\":{\"code\":\"E-NET-001\",\"where\":\"tcp://x\",\"message\":\"taken\"}}",
         EC_NET_BIND, "tcp://x", "taken"},
        {"a code alone", "{\"error\":{\"code\":\"E-NET-001\"}}", EC_NET_BIND, "", ""},
        {"no error", "{\"data\":{}}", EC_IO_PROGRAM, "/bin/x", "no more than that"},
        {"a code of another version", "{\"error\":{\"code\":\"E-NEW-001\"}}", EC_IO_PROGRAM,
         "/bin/x", "no more than that"},
        {"a code that is no text", "{\"error\":{\"code\":7}}", EC_IO_PROGRAM, "/bin/x", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json *j = NULL;
        check_ok(json_parse(&j, rows[i].envelope, strlen(rows[i].envelope), "row"));
        check_fault(child_complaint(j, "/bin/x"), rows[i].want);
        assert_string_equal(fault_kept()->where, rows[i].where);
        if (strstr(fault_text(), rows[i].detail) == NULL)
            fail_msg("%s: %s", rows[i].what, fault_text());
        json_close(&j);
    }
    check_fault(child_complaint(NULL, "/bin/x"), EC_IO_PROGRAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_runs_beside_us_and_its_end_is_seen_once),
        cmocka_unit_test(what_it_says_goes_to_us_or_to_the_end_of_the_log),
        cmocka_unit_test(one_that_cannot_start_leaves_nothing_open),
        cmocka_unit_test(one_that_will_not_end_is_made_to),
        cmocka_unit_test(a_child_dies_with_its_parent_however_that_ended),
        cmocka_unit_test(a_complaint_in_an_envelope_becomes_ours),
        cmocka_unit_test(a_result_comes_back_as_it_was_said),
        cmocka_unit_test(a_complaint_keeps_its_code_and_is_said_once),
        cmocka_unit_test(a_program_that_cannot_be_understood_is_a_fault_and_its_words_are_shown),
        cmocka_unit_test(more_than_a_pipe_holds_comes_through),
        cmocka_unit_test(a_program_that_is_not_there_is_a_fault),
        cmocka_unit_test(our_programs_stand_beside_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
