/*
 * fact: events folded into facts, one slot per subject and fact rule.
 *
 * Calling order: fact_book_init(); fact_fold() for each event, in any order;
 * fact_merge() once names are resolved to accounts; fact_find() and
 * fact_winner(); fact_book_release(). Folding is a maximum, so it gives the
 * same book for every order of arrival and for events that come twice.
 * fact_restore() gives a book what another one knew, so that it need not fold
 * those events again; fact_changed() tells what was folded since, fact_turned()
 * which names events brought up in an earlier turn than was known.
 * Memory depends on the number of distinct subjects, not of events.
 */
#ifndef ROLLCALL_FACT_H
#define ROLLCALL_FACT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "pool.h"
#include "rules.h"
#include "strmap.h"

/* What is kept of an event: one allocation, shared by all slots that keep it.
 * Absent texts are NULL. */
struct fact_event {
    unsigned users; /* slots that point here */
    int64_t at;
    const char *source; /* lives with the sources */
    const char *id, *action, *actor, *actor_name;
    bool restored; /* came by fact_restore() */
};

/* Only an event that can still lend its actor is kept beside the newest, so
 * memory does not grow with what happened long ago. */
struct fact_slot {
    struct fact_event *newest;
    struct fact_event *attributed; /* newest that names an actor, at most
                                      actor_within older; may be `newest` */
};

struct fact_subject {
    const char *name; /* account id, or user key until it is resolved */
    struct fact_subject *next_changed;
    bool changed; /* since it was last taken by fact_changed() */
    bool named;   /* in an earlier turn, since fact_turned() */
    unsigned turn; /* the first one in which an event named it; FACT_NO_TURN */
    struct fact_subject *next_named;
    struct fact_slot slots[]; /* as many as the rules have facts */
};

enum { FACT_POOL_MAX = 20000 }; /* texts that events share */

#define FACT_NO_TURN UINT_MAX /* no event did, it was restored */

struct fact_book {
    const struct fact_rule *rules;
    size_t count;
    struct arena arena;      /* subjects, their names, texts of the pool */
    struct strmap by_name;   /* struct fact_subject */
    struct pool pool;        /* actions and actors, which repeat endlessly */
    struct fact_subject *changed, *named;
    unsigned turn; /* of the events that are folded now: whoever folds says */
};

/* What a fact says, after lending and cancelling. */
struct fact_view {
    const struct fact_event *event; /* NULL: nothing known */
    const char *actor;              /* NULL: nobody is named */
    const char *actor_name;
    const char *actor_source;       /* of the event that names the actor */
    bool lent;                      /* actor comes from an earlier event */
    const struct fact_event *lender;       /* that event; NULL unless lent */
    const struct fact_event *cancelled;    /* would be `event`, but … */
    const struct fact_event *cancelled_by; /* … this one is of a later time */
};

/* What set one event above another, in the order in which it is asked. */
enum fact_reason {
    FACT_SAME,      /* one and the same event */
    FACT_BY_TIME,   /* it is newer */
    FACT_BY_ACTOR,  /* as new, and it names an actor */
    FACT_BY_ID,     /* as new, and its id is higher */
    FACT_BY_SOURCE  /* the same in all this, of two sources */
};

void fact_book_init(struct fact_book *book, const struct fact_rule *rules,
                    size_t count);
void fact_book_release(struct fact_book *book);

/* Returns 0, or -1 when memory is out. */
int fact_fold(struct fact_book *book, const struct event *event);

/* Folds the events that a slot of another book kept; lender, which may be
 * NULL, is its `attributed` unless that is its `newest`. They count as
 * restored, and their subject as unchanged. Texts but the source are copied. Returns 0, or -1 when memory is out. */
int fact_restore(struct fact_book *book, const char *subject, size_t fact,
                 const struct fact_event *newest,
                 const struct fact_event *lender);

/* A subject with a slot that folding changed, which counts as unchanged from
 * now on; NULL: there is none left. Not to be mixed with fact_merge(). */
struct fact_subject *fact_changed(struct fact_book *book);

/* A subject whose `turn` became smaller, in no order; NULL: there is none left.
 */
struct fact_subject *fact_turned(struct fact_book *book);

/* NULL when no event named it. */
struct fact_subject *fact_find(const struct fact_book *book, const char *name);

/* Makes what is known of `from` known of the subject called `account` too;
 * account must outlive the book. Returns 0, or -1 when memory is out. */
int fact_merge(struct fact_book *book, struct fact_subject *from,
               const char *account);

/* Below, at or above 0 as a ranks below b; *reason says why, unless NULL. */
int fact_order(const struct fact_event *a, const struct fact_event *b,
               enum fact_reason *reason);

/* Whether the rule counts this event, whichever account it is about. */
bool fact_takes(const struct fact_rule *rule, const struct event *event);

/* What a fact sees of an event; texts are the event's own. */
struct fact_event fact_event_of(const struct event *event);

/* subject may be NULL. index: of the fact rule. */
struct fact_view fact_winner(const struct fact_book *book,
                             const struct fact_subject *subject, size_t index);

#endif
