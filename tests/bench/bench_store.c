/*
 * bench_store.c - keeping a sum, beside writing the same bytes to a file and syncing it.
 *
 * Medians of nine runs, all in this process and on one disk (TMPDIR): a line is a name, a time, how
 * many a second, and its ratio to the plain write. Keeping digests the sum, syncs the file, the
 * name of the file and the row: three waits for the disk, where the plain write has one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/store/store.h"
#include "tests/support/scratch.h"

#define RUNS        9
#define LARGE_WORDS ((size_t)1 << 21) /* 8 MiB */
#define SMALL_WORDS 100
#define SITES       16

struct load {
    struct scratch scratch;
    struct store *store;
    struct ring sum;
    bool in_sum[SITES];
    uint64_t leg;
    size_t plain; /* files written so far */
};

static void run_plain(struct load *l)
{
    const char *at = l->sum.word;
    size_t left = ring_bytes(l->sum.bits, l->sum.words);
    char name[32], path[SCRATCH_MAX];
    snprintf(name, sizeof name, "plain%zu", l->plain++);
    int fd =
        open(scratch_file(path, &l->scratch, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0);
    while (left > 0) {
        ssize_t put = write(fd, at, left);
        must(put > 0);
        at += put;
        left -= (size_t)put;
    }
    must(fdatasync(fd) == 0);
    must(close(fd) == 0);
}

static void run_keep(struct load *l)
{
    l->leg++;
    ring_put(&l->sum, 0, (int64_t)l->leg); /* another sum, and so another blob */
    must(store_keep_sum(l->store, l->leg, SITES, l->in_sum, SITES, &l->sum) == ST_OK);
}

static void run_read(struct load *l)
{
    struct ring sum;
    uint32_t counted = 0;
    must(store_read_sum(&sum, &counted, NULL, l->store, l->leg, SITES) == ST_OK);
    free(sum.word);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *took)
{
    qsort(took, RUNS, sizeof took[0], by_value);
    return took[RUNS / 2];
}

static size_t peak_kib(void)
{
    char line[128];
    size_t kib = 0;
    FILE *in = fopen("/proc/self/status", "re");
    must(in != NULL);
    while (fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    fclose(in);
    return kib;
}

static void load_open(struct load *l, size_t words)
{
    static const char *const names[SITES] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                             "i", "j", "k", "l", "m", "n", "o", "p"};
    char folder[SCRATCH_MAX];
    *l = (struct load){.scratch = scratch_open()};
    l->sum = (struct ring){32, words, must_alloc(words, 4)};
    for (size_t i = 0; i < SITES; i++)
        l->in_sum[i] = true;
    for (size_t i = 0; i < words; i++)
        ring_put(&l->sum, i, (int64_t)(i % 1000));
    must(store_open(&l->store, scratch_file(folder, &l->scratch, "run")) == ST_OK);
    must(store_put_sites(l->store, names, SITES) == ST_OK);
}

static void load_close(struct load *l)
{
    store_close(&l->store);
    free(l->sum.word);
    scratch_close(&l->scratch);
}

static void bench(const char *name, size_t words, size_t times)
{
    static struct load l;
    static const struct {
        const char *name;
        void (*run)(struct load *l);
    } rows[] = {{"plain", run_plain}, {"keep", run_keep}, {"read", run_read}};
    double took[COUNT(rows)][RUNS], plain = 0;
    load_open(&l, words);
    run_plain(&l);
    size_t peak = peak_kib();
    run_keep(&l);
    peak = peak_kib() - peak;
    for (size_t k = 0; k < RUNS; k++) /* in turns, so that a busy machine is busy for all */
        for (size_t i = 0; i < COUNT(rows); i++) {
            double start = clock_seconds();
            for (size_t j = 0; j < times; j++)
                rows[i].run(&l);
            took[i][k] = (clock_seconds() - start) / (double)times;
        }
    for (size_t i = 0; i < COUNT(rows); i++) {
        double s = median(took[i]);
        plain = i == 0 ? s : plain;
        printf("%-6s %-6s %8zu words %9.3f ms %9.1f a second %6.2f of plain\n", rows[i].name, name,
               words, 1e3 * s, 1 / s, s / plain);
    }
    printf("%-6s %-6s %8zu words %9zu KiB more at the peak\n", "keep", name, words, peak);
    load_close(&l);
}

int main(void)
{
    crypto_start();
    bench("small", SMALL_WORDS, 50);
    bench("large", LARGE_WORDS, 1);
    return 0;
}
