/*
 * inquiry_parts: what inquiry.c (reading), inquiry_text.c and inquiry_json.c
 * (telling) share. Private to inquiry*.c.
 */
#ifndef ROLLCALL_INQUIRY_PARTS_H
#define ROLLCALL_INQUIRY_PARTS_H

#include "emit.h"
#include "explain.h"
#include "inquiry.h"
#include "previous.h"
#include "resolve.h"

/* One name under which a log may call the account. */
struct inquiry_name {
    const char *name;
    enum resolve_way way;
    size_t events; /* of the account that call it so */
};

struct inquiry {
    const struct inquiry_options *options;
    struct run_report report; /* for the walkers; nobody writes it */
    struct previous previous;
    struct state *state; /* NULL: there is none */
    struct recall *recall;
    struct worker *worker;
    struct exchange *exchange;
    struct gather_options gather;
    struct gathered gathered;
    struct resolved resolved;
    struct emission emission;
    struct arena arena;
    struct strmap subjects; /* all that the log names, folded or not */
    struct strmap watched;  /* struct inquiry_name, of the account */

    const char *id;
    const struct account *account;
    const struct rules *rules;
    struct joined joined;
    struct explain_log events;
    struct inquiry_name **names; /* those with events, in order */
    size_t name_count;
    struct explain_column *columns; /* as many as the schema has */
    bool selected, refused;
    struct join_notes notes;
};

/* The account id and the name of an event's actor, as rows show them. */
const char *inquiry_actor_id(const struct inquiry *q,
                             const struct fact_event *event);
const char *inquiry_actor_name(const struct inquiry *q,
                               const struct fact_event *event);

/* The source that a user.* value comes from; NULL for others. */
const char *inquiry_column_source(const struct inquiry *q,
                                  const struct explain_column *column);

/* The event that lent what the column shows; NULL when none did. */
const struct fact_event *
inquiry_column_lender(const struct explain_column *column);

/* 0 when the answer is whole. */
int inquiry_check(const struct buf *out, struct error *err);

#endif
