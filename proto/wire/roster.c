#include "proto/wire/roster.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/hash.h"
#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/must.h"

#define SUFFIX    ".pub"
#define ENTRY_MAX 256 /* bytes; a longer file holds no key */

struct site {
    char name[KEY_NAME_MAX];
    uint8_t key[KEY_BYTES];
    uint32_t version; /* how many keys it had so far */
    bool enrolled;
    bool seen;     /* in this reading */
    bool doubtful; /* its file could not be read the last time */
};

/* What is wrong in the folder, one line a file; told when two readings agree, and once. */
struct trouble {
    FILE *text; /* of this reading */
    struct digest last, told;
};

struct roster {
    pthread_mutex_t lock; /* of site, sites, revoked; only the reader's thread changes them */
    struct site *site;
    uint32_t sites;
    uint64_t revoked;

    char folder[PATH_MAX];
    struct digest content; /* of the folder at the last reading */
    bool unsettled;        /* the next reading may decide something even if nothing changed */
    struct trouble trouble;
};

/* A key file of the folder. */
struct entry {
    char file[NAME_MAX + 1];
    bool good;
    struct public_key key;
};

struct entries {
    struct entry *entry;
    size_t count, cap;
};

static int by_name(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return strcmp(left->file, right->file);
}

static bool is_key_file(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > strlen(SUFFIX) && len <= NAME_MAX &&
           strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

/* The key files of the folder in the order of their names; false when it cannot be read. */
static bool list(struct entries *l, const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    errno = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (!is_key_file(e->d_name))
            continue;
        if (l->count == l->cap) {
            l->cap = l->cap > 0 ? 2 * l->cap : 16;
            l->entry = realloc(l->entry, l->cap * sizeof *l->entry);
            must(l->entry != NULL);
        }
        struct entry *now = &l->entry[l->count++];
        *now = (struct entry){.good = false};
        memcpy(now->file, e->d_name, strlen(e->d_name) + 1);
        errno = 0;
    }
    bool whole = errno == 0;
    closedir(dir);
    if (l->count > 0)
        qsort(l->entry, l->count, sizeof *l->entry, by_name);
    return whole;
}

static bool is_plain(char path[static PATH_MAX], const char *folder, const char *file)
{
    struct stat about; /* a pipe would keep us waiting */
    return file_join(path, PATH_MAX, folder, file) == ST_OK && stat(path, &about) == 0 &&
           S_ISREG(about.st_mode);
}

/* Of names and bytes: cheaper than reading keys, and as sure. */
static struct digest digest_folder(const struct entries *l, const char *folder)
{
    struct digest_state s;
    char path[PATH_MAX];
    digest_begin(&s, "evh-roster");
    for (size_t i = 0; i < l->count; i++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        digest_add(&s, l->entry[i].file, strlen(l->entry[i].file) + 1);
        bool there = is_plain(path, folder, l->entry[i].file) &&
                     file_read(&bytes, &len, path, ENTRY_MAX) == ST_OK;
        uint64_t mark = there ? len : UINT64_MAX;
        digest_add(&s, &mark, sizeof mark);
        digest_add(&s, bytes, len);
        free(bytes);
    }
    return digest_end(&s);
}

static enum status read_key(struct public_key *k, const char *folder, const char *file)
{
    char path[PATH_MAX];
    if (!is_plain(path, folder, file))
        return fault(EC_IO_OPEN, file, "it is not a plain file");
    enum status st = public_key_open(k, path);
    if (st != ST_OK)
        return st;
    size_t len = strlen(file) - strlen(SUFFIX);
    if (strlen(k->name) != len || strncmp(k->name, file, len) != 0)
        return fault(EC_KEY_FILE, file, "the name inside it is `%s`", k->name);
    return ST_OK;
}

static void read_keys(struct entries *l, FILE *trouble, const char *folder)
{
    for (size_t i = 0; i < l->count; i++) {
        struct entry *e = &l->entry[i];
        e->good = read_key(&e->key, folder, e->file) == ST_OK;
        if (!e->good)
            fprintf(trouble, "%s: %s\n", e->file, fault_text());
    }
}

static struct site *find_name(struct roster *r, const char *name, size_t len)
{
    for (uint32_t i = 0; i < r->sites; i++)
        if (strlen(r->site[i].name) == len && strncmp(r->site[i].name, name, len) == 0)
            return &r->site[i];
    return NULL;
}

static const struct site *find_key(const struct roster *r, const uint8_t key[static KEY_BYTES])
{
    const struct site *found = NULL;
    for (uint32_t i = 0; i < r->sites; i++)
        if (key_equal(r->site[i].key, key) && r->site[i].enrolled)
            found = &r->site[i];
    return found;
}

static void revoke(struct roster *r, struct site *s)
{
    s->enrolled = false;
    r->revoked++;
    log_warn("site revoked", LOG_TEXT("site", s->name));
}

static void enrol(struct roster *r, const struct public_key *k)
{
    struct site *s = find_name(r, k->name, strlen(k->name));
    if (s == NULL) {
        r->site = realloc(r->site, (r->sites + 1u) * sizeof *r->site);
        must(r->site != NULL);
        s = &r->site[r->sites++];
        *s = (struct site){.enrolled = false};
        snprintf(s->name, sizeof s->name, "%s", k->name);
    }
    s->seen = true;
    s->doubtful = false;
    if (s->enrolled && key_equal(s->key, k->curve))
        return;
    if (s->enrolled)
        revoke(r, s);
    char print[FINGERPRINT_MAX];
    fingerprint_text(print, k);
    memcpy(s->key, k->curve, KEY_BYTES);
    s->version++;
    s->enrolled = true;
    log_info("site enrolled", LOG_TEXT("site", s->name), LOG_TEXT("fingerprint", print));
}

