#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "lock.h"

enum { READ_BYTES = 64 * 1024 };
enum { APPLICATION_ID = 0x526f6c6c }; /* "Roll" */

struct state {
    struct db *db;
    int lock_fd; /* -1: none is held */
    bool old;
};

/* Times are milliseconds UTC. provisional: 1 what an unfinished run learned,
 * 0 what published runs know. */
#define TABLES_OF_FACTS                                                        \
    "CREATE TABLE dataset ("                                                   \
    " name TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID;"      \
    "CREATE TABLE cursor ("                                                    \
    " dataset TEXT NOT NULL REFERENCES dataset (name) ON DELETE CASCADE,"      \
    " source TEXT NOT NULL, definition TEXT NOT NULL,"                         \
    " from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, oldest_at INTEGER,"    \
    " PRIMARY KEY (dataset, source)) STRICT, WITHOUT ROWID;"                   \
    "CREATE TABLE fact ("                                                      \
    " provisional INTEGER NOT NULL, dataset TEXT NOT NULL,"                    \
    " subject TEXT NOT NULL, fact TEXT NOT NULL,"                              \
    " at INTEGER NOT NULL, source TEXT NOT NULL, event_id TEXT NOT NULL,"      \
    " action TEXT, actor TEXT, actor_name TEXT,"                               \
    " lender_at INTEGER, lender_source TEXT, lender_event_id TEXT,"            \
    " lender_action TEXT, lender_actor TEXT, lender_actor_name TEXT,"          \
    " PRIMARY KEY (provisional, dataset, subject, fact))"                      \
    " STRICT, WITHOUT ROWID;"

#define TABLES_OF_NAMES                                                        \
    "CREATE TABLE pair ("                                                      \
    " provisional INTEGER NOT NULL, scope TEXT NOT NULL,"                      \
    " user_key TEXT NOT NULL, bridged INTEGER NOT NULL,"                       \
    " account_id TEXT NOT NULL,"                                               \
    " PRIMARY KEY (provisional, scope, user_key, bridged))"                    \
    " STRICT, WITHOUT ROWID;"                                                  \
    "CREATE TABLE account ("                                                   \
    " universe TEXT NOT NULL, account_id TEXT NOT NULL,"                       \
    " last_active_at INTEGER, first_inactive_at INTEGER,"                      \
    " PRIMARY KEY (universe, account_id)) STRICT, WITHOUT ROWID;"

#define TABLES_OF_RUNS                                                         \
    "CREATE TABLE published ("                                                 \
    " id INTEGER PRIMARY KEY CHECK (id = 1),"                                  \
    " run_id TEXT NOT NULL, as_of INTEGER NOT NULL) STRICT;"                   \
    "CREATE TABLE unfinished ("                                                \
    " id INTEGER PRIMARY KEY CHECK (id = 1),"                                  \
    " run_id TEXT NOT NULL, as_of INTEGER NOT NULL, plan TEXT NOT NULL,"       \
    " started_at INTEGER NOT NULL, from_at INTEGER NOT NULL) STRICT;"          \
    "CREATE TABLE unfinished_window ("                                         \
    " source TEXT NOT NULL, from_at INTEGER NOT NULL,"                         \
    " to_at INTEGER NOT NULL, pages INTEGER NOT NULL,"                         \
    " records INTEGER NOT NULL, oldest_at INTEGER NOT NULL,"                   \
    " newest_at INTEGER NOT NULL,"                                             \
    " PRIMARY KEY (source, from_at, to_at)) STRICT, WITHOUT ROWID;"            \
    "CREATE TABLE newest ("                                                    \
    " provisional INTEGER NOT NULL, source TEXT NOT NULL,"                     \
    " definition TEXT NOT NULL, at INTEGER NOT NULL, record_id TEXT NOT NULL," \
    " PRIMARY KEY (provisional, source, definition))"                          \
    " STRICT, WITHOUT ROWID;"

/* See state_answers.h; fields is a JSON object by canonical names, null where
 * the source does not know the account. */
#define TABLE_OF_ANSWERS                                                       \
    "CREATE TABLE answers ("                                                   \
    " source TEXT NOT NULL, scope TEXT NOT NULL, account_id TEXT NOT NULL,"    \
    " asked_at INTEGER NOT NULL, fields TEXT,"                                 \
    " PRIMARY KEY (source, scope, account_id)) STRICT, WITHOUT ROWID"

static const char *const migrations[] = {
    TABLES_OF_FACTS TABLES_OF_NAMES TABLES_OF_RUNS TABLE_OF_ANSWERS, NULL};

static const struct db_schema schema = {APPLICATION_ID, migrations};

/* The folder of the file, and the lock in it. */
static int take_lock(struct state *state, const char *path, const char *run_id,
                     struct error *err)
{
    char folder[PATH_MAX], name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd;

    if (snprintf(name, sizeof(name), "%s.lock", slash ? slash + 1 : path) >=
            (int)sizeof(name) ||
        strlen(path) >= sizeof(folder)) {
        error_set(err, ERROR_CANT_CREATE, "%.64s...: the path is too long",
                  path);
        return error_usual(err, "choose a shorter path");
    }
    snprintf(folder, sizeof(folder), "%.*s",
             slash != NULL ? (int)(slash - path) + (slash == path) : 1,
             slash != NULL ? path : ".");
    fd = folder_make(folder, 0700, err);
    if (fd < 0)
        return -1;
    state->lock_fd = lock_take(fd, name, run_id, 0600, err);
    close(fd);
    return state->lock_fd >= 0 ? 0 : error_prefix(err, "%s", folder);
}

