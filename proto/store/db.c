#include "proto/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/must.h"

#define PATIENCE_MS 5000 /* with a person who looks at the file with a tool of SQLite's */
#define SQL_MAX     64

static enum complaint complaint_of(int extended)
{
    switch (extended & 0xff) {
    case SQLITE_IOERR:
        return extended == SQLITE_IOERR_READ ? EC_IO_OPEN : EC_IO_WRITE;
    case SQLITE_FULL:
        return EC_IO_WRITE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EC_IO_BUSY;
    case SQLITE_CONSTRAINT:
        return EC_STORE_CONFLICT;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return EC_IO_CREATE;
    default: /* our SQL is tested: what it meets and cannot use is not what we wrote */
        return EC_STORE_DAMAGED;
    }
}

static enum status complain(const struct db *d)
{
    int extended = sqlite3_extended_errcode(d->handle), why = sqlite3_system_errno(d->handle);
    enum complaint what = complaint_of(extended);
    must(extended != SQLITE_NOMEM);
    must(extended != SQLITE_MISUSE);
    if (why != 0 && what != EC_STORE_DAMAGED)
        return fault(what, d->path, "%s: %s", sqlite3_errmsg(d->handle), strerror(why));
    return fault(what, d->path, "%s", sqlite3_errmsg(d->handle));
}

enum status db_run(struct db *d, const char *sql)
{
    return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? ST_OK : complain(d);
}

enum status db_prepare(struct sqlite3_stmt **q, struct db *d, const char *sql)
{
    return sqlite3_prepare_v2(d->handle, sql, -1, q, NULL) == SQLITE_OK ? ST_OK : complain(d);
}

void db_bind_text(struct sqlite3_stmt *q, int at, const char *text)
{
    must(text != NULL);
    must(sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC) == SQLITE_OK);
}

void db_bind_number(struct sqlite3_stmt *q, int at, uint64_t number)
{
    must(number <= INT64_MAX);
    must(sqlite3_bind_int64(q, at, (int64_t)number) == SQLITE_OK);
}

void db_bind_bytes(struct sqlite3_stmt *q, int at, const void *bytes, size_t len)
{
    must(len <= INT_MAX);
    must(sqlite3_bind_blob(q, at, bytes, (int)len, SQLITE_STATIC) == SQLITE_OK);
}

enum status db_step(bool *row, struct db *d, struct sqlite3_stmt *q)
{
    int answer = sqlite3_step(q);
    *row = answer == SQLITE_ROW;
    return answer == SQLITE_ROW || answer == SQLITE_DONE ? ST_OK : complain(d);
}

enum status db_finish(struct db *d, struct sqlite3_stmt *q)
{
    bool row = false;
    enum status st = db_step(&row, d, q);
    must(!row);
    sqlite3_finalize(q);
    return st;
}

enum status db_number(int64_t *number, struct db *d, const char *sql)
{
    sqlite3_stmt *q = NULL;
    bool row = false;
    enum status st = db_prepare(&q, d, sql);
    if (st == ST_OK)
        st = db_step(&row, d, q);
    must(st != ST_OK || row);
    if (st == ST_OK)
        *number = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return st;
}

enum status db_begin(struct db *d)
{
    return db_run(d, "BEGIN IMMEDIATE");
}

enum status db_end(struct db *d, enum status st)
{
    if (st == ST_OK)
        st = db_run(d, "COMMIT");
    /* A fault may have undone all already. If undoing fails, SQLite does it before the next. */
    if (sqlite3_get_autocommit(d->handle) == 0)
        (void)sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
    return st;
}

static enum status fault_of_loss(const char *path)
{
    return fault(EC_STORE_DAMAGED, path, "it is empty or gone");
}

/* SQLite would make the file readable for others; those beside it get the rights of this one. */
static enum status make_file(const char *path, bool may_be_new)
{
    struct stat about;
    if (!may_be_new && (stat(path, &about) != 0 || about.st_size == 0))
        return fault_of_loss(path); /* SQLite would remove what is left of it, the log */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault(EC_IO_CREATE, path, "%s", strerror(errno));
    close(fd);
    return ST_OK;
}

/* Closing brings the log home into the file and removes it, unless it is to be left alone. */
static void leave_log(struct db *d, int alone)
{
    must(sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, alone, NULL) == SQLITE_OK);
}

