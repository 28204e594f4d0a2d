/* Any bytes, as they come and under a fitting digest: refused, or the one frame that says this. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"
#include "proto/wire/frame.h"
#include "proto/wire/limits.h"

#define DIGEST_AT (FRAME_HEADER_BYTES - DIGEST_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void parse(const uint8_t *bytes, size_t len)
{
    struct frame f, again;
    if (frame_parse(&f, bytes, len) != ST_OK)
        return;
    must(f.head.type < MSG_KINDS);
    must(f.body == bytes + FRAME_HEADER_BYTES);
    must(frame_bytes(&f.head) == len);
    must(len <= WIRE_FRAME_MAX);
    uint8_t *out = malloc(len);
    must(out != NULL);
    frame_write(out, &f.head, f.body);
    must(memcmp(out, bytes, len) == 0);
    must(frame_parse(&again, out, len) == ST_OK);
    free(out);
}

/* frame.h: over the header with zeros in the digest's place, and the body. */
static void fit_digest(uint8_t *bytes, size_t len)
{
    memset(bytes + DIGEST_AT, 0, DIGEST_BYTES);
    struct digest d = digest_of("evh-frame", bytes, len);
    memcpy(bytes + DIGEST_AT, d.byte, DIGEST_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    parse(data, len);
    if (len < FRAME_HEADER_BYTES)
        return 0;
    uint8_t *bytes = malloc(len);
    must(bytes != NULL);
    memcpy(bytes, data, len);
    fit_digest(bytes, len);
    parse(bytes, len);
    free(bytes);
    return 0;
}
