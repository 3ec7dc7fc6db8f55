/*
 * join: one account with its facts, or one event with its subject, and from
 * it one row.
 *
 * Calling order, after everything is read and resolved: joined_fill() for an
 * account, or joined_fill_event(); join_selects() says whether it belongs to the dataset; join_row()
 * makes its cells. Texts of cells live in the roster, the book, the rules or
 * the arena passed in.
 */
#ifndef ROLLCALL_JOIN_H
#define ROLLCALL_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "condition.h"
#include "error.h"
#include "fact.h"
#include "roster.h"
#include "rules.h"
#include "strmap.h"

/* What earlier runs saw of an account; a time is there when its flag says. */
struct sighting {
    bool was_active, is_inactive;
    int64_t last_active_at;    /* the newest as-of at which it was active */
    int64_t first_inactive_at; /* the first of those since then */
};

/* When an account that is inactive at AS_OF was first seen so. published: what
 * the run published before says, or NULL; it knows more than the sighting when
 * the state could not learn from that run. SIGHTING may be NULL. */
int64_t sighting_first_inactive(const struct sighting *sighting,
                                const int64_t *published, int64_t as_of);

struct join_input {
    const struct rules *rules;
    const struct fact_book *book; /* of a mapping of users */
    const struct roster *roster;  /* actor names */
    const char *const *sources;   /* names, by the number in the roster; NULL:
                                     nothing is asked of origins */
    size_t source_count;          /* the dataset has these; the run more */
    const struct strmap *actors;  /* user key -> account id, resolved ones */
    const struct strmap *observed; /* account id -> int64_t*, of the run
                                      published before */
    const struct strmap *sightings; /* account id -> struct sighting*, goes
                                       before observed; NULL: none */
    bool no_access;               /* the log could not be read */
    int64_t as_of;
    const char *run_id;
};

/* An account an event is about. */
struct join_subject {
    const char *name;       /* in the log; NULL: the event is about none */
    const char *account_id; /* NULL: unresolved */
    const char *status;     /* a word of join_subject_words */
};

struct joined {
    const struct join_input *input;
    const struct account *account; /* of an event: the subject's, or NULL */
    const struct event *event;     /* NULL: the row is an account's */
    struct join_subject subject;
    const char *changes;           /* NULL: the event tells none */
    bool facts_known;
    struct fact_view facts[RULES_FACTS_MAX]; /* see joined_fact() */
};

enum join_outcome { JOIN_ROW, JOIN_REJECTED, JOIN_FAILED };

struct join_notes {
    const char *column;   /* of a refused row */
    const char *reason;
    uint64_t truncated;   /* cells cut to their length, added up */
    uint64_t *too_long;   /* per column, texts longer than it, added up
                             whatever became of them; NULL: not wanted */
};

/* What an account is joined with is looked up when somebody asks: most accounts
 * are left out for what they are themselves. */
void joined_fill(struct joined *joined, const struct join_input *input,
                 const struct account *account);

/* A fact of the account by its rule's index; lives as long as joined. */
const struct fact_view *joined_fact(const struct joined *joined, size_t index);

/* One row's worth of an event; subject NULL: it is about no account. Texts of
 * the event must live as long as the row. Returns 0, or -1 with *err set. */
int joined_fill_event(struct joined *joined, const struct join_input *input,
                      const struct event *event,
                      const struct join_subject *subject, struct arena *arena,
                      struct error *err);

bool join_selects(const struct joined *joined);

/* The same while user fields are unknown. */
enum decision join_decides(const struct joined *joined,
                           const struct unknowns *unknown);

/* An account that was not selected, and might have been if all were known of
 * it that "where" compares. */
bool join_lacks(const struct joined *joined);

/* What the row is about, for messages: an account id or a record's id. */
const char *joined_item(const struct joined *joined);

/* What tells a subject apart within its event: subject.id. NULL for none. */
const char *join_subject_id(const struct join_subject *subject);

/* The words of subject.status and actor.kind, NULL terminated. */
extern const char *const join_subject_words[];
extern const char *const join_actor_words[];

/* What the event changed: [{"field":…,"from":…,"to":…},…] in the order of the
 * record, without blanks, what the record does not say as null; null when it
 * tells no changes. Above JOIN_CHANGES_MAX bytes the run ends: ERROR_DATA. */
enum { JOIN_CHANGES_MAX = 1024 * 1024 };
struct value joined_changes(const struct joined *joined);

/* The value of any reference but event.*, and of user.* as far as it comes
 * from a source of the dataset. */
struct value joined_value(const struct joined *joined, const struct ref *ref);

/* The account id of who did it; unresolved, what the log says: a user key, or
 * an app's id; NULL when that is an e-mail address only, or nothing. */
const char *joined_actor_id(const struct joined *joined, size_t fact);

/* The same for any actor of an event (NULL gives NULL), and the name the
 * account has now; what the event called it when that is unknown. */
const char *join_actor_id(const struct join_input *input, const char *actor);
const char *join_actor_name(const struct join_input *input, const char *actor,
                            const char *event_name);

/* known | no_actor | before_log | no_access */
const char *joined_status(const struct joined *joined, size_t fact);

/* A column's value before its transforms. *alternative: the one that gave it,
 * or their count when none did. */
struct value join_choose(const struct joined *joined, size_t column,
                         size_t *alternative);

/* cells: as many as the schema has columns. JOIN_REJECTED fills notes;
 * JOIN_FAILED sets *err (over_length "fail", or memory is out). */
enum join_outcome join_row(const struct joined *joined, struct value *cells,
                           struct arena *arena, struct join_notes *notes,
                           struct error *err);

/* One cell only, for sorting. Returns 0, or -1 with *err set. */
int join_cell(const struct joined *joined, size_t column, struct value *cell,
              struct arena *arena, struct error *err);

/* Compares cells of one column: nulls first, texts as bytes, numbers by
 * value. */
int value_order(const struct value *a, const struct value *b);

#endif
