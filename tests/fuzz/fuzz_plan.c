/* Any bytes as a plan from the wire: refused, or they are the one normal form of what was read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/adopt/parts.h"
#include "proto/base/must.h"
#include "proto/wire/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct plan p;
    if (len == 0)
        return 0; /* the codec lets no empty plan through */
    if (plan_parse(&p, data, len, adopt_parts, adopt_part_count) != ST_OK) {
        must(p.set == NULL);
        return 0;
    }
    char *normal = settings_normal(p.set);
    struct digest digest = digest_of("evh-plan", normal, strlen(normal));
    must(strlen(normal) == len);
    must(memcmp(normal, data, len) == 0);
    must(digest_equal(&digest, &p.digest));
    must(settings_count(p.set, "tasks") + settings_count(p.set, "groups") > 0);
    must(p.path[0] == '\0');
    free(normal);
    plan_close(&p);
    return 0;
}
