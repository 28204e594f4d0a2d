/*
 * listener.c - somebody else on the port, for tests that need one where no other program is.
 *
 *     listener WORDS    answers whoever spoke with WORDS (C escapes \r and \n) and hangs up
 *     listener          takes connections and never says anything
 *     listener --deaf   takes none: who connects waits as behind a firewall that drops
 *
 * Listens on a free port of loopback and prints its number; a signal ends it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/must.h"

#define KEPT_MAX 256
#define QUEUED   4

/* A queue of length zero, filled by ourselves. */
static void fill_queue(const struct sockaddr_in *here)
{
    for (size_t i = 0; i < QUEUED; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        must(fd >= 0);
        (void)connect(fd, (const struct sockaddr *)here, sizeof *here); /* the last ones wait */
    }
}

static int listen_somewhere(bool deaf)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    must(bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
    must(listen(fd, deaf ? 0 : 16) == 0);
    must(getsockname(fd, (struct sockaddr *)&here, &len) == 0);
    if (deaf)
        fill_queue(&here);
    printf("%u\n", ntohs(here.sin_port));
    fflush(stdout);
    return fd;
}

/* In place. */
static void unescape(char *words)
{
    char *to = words;
    for (const char *from = words; *from != '\0'; from++) {
        bool escape = from[0] == '\\' && (from[1] == 'r' || from[1] == 'n');
        *to++ = !escape ? *from : from[1] == 'r' ? '\r' : '\n';
        from += escape ? 1 : 0;
    }
    *to = '\0';
}

static void answer(int fd, const char *words)
{
    char heard[512];
    (void)!read(fd, heard, sizeof heard);
    (void)!send(fd, words, strlen(words), MSG_NOSIGNAL);
    close(fd);
}

int main(int argc, char **argv)
{
    bool deaf = argc > 1 && strcmp(argv[1], "--deaf") == 0;
    int door = listen_somewhere(deaf);
    size_t kept = 0;
    if (deaf)
        pause();
    if (argc > 1)
        unescape(argv[1]);
    for (;;) {
        int guest = accept(door, NULL, NULL);
        if (guest < 0)
            continue;
        if (argc > 1)
            answer(guest, argv[1]);
        else if (++kept > KEPT_MAX) /* the others stay open, and wait */
            return 1;
    }
}
