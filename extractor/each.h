/*
 * each: asks the sources that are asked account by account (source.h, "each").
 *
 * Called once everything else is read and resolved and before rows are chosen:
 * emit_prepare(), each_ask(), emit_choose(). An account is asked about when
 * - it may have a row: the mapping's "where" holds, or it is undecided because
 *   of fields that such sources may still fill;
 * - the source would fill a field that the mapping refers to and that no
 *   source before it in "enrich" has told. That somebody was never seen is
 *   told; that nothing is known of it is not (roster.h, account_open()).
 * Several such sources are asked one after another, in the order of "enrich".
 * Accounts are asked in the order of their ids, as many at a time as the
 * exchange allows; what they fill goes to the roster.
 *
 * Answers are kept in the state as they come, EACH_COMMIT at a time, so that a
 * run which ends before its time (killed, out of limits.run_for, with a key
 * that expired) leaves the rest only to the next one. They are used again
 * until they are max_age old by the clock: lists are always today's, whatever
 * the as-of time, and so are these. Nothing is kept before the source knew an
 * account in this run: a key that may not ask is refused for every account.
 *
 * A status of the source's "unknown" means that it knows nothing of the
 * account, which is counted. When it means so for all, up to EACH_WITNESSES
 * more accounts are asked; none known, the run ends: ERROR_AUTH when 403 is
 * among the statuses, ERROR_DATA otherwise. An answer of another form ends the
 * run with ERROR_DATA; one whose fields cannot be read is refused as an item
 * of a list is, and is not kept.
 *
 * Memory: a pointer an account that is asked about.
 */
#ifndef ROLLCALL_EACH_H
#define ROLLCALL_EACH_H

#include "emit.h"
#include "error.h"
#include "setup.h"
#include "state.h"

enum {
    EACH_COMMIT = 50,    /* answers that a crash may lose */
    EACH_WITNESSES = 5,  /* asked when nobody is known */
    EACH_PAGES_MAX = 100 /* of one account */
};

struct each_options {
    const struct emission *emission; /* prepared; its roster is filled */
    struct state *state;             /* NULL: nothing is used again or kept */
    const char *only;                /* account id: nobody else is asked about;
                                        NULL: all */
};

/* Whether a source of the run is asked so. */
bool each_needed(const struct setup *setup);

int each_ask(const struct each_options *options, struct error *err);

#endif
