#include "proto/store/store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/must.h"
#include "proto/store/blob.h"

#define APPLICATION_ID 0x45564853 /* "EVHS" */

static const char *const migrations[] = {
    "CREATE TABLE fact ("
    "  key TEXT PRIMARY KEY,"
    "  value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE site ("
    "  number INTEGER PRIMARY KEY CHECK (number >= 0),"
    "  name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE leg ("
    "  number INTEGER PRIMARY KEY CHECK (number >= 1),"
    "  bits INTEGER NOT NULL CHECK (bits IN (32, 64)),"
    "  words INTEGER NOT NULL CHECK (words >= 1),"
    "  counted INTEGER NOT NULL CHECK (counted >= 0),"
    "  in_sum BLOB NOT NULL," /* site i is bit i % 8 of byte i / 8 */
    "  blob BLOB NOT NULL CHECK (length(blob) = 32)) STRICT;"
    "CREATE INDEX leg_blob ON leg (blob);",
};

static const struct db_schema schema = {APPLICATION_ID, migrations, COUNT(migrations)};

static enum status take_lock(struct store *s, const char *folder)
{
    char path[PATH_MAX];
    enum status st = file_join(path, sizeof path, folder, "lock");
    if (st != ST_OK)
        return st;
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return fault(EC_IO_CREATE, path, "%s", strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return ST_OK;
    if (errno == EWOULDBLOCK)
        return fault(EC_IO_BUSY, path, "it is locked");
    return fault(EC_IO_CREATE, path, "%s", strerror(errno));
}

/* Rows that a run cannot have made, though each of them alone is sound. */
static enum status count_rows(struct store *s)
{
    static const struct {
        const char *count, *last;
    } tables[] = {
        {"SELECT count(*) FROM site", "SELECT coalesce(max(number) + 1, 0) FROM site"},
        {"SELECT count(*) FROM leg", "SELECT coalesce(max(number), 0) FROM leg"},
    };
    int64_t count[COUNT(tables)] = {0};
    for (size_t i = 0; i < COUNT(tables); i++) {
        int64_t last = 0;
        enum status st = db_number(&count[i], s->db, tables[i].count);
        if (st == ST_OK)
            st = db_number(&last, s->db, tables[i].last);
        if (st != ST_OK)
            return st;
        if (last != count[i])
            return fault(EC_STORE_DAMAGED, s->db->path, "the last of %lld rows has number %lld",
                         (long long)count[i], (long long)last);
    }
    s->sites = (size_t)count[0];
    s->sums = (uint64_t)count[1];
    return ST_OK;
}

/* Sums without a database are not a new run: it would remove them as what a crash left. */
static enum status open_rows(struct store *s, const char *path)
{
    struct digest *d = NULL;
    size_t count = 0;
    enum status st = blob_list(&d, &count, s->blobs);
    free(d);
    if (st == ST_OK)
        st = db_open(&s->db, path, &schema, count == 0);
    return st != ST_OK ? st : count_rows(s);
}

/* Removes what a crash left. */
static enum status tidy(const struct store *s)
{
    struct digest *d = NULL;
    size_t count = 0;
    enum status st = blob_sweep(s->blobs);
    if (st == ST_OK)
        st = blob_list(&d, &count, s->blobs);
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        bool named = false;
        st = store_names(&named, s, &d[i]);
        if (st == ST_OK && !named)
            st = blob_remove(s->blobs, &d[i]);
    }
    free(d);
    return st;
}

enum status store_open(struct store **out, const char *folder)
{
    char path[PATH_MAX];
    *out = NULL;
    struct store *s = must_alloc(1, sizeof *s);
    s->lock = -1;
    enum status st = file_folder_private(folder);
    if (st == ST_OK)
        st = take_lock(s, folder);
    if (st == ST_OK)
        st = file_join(s->blobs, sizeof s->blobs, folder, "blobs");
    if (st == ST_OK)
        st = file_join(path, sizeof path, folder, "run.db");
    if (st == ST_OK)
        st = file_folder_private(s->blobs);
    if (st == ST_OK)
        st = open_rows(s, path);
    if (st == ST_OK)
        st = tidy(s);
    if (st != ST_OK)
        store_close(&s);
    *out = s;
    return st;
}

