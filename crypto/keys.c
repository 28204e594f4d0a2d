#include "crypto/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "proto/base/file.h"
#include "proto/base/must.h"

#define SECRET_WORD  "evenhand-secret-key"
#define PUBLIC_WORD  "evenhand-public-key"
#define KEY_VERSION  "1"
#define KEY_HEX      (2 * KEY_BYTES)
#define KEY_LINE_MAX 256 /* the longest line has 150 bytes */
#define LETTERS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

_Static_assert(KEY_BYTES == crypto_box_PUBLICKEYBYTES, "CURVE keys are those of crypto_box");
_Static_assert(KEY_BYTES == crypto_box_SECRETKEYBYTES, "and so are the secret ones");
_Static_assert(KEY_BYTES == crypto_box_SEEDBYTES, "and so are seeds");
_Static_assert(KEY_BYTES == DIGEST_BYTES, "a derived seed is a digest");

bool key_equal(const uint8_t a[static KEY_BYTES], const uint8_t b[static KEY_BYTES])
{
    return sodium_memcmp(a, b, KEY_BYTES) == 0;
}

void key_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

bool key_can_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len < KEY_NAME_MAX && strchr(LETTERS, name[0]) != NULL &&
           strspn(name, LETTERS "-_.") == len;
}

/* Of low order: every product with it is zero, so that no secret would be one. */
static bool point_is_low(const uint8_t point[static KEY_BYTES])
{
    static const uint8_t any[KEY_BYTES] = {9, 7, 5, 3, 1};
    uint8_t product[KEY_BYTES];
    return crypto_scalarmult(product, any, point) != 0;
}

/* Not below 2^255 - 19: a second way to write a point, by which one secret would have two keys. */
static bool point_is_alias(const uint8_t point[static KEY_BYTES])
{
    if (point[KEY_BYTES - 1] != 0x7f)
        return point[KEY_BYTES - 1] > 0x7f;
    for (size_t i = KEY_BYTES - 2; i > 0; i--)
        if (point[i] != 0xff)
            return false;
    return point[0] >= 0xed;
}

/* All the digits of 32 bytes, and nothing behind them but spaces. */
static bool hex_read(uint8_t bytes[static KEY_BYTES], const char *hex)
{
    const char *end = NULL;
    size_t done = 0;
    return sodium_hex2bin(bytes, KEY_BYTES, hex, strnlen(hex, KEY_HEX), NULL, &done, &end) == 0 &&
           done == KEY_BYTES && end == hex + KEY_HEX && end[strspn(end, " \t\r\n")] == '\0';
}

/* Splits "word 1 NAME hex" (and spaces behind it) into name and 32 bytes; false: not of that form. */
static bool line_split(char name[static KEY_NAME_MAX], uint8_t bytes[static KEY_BYTES],
                       const char *line, const char *word)
{
    char form[2 * KEY_NAME_MAX];
    int len = snprintf(form, sizeof(form), "%s %s ", word, KEY_VERSION);
    if (strncmp(line, form, (size_t)len) != 0)
        return false;
    const char *at = line + len;
    size_t name_len = strcspn(at, " ");
    if (name_len == 0 || name_len >= KEY_NAME_MAX || at[name_len] != ' ')
        return false;
    if (!hex_read(bytes, at + name_len + 1))
        return false;
    memcpy(name, at, name_len);
    name[name_len] = '\0';
    return key_can_name(name);
}

enum status public_key_parse(struct public_key *k, const char *text)
{
    struct public_key parsed = {{0}, {0}};
    if (!hex_read(parsed.curve, text) && !line_split(parsed.name, parsed.curve, text, PUBLIC_WORD))
        return fault(EC_KEY_FILE, "public key", "neither `%s %s NAME ...` nor %d hex digits",
                     PUBLIC_WORD, KEY_VERSION, KEY_HEX);
    if (point_is_low(parsed.curve) || point_is_alias(parsed.curve))
        return fault(EC_KEY_FILE, "public key", "its bytes are those of no key");
    *k = parsed;
    return ST_OK;
}

enum status public_key_open(struct public_key *k, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum status st = file_read(&bytes, &len, path, KEY_LINE_MAX - 1);
    if (st != ST_OK)
        return st;
    const char *line = (const char *)bytes;
    if (strlen(line) != len || strncmp(line, SECRET_WORD, strlen(SECRET_WORD)) == 0)
        st = fault(EC_KEY_FILE, path, "%s",
                   strlen(line) != len ? "it is not text"
                                       : "this is a SECRET key; it must never leave its site");
    else
        st = public_key_parse(k, line);
    if (st == ST_AUTH)
        st = fault(EC_KEY_FILE, path, "%s", fault_text());
    sodium_memzero(bytes, len); /* it may have been a secret one */
    free(bytes);
    return st;
}

/* --- secret keys ---------------------------------------------------------------------------- */

static void derive(struct identity *id, const uint8_t seed[static KEY_BYTES])
{
    struct digest curve = digest_of("evh-curve", seed, KEY_BYTES);
    id->secret = sodium_malloc(KEY_BYTES);
    must(id->secret != NULL);
    must(crypto_box_seed_keypair(id->pub.curve, id->secret, curve.byte) == 0);
    sodium_memzero(&curve, sizeof(curve));
}

static enum status judge_mode(int fd, const char *path)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return fault(EC_KEY_FILE, path, "is not a plain file");
    if ((about.st_mode & 077) != 0)
        return fault(EC_KEY_MODE, path, "its mode is %03o, not 600", about.st_mode & 0777u);
    if (about.st_uid != geteuid() && about.st_uid != 0)
        return fault(EC_KEY_MODE, path, "it belongs to user %u, who can change it",
                     (unsigned)about.st_uid);
    return ST_OK;
}

