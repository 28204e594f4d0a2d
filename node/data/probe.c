#include "node/data/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/must.h"

#define SECONDS_LEAST  20           /* of processor time; a sound file takes a part of a second */
#define BYTES_A_SECOND (1u << 22)   /* slower than any disk */
#define BYTES_LEAST    (1ull << 29) /* all that is small */
#define UNPACKED_MOST  1100u        /* deflate's best, and slack */

/* Where the child leaves what it found. */
struct found {
    enum status st;
    struct complaint_kept kept;
};

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

#ifndef WATCHED
/* Address space that is taken already: a model of a gibibyte, or BLAS's buffers for each core. */
static uint64_t bytes_taken(void)
{
    char pages[128] = ""; /* of all that is mapped, then other counts */
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm != NULL) {
        (void)!fgets(pages, sizeof pages, statm);
        (void)fclose(statm);
    }
    return (uint64_t)strtoull(pages, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}
#endif

/* AddressSanitizer reserves more address space than any limit would leave it. */
static void limit(uint64_t file_bytes)
{
    rlim_t seconds = (rlim_t)(SECONDS_LEAST + file_bytes / BYTES_A_SECOND);

    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
#ifndef WATCHED
    uint64_t least = BYTES_LEAST + bytes_taken();
    rlim_t bytes = file_bytes > (UINT64_MAX - least) / UNPACKED_MOST
                       ? RLIM_INFINITY
                       : (rlim_t)(least + file_bytes * UNPACKED_MOST);
    (void)setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
#endif
}

/* Never returns. What it has to say on stderr would be about itself, not about the file. */
_Noreturn static void be_the_child(struct found *found, uint64_t file_bytes, pid_t parent,
                                   enum status (*act)(void *ctx), void *ctx)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    /* Nobody would hear the answer of one whose parent was stopped, and it holds patients' rows. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    if (nowhere >= 0)
        (void)dup2(nowhere, STDERR_FILENO);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit(file_bytes);
    found->st = act(ctx);
    found->kept = *fault_kept();
    _exit(0);
}

static enum status hear(const struct found *found, int ending, const char *path)
{
    if (WIFSIGNALED(ending))
        return fault(EC_DATA_H5, path, "the HDF5 library came to grief over it: %s",
                     strsignal(WTERMSIG(ending)));
    if (WEXITSTATUS(ending) != 0)
        return fault(EC_DATA_H5, path, "the HDF5 library gave up over it");
    if (found->st != ST_OK)
        fault_restore(&found->kept);
    return found->st;
}

enum status probe(const char *path, enum status (*act)(void *ctx), void *ctx)
{
    struct stat file = {0};
    int ending = 0;

    if (stat(path, &file) != 0)
        return fault(EC_IO_OPEN, path, "%s", strerror(errno));
    struct found *found =
        mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(found != MAP_FAILED);

    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        be_the_child(found, (uint64_t)file.st_size, parent, act, ctx);
    while (child > 0 && waitpid(child, &ending, 0) < 0 && errno == EINTR)
        continue;
    enum status st = child > 0 ? hear(found, ending, path)
                               : fault(EC_IO_PROGRAM, path, "fork: %s", strerror(errno));
    must(munmap(found, sizeof *found) == 0);
    return st;
}
