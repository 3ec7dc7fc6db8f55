/*
 * rules: a mapping, parsed: which users or events, which columns.
 *
 * Plain data. extractor/mapping.c fills it from a mapping file and owns its
 * memory (one arena); every other module only reads it.
 *
 * References name a value:
 *   user.FIELD             a field of the account (item.h)
 *   user.FIELD.source      name of the source the field's value comes from
 *   fact.NAME.at           when the winning event happened
 *   fact.NAME.actor_id     who did it: account id, or user key if unresolved
 *   fact.NAME.actor_name   display name of that account
 *   fact.NAME.action       summary or action name
 *   fact.NAME.source       source name of the event
 *   fact.NAME.actor_source source name of the event that names the actor;
 *                          not that of the fact when the actor was lent
 *   fact.NAME.event_id
 *   fact.NAME.status       known | no_actor | before_log | no_access
 *   observed.first_inactive_at   first run of those that saw the account
 *                          inactive ever since; of an account that is not, and
 *                          where the state knows nothing of it, the first that
 *                          published it in the dataset
 *   observed.last_active_at      newest run that saw it active; null: none did
 *   run.as_of, run.id
 * The conditions of facts use event.FIELD and the change test instead.
 *
 * A mapping of grain "event" has a row for each event and account that the
 * event is about, its subject. It has no facts; besides run.* it names
 *   event.FIELD            a field of the event (item.h)
 *   event.source           source name of the event
 *   event.changes          what it changed, as one text (join.h)
 *   subject.id             its account id; unresolved, what the log says: a
 *                          user key or an e-mail address
 *   subject.account_id     its account id; null while unresolved
 *   subject.name           display name of that account
 *   subject.status         how the log's name led to the account: account_id |
 *                          map_file | learned_pair | bridge | email |
 *                          unresolved
 *   actor.id               who did it: account id, or what the log says if
 *                          unresolved: a user key or an app's id
 *   actor.name             display name of that account, or what the log says
 *   actor.kind             person | app | nobody
 *   user.FIELD             a field of the subject's account
 * An actor is always the event's own: none is lent to it.
 */
#ifndef ROLLCALL_RULES_H
#define ROLLCALL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "item.h"
#include "pattern.h"
#include "schema.h"

enum { RULES_FACTS_MAX = 16 };

enum rules_grain { GRAIN_USER, GRAIN_EVENT }; /* what a row stands for */

enum ref_kind {
    REF_USER,     /* index: enum user_field */
    REF_EVENT,    /* index: enum event_field */
    REF_FACT,     /* index: fact; part: enum fact_part */
    REF_OBSERVED, /* index: enum observed_part */
    REF_RUN,      /* index: enum run_part */
    REF_SUBJECT,  /* index: enum subject_part */
    REF_ACTOR     /* index: enum actor_part */
};

enum fact_part {
    FACT_AT,
    FACT_ACTOR_ID,
    FACT_ACTOR_NAME,
    FACT_ACTION,
    FACT_SOURCE,
    FACT_ACTOR_SOURCE,
    FACT_EVENT_ID,
    FACT_STATUS,
    FACT_PART_COUNT
};

enum observed_part {
    OBSERVED_FIRST_INACTIVE,
    OBSERVED_LAST_ACTIVE,
    OBSERVED_PART_COUNT
};

enum run_part { RUN_AS_OF, RUN_ID, RUN_PART_COUNT };

enum subject_part {
    SUBJECT_ID,
    SUBJECT_ACCOUNT_ID,
    SUBJECT_NAME,
    SUBJECT_STATUS,
    SUBJECT_PART_COUNT
};

enum actor_part { ACTOR_ID, ACTOR_NAME, ACTOR_KIND, ACTOR_PART_COUNT };

struct ref {
    enum ref_kind kind;
    size_t index;
    enum fact_part part;
    bool origin; /* REF_USER: the field's source */
};

/* What stands behind the last point of a reference, and its type. */
extern const struct item_field rules_fact_parts[FACT_PART_COUNT];
extern const struct item_field rules_observed_parts[OBSERVED_PART_COUNT];
extern const struct item_field rules_run_parts[RUN_PART_COUNT];
extern const struct item_field rules_subject_parts[SUBJECT_PART_COUNT];
extern const struct item_field rules_actor_parts[ACTOR_PART_COUNT];

enum condition_kind {
    CONDITION_ALL,
    CONDITION_ANY,
    CONDITION_NOT,       /* exactly one child */
    CONDITION_EQUALS,    /* ref equals texts[0]; null never does */
    CONDITION_IN,        /* ref equals one of texts */
    CONDITION_MATCHES,   /* ref matches pattern */
    CONDITION_PRESENT,   /* ref is not null when flag, is null otherwise */
    CONDITION_OLDER,     /* ref is an instant before as_of - age_ms */
    CONDITION_CHANGE     /* an event's changes hold one with these members */
};

