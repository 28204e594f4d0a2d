/*
 * flip_proxy.c - a bad line to a coordinator, as a program: tests/support/proxy.h.
 *
 *     flip_proxy TARGET_PORT MIN_MS MAX_MS SEED
 *
 * Prints the port that it listens at on loopback. Then flips one random bit every MIN_MS to MAX_MS,
 * in either direction by chance, until SIGTERM, and says of each when it was: `flip SECONDS`, since
 * 1970.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/must.h"
#include "tests/support/proxy.h"

#define LOOK_NS 20000000 /* between two looks whether there was one */

int main(int argc, char **argv)
{
    const struct timespec look = {0, LOOK_NS};
    sigset_t ends;
    if (argc != 5) {
        fprintf(stderr, "flip_proxy TARGET_PORT MIN_MS MAX_MS SEED\n");
        return 64;
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    must(sigprocmask(SIG_BLOCK, &ends, NULL) == 0); /* before there are threads */
    struct proxy *p = proxy_open((unsigned)strtoul(argv[1], NULL, 10), strtoull(argv[4], NULL, 10));
    proxy_flip_every(p, (unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10));
    printf("%u\n", proxy_port(p));
    fflush(stdout);
    for (unsigned told = 0; sigtimedwait(&ends, NULL, &look) < 0;)
        for (; told < proxy_flips(p); told++) {
            printf("flip %lld\n", (long long)time(NULL));
            fflush(stdout);
        }
    proxy_close(&p);
    return 0;
}
