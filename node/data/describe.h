/*
 * describe.h - what is in a site's file, as numbers and as notes for people.
 *
 * These numbers are for the hospital that owns the file: they name groups of a
 * handful of patients. Nothing here leaves the machine.
 */
#ifndef EVENHAND_DESCRIBE_H
#define EVENHAND_DESCRIBE_H

#include "node/flat.h"
#include "proto/base/json.h"

#define DESCRIBE_MIN_CELL 11 /* as privacy.min_cell: fewer patients get a note */

/*
 * All of it: rows, width, patients, splits, features {constant, not_finite, smallest, largest},
 * norms, duplicates, labels, groups with a count for each label, notes. feature: names, or NULL.
 * f need not have passed flat_judge. Yours.
 */
struct json *describe(const struct flat *f, const char *const *feature);

/*
 * The notes alone: usable, but somebody should know. A label of one class, a group of one level,
 * constant features, rows that stand there twice, no test rows, small groups. Yours.
 */
struct json *describe_notes(const struct flat *f, const char *const *feature);

/* The JSON of describe as text for people. */
void describe_print(const struct json *about);

#endif
