/*
 * Normal draws by Box-Muller. The initial model is drawn by every hospital for
 * itself, so all machines must get the same bytes; the C library's log, sin and
 * cos differ in the last bit between processors and versions. The ones here use
 * nothing but + - * / and sqrt, which IEEE 754 rounds in one way only.
 */
#include "proto/base/rng.h"

#include <math.h>
#include <string.h>

#define LN2   0x1.62e42fefa39efp-1
#define TWOPI 0x1.921fb54442d18p+2

/* ln u = e ln 2 + 2 atanh((m - 1)/(m + 1)) with u = m 2^e, m in [sqrt 1/2, sqrt 2). */
static double natural_log(double u)
{
    uint64_t bits;
    memcpy(&bits, &u, sizeof(bits));
    double e = (double)(bits >> 52) - 1022.0; /* u is positive and normal: m in [1/2, 1) */
    bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(0x3FE0000000000000);
    double m;
    memcpy(&m, &bits, sizeof(m));
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        e -= 1.0;
    }
    /* |s| < 0.1716: eleven terms of s^(2k+1)/(2k+1) leave less than 2^-57 of the sum. */
    static const double odd[] = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                 1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3};
    double s = (m - 1.0) / (m + 1.0), s2 = s * s;
    double sum = 0.0;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        sum = (sum + odd[i]) * s2;
    return e * LN2 + 2.0 * (s + s * sum);
}

/* sin and cos of 2 pi u: the nearest quarter turn comes off exactly, Taylor does the rest. */
static void turn(double *sine, double *cosine, double u)
{
    unsigned quarter = (unsigned)(4.0 * u + 0.5);
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

    switch (quarter % 4) {
    case 0:
        *sine = s, *cosine = c;
        break;
    case 1:
        *sine = c, *cosine = -s;
        break;
    case 2:
        *sine = -s, *cosine = -c;
        break;
    default:
        *sine = -c, *cosine = s;
    }
}

static void pair(double *first, double *second, struct rng *r)
{
    double radius = sqrt(-2.0 * natural_log(rng_uniform(r)));
    double sine, cosine;
    turn(&sine, &cosine, rng_uniform(r));
    *first = radius * cosine;
    *second = radius * sine;
}

double rng_normal(struct rng *r)
{
    double first, second;
    pair(&first, &second, r);
    return first;
}

void rng_normals(float *out, size_t n, struct rng *r)
{
    for (size_t i = 0; i < n; i += 2) {
        double first, second;
        pair(&first, &second, r);
        out[i] = (float)first;
        if (i + 1 < n)
            out[i + 1] = (float)second;
    }
}
