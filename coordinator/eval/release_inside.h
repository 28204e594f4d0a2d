/*
 * release_inside.h - what release*.c share.
 */
#ifndef EVENHAND_RELEASE_INSIDE_H
#define EVENHAND_RELEASE_INSIDE_H

#include "coordinator/eval/release.h"

/* Is it 1 to min_cell - 1? */
bool release_small(int64_t count, int64_t min_cell);
/* R2 and R3 of release.h, from the shape there was: nothing comes back. */
void release_widen(struct release_shape *s, const struct release_table *t, int64_t min_cell);
/* The numbers that this shape shows of this table, small or not. */
void release_fill(struct release *r, const struct release_shape *s, const struct release_table *t);

#endif
