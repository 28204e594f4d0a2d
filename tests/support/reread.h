/*
 * reread.h - does the normal form of settings say all of them?
 */
#ifndef EVENHAND_REREAD_H
#define EVENHAND_REREAD_H

#include "proto/base/settings.h"

/* Puts every line of the normal form of s into a new set under the same table: it must finish, and
 * have that normal form too. Stops when not. */
void must_reread(const struct setting_table *table, const struct settings *s);

#endif
