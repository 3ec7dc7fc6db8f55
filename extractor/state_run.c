#include "state_run.h"

#include <stdio.h>

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

int state_published(struct state *state, struct state_run *run, bool *found,
                    struct error *err)
{
    struct db_statement *s =
        db_prepare(state_db(state), "SELECT run_id, as_of FROM published", err);
    enum db_outcome outcome;

    *found = false;
    if (s == NULL)
        return -1;
    outcome = db_step(s, err);
    if (outcome == DB_ROW) {
        copy_text(run->run_id, sizeof(run->run_id), db_text(s, 0));
        run->as_of = db_integer(s, 1);
        *found = true;
    }
    db_finalize(s);
    return outcome == DB_FAILED ? -1 : 0;
}

int state_published_set(struct state *state, const struct state_run *run,
                        struct error *err)
{
    struct db_statement *s =
        db_prepare(state_db(state),
                   "INSERT OR REPLACE INTO published (id, run_id, as_of)"
                   " VALUES (1, ?, ?)",
                   err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, run->run_id);
    db_bind_integer(s, 2, run->as_of);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}

int state_unfinished(struct state *state, struct state_unfinished *unfinished,
                     bool *found, struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "SELECT run_id, as_of, plan, started_at, from_at FROM unfinished", err);
    enum db_outcome outcome;

    *found = false;
    if (s == NULL)
        return -1;
    outcome = db_step(s, err);
    if (outcome == DB_ROW) {
        *unfinished = (struct state_unfinished){.run.as_of = db_integer(s, 1),
                                                .started_at = db_integer(s, 3),
                                                .from = db_integer(s, 4)};
        copy_text(unfinished->run.run_id, sizeof(unfinished->run.run_id),
                  db_text(s, 0));
        copy_text(unfinished->plan, sizeof(unfinished->plan), db_text(s, 2));
        *found = true;
    }
    db_finalize(s);
    return outcome == DB_FAILED ? -1 : 0;
}

int state_windows(struct state *state, const struct state_window_target *target,
                  struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "SELECT source, from_at, to_at, pages, records, oldest_at, newest_at"
        " FROM unfinished_window ORDER BY source, from_at DESC, to_at DESC",
        err);
    enum db_outcome outcome = DB_FAILED;

    if (s == NULL)
        return -1;
    while ((outcome = db_step(s, err)) == DB_ROW) {
        const struct state_window window = {
            .source = db_text(s, 0),
            .from = db_integer(s, 1),
            .to = db_integer(s, 2),
            .pages = (uint64_t)db_integer(s, 3),
            .records = (uint64_t)db_integer(s, 4),
            .oldest = db_integer(s, 5),
            .newest = db_integer(s, 6),
        };

        if (target->window(target->context, &window, err) != 0)
            break;
    }
    db_finalize(s);
    return outcome == DB_DONE ? 0 : -1;
}

int state_unfinished_set(struct state *state,
                         const struct state_unfinished *unfinished,
                         struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO unfinished (id, run_id, as_of, plan,"
        " started_at, from_at) VALUES (1, ?, ?, ?, ?, ?)",
        err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, unfinished->run.run_id);
    db_bind_integer(s, 2, unfinished->run.as_of);
    db_bind_text(s, 3, unfinished->plan);
    db_bind_integer(s, 4, unfinished->started_at);
    db_bind_integer(s, 5, unfinished->from);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}

int state_window_add(struct state *state, const struct state_window *window,
                     struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO unfinished_window (source, from_at, to_at,"
        " pages, records, oldest_at, newest_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, window->source);
    db_bind_integer(s, 2, window->from);
    db_bind_integer(s, 3, window->to);
    db_bind_integer(s, 4, (int64_t)window->pages);
    db_bind_integer(s, 5, (int64_t)window->records);
    db_bind_integer(s, 6, window->oldest);
    db_bind_integer(s, 7, window->newest);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}

int state_unfinished_drop(struct state *state, struct error *err)
{
    return db_exec(state_db(state),
                   "DELETE FROM unfinished; DELETE FROM unfinished_window;"
                   "DELETE FROM fact WHERE provisional = 1;"
                   "DELETE FROM pair WHERE provisional = 1;"
                   "DELETE FROM newest WHERE provisional = 1",
                   err);
}

int state_newest(struct state *state, const char *source,
                 const char *definition, bool provisional,
                 struct state_record *record, bool *found, struct error *err)
{
    struct db_statement *s =
        db_prepare(state_db(state),
                   "SELECT at, record_id FROM newest WHERE provisional = ?"
                   " AND source = ? AND definition = ?",
                   err);
    enum db_outcome outcome;

    *found = false;
    if (s == NULL)
        return -1;
    db_bind_integer(s, 1, provisional);
    db_bind_text(s, 2, source);
    db_bind_text(s, 3, definition);
    outcome = db_step(s, err);
    if (outcome == DB_ROW) {
        record->at = db_integer(s, 0);
        copy_text(record->id, sizeof(record->id), db_text(s, 1));
        *found = true;
    }
    db_finalize(s);
    return outcome == DB_FAILED ? -1 : 0;
}

int state_newest_set(struct state *state, const char *source,
                     const char *definition, bool provisional,
                     const struct state_record *record, struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO newest (provisional, source, definition, at,"
        " record_id) VALUES (?, ?, ?, ?, ?)",
        err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_integer(s, 1, provisional);
    db_bind_text(s, 2, source);
    db_bind_text(s, 3, definition);
    db_bind_integer(s, 4, record->at);
    db_bind_text(s, 5, record->id);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}