/* Before anything is read: no other connection, and no trust in what the file says. */
static enum status settle(struct db *d)
{
    leave_log(d, 1);
    must(sqlite3_busy_timeout(d->handle, PATIENCE_MS) == SQLITE_OK);
    must(sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK);
    return db_run(d, "PRAGMA locking_mode = EXCLUSIVE;"
                     "PRAGMA synchronous = FULL;"
                     "PRAGMA foreign_keys = ON;"
                     "PRAGMA trusted_schema = OFF;"
                     "PRAGMA temp_store = MEMORY;" /* nothing of a run lies outside its folder */
                     "PRAGMA cell_size_check = ON;");
}

/* Nothing is written before we know that the file is ours. */
static enum status judge(int64_t *version, struct db *d, const struct db_schema *schema,
                         bool may_be_new)
{
    int64_t owner = 0, tables = 0;
    enum status st = db_number(version, d, "PRAGMA user_version");
    if (st == ST_OK)
        st = db_number(&owner, d, "PRAGMA application_id");
    if (st == ST_OK)
        st = db_number(&tables, d, "SELECT count(*) FROM sqlite_schema");
    if (st != ST_OK)
        return st;
    if (*version == 0 && tables == 0)
        return may_be_new ? ST_OK : fault_of_loss(d->path);
    if (*version < 1 || owner != schema->application_id)
        return fault(EC_STORE_DAMAGED, d->path, "it is a database of another program");
    if (*version > schema->migrations)
        return fault(EC_STORE_VERSION, d->path, "version %lld, at most %d", (long long)*version,
                     schema->migrations);
    return ST_OK;
}

/* The first thing that PRAGMA answers must be this word. */
static enum status insist(struct db *d, const char *pragma, const char *word)
{
    sqlite3_stmt *q = NULL;
    bool row = false;
    enum status st = db_prepare(&q, d, pragma);
    if (st == ST_OK)
        st = db_step(&row, d, q);
    const char *said = st == ST_OK && row ? (const char *)sqlite3_column_text(q, 0) : "nothing";
    if (st == ST_OK && (said == NULL || strcmp(said, word) != 0))
        st = fault(EC_STORE_DAMAGED, d->path, "%s: %s", pragma, said == NULL ? "nothing" : said);
    sqlite3_finalize(q);
    return st;
}

static enum status migrate(struct db *d, const struct db_schema *schema, int64_t version)
{
    char sql[SQL_MAX];
    enum status st = ST_OK;
    for (int at = (int)version; at < schema->migrations && st == ST_OK; at++) {
        st = db_begin(d);
        if (st != ST_OK)
            return st;
        snprintf(sql, sizeof sql, "PRAGMA application_id = %u; PRAGMA user_version = %d",
                 (unsigned)schema->application_id, at + 1);
        st = db_run(d, schema->migration[at]);
        if (st == ST_OK)
            st = db_run(d, sql);
        st = db_end(d, st);
    }
    return st;
}

enum status db_open(struct db **out, const char *path, const struct db_schema *schema,
                    bool may_be_new)
{
    int64_t version = 0;
    *out = NULL;
    struct db *d = must_alloc(1, sizeof *d);
    must(strlen(path) < sizeof d->path);
    memcpy(d->path, path, strlen(path) + 1);
    enum status st = make_file(path, may_be_new);
    if (st != ST_OK)
        goto out;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int opened = sqlite3_open_v2(path, &d->handle, flags, NULL);
    must(d->handle != NULL);
    st = opened == SQLITE_OK ? settle(d) : complain(d);
    if (st == ST_OK)
        st = judge(&version, d, schema, may_be_new);
    if (st == ST_OK)
        st = insist(d, "PRAGMA integrity_check(1)", "ok");
    if (st == ST_OK)
        st = insist(d, "PRAGMA journal_mode = WAL", "wal");
    if (st == ST_OK)
        st = migrate(d, schema, version);
    if (st != ST_OK)
        goto out;
    leave_log(d, 0);
    *out = d;
    d = NULL;
out:
    db_close(&d);
    return st;
}

void db_close(struct db **d)
{
    if (*d == NULL)
        return;
    must(sqlite3_close((*d)->handle) == SQLITE_OK); /* a NULL handle is welcome */
    free(*d);
    *d = NULL;
}
