/*
 * opt_help.h - the pages of --help; for opt.c.
 */
#ifndef EVENHAND_OPT_HELP_H
#define EVENHAND_OPT_HELP_H

#include <stdio.h>

#include "proto/base/opt.h"

/* The version that --version prints; a release build sets it. */
#ifndef EVENHAND_VERSION
#define EVENHAND_VERSION "0.1.0-dev"
#endif

/* All verbs, or those of one group ("simulate"; "": all). */
void opt_help_program(FILE *out, const char *program, const char *about,
                      const struct opt_verb *verbs, size_t count, const char *group);
void opt_help_verb(FILE *out, const char *program, const struct opt_verb *verb);
/* Is this word the first of a verb of two? */
bool opt_help_has_group(const struct opt_verb *verbs, size_t count, const char *word);

#endif
