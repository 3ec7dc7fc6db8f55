/*
 * db: an SQLite file and its statements. Sole owner of SQLite.
 *
 * Calling order: db_open() or db_open_scratch(); db_exec() for SQL without
 * values; db_prepare(), then again and again db_bind_…(), db_step() until it
 * is no DB_ROW, db_reset(); db_finalize(); db_close(). Writes that belong
 * together stand between db_begin() and db_commit(); whatever fails between
 * the two is followed by db_rollback(). NULL may be finalized and closed.
 *
 * db_open() keeps a file durable and its own: made with mode 0600, never
 * through a symbolic link, foreign keys on, a rollback journal and full
 * fsync (WAL needs shared memory, which network file systems lack; a run
 * commits rarely). All its pages are checked. The file carries the schema's application id and the
 * number of migrations it has seen (SQLite's user_version); those it lacks
 * are run in one transaction. db_open_scratch() is for data that is too large
 * for memory and worthless after a crash: no journal, no fsync, and the name
 * is gone from the folder once it is open.
 *
 * Error kinds: what cannot be opened or may not be written is
 * ERROR_CANT_CREATE, a full or failing disk ERROR_IO, a file another process
 * holds for longer than DB_BUSY_MS ERROR_TRY_LATER, a damaged one ERROR_DATA;
 * wrong SQL is ERROR_BUG. Texts name the file, never a value.
 */
#ifndef ROLLCALL_DB_H
#define ROLLCALL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { DB_BUSY_MS = 10 * 1000 };

struct db;
struct db_statement;

struct db_schema {
    int32_t application_id;        /* tells our files from others' */
    const char *const *migrations; /* SQL of version 1, 2, …; NULL terminated;
                                      a step that shipped never changes */
};

/* Why a file cannot be used, for callers that can do without it. */
enum db_trouble {
    DB_NO_TROUBLE,
    DB_FOREIGN, /* SQLite's, but not this schema's */
    DB_NEWER,   /* written by a later version of the schema */
    DB_DAMAGED, /* no database, or a damaged one */
    DB_UNUSABLE /* cannot be opened, read or written */
};

/* NULL with *err set; *trouble says what it was. */
struct db *db_open(const char *path, const struct db_schema *schema,
                   enum db_trouble *trouble, struct error *err);

/* To look only: makes, changes and migrates nothing. A file of an earlier
 * version of the schema is DB_UNUSABLE too. */
struct db *db_open_reader(const char *path, const struct db_schema *schema,
                          enum db_trouble *trouble, struct error *err);

/* An empty one inside the folder; sql makes its tables. */
struct db *db_open_scratch(const char *folder, const char *sql,
                           struct error *err);
void db_close(struct db *db);

int db_exec(struct db *db, const char *sql, struct error *err);
int db_begin(struct db *db, struct error *err);
int db_commit(struct db *db, struct error *err);
void db_rollback(struct db *db); /* harmless outside a transaction */

struct db_statement *db_prepare(struct db *db, const char *sql,
                                struct error *err);
void db_finalize(struct db_statement *statement);

/* index counts from 1. Texts and bytes are not copied: they must live until
 * db_reset().
 * NULL binds null. A failure is reported by the next db_step(). */
void db_bind_text(struct db_statement *statement, int index, const char *text);
void db_bind_bytes(struct db_statement *statement, int index, const void *data,
                   size_t len);
void db_bind_integer(struct db_statement *statement, int index, int64_t value);
void db_bind_null(struct db_statement *statement, int index);

enum db_outcome { DB_FAILED = -1, DB_DONE, DB_ROW };

enum db_outcome db_step(struct db_statement *statement, struct error *err);
void db_reset(struct db_statement *statement); /* bindings are forgotten too */

/* Steps a statement that gives no rows, and resets it. 0 or -1. */
int db_run(struct db_statement *statement, struct error *err);

/* Of the row at hand; column counts from 0. Texts and bytes die with the next
 * step or reset; NULL for null, and for no bytes. */
const char *db_text(struct db_statement *statement, int column);
const void *db_bytes(struct db_statement *statement, int column, size_t *len);
int64_t db_integer(struct db_statement *statement, int column);
bool db_is_null(struct db_statement *statement, int column);

#endif
