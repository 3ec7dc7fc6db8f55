#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct db {
    sqlite3 *handle;
    char path[PATH_MAX];
};

struct db_statement {
    struct db *db;
    sqlite3_stmt *handle;
    int bind_result; /* of the first binding that failed */
};

struct cause {
    int code; /* SQLite's primary result code */
    enum error_kind kind;
    enum db_trouble trouble;
    const char *text;
    const char *cure;
};

static const char see_owner[] =
    "see the owner and mode of it and of its folder (ls -ld)";
static const char run_later[] = "run again when that process has ended";
static const char make_anew[] = "move it away; the next run makes a new one";

static const struct cause causes[] = {
    {SQLITE_NOMEM, ERROR_BUG, DB_UNUSABLE, "out of memory", NULL},
    {SQLITE_CANTOPEN, ERROR_CANT_CREATE, DB_UNUSABLE, "cannot be opened",
     "see that its folder is there and this user may write in it"},
    {SQLITE_READONLY, ERROR_CANT_CREATE, DB_UNUSABLE, "may not be written",
     see_owner},
    {SQLITE_PERM, ERROR_CANT_CREATE, DB_UNUSABLE, "may not be opened",
     see_owner},
    {SQLITE_AUTH, ERROR_CANT_CREATE, DB_UNUSABLE, "may not be opened",
     see_owner},
    {SQLITE_FULL, ERROR_IO, DB_UNUSABLE, "the disk is full",
     "make room on that disk, then run again"},
    {SQLITE_IOERR, ERROR_IO, DB_UNUSABLE, "reading or writing failed",
     "see that its disk is sound and has room, then run again"},
    {SQLITE_BUSY, ERROR_TRY_LATER, DB_UNUSABLE, "another process holds it",
     run_later},
    {SQLITE_LOCKED, ERROR_TRY_LATER, DB_UNUSABLE, "another process holds it",
     run_later},
    {SQLITE_NOTADB, ERROR_DATA, DB_DAMAGED, "is no database",
     make_anew},
    {SQLITE_CORRUPT, ERROR_DATA, DB_DAMAGED, "is damaged",
     make_anew},
    {SQLITE_TOOBIG, ERROR_DATA, DB_UNUSABLE, "a value is too long", NULL},
};

/* Anything else is a statement of ours that is wrong. */
static const struct cause bug = {SQLITE_ERROR, ERROR_BUG, DB_UNUSABLE,
                                 "a statement failed", NULL};

static const struct cause *cause_of(int code)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (causes[i].code == (code & 0xff))
            return &causes[i];
    }
    return &bug;
}

/* SQLite's own message may quote a value, so only its number is told. */
static int fail(const struct db *db, int code, struct error *err)
{
    const struct cause *cause = cause_of(code);
    int system = sqlite3_system_errno(db->handle);

    if (cause->kind == ERROR_IO && system != 0)
        return error_system(err, cause->kind, system, "%s: %s", db->path,
                            cause->text);
    error_set(err, cause->kind, "%s: %s (SQLite error %d)", db->path,
              cause->text, code);
    return cause->cure != NULL ? error_usual(err, "%s", cause->cure) : -1;
}

int db_exec(struct db *db, const char *sql, struct error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK
               ? 0
               : fail(db, sqlite3_extended_errcode(db->handle), err);
}

/* Without IMMEDIATE a transaction that reads first may meet a lock that no
 * waiting cures. */
int db_begin(struct db *db, struct error *err)
{
    return db_exec(db, "BEGIN IMMEDIATE", err);
}

int db_commit(struct db *db, struct error *err)
{
    return db_exec(db, "COMMIT", err);
}

void db_rollback(struct db *db)
{
    struct error ignored = {0};

    if (!sqlite3_get_autocommit(db->handle))
        db_exec(db, "ROLLBACK", &ignored);
}

static int pragma(struct db *db, const char *name, int64_t *value,
                  struct error *err)
{
    struct db_statement *statement;
    char sql[64];
    int result = -1;

    snprintf(sql, sizeof(sql), "PRAGMA %s", name);
    statement = db_prepare(db, sql, err);
    if (statement != NULL && db_step(statement, err) == DB_ROW) {
        *value = db_integer(statement, 0);
        result = 0;
    }
    db_finalize(statement);
    return result;
}

static int migrate_from(struct db *db, const struct db_schema *schema,
                        int64_t version, struct error *err)
{
    char sql[96];

    for (; schema->migrations[version] != NULL; version++) {
        if (db_exec(db, schema->migrations[version], err) != 0)
            return -1;
    }
    snprintf(sql, sizeof(sql),
             "PRAGMA application_id = %d; PRAGMA user_version = %d",
             (int)schema->application_id, (int)version);
    return db_exec(db, sql, err);
}

