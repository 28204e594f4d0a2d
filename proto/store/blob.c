#include "proto/store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/must.h"

#define PURPOSE  "evh-blob"
#define NAME_LEN (DIGEST_TEXT - 1)
#define LEFTOVER ".tmp" /* how the temporary names of file_write end */

struct digest blob_digest(const void *bytes, size_t len)
{
    return digest_of(PURPOSE, bytes, len);
}

static enum status path_of(char path[static PATH_MAX], const char *folder, const struct digest *d)
{
    char name[DIGEST_TEXT];
    digest_text(name, d);
    return file_join(path, PATH_MAX, folder, name);
}

enum status blob_write(const char *folder, const struct digest *d, const void *bytes, size_t len)
{
    char path[PATH_MAX];
    enum status st = path_of(path, folder, d);
    return st != ST_OK ? st : file_write(path, bytes, len);
}

static enum status judge_size(const char *path, size_t len)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return fault(errno == ENOENT ? EC_STORE_DAMAGED : EC_IO_OPEN, path, "%s", strerror(errno));
    if (!S_ISREG(about.st_mode) || (uintmax_t)about.st_size != len)
        return fault(EC_STORE_DAMAGED, path, "%jd bytes, %zu were kept", (intmax_t)about.st_size,
                     len);
    return ST_OK;
}

enum status blob_read(void **bytes, const char *folder, const struct digest *d, size_t len)
{
    char path[PATH_MAX];
    uint8_t *all = NULL;
    size_t got = 0;
    *bytes = NULL;
    enum status st = path_of(path, folder, d);
    if (st == ST_OK)
        st = judge_size(path, len);
    if (st == ST_OK)
        st = file_read(&all, &got, path, len);
    if (st != ST_OK)
        return st;
    struct digest there = blob_digest(all, got);
    if (got != len || !digest_equal(&there, d)) {
        free(all);
        return fault(EC_STORE_DAMAGED, path, "its bytes are not those that were kept");
    }
    *bytes = all;
    return ST_OK;
}

static enum status take_away(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return fault(EC_IO_WRITE, path, "it cannot be removed: %s", strerror(errno));
    return ST_OK;
}

enum status blob_remove(const char *folder, const struct digest *d)
{
    char path[PATH_MAX];
    enum status st = path_of(path, folder, d);
    return st != ST_OK ? st : take_away(path);
}

static int nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* The digest that a name begins with; what follows it is in *rest. */
static bool parse_name(struct digest *d, const char **rest, const char *name)
{
    for (size_t i = 0; i < NAME_LEN; i++) {
        int value = nibble(name[i]);
        if (value < 0)
            return false;
        d->byte[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : d->byte[i / 2] | value);
    }
    *rest = name + NAME_LEN;
    return true;
}

static bool is_leftover(const char *rest)
{
    size_t len = strlen(rest);
    return rest[0] == '.' && len > strlen(LEFTOVER) &&
           strcmp(rest + len - strlen(LEFTOVER), LEFTOVER) == 0;
}

/* Calls meet for each file that begins with a digest. */
static enum status walk(const char *folder,
                        enum status (*meet)(void *ctx, const struct digest *d, const char *rest),
                        void *ctx)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return fault(EC_IO_OPEN, folder, "%s", strerror(errno));
    enum status st = ST_OK;
    errno = 0;
    for (const struct dirent *e = readdir(dir); e != NULL && st == ST_OK; e = readdir(dir)) {
        struct digest d;
        const char *rest;
        if (parse_name(&d, &rest, e->d_name))
            st = meet(ctx, &d, rest);
        errno = 0;
    }
    if (st == ST_OK && errno != 0)
        st = fault(EC_IO_OPEN, folder, "%s", strerror(errno));
    closedir(dir);
    return st;
}

struct list {
    struct digest *d;
    size_t count, cap;
};

static enum status add(void *ctx, const struct digest *d, const char *rest)
{
    struct list *l = ctx;
    if (rest[0] != '\0')
        return ST_OK;
    if (l->count == l->cap) {
        l->cap = l->cap > 0 ? 2 * l->cap : 16;
        l->d = realloc(l->d, l->cap * sizeof *l->d);
        must(l->d != NULL);
    }
    l->d[l->count++] = *d;
    return ST_OK;
}

enum status blob_list(struct digest **d, size_t *count, const char *folder)
{
    struct list l = {NULL, 0, 0};
    *d = NULL;
    *count = 0;
    enum status st = walk(folder, add, &l);
    if (st != ST_OK) {
        free(l.d);
        return st;
    }
    *d = l.d;
    *count = l.count;
    return ST_OK;
}

static enum status sweep(void *ctx, const struct digest *d, const char *rest)
{
    const char *folder = ctx;
    char digits[DIGEST_TEXT], name[NAME_MAX + 1], path[PATH_MAX];
    if (!is_leftover(rest))
        return ST_OK;
    digest_text(digits, d);
    must((size_t)snprintf(name, sizeof name, "%s%s", digits, rest) < sizeof name);
    enum status st = file_join(path, sizeof path, folder, name);
    return st != ST_OK ? st : take_away(path);
}

enum status blob_sweep(const char *folder)
{
    return walk(folder, sweep, (void *)(uintptr_t)folder);
}
