/*
 * roster.h - who may speak: the public-key files of a folder, read again while the program runs.
 *
 *     folder/NAME.pub  --roster_read, every second-->  sites 0..n-1, each with a key or with none
 *
 * Enrolment is putting a site's file into the folder, revocation is taking it out. Every reading
 * reads every file: times of change are too coarse to tell two edits of one second apart. A file's
 * name and the name inside it must agree, and no key may have two names. Sites are numbered in the
 * order of their names; a number is never given to another name while the roster lives, and who
 * comes later gets the next one. Any thread may ask.
 */
#ifndef EVENHAND_ROSTER_H
#define EVENHAND_ROSTER_H

#include "crypto/keys.h"

#define ROSTER_READ_MS 1000 /* how often the folder is read */

struct roster;

/* A site under one of its keys: another key is another version. */
struct pass {
    uint32_t site, version;
};

/* EC_IO_OPEN: no such folder. An empty one is fine. */
MUST_CHECK enum status roster_open(struct roster **r, const char *folder);
void roster_close(struct roster **r); /* NULL is welcome */

/*
 * Reads the folder. A file that is there but cannot be read keeps its site for one reading more
 * (it may just be being written) if its key has not moved to another name, then is told of in the
 * log. A folder that cannot be read changes nothing, and is told of.
 */
void roster_read(struct roster *r);

uint32_t roster_sites(const struct roster *r); /* numbers given so far */
bool roster_name(char out[static KEY_NAME_MAX], const struct roster *r, uint32_t site);
/* Whose key is this? Looks at every site, however early it finds one. */
bool roster_find(struct pass *p, const struct roster *r, const uint8_t key[static KEY_BYTES]);
/* Is this still the site's key? */
bool roster_holds(const struct roster *r, struct pass p);
/* How many keys were taken away so far: when it grows, there are connections that must end. */
uint64_t roster_revoked(const struct roster *r);

#endif
