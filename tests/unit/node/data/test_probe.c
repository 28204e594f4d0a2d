#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/data/probe.h"
#include "proto/base/arena.h"
#include "tests/support/check.h"

static enum status does_well(void *ctx)
{
    ++*(int *)ctx; /* in the child's memory */
    return ST_OK;
}

static enum status complains(void *ctx)
{
    (void)ctx;
    return fault(EC_DATA_SHAPE, "here", "of %d dimensions", 5);
}

static enum status crashes(void *ctx)
{
    (void)ctx;
    (void)raise(SIGSEGV);
    return ST_OK;
}

static enum status gives_up(void *ctx)
{
    (void)ctx;
    _exit(3);
}

static void a_child_that_does_well_changes_nothing_here(void **state)
{
    (void)state;
    int count = 0;
    check_ok(probe("/dev/null", does_well, &count));
    assert_int_equal(count, 0);
}

static void what_the_child_complains_about_is_our_complaint(void **state)
{
    (void)state;
    check_fault(probe("/dev/null", complains, NULL), EC_DATA_SHAPE);
    assert_string_equal(fault_kept()->where, "here");
    assert_string_equal(fault_text(), "of 5 dimensions");
}

static void a_child_that_dies_means_a_damaged_file(void **state)
{
    (void)state;
    check_fault(probe("/dev/null", gives_up, NULL), EC_DATA_H5);
    check_fault(probe("/dev/null", crashes, NULL), EC_DATA_H5);
    assert_string_equal(fault_kept()->where, "/dev/null");
    check_fault(probe("/nowhere.h5", does_well, NULL), EC_IO_OPEN);
}

static enum status tells_and_waits(void *ctx)
{
    (void)!write(*(int *)ctx, "!", 1);
    pause();
    return ST_OK;
}

/* The pipe ends for its reader when everybody who could write to it is gone. */
static void a_child_is_gone_with_its_parent(void **state)
{
    (void)state;
    int told[2];
    char word = 0;
    assert_int_equal(pipe(told), 0);
    pid_t parent = fork();
    if (parent == 0)
        _exit(probe("/dev/null", tells_and_waits, &told[1]) == ST_OK ? 0 : 1);
    close(told[1]);
    assert_int_equal(read(told[0], &word, 1), 1);
    kill(parent, SIGTERM);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    struct pollfd end = {told[0], POLLIN, 0};
    assert_int_equal(poll(&end, 1, 60000), 1);
    assert_int_equal(read(told[0], &word, 1), 0);
    close(told[0]);
}

static enum status takes_little(void *ctx)
{
    (void)ctx;
    free(must_alloc(1, 100u << 20));
    return ST_OK;
}

/* A model of a gibibyte, BLAS's buffers for each of many cores. */
static void what_this_process_has_already_is_not_counted(void **state)
{
    (void)state;
    size_t bytes = (size_t)4 << 30;
    void *had = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(had != MAP_FAILED);
    check_ok(probe("/dev/null", takes_little, NULL));
    assert_int_equal(munmap(had, bytes), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_does_well_changes_nothing_here),
        cmocka_unit_test(what_the_child_complains_about_is_our_complaint),
        cmocka_unit_test(a_child_that_dies_means_a_damaged_file),
        cmocka_unit_test(a_child_is_gone_with_its_parent),
        cmocka_unit_test(what_this_process_has_already_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
