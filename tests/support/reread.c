#include "tests/support/reread.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/must.h"

void must_reread(const struct setting_table *table, const struct settings *s)
{
    char *normal = settings_normal(s), *copy = strdup(normal);
    must(copy != NULL);
    struct settings *again = settings_open(table, 1);
    char *rest = copy;
    for (char *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n"))
        must(settings_put_pair(again, line) == ST_OK);
    must(settings_finish(again) == ST_OK);
    char *same = settings_normal(again);
    must(strcmp(same, normal) == 0);
    settings_close(&again);
    free(same);
    free(copy);
    free(normal);
}
