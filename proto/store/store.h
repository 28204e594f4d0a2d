/*
 * store.h - what must survive a crash: one folder a party and a run.
 *
 *     folder/lock       held by the process that works here; stays when it ends
 *     folder/run.db     the rows: facts, sites, legs (SQLite; with run.db-wal while it is open)
 *     folder/blobs/     the published sums, one file each (blob.h)
 *
 * What a call kept is durable when it returns ST_OK: a crash, a kill or a power cut at any moment
 * leaves every call before it whole, and the one in hand whole or not begun. What the store holds
 * is always a prefix of the run: the sites, then leg 1, 2, 3 and so on without a gap. A blob is on the
 * disk before the row that names it; what no row names is removed at the next opening.
 *
 * Faults of every call: EC_IO_WRITE (full disk, worn-out disk), EC_IO_CREATE and EC_IO_OPEN: the
 * store is as before and stays usable, and the same call may be made again. EC_STORE_DAMAGED: what
 * was read is not what was kept. One thread owns a store.
 */
#ifndef EVENHAND_STORE_H
#define EVENHAND_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/ring.h"
#include "proto/base/status.h"

struct store;

/*
 * Opens what the folder holds, or makes the folder (mode 0700; files 0600). EC_IO_BUSY while
 * another process, or another store of this one, has it open. EC_STORE_VERSION when a newer
 * version wrote it; EC_STORE_DAMAGED when run.db is no database of ours, fails its check, or is
 * gone while sums are there. crypto_start() comes first.
 */
MUST_CHECK enum status store_open(struct store **s, const char *folder);
/* Gives the folder free. NULL is welcome. */
void store_close(struct store **s);

/* Facts: one text a key; a second one replaces the first. */
MUST_CHECK enum status store_put_text(struct store *s, const char *key, const char *value);
/* *value: malloc, yours; NULL when there is none. */
MUST_CHECK enum status store_get_text(char **value, const struct store *s, const char *key);

/*
 * The sites of the run, in the order of their numbers, count > 0. Once: EC_STORE_CONFLICT when
 * there are sites already, or when two have one name.
 */
MUST_CHECK enum status store_put_sites(struct store *s, const char *const *name, size_t count);
/* *name: `*count` names in one piece of memory (malloc, yours); NULL and 0 before they were put. */
MUST_CHECK enum status store_sites(char ***name, size_t *count, const struct store *s);

/*
 * Keeps the published sum of a leg, 1 <= leg <= store_sums() + 1, after the sites were put. in_sum
 * [sites, as many as were put]: whose contributions it holds; counted: how many those are. Needs less
 * than 1 MiB beside the vector. A leg that is there is not kept again: that is fine when all is the
 * same, and EC_STORE_CONFLICT when anything differs.
 */
MUST_CHECK enum status store_keep_sum(struct store *s, uint64_t leg, uint32_t counted,
                                      const bool *in_sum, size_t sites, const struct ring *sum);
/*
 * The sum of a leg, 1 <= leg <= store_sums(), verified; sum->word: malloc, yours. in_sum [sites]
 * may be NULL. On a fault sum->word is NULL.
 */
MUST_CHECK enum status store_read_sum(struct ring *sum, uint32_t *counted, bool *in_sum,
                                      const struct store *s, uint64_t leg, size_t sites);
/* How many legs are kept: they are 1 to this. */
uint64_t store_sums(const struct store *s);

/*
 * The run is over: removes facts, sites and sums, all or none of them. On a fault of removing the
 * blobs the run is forgotten all the same; they go at the next opening.
 */
MUST_CHECK enum status store_forget(struct store *s);

#endif
