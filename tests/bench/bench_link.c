/*
 * bench_link.c - whole rounds over loopback, every site a process of its own.
 *
 *     large N   a contribution of 2,114,408 words from each of N - 1 sites, their sum back to all
 *     small N   the same with 100 words
 *     idle N    N sites that say nothing: what the coordinator spends on them
 *
 * Prints medians, the processor time of coordinator and sites, and the coordinator's memory.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/ring.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/must.h"
#include "tests/support/federation.h"

#define LARGE_WORDS 2114408
#define SMALL_WORDS 100
#define ROUNDS_MAX  1001
#define IDLE_S      20

static void say(struct net_link *l, struct msg *m, const struct party *to, size_t count)
{
    must(net_as_link(l)->ops->send_all(net_as_link(l), m, to, count) == ST_OK);
}

static struct msg hear(struct net_link *l)
{
    struct msg m;
    must(fed_receive(&m, l, FED_PATIENCE_MS));
    return m;
}

/* A site: contributes when a round opens, accepts when there is a sum, until the end. */
static void be_site(struct fed *f, uint32_t site, size_t words)
{
    struct party coordinator = {{0}};
    f->coord = NULL;
    fed_start_site(f, site, 0);
    struct msg join = {.head = {.type = MSG_ACCEPT}};
    say(f->site[site], &join, &coordinator, 1);
    for (struct msg m = hear(f->site[site]); m.head.type != MSG_END; m = hear(f->site[site])) {
        struct msg reply = {.head = {.type = MSG_ACCEPT, .round = m.head.round}};
        if (m.head.type == MSG_ROUND_OPEN)
            reply = fed_message(m.head.round, words);
        if (m.head.type != MSG_COMMIT)
            say(f->site[site], &reply, &coordinator, 1);
        msg_free(&reply);
        msg_free(&m);
    }
    net_close(&f->site[site], 1000);
    _exit(0);
}

static void await_all(struct net_link *l, uint32_t sites, struct ring *sum)
{
    for (uint32_t i = 0; i < sites; i++) {
        struct msg m = hear(l);
        if (sum != NULL)
            ring_add(sum, &m.vector);
        msg_free(&m);
    }
}

static double play_round(struct fed *f, const struct party *to, struct ring *sum, uint64_t round)
{
    double from = clock_seconds();
    struct msg m = {.head = {.type = MSG_ROUND_OPEN, .round = round}};
    ring_clear(sum);
    say(f->coord, &m, to, f->sites);
    await_all(f->coord, f->sites, sum);
    m = (struct msg){.head = {.type = MSG_RESULT, .round = round}, .vector = *sum};
    m.as.result.sites = f->sites;
    say(f->coord, &m, to, f->sites);
    await_all(f->coord, f->sites, NULL);
    m = (struct msg){.head = {.type = MSG_COMMIT, .round = round}};
    say(f->coord, &m, to, f->sites);
    return clock_seconds() - from;
}

