/*
 * startup.c - how long a program takes from exec to what others see of it.
 *
 *     startup RUNS FILE WORDS PROGRAM [ARGUMENT...]  until FILE has a line with WORDS
 *     startup RUNS - PORT PROGRAM [ARGUMENT...]      until it says something to that local port
 *
 * Prints the median, the fastest and the slowest in milliseconds. Each start is ended by SIGTERM,
 * and FILE is removed before it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"

#define PATIENCE_S 60
#define LOOK_NS    100000
#define FILE_MAX   (64 << 10)

static int listen_at(const char *port)
{
    const int on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    must(bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
    must(listen(fd, 8) == 0);
    return fd;
}

static void hear_one(int listener)
{
    char byte = 0;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    must(fd >= 0);
    must(read(fd, &byte, 1) == 1);
    close(fd);
}

static bool holds(const char *path, const char *words)
{
    static char text[FILE_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    return strstr(text, words) != NULL;
}

static void await_words(const char *path, const char *words)
{
    const struct timespec look = {0, LOOK_NS};
    double end = clock_seconds() + PATIENCE_S;
    while (!holds(path, words)) {
        must(clock_seconds() < end);
        nanosleep(&look, NULL);
    }
}

static pid_t start(char **words)
{
    pid_t child = fork();
    must(child >= 0);
    if (child != 0)
        return child;
    int nothing = open("/dev/null", O_RDWR);
    (void)dup2(nothing, STDOUT_FILENO);
    (void)dup2(nothing, STDERR_FILENO);
    execv(words[0], words);
    _exit(127);
}

static double once(const char *file, const char *what, char **words, int listener)
{
    if (listener < 0)
        (void)unlink(file);
    double from = clock_seconds();
    pid_t child = start(words);
    if (listener >= 0)
        hear_one(listener);
    else
        await_words(file, what);
    double took = clock_seconds() - from;
    must(kill(child, SIGTERM) == 0);
    must(waitpid(child, NULL, 0) == child);
    return 1000 * took;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "startup RUNS FILE|- WORDS|PORT PROGRAM [ARGUMENT...]\n");
        return 64;
    }
    size_t runs = strtoul(argv[1], NULL, 10);
    must(runs > 0);
    double *took = must_alloc(runs, sizeof *took);
    int listener = strcmp(argv[2], "-") == 0 ? listen_at(argv[3]) : -1;
    for (size_t i = 0; i < runs; i++)
        took[i] = once(argv[2], argv[3], argv + 4, listener);
    qsort(took, runs, sizeof *took, by_size);
    printf("%.1f ms (%.1f to %.1f)\n", took[runs / 2], took[0], took[runs - 1]);
    free(took);
    return 0;
}
