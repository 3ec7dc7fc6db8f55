#include "spool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db.h"
#include "spool_parts.h"

/* The key of the table is the order of reading; the second one finds what came
 * before. Everything is one transaction that never ends. */
static const char tables[] =
    "CREATE TABLE events (at INTEGER NOT NULL, source TEXT NOT NULL, "
    "id TEXT NOT NULL, content BLOB NOT NULL, "
    "PRIMARY KEY (at, source, id), UNIQUE (source, id)) WITHOUT ROWID;"
    "CREATE TABLE places (place BLOB PRIMARY KEY, source TEXT NOT NULL, "
    "id TEXT NOT NULL, subject TEXT) WITHOUT ROWID";

enum statement { ADD, NEXT, FIND, PLACE, PLACE_NEXT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [ADD] = "INSERT INTO events VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE "
            "SET at = excluded.at, content = excluded.content "
            "WHERE (excluded.at, excluded.content) > (at, content)",
    [NEXT] = "SELECT at, source, id, content FROM events "
             "ORDER BY at, source, id",
    [FIND] = "SELECT at, source, id, content FROM events "
             "WHERE source = ?1 AND id = ?2",
    [PLACE] = "INSERT INTO places VALUES (?1, ?2, ?3, ?4) "
              "ON CONFLICT DO NOTHING RETURNING 1",
    [PLACE_NEXT] = "SELECT source, id, subject FROM places ORDER BY place",
};

struct spool {
    struct db *db;
    struct db_statement *statements[STATEMENTS];
    struct event next, found; /* of the row at hand */
    struct buf packed;
};

/* The path is made from the descriptor, for db_open_scratch() follows no
 * links and the output directory may lie behind one. */
static int folder_path(int folder_fd, char path[PATH_MAX], struct error *err)
{
    char link[64];
    ssize_t len;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", folder_fd);
    len = readlink(link, path, PATH_MAX - 1);
    if (len < 0)
        return error_system(err, ERROR_CANT_CREATE, errno, "%s", link);
    path[len] = '\0';
    return 0;
}

static int open_database(struct spool *spool, int folder_fd, struct error *err)
{
    char path[PATH_MAX], cache[64];

    snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%d", SPOOL_CACHE_KIB);
    if (folder_path(folder_fd, path, err) != 0)
        return -1;
    spool->db = db_open_scratch(path, tables, err);
    if (spool->db == NULL || db_exec(spool->db, cache, err) != 0 ||
        db_begin(spool->db, err) != 0)
        return -1;
    for (int i = 0; i < STATEMENTS; i++) {
        spool->statements[i] = db_prepare(spool->db, sql[i], err);
        if (spool->statements[i] == NULL)
            return -1;
    }
    return 0;
}

struct spool *spool_open(int folder_fd, struct error *err)
{
    struct spool *spool = calloc(1, sizeof(*spool));

    if (spool == NULL) {
        error_no_memory(err);
        return NULL;
    }
    buf_init(&spool->packed, SPOOL_EVENT_MAX);
    if (open_database(spool, folder_fd, err) == 0)
        return spool;
    spool_close(spool);
    return NULL;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        db_finalize(spool->statements[i]);
    db_close(spool->db);
    buf_release(&spool->packed);
    free(spool);
}

int spool_add(struct spool *spool, const struct event *event, struct error *err)
{
    struct db_statement *add = spool->statements[ADD];
    const char *id = event->fields[EVENT_ID].text;

    buf_reset(&spool->packed);
    spool_pack(event, &spool->packed);
    if (buf_no_memory(&spool->packed))
        return error_no_memory(err);
    if (!buf_ok(&spool->packed)) {
        error_set(err, ERROR_DATA, "%s: event %s takes more than %d bytes",
                  event->source, id, SPOOL_EVENT_MAX);
        return error_usual(err, "see that event in the log of the site; with "
                                "--from and --to a run can leave its time out");
    }
    db_bind_integer(add, 1, event->fields[EVENT_AT].integer);
    db_bind_text(add, 2, event->source);
    db_bind_text(add, 3, id);
    db_bind_bytes(add, 4, spool->packed.data, spool->packed.len);
    return db_run(add, err);
}

/* The row at hand, into event. */
static int read_row(struct db_statement *row, struct event *event,
                    struct error *err)
{
    size_t len;
    const void *content = db_bytes(row, 3, &len);

    if (spool_unpack(content, len, event) != 0)
        return error_set(err, ERROR_BUG, "a spooled event cannot be read");
    event->source = db_text(row, 1);
    event->fields[EVENT_AT] = value_instant(db_integer(row, 0));
    event->fields[EVENT_ID] = value_text(db_text(row, 2));
    return 1;
}

void spool_rewind(struct spool *spool)
{
    db_reset(spool->statements[NEXT]);
}

int spool_next(struct spool *spool, const struct event **event,
               struct error *err)
{
    struct db_statement *next = spool->statements[NEXT];

    *event = &spool->next;
    switch (db_step(next, err)) {
    case DB_ROW:
        return read_row(next, &spool->next, err);
    case DB_DONE:
        return 0;
    default:
        return -1;
    }
}

int spool_find(struct spool *spool, const char *source, const char *id,
               const struct event **event, struct error *err)
{
    struct db_statement *find = spool->statements[FIND];

    *event = &spool->found;
    db_reset(find);
    db_bind_text(find, 1, source);
    db_bind_text(find, 2, id);
    switch (db_step(find, err)) {
    case DB_ROW:
        return read_row(find, &spool->found, err);
    case DB_DONE:
        return 0;
    default:
        return -1;
    }
}

int spool_place_clear(struct spool *spool, struct error *err)
{
    db_reset(spool->statements[PLACE_NEXT]);
    return db_exec(spool->db, "DELETE FROM places", err);
}

int spool_place(struct spool *spool, const void *place, size_t len,
                const struct spool_row *row, bool *taken, struct error *err)
{
    struct db_statement *insert = spool->statements[PLACE];
    enum db_outcome outcome;

    db_bind_bytes(insert, 1, place, len);
    db_bind_text(insert, 2, row->source);
    db_bind_text(insert, 3, row->id);
    db_bind_text(insert, 4, row->subject);
    outcome = db_step(insert, err);
    db_reset(insert);
    *taken = outcome == DB_DONE;
    return outcome == DB_FAILED ? -1 : 0;
}

void spool_place_rewind(struct spool *spool)
{
    db_reset(spool->statements[PLACE_NEXT]);
}

int spool_place_next(struct spool *spool, struct spool_row *row,
                     struct error *err)
{
    struct db_statement *next = spool->statements[PLACE_NEXT];

    switch (db_step(next, err)) {
    case DB_ROW:
        break;
    case DB_DONE:
        return 0;
    default:
        return -1;
    }
    row->source = db_text(next, 0);
    row->id = db_text(next, 1);
    row->subject = db_text(next, 2);
    return 1;
}
