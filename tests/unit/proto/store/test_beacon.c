#include "proto/store/beacon.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "tests/support/check.h"
#include "tests/support/scratch.h"

static struct json *words(const char *phase)
{
    struct json *j = json_object();
    json_put_text(j, "phase", phase);
    return j;
}

static void what_was_said_last_is_read_and_whether_anybody_lives(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX];
    struct beacon *b = NULL;
    struct json *said = NULL;
    bool alive = true;
    scratch_file(folder, &s, "state");
    check_ok(beacon_read(&said, &alive, folder)); /* nobody ever was here */
    assert_null(said);
    assert_false(alive);
    check_ok(beacon_open(&b, folder));
    check_ok(beacon_read(&said, &alive, folder));
    assert_null(said);
    assert_true(alive);
    check_ok(beacon_say(b, words("IDLE")));
    check_ok(beacon_say(b, words("TRAINING")));
    check_ok(beacon_read(&said, &alive, folder));
    assert_true(alive);
    assert_string_equal(json_string(json_get(said, "phase"), ""), "TRAINING");
    json_close(&said);
    beacon_close(&b);
    beacon_close(&b);
    check_ok(beacon_read(&said, &alive, folder));
    assert_false(alive);
    assert_string_equal(json_string(json_get(said, "phase"), ""), "TRAINING");
    json_close(&said);
    scratch_close(&s);
}

static void two_programs_do_not_share_a_folder(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX];
    struct beacon *first = NULL, *second = NULL;
    scratch_file(folder, &s, "state");
    check_ok(beacon_open(&first, folder));
    check_fault(beacon_open(&second, folder), EC_IO_BUSY);
    assert_null(second);
    beacon_close(&first);
    check_ok(beacon_open(&second, folder));
    beacon_close(&second);
    scratch_close(&s);
}

static void a_program_that_is_killed_gives_its_folder_free(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX], taken = 0;
    struct beacon *b = NULL;
    int told[2];
    scratch_file(folder, &s, "state");
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        taken = beacon_open(&b, folder) == ST_OK;
        (void)!write(told[1], &taken, 1);
        pause();
    }
    assert_int_equal(read(told[0], &taken, 1), 1);
    assert_int_equal(taken, 1);
    check_fault(beacon_open(&b, folder), EC_IO_BUSY);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    check_ok(beacon_open(&b, folder));
    beacon_close(&b);
    close(told[0]);
    close(told[1]);
    scratch_close(&s);
}

static void others_cannot_look_into_the_folder(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX];
    struct beacon *b = NULL;
    struct stat about;
    check_ok(beacon_open(&b, scratch_file(folder, &s, "state")));
    assert_int_equal(stat(folder, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    beacon_close(&b);
    scratch_close(&s);
}

static void a_status_that_does_not_parse_is_told(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX], path[SCRATCH_MAX];
    struct beacon *b = NULL;
    struct json *said = NULL;
    bool alive = false;
    check_ok(beacon_open(&b, scratch_file(folder, &s, "state")));
    check_ok(file_write(scratch_file(path, &s, "state/status.json"), "{", 1));
    check_fault(beacon_read(&said, &alive, folder), EC_IO_JSON);
    assert_null(said);
    beacon_close(&b);
    scratch_close(&s);
}

static void asking_keeps_no_program_out(void **state)
{
    (void)state;
    struct scratch s = scratch_open();
    char folder[SCRATCH_MAX], ready = 0;
    struct beacon *b = NULL;
    int told[2];
    check_ok(beacon_open(&b, scratch_file(folder, &s, "state")));
    beacon_close(&b);
    assert_int_equal(pipe(told), 0);
    pid_t asker = fork();
    if (asker == 0) { /* asks all the time, and goes with us */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (bool first = true;; first = false) {
            struct json *said = NULL;
            bool alive = false;
            if (beacon_read(&said, &alive, folder) != ST_OK)
                _exit(1);
            if (first)
                (void)!write(told[1], "!", 1);
        }
    }
    close(told[1]);
    assert_int_equal(read(told[0], &ready, 1), 1);
    for (size_t i = 0; i < 2000; i++) {
        check_ok(beacon_open(&b, folder));
        beacon_close(&b);
    }
    kill(asker, SIGKILL);
    int how = 0;
    assert_int_equal(waitpid(asker, &how, 0), asker);
    assert_true(WIFSIGNALED(how));
    close(told[0]);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_keeps_no_program_out),
        cmocka_unit_test(what_was_said_last_is_read_and_whether_anybody_lives),
        cmocka_unit_test(two_programs_do_not_share_a_folder),
        cmocka_unit_test(a_program_that_is_killed_gives_its_folder_free),
        cmocka_unit_test(others_cannot_look_into_the_folder),
        cmocka_unit_test(a_status_that_does_not_parse_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
