/*
 * clones.h - one loop for several processors; the program takes the best when it starts.
 *
 *     CLONES static void adam(...)    -> one copy for AVX-512, one for AVX2, one for all others
 *
 * A copy differs in how many elements it works on at once and in nothing else: elements keep
 * their own arithmetic (-ffp-contract=off: a product and a sum stay two roundings), and a sum goes
 * through as many partial sums as its source says. So every copy gives the same bits. One copy only
 * in watched builds, as sanitizers are not ready yet when the choice is made, and from clang, whose
 * choosers of static functions (14) have names that clash between files.
 */
#ifndef EVENHAND_CLONES_H
#define EVENHAND_CLONES_H

#if defined(__x86_64__) && !defined(__clang__) && !defined(EVENHAND_VERIFY)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

/* A function that loops call and that must not stay a call, or they do not become vectors. */
#define LOOP_BODY static inline __attribute__((always_inline))

#endif
