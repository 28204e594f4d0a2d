/*
 * keys.h - long-term identities: files of one line, permissions, fingerprints.
 *
 *     NAME.key   secret, mode 0600, one line:  evenhand-secret-key 1 NAME <64 hex: seed>
 *     NAME.pub   public, one line:             evenhand-public-key 1 NAME <64 hex: CURVE key>
 *
 * A key is made where it lives and never moves; only the public file travels. The CURVE pair is
 * derived from the seed (crypto_box_seed_keypair over BLAKE2b of purpose "evh-curve"), so that
 * further keys (signatures) can be derived from the same seed later. Secrets are held in
 * sodium_malloc'ed memory and wiped on every path.
 */
#ifndef EVENHAND_KEYS_H
#define EVENHAND_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/status.h"

#define KEY_BYTES       32
#define KEY_NAME_MAX    64
#define FINGERPRINT_MAX 48

struct public_key {
    char name[KEY_NAME_MAX]; /* letters, digits, '-', '_', '.'; begins with a letter or digit */
    uint8_t curve[KEY_BYTES];
};

/* Can a party have this name? */
bool key_can_name(const char *name);

struct identity {
    struct public_key pub;
    uint8_t *secret; /* [KEY_BYTES] CURVE secret key, sodium_malloc'ed */
};

/* Makes folder/name.key and folder/name.pub; an existing key is kept and opened (init twice is
 * safe, at the same time too). EC_KEY_FILE, EC_KEY_MODE, EC_IO_CREATE. */
MUST_CHECK enum status identity_make(struct identity *id, const char *folder, const char *name);
/* EC_KEY_NONE: there is no such file; EC_KEY_FILE: damaged; EC_KEY_MODE: others can read or change
 * it. */
MUST_CHECK enum status identity_open(struct identity *id, const char *path);
/* The same from a text in memory, which stays the caller's to wipe; name stands for the path. */
MUST_CHECK enum status identity_parse(struct identity *id, const char *text, const char *name);
void identity_close(struct identity *id); /* wipes; harmless on a zeroed one */

MUST_CHECK enum status public_key_open(struct public_key *k, const char *path);
/*
 * The key in the text of a configuration: the 64 hex digits (no name then), or a whole public line.
 * EC_KEY_FILE; also for bytes that are no key: a point of low order, or one that is not written as
 * we write it, so that no secret has two keys.
 */
MUST_CHECK enum status public_key_parse(struct public_key *k, const char *text);
/* In constant time. */
bool key_equal(const uint8_t a[static KEY_BYTES], const uint8_t b[static KEY_BYTES]);

/*
 * For reading aloud: 120 bits of BLAKE2b of the public key, in eight groups of four letters of an
 * alphabet without lookalikes (Crockford's), the last of each group a check letter:
 * "7h2m-0qkx-...". It finds any wrong letter, any two exchanged, and a group at another's place.
 */
void fingerprint_text(char out[static FINGERPRINT_MAX], const struct public_key *k);
/* Does what a person typed (any case, with or without dashes and spaces, o for 0, i and l for 1)
 * match? false also when a check letter is wrong. */
bool fingerprint_matches(const struct public_key *k, const char *typed);
/* The group (from 1) whose check letter says that it was misread, or that is not there or one too
 * many; 0 when all are well formed: then it is the fingerprint of a key, of this one or another. */
unsigned fingerprint_misread(const char *typed);

/* Random bytes from the system, fit for secrets. */
void key_random(void *out, size_t len);

#endif
