#include "proto/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/must.h"

#define COMPLAINT_MARK "error[" /* how opt.c begins a complaint; it is the last thing it says */

#define STOP_LOOK_MS 10 /* between two looks whether a child has ended */

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

/* In the child, where only what is safe after a fork may be called: errno to `trouble` and out. */
static void become(const char *path, const char *const *argv, int out, int err, int trouble,
                   pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    /* execv takes char *const * and changes nothing. */
    char *const *words = (char *const *)(uintptr_t)argv;
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0)
        execv(path, words);
    int why = errno;
    (void)!write(trouble, &why, sizeof why);
    _exit(127);
}

/* Starts path with these two as its stdout and stderr; they stay ours as well. */
static enum status launch(pid_t *pid, const char *path, const char *const *argv, int out, int err)
{
    int trouble[2], why = 0;
    if (pipe2(trouble, O_CLOEXEC) != 0)
        return fault(EC_IO_PROGRAM, path, "pipe: %s", strerror(errno));
    pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0)
        become(path, argv, out, err, trouble[1], parent);
    why = *pid < 0 ? errno : 0;
    close(trouble[1]);
    if (*pid > 0 && read(trouble[0], &why, sizeof why) == (ssize_t)sizeof why)
        (void)waitpid(*pid, NULL, 0);
    close(trouble[0]);
    return why == 0 ? ST_OK : fault(EC_IO_PROGRAM, path, "%s", strerror(why));
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
    enum status st = launch(pid, path, argv, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    *out_fd = out[0];
    *err_fd = err[0];
    if (st == ST_OK)
        return ST_OK;
    close(out[0]);
    close(err[0]);
    return st;
}

enum status child_complaint(const struct json *envelope, const char *path)
{
    const struct json *error = json_get(envelope, "error");
    enum complaint what = complaint_find(json_string(json_get(error, "code"), ""));
    if (what == EC_NONE)
        return fault(EC_IO_PROGRAM, path, "it says no more than that it failed");
    return fault(what, json_string(json_get(error, "where"), ""), "%s",
                 json_string(json_get(error, "message"), ""));
}

/* What the child's end means: wait's status, its envelope (may be NULL), its complaint in words. */
static enum status judge(int ended, const struct json *envelope, const char *path, const char *said)
{
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0 && envelope != NULL)
        return ST_OK;
    const char *code = json_string(json_get(json_get(envelope, "error"), "code"), "");
    if (complaint_find(code) != EC_NONE)
        return child_complaint(envelope, path);
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

/* --- beside us ------------------------------------------------------------------------------- */

enum status child_start(struct child *c, const char *path, const char *const *argv, const char *log,
                        bool listen)
{
    int said[2] = {-1, -1};
    *c = (struct child){.out = -1};
    int to = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (to < 0)
        return fault(EC_IO_CREATE, log, "%s", strerror(errno));
    enum status st = ST_OK;
    if (listen && pipe2(said, O_CLOEXEC) != 0)
        st = fault(EC_IO_PROGRAM, path, "pipe: %s", strerror(errno));
    if (st == ST_OK)
        st = launch(&c->pid, path, argv, listen ? said[1] : to, to);
    if (said[1] >= 0)
        close(said[1]);
    close(to);
    if (st == ST_OK) {
        c->out = said[0];
        return ST_OK;
    }
    if (said[0] >= 0)
        close(said[0]);
    *c = (struct child){.out = -1};
    return st;
}

bool child_ended(int *how, struct child *c)
{
    int ended = 0;
    if (c->pid == 0 || waitpid(c->pid, &ended, WNOHANG) != c->pid)
        return false;
    *how = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    c->pid = 0;
    return true;
}

void child_stop(struct child *c, unsigned ms)
{
    struct clock clock = clock_machine();
    uint64_t end = clock_now_ms(&clock) + ms;
    int how = 0;
    if (c->pid != 0)
        kill(c->pid, SIGTERM);
    while (c->pid != 0 && !child_ended(&how, c)) {
        if (clock_now_ms(&clock) >= end)
            kill(c->pid, SIGKILL);
        (void)poll(NULL, 0, STOP_LOOK_MS);
    }
    if (c->out >= 0)
        close(c->out);
    c->out = -1;
}
