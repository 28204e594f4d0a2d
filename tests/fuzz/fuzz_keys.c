/*
 * Any text as a secret line, a public key and a fingerprint: taken when it is of the form that
 * keys.h says and by nobody else, and what was taken prints back as it was written.
 */
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypto/hash.h"
#include "crypto/keys.h"
#include "proto/base/arena.h"
#include "proto/base/must.h"

#define TEXT_MAX 512 /* longer ones only say more of the same */

#define FORM(word) "^" word " 1 [a-zA-Z0-9][-_.a-zA-Z0-9]{0,62} [0-9a-fA-F]{64}[ \t\r\n]*$"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* keys.h in another language. */
static regex_t secret_form, public_form, bare_form;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    must(regcomp(&secret_form, FORM("evenhand-secret-key"), REG_EXTENDED | REG_NOSUB) == 0);
    must(regcomp(&public_form, FORM("evenhand-public-key"), REG_EXTENDED | REG_NOSUB) == 0);
    must(regcomp(&bare_form, "^[0-9a-fA-F]{64}[ \t\r\n]*$", REG_EXTENDED | REG_NOSUB) == 0);
    return 0;
}

static bool is(const regex_t *form, const char *text)
{
    return regexec(form, text, 0, NULL, 0) == 0;
}

/* "evenhand-public-key 1 NAME hex", or the hex alone where there is no name. */
static size_t print_key(char out[static 256], const struct public_key *k)
{
    int at = 0;
    if (k->name[0] != '\0')
        at = snprintf(out, 256, "evenhand-public-key 1 %s ", k->name);
    for (size_t i = 0; i < KEY_BYTES; i++)
        at += snprintf(out + at, 256 - (size_t)at, "%02x", k->curve[i]);
    return (size_t)at;
}

static void check_public(const char *text)
{
    struct public_key k, again;
    if (public_key_parse(&k, text) != ST_OK)
        return;
    must(is(k.name[0] == '\0' ? &bare_form : &public_form, text));
    char printed[256];
    size_t hex = print_key(printed, &k) - 2 * KEY_BYTES;
    must(strncmp(text, printed, hex) == 0);
    must(strncasecmp(text + hex, printed + hex, 2 * KEY_BYTES) == 0);
    must(public_key_parse(&again, printed) == ST_OK);
    must(memcmp(&again, &k, sizeof k) == 0);
    k.curve[KEY_BYTES - 1] ^= 0x80; /* the same point for libsodium */
    print_key(printed, &k);
    must(public_key_parse(&again, printed) != ST_OK);
}

/* Whoever has a secret has a public key that the other side accepts. */
static void check_secret(const char *text)
{
    struct identity id = {0};
    if (strncmp(text, "evenhand-s", 10) != 0)
        return; /* refused, but only after guarded memory was made for it */
    must((identity_parse(&id, text, "fuzz") == ST_OK) == is(&secret_form, text));
    if (id.secret == NULL)
        return;
    char printed[256];
    print_key(printed, &id.pub);
    const char *name = text + strlen("evenhand-secret-key 1 ");
    must(strncmp(name, id.pub.name, strlen(id.pub.name)) == 0);
    struct public_key k;
    must(public_key_parse(&k, printed) == ST_OK);
    must(memcmp(&k, &id.pub, sizeof k) == 0);
    identity_close(&id);
}

/* One letter of a fingerprint that is well formed, misread as the next of the alphabet. */
static void check_slips(const char *typed)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz", parts[] = "- \t\r\n";
    char *slip = strdup(typed);
    must(slip != NULL);
    unsigned letters = 0;
    for (char *c = slip; *c != '\0'; c++) {
        if (strchr(parts, *c) != NULL)
            continue;
        const char right = *c;
        for (const char *wrong = alphabet; *wrong != '\0'; wrong++) {
            *c = *wrong;
            unsigned group = fingerprint_misread(slip);
            must(group == 0 || group == letters / 4 + 1);
        }
        *c = right;
        letters++;
    }
    must(letters == 32);
    free(slip);
}

static void check_print(const char *typed, const uint8_t *data, size_t len)
{
    struct public_key k = {{0}, {0}};
    char print[FINGERPRINT_MAX];
    memcpy(k.curve, data, len < KEY_BYTES ? len : KEY_BYTES);
    fingerprint_text(print, &k);
    must(fingerprint_misread(print) == 0);
    must(fingerprint_matches(&k, print));
    unsigned group = fingerprint_misread(typed);
    must(group <= 9);
    must(group == 0 || !fingerprint_matches(&k, typed));
    if (group == 0)
        check_slips(typed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    len = len < TEXT_MAX ? len : TEXT_MAX;
    char *text = must_alloc(len + 1, 1);
    if (len > 0)
        memcpy(text, data, len);
    check_public(text);
    check_secret(text);
    check_print(text, data, len);
    free(text);
    return 0;
}
