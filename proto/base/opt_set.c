#include "proto/base/opt_set.h"

#include <stdio.h>
#include <stdlib.h>

size_t opt_overrides(const char *overrides[static OPT_REPEAT_MAX])
{
    size_t count = opt_repeats("set");
    for (size_t i = 0; i < count; i++)
        overrides[i] = opt_repeat("set", i);
    return count;
}

void opt_show_settings(struct json **data, struct setting_table table)
{
    char *text = settings_manual(&table, 1);
    *data = json_object();
    json_put_text(*data, "manual", text);
    if (!opt_json())
        fputs(text, stdout);
    free(text);
}
