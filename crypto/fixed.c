#include "crypto/fixed.h"

#include <inttypes.h>
#include <math.h>

#include "crypto/quant.h"
#include "proto/base/must.h"

#define FIXED_TAIL (1 + QUANT_GUARDS)

size_t fixed_words(size_t n)
{
    return n + FIXED_TAIL;
}

enum status fixed_encode(struct ring *out, const double *value, size_t n, unsigned shift,
                         uint32_t sites_max)
{
    must(out->bits == 64);
    must(out->words == fixed_words(n));
    must(sites_max > 0);
    double limit = ldexp(1.0, 62 - (int)shift) / sites_max;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(value[i]))
            return fault(EC_RUN_NAN, "", "value %zu of a sum is not finite", i);
        int64_t word = 0;
        enum status st = quant_fixed(&word, value[i], shift, limit);
        if (st != ST_OK)
            return st;
        ring_put(out, i, word);
    }
    ring_put(out, n, 1);
    for (size_t i = 0; i < QUANT_GUARDS; i++)
        ring_put(out, n + 1 + i, 0);
    return ST_OK;
}

enum status fixed_decode(double *value, const struct ring *sum, size_t n, unsigned shift,
                         uint32_t sites)
{
    must(sum->bits == 64);
    if (sum->words != fixed_words(n))
        return fault(EC_RUN_SUM, "", "a sum of %zu words where %zu are due", sum->words,
                     fixed_words(n));
    int64_t count = ring_get(sum, n);
    if (count != (int64_t)sites)
        return fault(EC_RUN_SUM, "", "the sum holds %" PRId64 " sites, %" PRIu32 " were announced",
                     count, sites);
    for (size_t i = 0; i < QUANT_GUARDS; i++)
        if (ring_get(sum, n + 1 + i) != 0)
            return fault(EC_RUN_SUM, "", "guard word %zu of the sum is not zero", i);
    for (size_t i = 0; i < n; i++)
        value[i] = quant_unfixed(ring_get(sum, i), shift);
    return ST_OK;
}