void store_close(struct store **s)
{
    if (*s == NULL)
        return;
    db_close(&(*s)->db);
    if ((*s)->lock >= 0)
        close((*s)->lock); /* last: whoever gets it finds all closed */
    free(*s);
    *s = NULL;
}

enum status store_put_text(struct store *s, const char *key, const char *value)
{
    sqlite3_stmt *q = NULL;
    enum status st = db_prepare(&q, s->db,
                                "INSERT INTO fact (key, value) VALUES (?1, ?2)"
                                " ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    if (st != ST_OK)
        return st;
    db_bind_text(q, 1, key);
    db_bind_text(q, 2, value);
    return db_finish(s->db, q);
}

enum status store_get_text(char **value, const struct store *s, const char *key)
{
    sqlite3_stmt *q = NULL;
    bool row = false;
    *value = NULL;
    enum status st = db_prepare(&q, s->db, "SELECT value FROM fact WHERE key = ?1");
    if (st != ST_OK)
        return st;
    db_bind_text(q, 1, key);
    st = db_step(&row, s->db, q);
    if (st == ST_OK && row) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        if (text == NULL)
            st = fault(EC_STORE_DAMAGED, s->db->path, "the fact %s is no text", key);
        *value = text == NULL ? NULL : strdup(text);
        must(text == NULL || *value != NULL);
    }
    sqlite3_finalize(q);
    return st;
}

static enum status insert_site(struct store *s, size_t number, const char *name)
{
    sqlite3_stmt *q = NULL;
    enum status st = db_prepare(&q, s->db, "INSERT INTO site (number, name) VALUES (?1, ?2)");
    if (st != ST_OK)
        return st;
    db_bind_number(q, 1, number);
    db_bind_text(q, 2, name);
    return db_finish(s->db, q);
}

enum status store_put_sites(struct store *s, const char *const *name, size_t count)
{
    must(count > 0);
    if (s->sites > 0)
        return fault(EC_STORE_CONFLICT, s->db->path, "%zu sites are kept already", s->sites);
    enum status st = db_begin(s->db);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < count && st == ST_OK; i++)
        st = insert_site(s, i, name[i]);
    st = db_end(s->db, st);
    if (st == ST_OK)
        s->sites = count;
    return st;
}

/* Copies the names of q's rows behind one another to `at`, and their places to name[sites]. */
static enum status copy_names(char **name, char *at, sqlite3_stmt *q, const struct store *s,
                              size_t room)
{
    bool row = false;
    size_t got = 0;
    enum status st;
    for (st = db_step(&row, s->db, q); st == ST_OK && row; st = db_step(&row, s->db, q)) {
        const void *text = sqlite3_column_blob(q, 0);
        size_t len = (size_t)sqlite3_column_bytes(q, 0);
        if (got == s->sites || len >= room)
            break;
        if (len > 0)
            memcpy(at, text, len);
        name[got++] = at;
        at += len + 1;
        room -= len + 1;
    }
    if (st == ST_OK && (row || got != s->sites))
        st = fault(EC_STORE_DAMAGED, s->db->path, "there were %zu sites", s->sites);
    return st;
}

enum status store_sites(char ***name, size_t *count, const struct store *s)
{
    sqlite3_stmt *q = NULL;
    int64_t room = 0;
    *name = NULL;
    *count = 0;
    if (s->sites == 0)
        return ST_OK;
    enum status st =
        db_number(&room, s->db, "SELECT sum(length(CAST(name AS BLOB)) + 1) FROM site");
    if (st == ST_OK)
        st = db_prepare(&q, s->db, "SELECT name FROM site ORDER BY number");
    if (st != ST_OK)
        return st;
    char **all = must_alloc(1, s->sites * sizeof *all + (size_t)room);
    st = copy_names(all, (char *)(all + s->sites), q, s, (size_t)room);
    sqlite3_finalize(q);
    if (st == ST_OK) {
        *name = all;
        *count = s->sites;
        all = NULL;
    }
    free(all);
    return st;
}

enum status store_forget(struct store *s)
{
    enum status st = db_begin(s->db);
    if (st != ST_OK)
        return st;
    st = db_end(s->db, db_run(s->db, "DELETE FROM leg; DELETE FROM site; DELETE FROM fact;"));
    if (st != ST_OK)
        return st;
    s->sites = 0;
    s->sums = 0;
    return tidy(s);
}
