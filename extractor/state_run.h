/*
 * state_run: the newest run the state has learned from, and the unfinished
 * one with the windows of logs it has read whole.
 *
 * The plan is a digest of what decides which facts a run folds: only a run of
 * the same plan may go on. Everything provisional (state_facts, state_names,
 * the newest records below) belongs to the unfinished run and goes with it.
 * Of each log the newest record is kept: it must be seen again by a run that
 * reads its time once more.
 * Writers belong between db_begin() and db_commit().
 */
#ifndef ROLLCALL_STATE_RUN_H
#define ROLLCALL_STATE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "state.h"

enum { STATE_RUN_ID_MAX = 64, STATE_RECORD_ID_MAX = 255 };

struct state_run {
    char run_id[STATE_RUN_ID_MAX + 1];
    int64_t as_of;
};

struct state_unfinished {
    struct state_run run;
    char plan[DIGEST_HEX_SIZE];
    int64_t started_at;
    int64_t from; /* where the span of its logs begins */
};

struct state_window {
    const char *source;
    int64_t from, to; /* [from, to) */
    uint64_t pages, records;
    int64_t oldest, newest; /* of the records; there is one at least */
};

struct state_window_target {
    int (*window)(void *context, const struct state_window *window,
                  struct error *err);
    void *context;
};

struct state_record {
    int64_t at;
    char id[STATE_RECORD_ID_MAX + 1];
};

/* The newest published run, by its as-of time. */
int state_published(struct state *state, struct state_run *run, bool *found,
                    struct error *err);
int state_published_set(struct state *state, const struct state_run *run,
                        struct error *err);

int state_unfinished(struct state *state, struct state_unfinished *unfinished,
                     bool *found, struct error *err);
/* In order of source, then newest first. */
int state_windows(struct state *state,
                  const struct state_window_target *target,
                  struct error *err);
/* Takes the place of the unfinished run; its windows stay. */
int state_unfinished_set(struct state *state,
                         const struct state_unfinished *unfinished,
                         struct error *err);
int state_window_add(struct state *state, const struct state_window *window,
                     struct error *err);
/* Forgets the unfinished run and all that is provisional. */
int state_unfinished_drop(struct state *state, struct error *err);

/* The newest record of a log (source and digest of its definition). */
int state_newest(struct state *state, const char *source,
                 const char *definition, bool provisional,
                 struct state_record *record, bool *found, struct error *err);
int state_newest_set(struct state *state, const char *source,
                     const char *definition, bool provisional,
                     const struct state_record *record, struct error *err);

#endif
