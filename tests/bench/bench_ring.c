/*
 * bench_ring.c - quantising and summing, beside what memcpy does with the same bytes.
 *
 * Medians of nine runs, all in this process: a line is a name, a time, a rate and its ratio to the
 * memcpy rate. A rate counts bytes read and bytes written, for memcpy too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/quant.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

#define RUNS   9
#define VALUES ((size_t)1 << 23) /* 32 MiB of floats: beyond the caches */

struct load {
    struct quant q;
    struct ring term, sum;
    float *delta;
    double *mean;
};

static void run_copy(struct load *l)
{
    memcpy(l->sum.word, l->term.word, ring_bytes(l->sum.bits, l->sum.words));
}

static void run_encode(struct load *l)
{
    size_t clipped;
    must(quant_encode(&l->term, &l->q, l->delta, VALUES, 321, &clipped) == ST_OK);
    must(clipped == 0);
}

static void run_add(struct load *l)
{
    ring_add(&l->sum, &l->term);
}

static void run_decode(struct load *l)
{
    struct quant_tail tail;
    must(quant_decode(l->mean, &tail, &l->term, &l->q, VALUES, 1) == ST_OK);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *took)
{
    qsort(took, RUNS, sizeof(took[0]), by_value);
    return took[RUNS / 2];
}

static void load_open(struct load *l, unsigned bits)
{
    must(quant_open(&l->q, bits, 14, 1, 1000) == ST_OK);
    size_t words = quant_words(&l->q, VALUES);
    l->term = (struct ring){bits, words, must_alloc(words, bits / 8)};
    l->sum = (struct ring){bits, words, must_alloc(words, bits / 8)};
    l->delta = must_alloc(VALUES, sizeof(float));
    l->mean = must_alloc(VALUES, sizeof(double));
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < VALUES; i++)
        l->delta[i] = (float)(0.02 * (rng_uniform(&rng) - 0.5));
}

static void load_close(struct load *l)
{
    free(l->term.word);
    free(l->sum.word);
    free(l->delta);
    free(l->mean);
}

static void bench(unsigned bits)
{
    struct load l;
    load_open(&l, bits);
    double word = bits / 8.0;
    run_encode(&l); /* what is summed and decoded, and first touch of its pages */
    run_decode(&l);
    run_add(&l);
    const struct {
        const char *name;
        void (*run)(struct load *l);
        double bytes; /* read and written, a value */
    } rows[] = {
        {"memcpy", run_copy, 2 * word},
        {"encode", run_encode, 4 + word},
        {"ring_add", run_add, 3 * word},
        {"decode", run_decode, word + 8},
    };
    double took[COUNT(rows)][RUNS], copy_rate = 0;
    for (size_t k = 0; k < RUNS; k++) /* in turns, so that a busy machine is busy for all */
        for (size_t i = 0; i < COUNT(rows); i++) {
            double start = clock_seconds();
            rows[i].run(&l);
            took[i][k] = clock_seconds() - start;
        }
    for (size_t i = 0; i < COUNT(rows); i++) {
        double s = median(took[i]);
        double rate = rows[i].bytes * (double)VALUES / s / 1e9;
        if (i == 0)
            copy_rate = rate;
        printf("%-8s %u bits %8.2f ms %7.3f ns a value %7.2f GB/s %6.3f of memcpy\n", rows[i].name,
               bits, 1e3 * s, 1e9 * s / (double)VALUES, rate, rate / copy_rate);
    }
    load_close(&l);
}

int main(void)
{
    bench(32);
    bench(64);
    return 0;
}