static double seconds_of(int who)
{
    struct rusage u;
    must(getrusage(who, &u) == 0);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static size_t memory_kib(const char *what)
{
    char line[128];
    size_t kib = 0;
    FILE *in = fopen("/proc/self/status", "re");
    must(in != NULL);
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, what, strlen(what)) == 0)
            kib = strtoul(line + strlen(what) + 1, NULL, 10);
    fclose(in);
    return kib;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void bench_rounds(const char *name, uint32_t processes, size_t words, size_t rounds)
{
    static struct fed f;
    struct party to[FED_SITES_MAX];
    static double took[ROUNDS_MAX];
    fed_open(&f, processes - 1);
    f.pace = (struct net_pace){.ping_ms = 0};
    struct scratch whole = f.scratch;
    int ready[2];
    must(pipe(ready) == 0);
    for (uint32_t i = 0; i < f.sites; i++) {
        to[i] = party_of_site(i);
        if (fork() == 0) { /* before there are threads */
            must(read(ready[0], f.endpoint, sizeof f.endpoint) == sizeof f.endpoint);
            be_site(&f, i, words);
        }
    }
    fed_start_coord(&f);
    for (uint32_t i = 0; i < f.sites; i++)
        must(write(ready[1], f.endpoint, sizeof f.endpoint) == sizeof f.endpoint);
    await_all(f.coord, f.sites, NULL);

    struct ring sum = {.bits = 32, .words = words, .word = must_alloc(words, 4)};
    double spent = 0;
    size_t before = memory_kib("VmHWM:");
    for (size_t r = 0; r < rounds; r++) {
        if (r == 1)
            spent = seconds_of(RUSAGE_SELF); /* the first one warms up */
        took[r] = play_round(&f, to, &sum, r + 1);
    }
    spent = (seconds_of(RUSAGE_SELF) - spent) / (double)(rounds - 1);
    double all = 0;
    for (size_t r = 1; r < rounds; r++)
        all += took[r];
    struct msg end = {.head = {.type = MSG_END}};
    say(f.coord, &end, to, f.sites);
    net_close(&f.coord, 5000);
    for (uint32_t i = 0; i < f.sites; i++)
        must(wait(NULL) > 0);
    qsort(took + 1, rounds - 1, sizeof took[0], by_size);
    printf("%-6s %2u processes  %8.4f s a round (mean %.4f)  %7.1f rounds/s  coordinator %.4f s, "
           "sites %.4f s  peak +%zu KiB\n",
           name, (unsigned)processes, took[1 + (rounds - 1) / 2], all / (double)(rounds - 1),
           (double)(rounds - 1) / all, spent, seconds_of(RUSAGE_CHILDREN) / (double)rounds,
           memory_kib("VmHWM:") - before);
    fflush(stdout);
    free(sum.word);
    close(ready[0]);
    close(ready[1]);
    f.scratch = whole;
    fed_close(&f);
}

/* All sites in one process, the coordinator in another. */
static void bench_idle(const char *name, uint32_t sites)
{
    static struct fed f;
    int ready[2], done[2];
    fed_open(&f, sites);
    f.pace = (struct net_pace){.ping_ms = 0};
    must(pipe(ready) == 0);
    must(pipe(done) == 0);
    pid_t others = fork();
    must(others >= 0);
    if (others == 0) {
        char over = 0;
        must(read(ready[0], f.endpoint, sizeof f.endpoint) == sizeof f.endpoint);
        for (uint32_t i = 0; i < sites; i++)
            fed_start_site(&f, i, 0);
        must(read(done[0], &over, 1) == 1);
        _exit(0);
    }
    fed_start_coord(&f);
    size_t before = memory_kib("VmRSS:");
    must(write(ready[1], f.endpoint, sizeof f.endpoint) == sizeof f.endpoint);
    for (uint32_t i = 0; i < sites; i++)
        while (net_coord_quiet_ms(f.coord, i) == UINT64_MAX)
            net_wait(f.coord, 10);
    double from = clock_seconds(), spent = seconds_of(RUSAGE_SELF);
    net_wait(f.coord, 1000 * IDLE_S);
    from = clock_seconds() - from;
    spent = seconds_of(RUSAGE_SELF) - spent;
    printf("%-6s %2u sites      %8.2f %% of a core for the coordinator, %zu KiB each\n", name,
           (unsigned)sites, 100 * spent / from, (memory_kib("VmRSS:") - before) / sites);
    fflush(stdout);
    must(write(done[1], "x", 1) == 1);
    must(waitpid(others, NULL, 0) == others);
    fed_close(&f);
}

int main(void)
{
    crypto_start();
    log_to_stderr(LOG_ERROR, false);
    static const struct {
        const char *name;
        uint32_t processes; /* idle: sites */
        size_t words, rounds;
    } rows[] = {
        {"large", 4, LARGE_WORDS, 21},
        {"large", 16, LARGE_WORDS, 11},
        {"small", 8, SMALL_WORDS, 1001},
        {"idle", 300, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fflush(stdout);
        pid_t child = fork(); /* memory and times of one row alone */
        must(child >= 0);
        if (child == 0) {
            if (rows[i].words > 0)
                bench_rounds(rows[i].name, rows[i].processes, rows[i].words, rows[i].rounds);
            else
                bench_idle(rows[i].name, rows[i].processes);
            _exit(0);
        }
        int how = 0;
        must(waitpid(child, &how, 0) == child);
        if (how != 0)
            return 1;
    }
    return 0;
}
