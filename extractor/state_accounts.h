/*
 * state_accounts: when runs saw each account active, and inactive.
 *
 * A universe is the source of the accounts and its address, as a digest. Of
 * an account: the newest as-of time at which it was active, and the first of
 * those at which it has been inactive ever since; the latter goes when it is
 * active again. Writers belong between db_begin() and db_commit().
 */
#ifndef ROLLCALL_STATE_ACCOUNTS_H
#define ROLLCALL_STATE_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "join.h"
#include "state.h"

struct state_sighting_target {
    int (*sighting)(void *context, const char *account_id,
                    const struct sighting *sighting, struct error *err);
    void *context;
};

int state_accounts_load(struct state *state, const char *universe,
                        const struct state_sighting_target *target,
                        struct error *err);
/* For many calls of state_accounts_set(); db_finalize() it. */
struct db_statement *state_accounts_writer(struct state *state,
                                           struct error *err);
int state_accounts_set(struct db_statement *writer, const char *universe,
                       const char *account_id, const struct sighting *sighting,
                       struct error *err);

#endif
