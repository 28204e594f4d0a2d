/*
 * Normal draws by Box-Muller. The initial model is drawn by every hospital for
 * itself, so all machines must get the same bytes; the C library's log, sin and
 * cos differ in the last bit between processors and versions. The ones here use
 * nothing but + - * / and sqrt, which IEEE 754 rounds in one way only, and no
 * branches, so that many pairs can be made at once.
 */
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

#include "proto/base/clones.h"

#define LN2   0x1.62e42fefa39efp-1
#define TWOPI 0x1.921fb54442d18p+2

LOOP_BODY uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

LOOP_BODY double double_of(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* rng_uniform of a pair of words: both steps are exact. */
LOOP_BODY double uniform_of(uint32_t low, uint32_t high)
{
    uint64_t word = (uint64_t)high << 32 | low;
    return double_of(word >> 12 | UINT64_C(0x3FF0000000000000)) - 1.0 + 0x1p-53;
}

/* ln u = e ln 2 + 2 atanh((m - 1)/(m + 1)) with u = m 2^e, m in [sqrt 1/2, sqrt 2). */
LOOP_BODY double natural_log(double u)
{
    uint64_t bits = bits_of(u); /* positive and normal */
    uint64_t fraction = bits & UINT64_C(0x000FFFFFFFFFFFFF);
    uint64_t small = (uint64_t)((int64_t)fraction - INT64_C(0x6A09E667F3BCD)) >> 63;
    double m = double_of(fraction | (0x3FE + small) << 52);
    /* 2^52 + e, read from its lower bits, is exact. */
    double e = double_of(((bits >> 52) - small) | UINT64_C(0x433) << 52) - 0x1p52 - 1022.0;
    /* |s| < 0.1716: eleven terms of s^(2k+1)/(2k+1) leave less than 2^-57 of the sum. */
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double sum = 1.0 / 21 * s2;
    sum = (sum + 1.0 / 19) * s2;
    sum = (sum + 1.0 / 17) * s2;
    sum = (sum + 1.0 / 15) * s2;
    sum = (sum + 1.0 / 13) * s2;
    sum = (sum + 1.0 / 11) * s2;
    sum = (sum + 1.0 / 9) * s2;
    sum = (sum + 1.0 / 7) * s2;
    sum = (sum + 1.0 / 5) * s2;
    sum = (sum + 1.0 / 3) * s2;
    return e * LN2 + 2.0 * (s + s * sum);
}

struct turned {
    double sine, cosine;
};

/* sin and cos of 2 pi u: the nearest quarter turn comes off exactly, Taylor does the rest. */
LOOP_BODY struct turned turn(double u)
{
    int32_t quarter = (int32_t)(4.0 * u + 0.5);
    double x = TWOPI * (u - 0.25 * quarter), x2 = x * x; /* |x| <= pi/4 */
    double s = 1.0 / 355687428096000.0;                  /* 1/17! ... 1/3!, then 1/16! ... 1/2! */
    s = s * x2 - 1.0 / 1307674368000.0;
    s = s * x2 + 1.0 / 6227020800.0;
    s = s * x2 - 1.0 / 39916800.0;
    s = s * x2 + 1.0 / 362880.0;
    s = s * x2 - 1.0 / 5040.0;
    s = s * x2 + 1.0 / 120.0;
    s = s * x2 - 1.0 / 6.0;
    s = x + x * x2 * s;
    double c = 1.0 / 20922789888000.0;
    c = c * x2 - 1.0 / 87178291200.0;
    c = c * x2 + 1.0 / 479001600.0;
    c = c * x2 - 1.0 / 3628800.0;
    c = c * x2 + 1.0 / 40320.0;
    c = c * x2 - 1.0 / 720.0;
    c = c * x2 + 1.0 / 24.0;
    c = c * x2 - 0.5;
    c = 1.0 + x2 * c;

    /* (s,c), (c,-s), (-s,-c), (-c,s) by quarter, on the bits. */
    int64_t q = quarter;
    uint64_t swap = (bits_of(s) ^ bits_of(c)) & (uint64_t) - (q & 1);
    uint64_t sine = bits_of(s) ^ swap ^ (uint64_t)(q >> 1 & 1) << 63;
    uint64_t cosine = bits_of(c) ^ swap ^ (uint64_t)((q + 1) >> 1 & 1) << 63;
    return (struct turned){double_of(sine), double_of(cosine)};
}

struct pair {
    double first, second;
};

/* Of two uniforms, each a low and a high word. */
LOOP_BODY struct pair pair_of(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3)
{
    double radius = sqrt(-2.0 * natural_log(uniform_of(w0, w1)));
    struct turned t = turn(uniform_of(w2, w3));
    return (struct pair){radius * t.cosine, radius * t.sine};
}

static struct pair next_pair(struct rng *r)
{
    uint32_t w[4];
    rng_words(w, 4, r);
    return pair_of(w[0], w[1], w[2], w[3]);
}

CLONES static void pairs_of(float *out, const struct rng_blocks *b)
{
    float first[RNG_BLOCKS], second[RNG_BLOCKS];
    for (size_t i = 0; i < RNG_BLOCKS; i++) {
        struct pair p = pair_of(b->word[0][i], b->word[1][i], b->word[2][i], b->word[3][i]);
        first[i] = (float)p.first;
        second[i] = (float)p.second;
    }
    for (size_t i = 0; i < RNG_BLOCKS; i++) {
        out[2 * i] = first[i];
        out[2 * i + 1] = second[i];
    }
}

double rng_normal(struct rng *r)
{
    return next_pair(r).first;
}

void rng_normals(float *out, size_t n, struct rng *r)
{
    size_t i = 0;
    for (; r->left == 0 && n - i >= 2 * (size_t)RNG_BLOCKS; i += 2 * (size_t)RNG_BLOCKS) {
        struct rng_blocks b; /* a block is a pair */
        rng_blocks(&b, r);
        pairs_of(out + i, &b);
    }
    for (; i < n; i += 2) {
        struct pair p = next_pair(r);
        out[i] = (float)p.first;
        if (i + 1 < n)
            out[i + 1] = (float)p.second;
    }
}
