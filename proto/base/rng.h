/*
 * rng.h - counter-based random numbers for training; never for secrets.
 *
 * Philox4x32-10 (Salmon et al., SC 2011): block = f(key, counter). The key is
 * made from (seed, purpose, site, round, step), so any draw of a run can be
 * recomputed alone, in any order, on any number of threads.
 */
#ifndef EVENHAND_RNG_H
#define EVENHAND_RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_purpose {
    RNG_INIT = 1, /* initial weights */
    RNG_ORDER,    /* order of rows */
    RNG_LATENT,   /* eps of the reparameterisation */
    RNG_RELEASE,  /* eps of a released sample, keyed by the patient */
    RNG_NOISE,    /* the noise representation of an evaluation */
    RNG_DROPOUT,
    RNG_COHORT,  /* the synthetic cohort */
    RNG_SHUFFLE, /* links and simulated faults */
    RNG_TEST,
    RNG_SPLIT,     /* which patients validate, where a file does not say */
    RNG_BOOTSTRAP, /* groups drawn again, for intervals and noise floors */
    RNG_BALANCE,   /* rows of the larger class that an attack's probes learn from */
    RNG_POISON     /* patients whose labels an attack poisons */
};

struct rng {
    uint32_t key[2];
    uint32_t counter[4]; /* the next block */
    uint32_t block[4];
    unsigned left; /* words of block not yet given out */
};

/* So many blocks of a stream at once: word[w][i] is word w of block i. */
#define RNG_BLOCKS 32
struct rng_blocks {
    uint32_t word[4][RNG_BLOCKS];
};

/* Philox4x32-10 itself: out = f(counter, key). */
void rng_philox(uint32_t out[static 4], const uint32_t counter[static 4],
                const uint32_t key[static 2]);

/* The next of them, whole: only where nothing is left of the block before. */
void rng_blocks(struct rng_blocks *b, struct rng *r);

/* A stream of its own for each (seed, purpose, site, round, step). */
struct rng rng_open(uint64_t seed, enum rng_purpose purpose, uint64_t site, uint64_t round,
                    uint64_t step);

uint32_t rng_u32(struct rng *r);
void rng_words(uint32_t *out, size_t n, struct rng *r); /* the next n of rng_u32, faster */
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* uniform 0..n-1, without bias; n > 0 */
double rng_uniform(struct rng *r);             /* (0,1): odd multiples of 2^-53, never 0 or 1 */
/* N(0,1) by Box-Muller, the same bits on every machine. Draws two uniforms, keeps no spare. */
double rng_normal(struct rng *r);
void rng_normals(float *out, size_t n, struct rng *r); /* both of each pair are used */
/* A random order of 0..n-1 (Fisher-Yates). */
void rng_shuffle(uint32_t *order, size_t n, struct rng *r);

#endif
