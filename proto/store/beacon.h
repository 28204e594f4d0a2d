/*
 * beacon.h - what a long-running program says of itself, for those who ask while it runs.
 *
 *     folder/lock          held as long as the program lives, however it ends
 *     folder/status.json   what it said last
 *
 * The file is replaced as a whole and survives its program: that it is alive, the lock says. The
 * lock also keeps a second program out of the folder.
 */
#ifndef EVENHAND_BEACON_H
#define EVENHAND_BEACON_H

#include "proto/base/json.h"
#include "proto/base/status.h"

struct beacon; /* opaque */

/* Makes the folder (mode 0700) and takes it. EC_IO_BUSY: another program lives there. */
MUST_CHECK enum status beacon_open(struct beacon **b, const char *folder);
void beacon_close(struct beacon **b); /* NULL is welcome */
/* Consumes what is said. */
MUST_CHECK enum status beacon_say(struct beacon *b, struct json *what);
/* *said: NULL when nothing ever was. *alive: is its program? EC_IO_OPEN, EC_IO_JSON. */
MUST_CHECK enum status beacon_read(struct json **said, bool *alive, const char *folder);

#endif
