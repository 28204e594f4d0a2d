/* Any bytes as a plan that came over the wire: refused, or the normal form of one plan alone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/adopt/parts.h"
#include "proto/base/must.h"

#define TEXT_MAX 4096 /* a plan has about two thousand */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct plan p;
    len = len < TEXT_MAX ? len : TEXT_MAX;
    if (plan_parse(&p, data, len, adopt_parts, adopt_part_count) == ST_OK) {
        char *normal = settings_normal(p.set);
        must(strlen(normal) == len);
        must(memcmp(normal, data, len) == 0);
        struct digest d = digest_of("evh-plan", data, len);
        must(digest_equal(&d, &p.digest));
        must(settings_count(p.set, "tasks") + settings_count(p.set, "groups") > 0);
        must(p.path[0] == '\0');
        free(normal);
    } else {
        must(p.set == NULL);
    }
    plan_close(&p);
    return 0;
}
