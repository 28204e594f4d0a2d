/* Any bytes behind a fitting length and checksum: refused, or data that keep every promise. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/flat.h"
#include "proto/base/must.h"

#define CHECKSUM_AT 88
#define END_AT      80

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* flat.h: FNV-1a over 64-bit words, of all but the checksum. */
static uint64_t checksum(const uint8_t *bytes, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t at = 0; at < len; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        if (at != CHECKSUM_AT)
            h = (h ^ word) * UINT64_C(0x100000001b3);
    }
    return h;
}

static void look_at_all_of_it(const struct flat *f)
{
    double sum = 0;

    for (size_t i = 0; i < f->rows; i++) {
        must(f->split[i] < SPLIT_NONE);
        sum += (double)(f->patient[i] & 1);
    }
    for (size_t i = 0; i < (f->task_count + f->group_count) * f->rows; i++)
        must(!isinf(f->value[i]));
    for (size_t i = 0; i < f->rows * f->width; i++)
        must(isfinite(f->x[i]));
    must(sum >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct flat f;
    uint64_t padded = (len + 63) / 64 * 64;
    uint8_t *bytes = aligned_alloc(64, padded + 64);

    must(bytes != NULL);
    memset(bytes, 0, padded + 64);
    memcpy(bytes, data, len);
    if (padded >= CHECKSUM_AT + 8) {
        memcpy(bytes + END_AT, &padded, sizeof padded);
        uint64_t sum = checksum(bytes, padded);
        memcpy(bytes + CHECKSUM_AT, &sum, sizeof sum);
    }
    if (flat_parse(&f, bytes, padded, "fuzz") == ST_OK)
        look_at_all_of_it(&f);
    free(bytes);
    return 0;
}
