#include "state_names.h"

#include <stddef.h>

int state_names_load(struct state *state, const char *scope, bool provisional,
                     const struct state_pair_target *target, struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "SELECT user_key, account_id, bridged FROM pair"
        " WHERE provisional <= ? AND scope = ? ORDER BY provisional",
        err);
    enum db_outcome outcome = DB_FAILED;

    if (s == NULL)
        return -1;
    db_bind_integer(s, 1, provisional);
    db_bind_text(s, 2, scope);
    while ((outcome = db_step(s, err)) == DB_ROW) {
        const struct state_pair pair = {db_text(s, 0), db_text(s, 1),
                                        db_integer(s, 2) != 0};

        if (target->pair(target->context, &pair, err) != 0)
            break;
    }
    db_finalize(s);
    return outcome == DB_DONE ? 0 : -1;
}

struct db_statement *state_names_writer(struct state *state, struct error *err)
{
    return db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO pair (provisional, scope, user_key, bridged,"
        " account_id) VALUES (1, ?, ?, ?, ?)",
        err);
}

int state_names_keep(struct db_statement *writer, const char *scope,
                     const struct state_pair *pair, struct error *err)
{
    db_bind_text(writer, 1, scope);
    db_bind_text(writer, 2, pair->key);
    db_bind_integer(writer, 3, pair->bridged);
    db_bind_text(writer, 4, pair->account_id);
    return db_run(writer, err);
}

static int run_scope(struct state *state, const char *sql, const char *scope,
                     struct error *err)
{
    struct db_statement *s = db_prepare(state_db(state), sql, err);
    int result;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, scope);
    result = db_run(s, err);
    db_finalize(s);
    return result;
}

int state_names_publish(struct state *state, const char *scope, bool whole,
                        struct error *err)
{
    if (whole && run_scope(state,
                           "DELETE FROM pair WHERE provisional = 0"
                           " AND scope = ?",
                           scope, err) != 0)
        return -1;
    return run_scope(state,
                     "INSERT OR REPLACE INTO pair SELECT 0, scope, user_key,"
                     " bridged, account_id FROM pair"
                     " WHERE provisional = 1 AND scope = ?",
                     scope, err);
}