static int64_t last_version(const struct db_schema *schema)
{
    int64_t count = 0;

    while (schema->migrations[count] != NULL)
        count++;
    return count;
}

/* Whose file it is, and whether this program knows its version. */
static int check_identity(struct db *db, const struct db_schema *schema,
                          int64_t *version, enum db_trouble *trouble,
                          struct error *err)
{
    int64_t id, tables;

    if (pragma(db, "application_id", &id, err) != 0 ||
        pragma(db, "user_version", version, err) != 0 ||
        pragma(db, "schema_version", &tables, err) != 0)
        return -1;
    if (tables != 0 && id != schema->application_id) {
        *trouble = DB_FOREIGN;
        return error_set(err, ERROR_DATA,
                         "%s: is a database of another "
                         "program",
                         db->path);
    }
    if (*version < 0 || *version > last_version(schema)) {
        *trouble = DB_NEWER;
        return error_set(err, ERROR_DATA,
                         "%s: was written by a later version "
                         "of rollcall",
                         db->path);
    }
    return 0;
}

static int migrate(struct db *db, const struct db_schema *schema,
                   enum db_trouble *trouble, struct error *err)
{
    int64_t version;

    if (check_identity(db, schema, &version, trouble, err) != 0)
        return -1;
    if (version == last_version(schema))
        return 0;
    if (db_begin(db, err) != 0)
        return -1;
    /* Another process may have done it while this one waited. */
    if (check_identity(db, schema, &version, trouble, err) == 0 &&
        migrate_from(db, schema, version, err) == 0 && db_commit(db, err) == 0)
        return 0;
    db_rollback(db);
    return -1;
}

static struct db *allocate(const char *path, struct error *err)
{
    struct db *db = calloc(1, sizeof(*db));

    if (db == NULL) {
        error_no_memory(err);
        return NULL;
    }
    if (strlen(path) >= sizeof(db->path)) {
        error_set(err, ERROR_CANT_CREATE, "%.64s...: the path is too long",
                  path);
        error_usual(err, "choose a shorter path");
        free(db);
        return NULL;
    }
    memcpy(db->path, path, strlen(path) + 1);
    return db;
}

/* SQLite would make the file with the umask's mode. */
static int touch(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_system(err, ERROR_CANT_CREATE, errno, "%s", path);
    close(fd);
    return 0;
}

static int open_handle(struct db *db, int access, struct error *err)
{
    int code = sqlite3_open_v2(
        db->path, &db->handle,
        access | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);

    if (code != SQLITE_OK)
        return fail(db, code, err);
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    return 0;
}

/* What the check of pages says of a file. A page that could not be read is
 * reported like a damaged one, but for the code that its text ends in. */
static int judge_pages(const struct db *db, const char *verdict,
                       enum db_trouble *trouble, struct error *err)
{
    static const char told[] = "error code=";
    const char *code = verdict != NULL ? strstr(verdict, told) : NULL;

    if (verdict != NULL && strcmp(verdict, "ok") == 0)
        return 0;
    if (code != NULL) {
        int number = (int)strtol(code + strlen(told), NULL, 10);

        if (cause_of(number)->trouble != DB_DAMAGED)
            return fail(db, number, err);
    }
    *trouble = DB_DAMAGED;
    error_set(err, ERROR_DATA, "%s: is damaged", db->path);
    return error_usual(err, "%s", make_anew);
}

/* Damage that is found only when a page is needed would stop a run again and
 * again. */
static int check_pages(struct db *db, enum db_trouble *trouble,
                       struct error *err)
{
    struct db_statement *statement =
        db_prepare(db, "PRAGMA quick_check(1)", err);
    int result = -1;

    if (statement != NULL && db_step(statement, err) == DB_ROW)
        result = judge_pages(db, db_text(statement, 0), trouble, err);
    db_finalize(statement);
    return result;
}

/* What SQLite says last, unless the file's identity told already. */
static void note_trouble(const struct db *db, enum db_trouble *trouble)
{
    if (*trouble == DB_NO_TROUBLE)
        *trouble = db != NULL && db->handle != NULL
                       ? cause_of(sqlite3_errcode(db->handle))->trouble
                       : DB_UNUSABLE;
}

struct db *db_open(const char *path, const struct db_schema *schema,
                   enum db_trouble *trouble, struct error *err)
{
    struct db *db = allocate(path, err);

    *trouble = DB_NO_TROUBLE;
    if (db != NULL && touch(path, err) == 0 &&
        open_handle(db, SQLITE_OPEN_READWRITE, err) == 0 &&
        db_exec(db,
                "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                "PRAGMA cell_size_check = ON; PRAGMA journal_mode = DELETE;"
                "PRAGMA synchronous = EXTRA; PRAGMA temp_store = MEMORY",
                err) == 0 &&
        check_pages(db, trouble, err) == 0 &&
        migrate(db, schema, trouble, err) == 0)
        return db;
    note_trouble(db, trouble);
    db_close(db);
    return NULL;
}