/* A boolean ref is compared as "true" or "false", an instant as RFC 3339. */
struct condition {
    enum condition_kind kind;
    struct condition *children; /* ALL, ANY, NOT */
    size_t child_count;
    struct ref ref;
    const char *const *texts;
    size_t text_count;
    struct pattern *pattern;
    bool *no_memory; /* set where it could not be tried; NULL: untold */
    bool flag;
    int64_t age_ms;
    struct event_change change; /* CHANGE: NULL members match anything */
};

/* One fact: per account the newest event of these sources that meets `when`.
 * Two events are compared by time, then an event with an actor wins, then the
 * higher id (numerically when both are numbers), so that arrival order never
 * matters. When the winner has no actor, the newest event of the same fact
 * and account that has one lends it, if it is at most actor_within_ms older.
 * A fact with cancelled_by is null when that fact's event is of a later time. */
struct fact_rule {
    const char *name;
    const char *const *sources; /* NULL terminated; NULL: all of the mapping */
    struct condition *when;     /* NULL: every event of an account counts */
    int64_t actor_within_ms;
    int cancelled_by;           /* index of a fact, or -1 */
};

struct transform; /* transform.h */

/* Where a column's value comes from: the first alternative whose condition
 * holds and whose value is not null. */
struct alternative {
    struct condition *when; /* NULL: always */
    bool constant;
    struct value value;     /* constant */
    struct ref ref;         /* otherwise */
};

/* What becomes of a text that is longer than its column. */
enum over_length { OVER_LENGTH_REJECT, OVER_LENGTH_TRUNCATE, OVER_LENGTH_FAIL };

struct column_rule {
    const struct alternative *alternatives;
    size_t alternative_count;
    struct transform *transforms; /* applied in order to the chosen value */
    size_t transform_count;
    bool has_over_length; /* its own, instead of the mapping's */
    enum over_length over_length;
};

/* The dataset NAME_changes that a mapping asks for with "changes": what became
 * of its rows since the run before. Columns: op, changed_at, the dataset's
 * own, changed_columns, before. Rows ascend by the key, as the dataset's. */
enum { CHANGES_OP, CHANGES_AT, CHANGES_FIRST, CHANGES_EXTRA = 4 };

#define CHANGES_SUFFIX "_changes"

struct change_rules {
    struct schema schema;
    const size_t *order;   /* as many as of the dataset */
    const bool *of_run;    /* a column of the dataset is the run's own, and so
                              other in every run: that is no change */
};

struct rules {
    struct schema schema;             /* columns in output order */
    enum rules_grain grain;
    const struct column_rule *columns; /* as many as schema.count */
    const char *users;                /* source of the universe; NULL: none,
                                         possible for events */
    const char *const *enrich;        /* sources, in order of preference; NULL
                                         terminated */
    const char *const *events;        /* source names, NULL terminated */
    bool events_optional;             /* there may be no log to read at all */
    bool without_subject;             /* events that are about no account have
                                         a row too */
    struct condition *where;          /* NULL: every user or event */
    const struct fact_rule *facts;
    size_t fact_count;
    const size_t *order;              /* column indexes, most significant 1st;
                                         always ends with the key columns */
    size_t order_count;
    enum over_length over_length;
    bool wants_changes;               /* "changes": true, */
    const struct change_rules *changes; /* and then this; else NULL */
};

/* Bit per user field that "where" or a column refers to. */
uint32_t rules_user_fields(const struct rules *rules);

/* What counts for a column. One that rows are ordered by, such as a key, is
 * never cut, because two could become one: its row is refused instead. */
enum over_length rules_over_length(const struct rules *rules, size_t column);

/* Whether the mapping reads this source of events. */
bool rules_take_source(const struct rules *rules, const char *source);

/* Whether the column is this reference first of all, unchanged. */
bool rules_column_is(const struct rules *rules, size_t column,
                     enum ref_kind kind, size_t index);

/* What the rows of a mapping of events ascend by unless it orders them: time,
 * source, id and subject. */
struct rules_order_ref {
    enum ref_kind kind;
    size_t index;
};
enum { RULES_EVENT_ORDER = 4 };
extern const struct rules_order_ref rules_event_order[RULES_EVENT_ORDER];
bool rules_in_event_order(const struct rules *rules);

/* A reference as a mapping file writes it. NULL when memory is out. */
char *rules_ref_text(const struct rules *rules, const struct ref *ref,
                     struct arena *arena);

#endif
