#include "crypto/quant.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "proto/base/must.h"

_Static_assert(FLT_EVAL_METHOD == 0, "double arithmetic is rounded to double at every step");

#define LIMB          65536
#define SITES_MAX_32  32767  /* (2^15 - 1)(2^16 - 1) < 2^31: sums of limbs cannot wrap */
#define WEIGHT_MAX_32 0x1p32 /* two limbs */
#define WEIGHT_MAX_64 0x1p53 /* whole numbers are exact in a double */
#define CLIP_MIN      1e-30
#define CLIP_MAX      1e30

static bool fits(double magnitude, int64_t bound)
{
    return magnitude < 0x1p63 && (int64_t)ceil(magnitude) <= bound;
}

/* floor(log2(bound / clip)), decided in integers: a quotient rounded up would wrap. */
static int exponent_for(double clip, int64_t bound)
{
    int e = 0;
    (void)frexp(clip, &e);
    e = 63 - e; /* clip * 2^e lies in [2^62, 2^63) */
    while (!fits(ldexp(clip, e), bound))
        e--;
    return e;
}

enum status quant_open(struct quant *q, unsigned bits, uint32_t sites_max, double clip,
                       double w_cap)
{
    bool narrow = bits == 32;
    double weight_max = narrow ? WEIGHT_MAX_32 : WEIGHT_MAX_64;

    if (bits != 32 && bits != 64)
        return fault(EC_RUN_HEADROOM, "", "sums have 32 or 64 bits, not %u", bits);
    if (sites_max == 0 || (narrow && sites_max > SITES_MAX_32))
        return fault(EC_RUN_HEADROOM, "", "%" PRIu32 " sites; %u-bit sums hold 1 to %" PRIu32,
                     sites_max, bits, narrow ? (uint32_t)SITES_MAX_32 : UINT32_MAX);
    if (!(clip >= CLIP_MIN && clip <= CLIP_MAX))
        return fault(EC_RUN_HEADROOM, "", "a clip of %g is not within %g to %g", clip, CLIP_MIN,
                     CLIP_MAX);
    if (!(w_cap >= 1 && w_cap < weight_max))
        return fault(EC_RUN_HEADROOM, "", "a weight cap of %g is not within 1 to %g", w_cap,
                     weight_max);
    if (!(w_cap * sites_max < 0x1p63))
        return fault(EC_RUN_HEADROOM, "", "%" PRIu32 " weights of %g could overflow 63 bits",
                     sites_max, w_cap);

    *q = (struct quant){.bits = bits, .sites_max = sites_max, .clip = clip, .w_cap = w_cap};
    q->bound = (narrow ? INT32_MAX : INT64_MAX) / (int64_t)sites_max;
    q->exponent = exponent_for(clip, q->bound);
    q->scale = ldexp(1, q->exponent);
    return ST_OK;
}

size_t quant_words(const struct quant *q, size_t n)
{
    size_t weight_words = q->bits == 32 ? 2 : 1;
    return n + 1 + weight_words + QUANT_GUARDS;
}

/*
 * The pattern of the largest magnitude: without their sign, patterns are ordered as the floats are,
 * infinity and NaN above the rest. No early way out, so that it vectorises.
 */
static int32_t largest(const float *v, size_t n)
{
    int32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t pattern;
        memcpy(&pattern, &v[i], sizeof(pattern));
        pattern &= INT32_MAX;
        most = pattern > most ? pattern : most;
    }
    return most;
}

/*
 * nearbyint for |v| < 2^51: beside 1.5 * 2^52 doubles are whole numbers, so the addition rounds
 * half to even, and the difference of the bit patterns is the result.
 */
static inline int64_t rounded(double v)
{
    static const double shift = 0x1.8p52;
    double shifted = v + shift;
    int64_t bits, origin;
    memcpy(&bits, &shifted, sizeof(bits));
    memcpy(&origin, &shift, sizeof(origin));
    return bits - origin;
}

static inline double clamped(double v, double clip)
{
    double below = v > clip ? clip : v;
    return below < -clip ? -clip : below;
}

static void encode_32(uint32_t *restrict out, const struct quant *q, const float *restrict delta,
                      size_t n, double omega)
{
    double clip = q->clip, scale = q->scale;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)rounded(clamped(omega * (double)delta[i], clip) * scale);
}

static void encode_64(int64_t *restrict out, const struct quant *q, const float *restrict delta,
                      size_t n, double omega)
{
    double clip = q->clip, scale = q->scale;
    for (size_t i = 0; i < n; i++)
        out[i] = llrint(clamped(omega * (double)delta[i], clip) * scale);
}

/* Usually none: then the largest magnitude says so. */
static size_t count_clipped(const float *delta, size_t n, double omega, double clip, float most)
{
    size_t clipped = 0;
    if (omega * (double)most <= clip)
        return 0;
    for (size_t i = 0; i < n; i++)
        clipped += fabs(omega * (double)delta[i]) > clip;
    return clipped;
}

static void put_tail(struct ring *out, size_t at, int64_t weight)
{
    ring_put(out, at++, 1);
    if (out->bits == 32) {
        ring_put(out, at++, weight % LIMB);
        ring_put(out, at++, weight / LIMB);
    } else {
        ring_put(out, at++, weight);
    }
    for (size_t i = 0; i < QUANT_GUARDS; i++)
        ring_put(out, at++, 0);
    must(at == out->words);
}

