#include "coordinator/sim/cli_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/must.h"

#define COMPLAINT_MARK "error[" /* how opt.c begins a complaint; it is the last thing it says */

extern char **environ;

static volatile sig_atomic_t running; /* the child's pid, 0: none */

enum status child_path(char *out, size_t cap, const char *name)
{
    char here[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", here, sizeof(here) - 1);
    if (len < 0)
        return fault(EC_IO_PROGRAM, name, "/proc/self/exe: %s", strerror(errno));
    here[len] = '\0';
    char *slash = strrchr(here, '/');
    must(slash != NULL);
    *slash = '\0';
    int wanted = snprintf(out, cap, "%s/%s", here, name);
    if (wanted < 0 || (size_t)wanted >= cap)
        return fault(EC_IO_PROGRAM, name, "the path of this program is too long");
    return ST_OK;
}

static void interrupted(int sig)
{
    int kept = errno;
    if (running > 0)
        kill((pid_t)running, sig);
    if (isatty(STDERR_FILENO))
        (void)!write(STDERR_FILENO, "\n", 1);
    signal(sig, SIG_DFL);
    raise(sig);
    errno = kept;
}

void child_watch_interrupts(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < COUNT(signals); i++) {
        struct sigaction old, ours = {.sa_handler = interrupted};
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &ours, NULL); /* what nohup ignores stays ignored */
    }
}

/* One of the child's two streams. */
struct heard {
    int fd;
    FILE *kept; /* all of stdout; of stderr the complaint, from its mark on */
    char *text;
    size_t len;
    bool to_stderr; /* lines before the mark pass through */
    bool holding;
    char line[1024]; /* the beginning of a line of stderr that is not complete yet */
    size_t line_len;
};

static void heard_open(struct heard *h, int fd, bool to_stderr)
{
    *h = (struct heard){.fd = fd, .to_stderr = to_stderr, .holding = !to_stderr};
    h->kept = open_memstream(&h->text, &h->len);
    must(h->kept != NULL);
}

static void heard_close(struct heard *h)
{
    if (h->fd >= 0)
        close(h->fd);
    if (h->kept != NULL)
        fclose(h->kept);
    free(h->text);
    *h = (struct heard){.fd = -1};
}

static void pass_line(struct heard *h)
{
    if (strncmp(h->line, COMPLAINT_MARK, strlen(COMPLAINT_MARK)) == 0)
        h->holding = true;
    fwrite(h->line, 1, h->line_len, h->holding ? h->kept : stderr);
    h->line_len = 0;
}

static void take(struct heard *h, const char *bytes, size_t len)
{
    if (!h->to_stderr) {
        fwrite(bytes, 1, len, h->kept);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        h->line[h->line_len++] = bytes[i];
        if (bytes[i] == '\n' || h->line_len == sizeof(h->line))
            pass_line(h);
    }
}

/* Reads both streams until the child has closed them. */
static void listen_to(struct heard *out, struct heard *err)
{
    struct heard *streams[] = {out, err};
    size_t open = 2;
    while (open > 0) {
        struct pollfd wait[2] = {{out->fd, POLLIN, 0}, {err->fd, POLLIN, 0}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            return;
        for (size_t i = 0; i < 2; i++) {
            char bytes[4096];
            if (wait[i].revents == 0)
                continue;
            ssize_t len = read(streams[i]->fd, bytes, sizeof(bytes));
            if (len > 0) {
                take(streams[i], bytes, (size_t)len);
            } else if (len == 0 || errno != EINTR) {
                close(streams[i]->fd);
                streams[i]->fd = -1; /* poll passes over it */
                open--;
            }
        }
    }
    if (err->line_len > 0)
        pass_line(err);
}

static enum status start(pid_t *pid, int *out_fd, int *err_fd, const char *path,
                         const char *const *argv)
{
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return fault(EC_IO_PROGRAM, path, "pipe: %s", strerror(errno));
    if (pipe2(err, O_CLOEXEC) != 0) {
        int why = errno;
        close(out[0]);
        close(out[1]);
        return fault(EC_IO_PROGRAM, path, "pipe: %s", strerror(why));
    }
    posix_spawn_file_actions_t streams;
    must(posix_spawn_file_actions_init(&streams) == 0);
    must(posix_spawn_file_actions_adddup2(&streams, out[1], STDOUT_FILENO) == 0);
    must(posix_spawn_file_actions_adddup2(&streams, err[1], STDERR_FILENO) == 0);
    /* posix_spawn takes char *const * and changes nothing. */
    char *const *words = (char *const *)(uintptr_t)argv;
    int failed = posix_spawn(pid, path, &streams, NULL, words, environ);
    posix_spawn_file_actions_destroy(&streams);
    close(out[1]);
    close(err[1]);
    *out_fd = out[0];
    *err_fd = err[0];
    if (failed == 0)
        return ST_OK;
    close(out[0]);
    close(err[0]);
    return fault(EC_IO_PROGRAM, path, "%s", strerror(failed));
}

/* The child's complaint as ours; false when the envelope holds none that we know. */
static bool adopt_complaint(const struct json *envelope)
{
    const struct json *error = json_get(envelope, "error");
    const char *code = json_string(json_get(error, "code"), "");
    for (enum complaint what = EC_NONE + 1; what < EC_COUNT; what++) {
        if (strcmp(complaint_row(what)->code, code) != 0)
            continue;
        struct complaint_kept kept = {.what = what};
        snprintf(kept.where, sizeof(kept.where), "%s", json_string(json_get(error, "where"), ""));
        snprintf(kept.detail, sizeof(kept.detail), "%s",
                 json_string(json_get(error, "message"), ""));
        fault_restore(&kept);
        return true;
    }
    return false;
}

/* What the child's end means: wait's status, its envelope (may be NULL), its complaint in words. */
static enum status judge(int ended, const struct json *envelope, const char *path, const char *said)
{
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0 && envelope != NULL)
        return ST_OK;
    if (adopt_complaint(envelope))
        return complaint_row(fault_kept()->what)->status;
    fputs(said, stderr);
    if (WIFSIGNALED(ended))
        return fault(EC_IO_PROGRAM, path, "it was ended by signal %d", WTERMSIG(ended));
    return fault(EC_IO_PROGRAM, path, "it ended with status %d and no result", WEXITSTATUS(ended));
}

enum status child_run(struct json **envelope, const char *path, const char *const *argv)
{
    *envelope = NULL;
    pid_t pid = 0;
    int out_fd = -1, err_fd = -1, ended = 0;
    enum status st = start(&pid, &out_fd, &err_fd, path, argv);
    if (st != ST_OK)
        return st;
    running = (sig_atomic_t)pid;
    struct heard out, err;
    heard_open(&out, out_fd, false);
    heard_open(&err, err_fd, true);
    listen_to(&out, &err);
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        continue;
    running = 0;
    must(fflush(out.kept) == 0);
    must(fflush(err.kept) == 0);
    if (json_parse(envelope, out.text, out.len, path) != ST_OK)
        *envelope = NULL;
    st = judge(ended, *envelope, path, err.text);
    if (st != ST_OK && *envelope != NULL)
        json_close(envelope);
    heard_close(&out);
    heard_close(&err);
    return st;
}
