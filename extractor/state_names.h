/*
 * state_names: user keys and the account ids they stand for.
 *
 * A scope is a digest of the definitions and addresses of all that teaches
 * pairs. A pair was shown by a record, or was the bridge's answer; one key may
 * have both. Those of an unfinished run are provisional until
 * state_names_publish(). Writers belong between db_begin() and db_commit().
 */
#ifndef ROLLCALL_STATE_NAMES_H
#define ROLLCALL_STATE_NAMES_H

#include <stdbool.h>

#include "error.h"
#include "state.h"

struct state_pair {
    const char *key, *account_id; /* die with the call */
    bool bridged;                 /* the bridge's answer */
};

struct state_pair_target {
    int (*pair)(void *context, const struct state_pair *pair,
                struct error *err);
    void *context;
};

/* What is known, and with provisional also what an unfinished run learned. */
int state_names_load(struct state *state, const char *scope, bool provisional,
                     const struct state_pair_target *target,
                     struct error *err);
/* For many calls of state_names_keep(); db_finalize() it. */
struct db_statement *state_names_writer(struct state *state,
                                        struct error *err);
int state_names_keep(struct db_statement *writer, const char *scope,
                     const struct state_pair *pair, struct error *err);
/* whole: what was known of the scope is forgotten. */
int state_names_publish(struct state *state, const char *scope, bool whole,
                        struct error *err);

#endif
