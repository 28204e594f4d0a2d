/* Any user id: a pass when it is "SITE.VERSION" as we write it, and nobody's otherwise. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"
#include "proto/wire/zap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Digits up to UINT32_MAX, without zeros that say nothing; *text is moved behind them. */
static bool number(uint32_t *value, const char **text)
{
    uint64_t sum = 0;
    const char *first = *text, *c = first;
    for (; *c >= '0' && *c <= '9' && sum <= UINT32_MAX; c++)
        sum = 10 * sum + (uint64_t)(*c - '0');
    *text = c;
    *value = (uint32_t)sum;
    return c > first && sum <= UINT32_MAX && (first[0] != '0' || c == first + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = must_alloc(len + 1, 1);
    if (len > 0)
        memcpy(text, data, len);
    const char *c = text;
    struct pass want = {0, 0}, got = {7, 7};
    bool good = number(&want.site, &c) && *c++ == '.' && number(&want.version, &c) && *c == '\0';
    must(zap_pass(&got, text) == good);
    must(got.site == (good ? want.site : 7));
    must(got.version == (good ? want.version : 7));
    free(text);
    return 0;
}
