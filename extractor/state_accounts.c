#include "state_accounts.h"

int state_accounts_load(struct state *state, const char *universe,
                        const struct state_sighting_target *target,
                        struct error *err)
{
    struct db_statement *s = db_prepare(
        state_db(state),
        "SELECT account_id, last_active_at, first_inactive_at FROM account"
        " WHERE universe = ?",
        err);
    enum db_outcome outcome = DB_FAILED;

    if (s == NULL)
        return -1;
    db_bind_text(s, 1, universe);
    while ((outcome = db_step(s, err)) == DB_ROW) {
        const struct sighting sighting = {
            .was_active = !db_is_null(s, 1),
            .is_inactive = !db_is_null(s, 2),
            .last_active_at = db_integer(s, 1),
            .first_inactive_at = db_integer(s, 2),
        };

        if (target->sighting(target->context, db_text(s, 0), &sighting, err) !=
            0)
            break;
    }
    db_finalize(s);
    return outcome == DB_DONE ? 0 : -1;
}

struct db_statement *state_accounts_writer(struct state *state,
                                           struct error *err)
{
    return db_prepare(
        state_db(state),
        "INSERT OR REPLACE INTO account (universe, account_id, last_active_at,"
        " first_inactive_at) VALUES (?, ?, ?, ?)",
        err);
}

int state_accounts_set(struct db_statement *writer, const char *universe,
                       const char *account_id, const struct sighting *sighting,
                       struct error *err)
{
    db_bind_text(writer, 1, universe);
    db_bind_text(writer, 2, account_id);
    if (sighting->was_active)
        db_bind_integer(writer, 3, sighting->last_active_at);
    if (sighting->is_inactive)
        db_bind_integer(writer, 4, sighting->first_inactive_at);
    return db_run(writer, err);
}
