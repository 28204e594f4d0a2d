#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/data/sandbox.h"
#include "tests/support/check.h"

/* In a child, for there is no way back. Answers the exit status: one bit for each promise kept. */
static int inside(void)
{
    struct rlimit core = {1, 1};
    int kept = 0;

    if (!sandbox_enter())
        return 0;
    errno = 0;
    kept |= socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM ? 1 : 0;
    errno = 0;
    kept |= socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EPERM ? 2 : 0;
    int pair[2];
    kept |= socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 && errno == EPERM ? 4 : 0;
    kept |= getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 8 : 0;
    FILE *file = fopen("/dev/null", "r"); /* files stay open to it */
    kept |= file != NULL ? 16 : 0;
    if (file != NULL)
        (void)fclose(file);
    return kept;
}

static void no_socket_can_be_made_and_files_can_be_read(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(inside());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 31);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_socket_can_be_made_and_files_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
