/*
 * explain: why a row says what it says: every event of one account, what each
 * was to each fact, and where each column's value comes from. It decides
 * nothing: fact.h ranks the events and join.h chooses the values.
 *
 * Calling order: explain_init(); explain_keep() for each event of the account,
 * in any order; explain_settle(); explain_remember(); explain_check(), which finds out whether
 * these are the events the facts were folded from; then explain_mark(),
 * explain_counted() and join_explain(); explain_release(). Texts are copied.
 */
#ifndef ROLLCALL_EXPLAIN_H
#define ROLLCALL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "fact.h"
#include "join.h"

enum { EXPLAIN_EVENTS_MAX = 10000 }; /* events of one account */

struct explain_event {
    struct fact_event event;
    const char *category; /* may be NULL */
    const char *subject;  /* the name by which it called the account */
    const struct event_change *changes;
    size_t change_count;
    uint32_t taken; /* bit per fact whose rule counts it */
    bool earlier;   /* an earlier run saw it, and the log does not show it;
                       subject and category are NULL */
};

struct explain_log {
    struct explain_event *events;
    size_t count, capacity;
    struct arena arena;
};

void explain_init(struct explain_log *log);
void explain_release(struct explain_log *log);

/* ERROR_DATA above EXPLAIN_EVENTS_MAX. event->source is not copied. */
int explain_keep(struct explain_log *log, const struct rules *rules,
                 const struct event *event, const char *subject,
                 struct error *err);

/* Oldest first, each event once. */
void explain_settle(struct explain_log *log);

/* Adds the events that decided a fact, are not among those kept, and were
 * restored from what an earlier run knew. */
int explain_remember(struct explain_log *log, const struct joined *joined,
                     struct error *err);

/* ERROR_DATA when an event that decided a fact is not among those kept, or
 * one is kept that would have decided it: the log changed in between. */
int explain_check(const struct explain_log *log, const struct joined *joined,
                  struct error *err);

enum explain_role {
    EXPLAIN_NONE, /* the fact's rule does not count it */
    EXPLAIN_WON,
    EXPLAIN_LENT,      /* lost, and its actor is used; other: the winner */
    EXPLAIN_CANCELLED, /* other: the event of a later time that did it */
    EXPLAIN_LOST       /* other: the winner */
};

struct explain_mark {
    enum explain_role role;
    enum fact_reason reason; /* won, lent, lost: what decided. A winner
                                without rivals: FACT_SAME */
    const struct fact_event *other;
};

/* What event `index` of the log was to a fact. */
struct explain_mark explain_mark(const struct explain_log *log,
                                 const struct joined *joined, size_t index,
                                 size_t fact);

/* Events that a fact counts. */
size_t explain_counted(const struct explain_log *log, size_t fact);

/* The event as it was kept; NULL when it is not among them. */
const struct explain_event *explain_find(const struct explain_log *log,
                                         const struct fact_event *event);

struct explain_column {
    const struct column *column;
    const struct column_rule *rule;
    size_t alternative; /* the one that gave the value, from 0; their count
                           when none did */
    const char *from;   /* its reference, "constant", or NULL for none */
    const struct fact_view *view; /* of a fact.* reference, else NULL */
    struct value value;           /* as a row has it */
};

/* columns: as many as the schema has. What the outcome is not JOIN_ROW for,
 * *notes tells; the values are then those before the refusal. An account that
 * belongs to no row (publish false) is refused for nothing. Texts live where
 * join_row() leaves them. */
enum join_outcome join_explain(const struct joined *joined, bool publish,
                               struct explain_column *columns,
                               struct arena *arena, struct join_notes *notes,
                               struct error *err);

#endif