enum status quant_encode(struct ring *out, const struct quant *q, const float *delta, size_t n,
                         double w, size_t *clipped)
{
    must(out->bits == q->bits);
    must(out->words == quant_words(q, n));

    if (!isfinite(w))
        return fault(EC_RUN_NAN, "", "the weight of the update is not finite");
    int32_t pattern = largest(delta, n);
    float most;
    memcpy(&most, &pattern, sizeof(most));
    if (!isfinite(most)) {
        size_t at = 0;
        while (isfinite(delta[at]))
            at++;
        return fault(EC_RUN_NAN, "", "value %zu of the update is not finite", at);
    }
    must(w >= 0);

    double weight = floor(fmin(w, q->w_cap));
    double omega = weight / q->w_cap;
    if (q->bits == 32)
        encode_32(out->word, q, delta, n, omega);
    else
        encode_64(out->word, q, delta, n, omega);
    put_tail(out, n, (int64_t)weight);
    *clipped = count_clipped(delta, n, omega, q->clip, most);
    return ST_OK;
}

/* I2, I3 and I4; the weight is their sum. */
static enum status judge_tail(int64_t *weight, const struct ring *sum, const struct quant *q,
                              size_t at, uint32_t sites)
{
    int64_t count = ring_get(sum, at++);
    if (count != (int64_t)sites)
        return fault(EC_RUN_SUM, "", "the sum holds %" PRId64 " sites, %" PRIu32 " were announced",
                     count, sites);

    int64_t low = ring_get(sum, at++);
    int64_t high = sum->bits == 32 ? ring_get(sum, at++) : 0;
    if (low < 0 || high < 0)
        return fault(EC_RUN_SUM, "", "the sum of the weights is negative");
    int64_t cap = (int64_t)floor(q->w_cap) * (int64_t)sites;
    *weight = low + high * LIMB; /* at most 2^47 where there are limbs */
    if (*weight > cap)
        return fault(EC_RUN_SUM, "", "weights of %" PRId64 ", at most %" PRId64, *weight, cap);

    for (size_t i = 0; i < QUANT_GUARDS; i++)
        if (ring_get(sum, at++) != 0)
            return fault(EC_RUN_SUM, "", "guard word %zu of the sum is not zero", i);
    return ST_OK;
}

static bool within_32(const int32_t *word, size_t n, int64_t most)
{
    int32_t low = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        low = word[i] < low ? word[i] : low;
        high = word[i] > high ? word[i] : high;
    }
    return low >= -most && high <= most;
}

static bool within_64(const int64_t *word, size_t n, int64_t most)
{
    int64_t low = 0, high = 0;
    for (size_t i = 0; i < n; i++) {
        low = word[i] < low ? word[i] : low;
        high = word[i] > high ? word[i] : high;
    }
    return low >= -most && high <= most;
}

/* I5. One site gives at most RNE(clip * S), which is at most B, so sites of them do not wrap. */
static enum status judge_words(const struct ring *sum, const struct quant *q, size_t n,
                               uint32_t sites)
{
    int64_t most = llrint(q->clip * q->scale) * (int64_t)sites;
    bool in = sum->bits == 32 ? within_32(sum->word, n, most) : within_64(sum->word, n, most);
    if (in)
        return ST_OK;
    size_t at = 0;
    while (ring_get(sum, at) <= most && ring_get(sum, at) >= -most)
        at++;
    return fault(EC_RUN_SUM, "", "word %zu of the sum is %" PRId64 ", at most %" PRId64, at,
                 ring_get(sum, at), most);
}

static void means(double *restrict mean, const struct ring *sum, const struct quant *q, size_t n,
                  double weight)
{
    double cap = q->w_cap, whole = q->scale * weight;
    if (weight == 0) {
        memset(mean, 0, n * sizeof(*mean));
    } else if (sum->bits == 32) {
        const int32_t *word = sum->word;
        for (size_t i = 0; i < n; i++)
            mean[i] = (double)word[i] * cap / whole;
    } else {
        const int64_t *word = sum->word;
        for (size_t i = 0; i < n; i++)
            mean[i] = (double)word[i] * cap / whole;
    }
}

enum status quant_decode(double *mean, struct quant_tail *tail, const struct ring *sum,
                         const struct quant *q, size_t n, uint32_t sites)
{
    must(sum->bits == q->bits);

    if (sum->words != quant_words(q, n))
        return fault(EC_RUN_SUM, "", "a sum of %zu words where %zu are due", sum->words,
                     quant_words(q, n));
    if (sites == 0 || sites > q->sites_max)
        return fault(EC_RUN_SUM, "", "a sum of %" PRIu32 " sites, at most %" PRIu32, sites,
                     q->sites_max);
    int64_t weight = 0;
    enum status st = judge_tail(&weight, sum, q, n, sites);
    if (st == ST_OK)
        st = judge_words(sum, q, n, sites);
    if (st != ST_OK)
        return st;

    *tail = (struct quant_tail){.sites = sites, .weight = (double)weight};
    means(mean, sum, q, n, tail->weight);
    return ST_OK;
}

enum status quant_fixed(int64_t *out, double value, unsigned shift, double limit)
{
    must(shift <= 62);
    must(limit >= 0);
    must(ldexp(limit, (int)shift) < 0x1p63);

    if (isnan(value))
        return fault(EC_RUN_NAN, "", "a value of a sum is not a number");
    if (fabs(value) > limit)
        return fault(EC_RUN_HEADROOM, "", "%g is larger than %g", value, limit);
    *out = llrint(ldexp(value, (int)shift));
    return ST_OK;
}

double quant_unfixed(int64_t value, unsigned shift)
{
    return ldexp((double)value, -(int)shift);
}
