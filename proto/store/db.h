/*
 * db.h - an SQLite database, opened our way. For the files of this room alone.
 *
 * WAL and synchronous=FULL: what a committed transaction wrote survives a crash and a power cut,
 * of one that was not committed nothing remains. The tables are STRICT and made by migrations:
 * `user_version` says how many of them a database has had, and `application_id` whose it is.
 * Whoever opens one makes sure that no other process has it open; SQLite keeps others out too.
 *
 * Every call: EC_IO_WRITE for a full disk and other refusals of the system, EC_STORE_DAMAGED for
 * pages that make no sense, EC_STORE_CONFLICT for rows that contradict others, EC_IO_BUSY when
 * another program holds the file. The database stays usable, and as it was before the call. Running out of memory stops.
 */
#ifndef EVENHAND_DB_H
#define EVENHAND_DB_H

#include <limits.h>
#include <stdint.h>

#include "proto/base/status.h"

struct sqlite3;
struct sqlite3_stmt;

struct db {
    struct sqlite3 *handle;
    char path[PATH_MAX];
};

struct db_schema {
    uint32_t application_id;
    const char *const *migration; /* SQL, several statements each; old ones never change */
    int migrations;
};

/*
 * Makes file (0600) and tables when they are not there, if it may be new. EC_STORE_VERSION when it
 * has had more migrations than we know; EC_STORE_DAMAGED when it is empty and may not be, is no
 * database, another's, or fails SQLite's check. What is refused is left as it is.
 */
MUST_CHECK enum status db_open(struct db **d, const char *path, const struct db_schema *schema,
                               bool may_be_new);
/* NULL is welcome. All statements are finished (a promise). */
void db_close(struct db **d);

/* SQL without arguments, its answers not looked at. */
MUST_CHECK enum status db_run(struct db *d, const char *sql);
/* The first number of the first row of the answer. */
MUST_CHECK enum status db_number(int64_t *number, struct db *d, const char *sql);

/* A statement: prepare, bind, step, sqlite3_finalize. */
MUST_CHECK enum status db_prepare(struct sqlite3_stmt **q, struct db *d, const char *sql);
/* Argument `at` is ?at. Keep text and bytes until the statement is finished. */
void db_bind_text(struct sqlite3_stmt *q, int at, const char *text);
void db_bind_number(struct sqlite3_stmt *q, int at, uint64_t number);
void db_bind_bytes(struct sqlite3_stmt *q, int at, const void *bytes, size_t len);
/* *row: there is one; false behind the last. */
MUST_CHECK enum status db_step(bool *row, struct db *d, struct sqlite3_stmt *q);
/* Steps a statement without rows, and finalizes it: consumes q. */
MUST_CHECK enum status db_finish(struct db *d, struct sqlite3_stmt *q);

/* Several statements as one: db_begin, then db_end with how they went; a fault undoes them all. */
MUST_CHECK enum status db_begin(struct db *d);
MUST_CHECK enum status db_end(struct db *d, enum status st);

#endif