/* A journal would be played into the file that takes the old one's place. */
static int set_aside(const char *path, const char *run_id,
                     const struct log *log, struct error *err)
{
    static const char *const suffixes[] = {"", "-journal"};
    char from[PATH_MAX], to[PATH_MAX];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (snprintf(from, sizeof(from), "%s%s", path, suffixes[i]) >=
                (int)sizeof(from) ||
            snprintf(to, sizeof(to), "%s.damaged-%s%s", path, run_id,
                     suffixes[i]) >= (int)sizeof(to)) {
            error_set(err, ERROR_CANT_CREATE,
                      "%s: the path is too "
                      "long",
                      path);
            return error_usual(err, "choose a shorter path");
        }
        if (rename(from, to) != 0 && (i == 0 || errno != ENOENT))
            return error_system(err, ERROR_CANT_CREATE, errno,
                                "%s: cannot be set aside", from);
    }
    log_line(log, LOG_WARN, "state",
             "%s: is damaged; set aside as "
             "%s.damaged-%s, and what it knew is read again",
             path, path, run_id);
    return 0;
}

/* Reads the file once through, without SQLite. */
static int read_through(const char *path, struct error *err)
{
    char chunk[READ_BYTES];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t got = -1;

    if (fd >= 0) {
        while ((got = read(fd, chunk, sizeof(chunk))) > 0)
            ;
    }
    if (got != 0)
        error_system(err, ERROR_IO, errno, "%s: reading failed", path);
    if (fd >= 0)
        close(fd);
    return got == 0 ? 0 : -1;
}

/* A page that the disk does not give now and then looks like a damaged one to
 * SQLite. A file is given up only if it can be read and stays damaged. */
static struct db *open_sound(const char *path, enum db_trouble *trouble,
                             struct error *err)
{
    struct error first = {0};
    struct db *db = db_open(path, &schema, trouble, &first);

    if (db != NULL)
        return db;
    if (*trouble != DB_DAMAGED) {
        *err = first;
        return NULL;
    }
    if (read_through(path, err) == 0)
        return db_open(path, &schema, trouble, err);
    *trouble = DB_UNUSABLE;
    return NULL;
}

static void hint_at_another(enum db_trouble trouble, struct error *err)
{
    if (trouble == DB_FOREIGN || trouble == DB_NEWER)
        error_hint(err, "name another file as \"state\" in the job, or move "
                        "this one away: all is read again then");
}

static struct db *open_or_replace(const char *path, const char *run_id,
                                  bool *old, const struct log *log,
                                  struct error *err)
{
    enum db_trouble trouble;
    struct error cause = {0};
    struct db *db = open_sound(path, &trouble, &cause);

    if (db != NULL)
        return db;
    if (trouble == DB_FOREIGN || trouble == DB_NEWER)
        cause.kind = ERROR_CONFIG;
    if (trouble != DB_DAMAGED) {
        *err = cause;
        hint_at_another(trouble, err);
        return NULL;
    }
    *old = false;
    if (set_aside(path, run_id, log, err) != 0)
        return NULL;
    return db_open(path, &schema, &trouble, err);
}

static struct state *state_new(struct error *err)
{
    struct state *state = calloc(1, sizeof(*state));

    if (state == NULL)
        error_no_memory(err);
    else
        state->lock_fd = -1;
    return state;
}

/* Only what is not there counts as new. */
static int find_old(const char *path, bool *old, struct error *err)
{
    *old = access(path, F_OK) == 0;
    if (*old || errno == ENOENT)
        return 0;
    return error_system(err, ERROR_IO, errno, "%s: cannot be looked at", path);
}

struct state *state_open(const char *path, const char *run_id,
                         const struct log *log, struct error *err)
{
    struct state *state = state_new(err);

    if (state == NULL)
        return NULL;
    if (take_lock(state, path, run_id, err) == 0 &&
        find_old(path, &state->old, err) == 0)
        state->db = open_or_replace(path, run_id, &state->old, log, err);
    if (state->db != NULL)
        return state;
    state_close(state);
    return NULL;
}

struct state *state_look(const char *path, struct error *err)
{
    enum db_trouble trouble;
    struct state *state;

    if (access(path, F_OK) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            error_system(err, ERROR_IO, errno, "%s", path);
        return NULL;
    }
    state = state_new(err);
    if (state == NULL)
        return NULL;
    state->old = true;
    state->db = db_open_reader(path, &schema, &trouble, err);
    if (state->db != NULL)
        return state;
    hint_at_another(trouble, err);
    state_close(state);
    return NULL;
}

struct state *state_open_reader(const char *path, const struct log *log,
                                struct error *err)
{
    struct error cause = {0};
    struct state *state;

    state = state_look(path, &cause);
    if (state != NULL)
        return state;
    if (cause.kind == ERROR_BUG)
        *err = cause;
    else if (cause.kind != ERROR_NONE)
        log_line(log, LOG_WARN, "state",
                 "%s; so nothing is known of earlier runs", cause.text);
    return NULL;
}

void state_close(struct state *state)
{
    if (state == NULL)
        return;
    db_close(state->db);
    if (state->lock_fd >= 0)
        close(state->lock_fd);
    free(state);
}

struct db *state_db(struct state *state)
{
    return state->db;
}

bool state_is_old(const struct state *state)
{
    return state->old;
}
