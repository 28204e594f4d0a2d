/*
 * release_tables TRIALS: attacks so many tables and so many runs of releases, and prints what
 * withholding costs. Exit status 1: something could be worked out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/rng.h"
#include "proto/base/status.h"
#include "tests/support/trial.h"

#define DRAWS  1000
#define GROUPS 5

static void print_tables(const struct trial_tally *t)
{
    double tables = (double)t->level[RELEASE_CELLS];
    printf("%zu tables: %zu withheld counts attacked, the narrowest range %d %% of min_cell\n",
           t->trials, t->attacked, (int)t->tightest);
    printf("  cells shown of %zu tables, totals alone of %zu, nothing of %zu\n",
           t->level[RELEASE_CELLS], t->level[RELEASE_TOTALS], t->level[RELEASE_NOTHING]);
    printf("  a table with cells: %.2f cells, %.2f of them small, %.2f withheld beyond those\n",
           (double)t->cells / tables, (double)t->cells_small / tables,
           (double)(t->cells_withheld - t->cells_small) / tables);
    printf("    %.2f groups, %.2f of them with a small cell, %.2f withheld beyond those\n",
           (double)t->groups / tables, (double)t->groups_small / tables,
           (double)(t->groups_withheld - t->groups_small) / tables);
}

static void print_runs(const struct trial_tally *t)
{
    printf(
        "%zu runs of %d releases: %zu fresh, %zu held; %zu pairs of unlike shape, %zu steps with "
        "other people;\n  %zu withheld counts attacked, the narrowest range %d %% of min_cell\n",
        t->trials, TRIAL_RELEASES, t->fresh, t->held, t->widened, t->moved, t->attacked,
        (int)t->tightest);
}

static bool attack(struct trial_tally *tally, uint64_t trials, bool runs)
{
    char what[256];
    for (uint64_t i = 0; i < trials; i++) {
        bool safe = runs ? trial_of_many(what, tally, release_next, i)
                         : trial_of_one(what, tally, release_next, i);
        if (safe)
            continue;
        printf("trial %llu: %s\n", (unsigned long long)i, what);
        return false;
    }
    return true;
}

/* Patients of five groups of 55 to 3 %, a fifth of them ill, told from the others 8 times of 10. */
static void draw(int64_t count[static GROUPS * 4], struct rng *rng, size_t patients,
                 bool smallest_last)
{
    static const double share[GROUPS] = {0.55, 0.25, 0.12, 0.05, 0.03};
    for (size_t i = 0; i < GROUPS * 4; i++)
        count[i] = 0;
    for (size_t n = 0; n < patients; n++) {
        double u = rng_uniform(rng);
        size_t g = 0;
        while (g < GROUPS - 1 && u >= share[g])
            u -= share[g++];
        bool ill = rng_uniform(rng) < 0.2, right = rng_uniform(rng) < 0.8;
        size_t column = ill ? (right ? RELEASE_TP : RELEASE_FN) : (right ? RELEASE_TN : RELEASE_FP);
        count[(smallest_last ? g : GROUPS - 1 - g) * 4 + column]++;
    }
}

/* How many of the five groups are shown, on average, of a 2 x 2 table each. */
static void print_cost(size_t patients, bool smallest_last)
{
    static const uint32_t site[] = {0, 1, 2};
    static const struct release_rules rules = {.min_cell = 11, .min_sites = 3};
    struct rng rng = rng_open(patients, RNG_TEST, 0, 0, 0);
    double small = 0, withheld = 0, columns = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        int64_t count[GROUPS * 4];
        draw(count, &rng, patients, smallest_last);
        struct release r;
        release_once(&r, &(struct release_table){GROUPS, 4, count, site, COUNT(site)}, &rules);
        columns += r.shape.level == RELEASE_CELLS ? 1 : 0;
        for (size_t g = 0; g < GROUPS; g++) {
            withheld += release_shows(&r.group[g], release_needs("accuracy")) ? 0 : 1;
            bool any = false;
            for (size_t c = 0; c < 4; c++)
                any = any || (count[g * 4 + c] > 0 && count[g * 4 + c] < rules.min_cell);
            small += any ? 1 : 0;
        }
    }
    printf("  %6zu   %-14s %9.2f %10.2f %10.0f %%\n", patients,
           smallest_last ? "smallest last" : "smallest first", small / DRAWS, withheld / DRAWS,
           100 * columns / DRAWS);
}

int main(int argc, char **argv)
{
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    struct trial_tally tables = {0}, runs = {0};
    if (trials == 0 || !attack(&tables, trials, false) || !attack(&runs, trials, true))
        return 1;
    print_tables(&tables);
    print_runs(&runs);
    printf("nothing was worked out\n");

    static const size_t patients[] = {500, 1000, 2000, 5000, 10000, 20000};
    printf("of 5 groups with 55, 25, 12, 5, 3 %% of the patients, TP FP TN FN, min_cell 11:\n");
    printf("  patients order       with a small cell   withheld   cells shown\n");
    for (size_t i = 0; i < COUNT(patients); i++) {
        print_cost(patients[i], true);
        print_cost(patients[i], false);
    }
    return 0;
}
