/*
 * state_facts: what is known of each dataset: its facts, and the span of each
 * log they were folded from.
 *
 * The facts of a dataset stand under the names the logs use (account id or
 * user key) and under one digest of what decides facts; a cursor tells of one
 * dataset and log the span [from, to) that published runs have read whole. A
 * fact is the newest event of all logs of the dataset, so facts without the
 * cursors of all their logs are worth nothing.
 *
 * What an unfinished run folds is provisional: kept apart from what published
 * runs know, until state_facts_publish() moves it there.
 * Every function but the readers belongs between db_begin() and db_commit().
 */
#ifndef ROLLCALL_STATE_FACTS_H
#define ROLLCALL_STATE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "fact.h"
#include "state.h"

struct state_cursor {
    char definition[DIGEST_HEX_SIZE]; /* of the log and its address */
    int64_t from, to;                 /* [from, to) */
    bool has_oldest;
    int64_t oldest; /* of all events that published runs saw there */
};

struct state_cursor_target {
    int (*cursor)(void *context, const char *dataset, const char *source,
                  const struct state_cursor *cursor, struct error *err);
    void *context;
};

/* The digest under which the facts stand; *found false: none are known. */
int state_facts_rules(struct state *state, const char *dataset,
                      char rules[DIGEST_HEX_SIZE], bool *found,
                      struct error *err);
/* Of one dataset, or of all (NULL), in order of dataset and source. */
int state_cursors(struct state *state, const char *dataset,
                  const struct state_cursor_target *target, struct error *err);

/* Adds what is known to the book, whose rules must be those of the digest. */
int state_facts_load(struct state *state, const char *dataset,
                     bool provisional, struct fact_book *book,
                     struct error *err);

/* Writes, as provisional, the subjects that changed since the last call. */
int state_facts_keep(struct state *state, const char *dataset,
                     struct fact_book *book, struct error *err);

/* What is provisional of the dataset becomes known, beside what was known
 * before or, when whole, instead of it. The cursors go, whole or not. */
int state_facts_publish(struct state *state, const char *dataset,
                        const char *rules, bool whole, struct error *err);
int state_cursor_set(struct state *state, const char *dataset,
                     const char *source, const struct state_cursor *cursor,
                     struct error *err);

#endif