/* The whole file as a text into line. */
static enum status read_line(char line[static KEY_LINE_MAX], int fd, const char *path)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, line + len, KEY_LINE_MAX - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault(EC_IO_OPEN, path, "%s", strerror(errno));
        len += (size_t)got;
        if (got == 0 || len == KEY_LINE_MAX)
            break;
    }
    if (len == KEY_LINE_MAX)
        return fault(EC_KEY_FILE, path, "longer than a key");
    line[len] = '\0';
    return strlen(line) == len ? ST_OK : fault(EC_KEY_FILE, path, "it is not text");
}

enum status identity_parse(struct identity *id, const char *text, const char *name)
{
    struct identity made = {0};
    uint8_t *seed = sodium_malloc(KEY_BYTES);
    must(seed != NULL);
    bool good = line_split(made.pub.name, seed, text, SECRET_WORD);
    if (good)
        derive(&made, seed);
    sodium_free(seed);
    if (!good)
        return fault(EC_KEY_FILE, name, "not of the form `%s %s NAME ...`", SECRET_WORD,
                     KEY_VERSION);
    *id = made;
    return ST_OK;
}

enum status identity_open(struct identity *id, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fault(errno == ENOENT ? EC_KEY_NONE : EC_IO_OPEN, path, "%s", strerror(errno));
    enum status st = judge_mode(fd, path);
    if (st == ST_OK) {
        char *line = sodium_malloc(KEY_LINE_MAX);
        must(line != NULL);
        st = read_line(line, fd, path);
        if (st == ST_OK)
            st = identity_parse(id, line, path);
        sodium_free(line);
    }
    close(fd);
    return st;
}

void identity_close(struct identity *id)
{
    sodium_free(id->secret); /* wipes */
    *id = (struct identity){0};
}

static bool write_whole(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

/*
 * A new secret key at path; one that is there already stays. The file gets its name when it is
 * whole, by link(2), which never replaces: of two that start together one wins and both use it.
 */
static enum status secret_create(const char *path, const char *name)
{
    char temporary[PATH_MAX];
    int len = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof(temporary))
        return fault(EC_IO_CREATE, path, "%s", strerror(ENAMETOOLONG));
    (void)unlink(temporary); /* of a process that had our number and died half-way */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault(EC_IO_CREATE, path, "%s", strerror(errno));

    char *line = sodium_malloc(KEY_LINE_MAX);
    uint8_t *seed = sodium_malloc(KEY_BYTES);
    char *hex = sodium_malloc(KEY_HEX + 1);
    must(line != NULL);
    must(seed != NULL);
    must(hex != NULL);
    key_random(seed, KEY_BYTES);
    sodium_bin2hex(hex, KEY_HEX + 1, seed, KEY_BYTES);
    len = snprintf(line, KEY_LINE_MAX, "%s %s %s %s\n", SECRET_WORD, KEY_VERSION, name, hex);
    bool written = fchmod(fd, 0600) == 0 && write_whole(fd, line, (size_t)len);
    int why = errno;
    sodium_free(hex);
    sodium_free(seed);
    sodium_free(line);
    close(fd);

    bool named = written && (link(temporary, path) == 0 || errno == EEXIST);
    if (written && !named)
        why = errno;
    unlink(temporary);
    return named ? ST_OK : fault(EC_IO_CREATE, path, "%s", strerror(why));
}

/* The public file is made from the secret one: written when missing or untrue. */
static enum status public_write(const char *path, const struct public_key *k)
{
    struct public_key there;
    char line[KEY_LINE_MAX], hex[KEY_HEX + 1];
    if (access(path, F_OK) == 0 && public_key_open(&there, path) == ST_OK &&
        strcmp(there.name, k->name) == 0 && key_equal(there.curve, k->curve))
        return ST_OK;
    sodium_bin2hex(hex, sizeof(hex), k->curve, KEY_BYTES);
    int len = snprintf(line, sizeof(line), "%s %s %s %s\n", PUBLIC_WORD, KEY_VERSION, k->name, hex);
    return file_write(path, line, (size_t)len);
}

enum status identity_make(struct identity *id, const char *folder, const char *name)
{
    char file[KEY_NAME_MAX + 8], secret[PATH_MAX], pub[PATH_MAX];
    if (!key_can_name(name))
        return fault(EC_KEY_FILE, name, "a name has 1 to %d letters, digits, '-', '_' or '.'",
                     KEY_NAME_MAX - 1);
    snprintf(file, sizeof(file), "%s.key", name);
    enum status st = file_join(secret, sizeof(secret), folder, file);
    snprintf(file, sizeof(file), "%s.pub", name);
    if (st == ST_OK)
        st = file_join(pub, sizeof(pub), folder, file);
    if (st == ST_OK)
        st = file_folder(folder);
    if (st == ST_OK && access(secret, F_OK) != 0)
        st = secret_create(secret, name);
    struct identity made = {0};
    if (st == ST_OK)
        st = identity_open(&made, secret);
    if (st == ST_OK && strcmp(made.pub.name, name) != 0)
        st = fault(EC_KEY_FILE, secret, "it is the key of `%s`", made.pub.name);
    if (st == ST_OK)
        st = public_write(pub, &made.pub);
    if (st == ST_OK)
        *id = made;
    else
        identity_close(&made);
    return st;
}