/* A site before this one in the folder that has the same key: the first in the order of names. */
static const struct site *holder(const struct roster *r, const uint8_t key[static KEY_BYTES])
{
    for (uint32_t i = 0; i < r->sites; i++)
        if (r->site[i].seen && key_equal(r->site[i].key, key))
            return &r->site[i];
    return NULL;
}

/* A file that is there and no good: a site enrolled from it stays for one reading, unless its key
 * has moved to another name. */
static void doubt(struct roster *r, const char *file)
{
    struct site *s = find_name(r, file, strlen(file) - strlen(SUFFIX));
    if (s == NULL || !s->enrolled || s->doubtful || holder(r, s->key) != NULL)
        return;
    s->doubtful = true;
    s->seen = true;
    r->unsettled = true;
}

static void take_in(struct roster *r, const struct entry *e)
{
    const struct site *other = e->good ? holder(r, e->key.curve) : NULL;
    if (!e->good)
        doubt(r, e->file);
    else if (other != NULL)
        fprintf(r->trouble.text, "%s: its key is that of `%s` already\n", e->file, other->name);
    else
        enrol(r, &e->key);
}

static void apply(struct roster *r, const struct entries *l)
{
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = 0; i < r->sites; i++)
        r->site[i].seen = false;
    for (size_t i = 0; i < l->count; i++)
        take_in(r, &l->entry[i]);
    for (uint32_t i = 0; i < r->sites; i++)
        if (r->site[i].enrolled && !r->site[i].seen)
            revoke(r, &r->site[i]);
    pthread_mutex_unlock(&r->lock);
}

/* Consumes the text of this reading; true when the next reading must look at it again. */
static bool tell_trouble(struct trouble *t, char *text, const char *folder)
{
    struct digest now = digest_of("evh-trouble", text, strlen(text));
    bool lasting = digest_equal(&now, &t->last), told = digest_equal(&now, &t->told);
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); lasting && !told && line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        log_warn("key file refused", LOG_TEXT("folder", folder), LOG_TEXT("why", line));
    t->last = now;
    if (lasting)
        t->told = now;
    free(text);
    return !lasting;
}

void roster_read(struct roster *r)
{
    struct entries now = {NULL, 0, 0};
    bool readable = list(&now, r->folder);
    struct digest content = {{0}}; /* of a folder that cannot be read */
    if (readable)
        content = digest_folder(&now, r->folder);
    if (r->unsettled || !digest_equal(&content, &r->content)) {
        char *text = NULL;
        size_t len = 0;
        r->trouble.text = open_memstream(&text, &len);
        must(r->trouble.text != NULL);
        r->content = content;
        r->unsettled = false;
        if (readable) {
            read_keys(&now, r->trouble.text, r->folder);
            apply(r, &now);
        } else {
            fprintf(r->trouble.text, "the folder cannot be read; nothing is changed\n");
        }
        must(fclose(r->trouble.text) == 0);
        r->unsettled = tell_trouble(&r->trouble, text, r->folder) || r->unsettled;
    }
    free(now.entry);
}

enum status roster_open(struct roster **out, const char *folder)
{
    *out = NULL;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return fault(EC_IO_OPEN, folder, "%s", strerror(errno));
    closedir(dir);
    struct roster *r = must_alloc(1, sizeof *r);
    must(pthread_mutex_init(&r->lock, NULL) == 0);
    if ((size_t)snprintf(r->folder, sizeof r->folder, "%s", folder) >= sizeof r->folder) {
        roster_close(&r);
        return fault(EC_IO_OPEN, folder, "%s", strerror(ENAMETOOLONG));
    }
    r->trouble.last = r->trouble.told = digest_of("evh-trouble", "", 0);
    roster_read(r);
    *out = r;
    return ST_OK;
}

void roster_close(struct roster **r)
{
    if (*r == NULL)
        return;
    pthread_mutex_destroy(&(*r)->lock);
    free((*r)->site);
    free(*r);
    *r = NULL;
}

/* Asking does not change a roster, but its lock. */
static pthread_mutex_t *lock_of(const struct roster *r)
{
    return &((struct roster *)(uintptr_t)r)->lock;
}

uint32_t roster_sites(const struct roster *r)
{
    pthread_mutex_lock(lock_of(r));
    uint32_t sites = r->sites;
    pthread_mutex_unlock(lock_of(r));
    return sites;
}

bool roster_name(char out[static KEY_NAME_MAX], const struct roster *r, uint32_t site)
{
    pthread_mutex_lock(lock_of(r));
    bool known = site < r->sites;
    if (known)
        memcpy(out, r->site[site].name, KEY_NAME_MAX);
    pthread_mutex_unlock(lock_of(r));
    return known;
}

bool roster_find(struct pass *p, const struct roster *r, const uint8_t key[static KEY_BYTES])
{
    pthread_mutex_lock(lock_of(r));
    const struct site *s = find_key(r, key);
    if (s != NULL)
        *p = (struct pass){(uint32_t)(s - r->site), s->version};
    pthread_mutex_unlock(lock_of(r));
    return s != NULL;
}

bool roster_holds(const struct roster *r, struct pass p)
{
    pthread_mutex_lock(lock_of(r));
    bool holds =
        p.site < r->sites && r->site[p.site].enrolled && r->site[p.site].version == p.version;
    pthread_mutex_unlock(lock_of(r));
    return holds;
}

uint64_t roster_revoked(const struct roster *r)
{
    pthread_mutex_lock(lock_of(r));
    uint64_t revoked = r->revoked;
    pthread_mutex_unlock(lock_of(r));
    return revoked;
}
