/*
 * bench_census.c - counting by group: what 64 groups of 1,024 bins add to a round of 8 sites.
 *
 * All in this process, one site after the other, medians of five runs: a line is a name, a time, and
 * its ratio to adding up the sites' vectors. The first pass is histograms and sums over patients, the
 * second placements; each is counted, made integers, summed, judged and read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/fixed.h"
#include "models/metrics/clusters.h"
#include "models/metrics/groups.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/must.h"
#include "proto/base/rng.h"

#define RUNS     5
#define SITES    8
#define PATIENTS 10000 /* of a site */
#define IMAGES   2
#define ROWS     ((size_t)PATIENTS * IMAGES)
#define GROUPS   64
#define SHIFT    20

enum part { PART_COUNT, PART_INTEGERS, PART_SUM, PART_READ, PARTS };
static const char *const parts[PARTS] = {"counting at the sites", "making integers",
                                         "adding the sites up", "judging and reading the sum"};

struct bench {
    struct hist_axis axis;
    struct groups groups;
    struct clusters clusters;
    double *logit; /* [ROWS], the same at every site */
    int *label;
    size_t first, second; /* lengths of the passes */
    double *values;
    struct ring contribution, sum;
    struct group_sums *sums;                 /* [GROUPS + 1] */
    struct group_clusters *patient;          /* likewise */
    double *of_positive, *of_negative, *auc; /* [GROUPS + 1, bins], [GROUPS + 1] */
    double took[PARTS][2][RUNS];
};

static size_t group_of(size_t patient)
{
    return patient % GROUPS;
}

static void count_first(struct bench *b)
{
    memset(b->values, 0, b->first * sizeof *b->values);
    for (size_t i = 0; i < ROWS; i++)
        groups_tally(b->values, &b->groups, group_of(i / IMAGES), b->logit[i], b->label[i]);
    double *patients = b->values + groups_values(&b->groups);
    for (size_t p = 0; p < PATIENTS; p++) {
        size_t at = p * IMAGES;
        clusters_tally(patients, &b->clusters, group_of(p), b->logit + at, b->label + at, IMAGES);
        clusters_tally(patients, &b->clusters, GROUPS, b->logit + at, b->label + at, IMAGES);
    }
}

static void place(struct bench *b, size_t slot, size_t patient)
{
    size_t at = patient * IMAGES, bins = b->axis.bins;
    clusters_place(b->values, &b->clusters, slot, b->of_positive + slot * bins,
                   b->of_negative + slot * bins, b->auc[slot], b->logit + at, b->label + at,
                   IMAGES);
}

static void count_second(struct bench *b)
{
    memset(b->values, 0, b->second * sizeof *b->values);
    for (size_t p = 0; p < PATIENTS; p++) {
        place(b, group_of(p), p);
        place(b, GROUPS, p);
    }
}

static void read_first(struct bench *b)
{
    size_t bins = b->axis.bins;
    const double *patients = b->values + groups_values(&b->groups);
    must(fixed_decode(b->values, &b->sum, b->first, SHIFT, SITES) == ST_OK);
    must(groups_judge(&b->groups, b->values) == ST_OK);
    must(clusters_judge(&b->clusters, patients) == ST_OK);
    groups_read(b->sums, &b->groups, b->values);
    groups_pool(&b->sums[GROUPS], &b->groups, b->sums);
    clusters_read(b->patient, &b->clusters, patients, NULL);
    for (size_t g = 0; g <= GROUPS; g++) {
        b->auc[g] = hist_auc(b->sums[g].count[1], b->sums[g].count[0], bins);
        hist_placements(b->of_positive + g * bins, b->of_negative + g * bins, b->sums[g].count[1],
                        b->sums[g].count[0], bins);
    }
}

static void read_second(struct bench *b)
{
    must(fixed_decode(b->values, &b->sum, b->second, SHIFT, SITES) == ST_OK);
    must(b->values[0] >= 0);
}

static double lap(double *since)
{
    double now = clock_seconds(), took = now - *since;
    *since = now;
    return took;
}

