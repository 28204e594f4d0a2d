/*
 * kept.h - a folder with a store in it, and runs whose legs are known by their numbers.
 */
#ifndef EVENHAND_KEPT_H
#define EVENHAND_KEPT_H

#include "proto/store/store.h"
#include "tests/support/scratch.h"

#define KEPT_SITES 11
#define KEPT_WORDS 50

struct kept {
    struct scratch scratch;
    char folder[SCRATCH_MAX]; /* of the store */
};

extern const char *const kept_names[KEPT_SITES];

struct kept kept_open(void); /* the folder is not made yet */
void kept_close(const struct kept *k);
/* The store, opened; closed and opened again; new, with its sites and the legs 1 to `legs`. */
struct store *kept_store(const struct kept *k);
struct store *kept_again(const struct kept *k, struct store *s);
struct store *kept_legs(const struct kept *k, uint64_t legs);

/* What is in the sum of a leg, and of whom. Odd legs have 32 bits, even ones 64. */
struct kept_leg {
    bool in_sum[KEPT_SITES];
    uint32_t counted;
    uint64_t word[KEPT_WORDS];
    struct ring sum;
};

struct kept_leg *kept_leg(uint64_t leg); /* until the next call */
MUST_CHECK enum status kept_keep(struct store *s, uint64_t leg, const struct kept_leg *l);
void kept_check(const struct store *s, uint64_t leg); /* it is there, and as it was kept */

/* Paths in the folder, and how many files one of its folders holds. */
const char *kept_path(char path[static SCRATCH_MAX], const struct kept *k, const char *name);
const char *kept_blob(char path[static SCRATCH_MAX], const struct kept *k, uint64_t leg);
size_t kept_files(const struct kept *k, const char *name);

#endif
