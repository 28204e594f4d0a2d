/* Any bytes behind a fitting checksum: refused, or a model whose every weight is finite. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/ckpt.h"
#include "models/core/vec.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ckpt c;
    uint8_t *bytes = must_alloc(len + 8, 1);
    memcpy(bytes, data, len);
    uint64_t sum = ckpt_checksum(bytes, len);
    for (size_t i = 0; i < 8; i++)
        bytes[len + i] = (uint8_t)(sum >> (8 * i));
    if (ckpt_parse(&c, bytes, len + 8, "fuzz") == ST_OK) {
        must(vec_finite(c.theta, c.map.end));
        ckpt_close(&c);
    }
    free(bytes);
    return 0;
}
