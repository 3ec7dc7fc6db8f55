/*
 * condition: does a user, an event or a joined account meet a rule? Pure.
 *
 * A scope holds what references may name; members that a condition does not
 * refer to may stay NULL. Comparison is of texts: a boolean reads "true" or
 * "false", an instant as RFC 3339, a number as its digits. Null equals
 * nothing, matches nothing and is older than nothing.
 *
 * condition_decide() takes into account that something is not known: what
 * depends on it is undecided, and so is what is made of that unless the rest
 * decides (Kleene's three values, as in SQL).
 */
#ifndef ROLLCALL_CONDITION_H
#define ROLLCALL_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

struct account;
struct joined; /* join.h */

struct scope {
    const struct event *event;      /* event.*, change tests */
    const struct account *account;  /* user.* */
    const struct joined *joined;    /* all others */
    int64_t as_of;
};

enum decision { DECIDED_NO, UNDECIDED, DECIDED_YES };

struct unknowns {
    uint32_t fields; /* bit per user field */
    bool may_come;   /* their values may still come, so whether they are
                        present and who told them is undecided too */
    bool all_but_event; /* whatever is no field of the event itself */
};

enum decision condition_decide(const struct condition *condition,
                               const struct scope *scope,
                               const struct unknowns *unknown);

/* Nothing is unknown: null is a value like any other. */
bool condition_holds(const struct condition *condition,
                     const struct scope *scope);

/* Whether it can hold for the event, whatever accounts and other things it
 * may name besides. The scope needs no more than the event and as_of. */
bool condition_may_hold(const struct condition *condition,
                        const struct scope *scope);

/* The value a reference names in this scope; null when it has none. */
struct value scope_value(const struct scope *scope, const struct ref *ref);

#endif
