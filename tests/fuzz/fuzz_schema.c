/* Any bytes as what a site says of its data: refused, or a population that is said in these. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "models/core/schema.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_target(const struct target *t)
{
    must(t->kind <= TARGET_REGRESSION);
    must(t->levels <= TARGET_LEVELS_MAX);
    must((t->levels == 0) == (t->kind == TARGET_REGRESSION));
    must(t->levels == 2 || t->kind != TARGET_BINARY);
    must(memchr(t->name, '\0', sizeof t->name) != NULL);
    for (size_t l = 0; l < TARGET_LEVELS_MAX; l++) {
        must(memchr(t->level[l], '\0', sizeof t->level[l]) != NULL);
        must(l < t->levels || t->level[l][0] == '\0');
        must(t->share[l] == 0);
    }
    must(t->known == 0);
    must(t->sd == 1);
}

static void check_population(const struct population *who)
{
    must(who->width > 0);
    must(who->rows == 0);
    must(who->task_count <= TASKS_MAX);
    must(who->group_count <= GROUPS_MAX);
    for (size_t i = 0; i < who->task_count; i++)
        check_target(&who->task[i]);
    for (size_t i = 0; i < who->group_count; i++)
        check_target(&who->group[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct population who;
    struct reader r = {.at = data, .left = len};
    if (schema_read(&who, &r, "fuzz") != ST_OK)
        return 0;
    check_population(&who);
    uint8_t *bytes = must_alloc(len, 1);
    struct writer w = {.at = bytes, .left = len};
    schema_write(&w, &who);
    must(!w.spent);
    must(w.done == len);
    must(memcmp(bytes, data, len) == 0);
    free(bytes);
    return 0;
}
