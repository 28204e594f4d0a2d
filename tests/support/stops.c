#include "tests/support/stops.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/must.h"

/* Runs act in a child whose stderr is a pipe to us; returns how it ended. */
static int tried(char *heard, size_t cap, void (*act)(void *ctx), void *ctx)
{
    int ends[2], how = 0;
    must(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        act(ctx);
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    char spare[512] = {0};
    for (;;) {
        bool room = heard != NULL && len + 1 < cap;
        ssize_t got =
            read(ends[0], room ? heard + len : spare, room ? cap - 1 - len : sizeof(spare));
        if (got <= 0)
            break;
        len += room ? (size_t)got : 0;
    }
    if (heard != NULL && cap > 0)
        heard[len] = '\0';
    close(ends[0]);
    must(waitpid(child, &how, 0) == child);
    return how;
}

bool stops(char *heard, size_t cap, void (*act)(void *ctx), void *ctx)
{
    int how = tried(heard, cap, act, ctx);
    return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

bool dies(void (*act)(void *ctx), void *ctx)
{
    int how = tried(NULL, 0, act, ctx);
    return !WIFEXITED(how) || WEXITSTATUS(how) != 0;
}