static void pass(struct bench *b, size_t which, size_t run)
{
    size_t values = which == 0 ? b->first : b->second;
    b->contribution.words = b->sum.words = fixed_words(values);
    memset(b->sum.word, 0, ring_bytes(b->sum.bits, b->sum.words));
    double since = clock_seconds(), took[PARTS] = {0};
    for (size_t site = 0; site < SITES; site++) {
        (which == 0 ? count_first : count_second)(b);
        took[PART_COUNT] += lap(&since);
        must(fixed_encode(&b->contribution, b->values, values, SHIFT, SITES) == ST_OK);
        took[PART_INTEGERS] += lap(&since);
        ring_add(&b->sum, &b->contribution);
        took[PART_SUM] += lap(&since);
    }
    (which == 0 ? read_first : read_second)(b);
    took[PART_READ] += lap(&since);
    for (size_t p = 0; p < PARTS; p++)
        b->took[p][which][run] = took[p];
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

static void open_bench(struct bench *b)
{
    static const double thresholds[] = {.5};
    struct rng rng = rng_open(1, RNG_TEST, 0, 0, 0);
    hist_axis_open(&b->axis, thresholds, COUNT(thresholds));
    groups_open(&b->groups, &b->axis, GROUPS);
    clusters_open(&b->clusters, &b->axis, thresholds, COUNT(thresholds), GROUPS);
    b->first = groups_values(&b->groups) + clusters_values(&b->clusters);
    b->second = clusters_place_values(&b->clusters);
    b->values = must_alloc(b->first, sizeof *b->values);
    b->logit = must_alloc(ROWS, sizeof *b->logit);
    b->label = must_alloc(ROWS, sizeof *b->label);
    for (size_t i = 0; i < ROWS; i++) {
        b->label[i] = rng_uniform(&rng) < .1;
        b->logit[i] = rng_normal(&rng) - 2 + b->label[i];
    }
    b->contribution = b->sum = (struct ring){.bits = 64, .words = fixed_words(b->first)};
    b->contribution.word = must_alloc(1, ring_bytes(64, b->sum.words));
    b->sum.word = must_alloc(1, ring_bytes(64, b->sum.words));
    b->sums = must_alloc(GROUPS + 1, sizeof *b->sums);
    b->patient = must_alloc(GROUPS + 1, sizeof *b->patient);
    b->auc = must_alloc(GROUPS + 1, sizeof *b->auc);
    b->of_positive = must_alloc((GROUPS + 1) * b->axis.bins, sizeof *b->of_positive);
    b->of_negative = must_alloc((GROUPS + 1) * b->axis.bins, sizeof *b->of_negative);
}

static void close_bench(struct bench *b)
{
    free(b->values);
    free(b->logit);
    free(b->label);
    free(b->contribution.word);
    free(b->sum.word);
    free(b->sums);
    free(b->patient);
    free(b->auc);
    free(b->of_positive);
    free(b->of_negative);
}

int main(void)
{
    static struct bench b;
    open_bench(&b);
    for (size_t run = 0; run < RUNS; run++)
        for (size_t which = 0; which < 2; which++)
            pass(&b, which, run);
    printf("%d groups, %zu bins, %d sites of %zu rows: %zu and %zu numbers a site\n", GROUPS,
           b.axis.bins, SITES, ROWS, b.first, b.second);
    double all[2] = {0};
    for (size_t p = 0; p < PARTS; p++)
        for (size_t which = 0; which < 2; which++)
            all[which] += median(b.took[p][which]);
    double unit = median(b.took[PART_SUM][0]);
    for (size_t p = 0; p < PARTS; p++)
        printf("  %-28s %8.1f ms %8.1f ms %6.1f x\n", parts[p], 1e3 * b.took[p][0][RUNS / 2],
               1e3 * b.took[p][1][RUNS / 2],
               (b.took[p][0][RUNS / 2] + b.took[p][1][RUNS / 2]) / unit);
    printf("  %-28s %8.1f ms %8.1f ms %6.1f x\n", "in all", 1e3 * all[0], 1e3 * all[1],
           (all[0] + all[1]) / unit);
    close_bench(&b);
    return 0;
}
