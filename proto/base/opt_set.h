/*
 * opt_set.h - the option --set of verbs that read a settings file, and what such a file may hold.
 */
#ifndef EVENHAND_OPT_SET_H
#define EVENHAND_OPT_SET_H

#include "proto/base/opt.h"
#include "proto/base/settings.h"

/* The row of a verb's table. */
#define OPT_SET_ROW                                                                                \
    {                                                                                              \
        "set", "key=value", "set a key of the file for this call; may be repeated"                 \
    }

/* What was given; valid while the verb runs. */
size_t opt_overrides(const char *overrides[static OPT_REPEAT_MAX]);

/* The work of a verb `settings`: the table on stdout, and as its result. */
void opt_show_settings(struct json **data, struct setting_table table);

#endif