struct db *db_open_reader(const char *path, const struct db_schema *schema,
                          enum db_trouble *trouble, struct error *err)
{
    struct db *db = allocate(path, err);
    int64_t version;

    *trouble = DB_NO_TROUBLE;
    if (db != NULL && open_handle(db, SQLITE_OPEN_READONLY, err) == 0 &&
        db_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON",
                err) == 0 &&
        check_identity(db, schema, &version, trouble, err) == 0) {
        if (version == last_version(schema))
            return db;
        *trouble = DB_UNUSABLE;
        error_set(err, ERROR_DATA, "%s: is of an earlier version of rollcall",
                  path);
        error_usual(err, "rollcall extract brings it up to this version");
    }
    note_trouble(db, trouble);
    db_close(db);
    return NULL;
}

struct db *db_open_scratch(const char *folder, const char *sql,
                           struct error *err)
{
    char path[PATH_MAX];
    struct db *db;
    int fd;

    if (snprintf(path, sizeof(path), "%s/.scratch-XXXXXX", folder) >=
        (int)sizeof(path)) {
        error_set(err, ERROR_CANT_CREATE, "%.64s...: the path is too long",
                  folder);
        error_usual(err, "choose a shorter path");
        return NULL;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        error_system(err, ERROR_CANT_CREATE, errno, "%s", path);
        return NULL;
    }
    close(fd);
    db = allocate(path, err);
    /* Once its tables are made, SQLite holds the file open. */
    if (db != NULL && open_handle(db, SQLITE_OPEN_READWRITE, err) == 0 &&
        db_exec(db,
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;"
                "PRAGMA synchronous = OFF; PRAGMA temp_store = FILE",
                err) == 0 &&
        db_exec(db, sql, err) == 0 && unlink(path) == 0)
        return db;
    unlink(path);
    db_close(db);
    if (err->kind == ERROR_NONE) {
        error_set(err, ERROR_CANT_CREATE, "%s: cannot be removed", path);
        error_usual(err, "see the owner and mode of its folder (ls -ld)");
    }
    return NULL;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    sqlite3_close(db->handle);
    free(db);
}

struct db_statement *db_prepare(struct db *db, const char *sql,
                                struct error *err)
{
    struct db_statement *statement = calloc(1, sizeof(*statement));
    int code;

    if (statement == NULL) {
        error_no_memory(err);
        return NULL;
    }
    statement->db = db;
    code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              &statement->handle, NULL);
    if (code == SQLITE_OK)
        return statement;
    fail(db, code, err);
    free(statement);
    return NULL;
}

void db_finalize(struct db_statement *statement)
{
    if (statement == NULL)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

static void note_binding(struct db_statement *statement, int code)
{
    if (statement->bind_result == SQLITE_OK)
        statement->bind_result = code;
}

void db_bind_text(struct db_statement *statement, int index, const char *text)
{
    note_binding(statement, sqlite3_bind_text(statement->handle, index, text,
                                              -1, SQLITE_STATIC));
}

void db_bind_bytes(struct db_statement *statement, int index, const void *data,
                   size_t len)
{
    note_binding(statement, sqlite3_bind_blob64(statement->handle, index, data,
                                                len, SQLITE_STATIC));
}

void db_bind_integer(struct db_statement *statement, int index, int64_t value)
{
    note_binding(statement,
                 sqlite3_bind_int64(statement->handle, index, value));
}

void db_bind_null(struct db_statement *statement, int index)
{
    note_binding(statement, sqlite3_bind_null(statement->handle, index));
}

enum db_outcome db_step(struct db_statement *statement, struct error *err)
{
    int code = statement->bind_result;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return DB_ROW;
    if (code == SQLITE_DONE)
        return DB_DONE;
    fail(statement->db, code, err);
    return DB_FAILED;
}

void db_reset(struct db_statement *statement)
{
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    statement->bind_result = SQLITE_OK;
}

int db_run(struct db_statement *statement, struct error *err)
{
    enum db_outcome outcome = db_step(statement, err);

    db_reset(statement);
    if (outcome == DB_ROW)
        return error_set(err, ERROR_BUG, "%s: a statement gave a row",
                         statement->db->path);
    return outcome == DB_DONE ? 0 : -1;
}

const char *db_text(struct db_statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->handle, column);
}

const void *db_bytes(struct db_statement *statement, int column, size_t *len)
{
    const void *data = sqlite3_column_blob(statement->handle, column);

    *len = (size_t)sqlite3_column_bytes(statement->handle, column);
    return data;
}

int64_t db_integer(struct db_statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

bool db_is_null(struct db_statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}
