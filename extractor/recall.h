/*
 * recall: what a run need not read again, and what it leaves to the next one.
 *
 * A dataset continues when its facts stand in the state under the rules and
 * log definitions of this job and reach up to this run; its logs are then
 * read from the cursor less events.overlap on, because records arrive late.
 * Otherwise it is read anew, the whole lookback, for a reason that is said in
 * the log and the manifest; what was known of it goes when the new is
 * published. A log is read where any of its datasets needs it.
 *
 * A run whose as-of lies before what the state has learned leaves the state
 * alone: it reads all and keeps nothing.
 *
 * Windows that an unfinished run of the same plan read whole are not read
 * again, as far as they had records and refused none; by a run of a later
 * as-of only what is older than the unfinished run's as-of less settle and
 * overlap. An unfinished run is dropped when it is of another plan, older
 * than RECALL_RESUME_HOURS, or later than this run.
 *
 * Calling order: recall_open() before anything is asked; recall_load() into
 * the fact books; recall_todo() and recall_resumed() of each log, read, with
 * recall_saw() for each event and recall_keep() whenever a window is whole;
 * recall_check() once all are read; then recall_commit() after the run is
 * published, or recall_end() when it was not. recall_free() accepts NULL.
 */
#ifndef ROLLCALL_RECALL_H
#define ROLLCALL_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "fact.h"
#include "log.h"
#include "report.h"
#include "roster.h"
#include "setup.h"
#include "span.h"
#include "state.h"
#include "state_run.h"
#include "strmap.h"

enum {
    RECALL_RESUME_HOURS = 48,
    RECALL_RETENTION_DAYS = 30 /* no log forgets sooner */
};

struct recall;

struct recall_options {
    const struct setup *setup;
    struct state *state; /* NULL: nothing is known or kept */
    int64_t as_of;
    const char *run_id;
    struct span window;   /* the lookback, as of this run */
    struct span backfill; /* read besides; from == to: none */
    bool full;            /* what is known is read again, and replaced */
    bool read_all;        /* no log in part, no window skipped: for who needs
                             every event, not only the facts */
    bool look_only;       /* the state is not written */
    const struct log *log;
};

struct recall *recall_open(const struct recall_options *options,
                           struct error *err);
void recall_free(struct recall *recall);

/* What gathering keeps for the state. */
struct recall_names {
    struct strmap *pairs, *pair_ids; /* of records; both are filled */
    struct strmap *bridged;          /* of the bridge; filled */
    struct strmap *fresh;  /* pairs since the last recall_keep(); emptied */
    struct strmap *answered; /* by the bridge in this run */
    struct arena *arena;
};

/* books: one per mapping. */
int recall_load(struct recall *recall, struct fact_book *books,
                const struct recall_names *names, struct error *err);

/* entry: an event source that is read. Spans in ascending order. */
const struct span_set *recall_todo(const struct recall *recall,
                                   const struct setup_source *entry);
const struct window_report *recall_resumed(const struct recall *recall,
                                           const struct setup_source *entry,
                                           size_t *count);
/* Whether the whole lookback of the log is read. */
bool recall_reads_all(const struct recall *recall,
                      const struct setup_source *entry);

/* With look_only: the unfinished run in the state, and why this one would not
 * go on with it (*unused: NULL when it would). */
int recall_unfinished(struct recall *recall,
                      struct state_unfinished *unfinished, const char **unused,
                      bool *found, struct error *err);

void recall_saw(struct recall *recall, const struct setup_source *entry,
                const struct event *event);
/* window: read whole just now, of entry; NULL: all are. What changed since
 * the last call goes into the state. */
int recall_keep(struct recall *recall, const struct setup_source *entry,
                const struct window_report *window, struct fact_book *books,
                const struct recall_names *names, struct error *err);

/* ERROR_DATA when the newest record known of a log did not come again. */
int recall_check(struct recall *recall, const struct run_report *report,
                 struct error *err);

/* What earlier runs saw of the accounts: account id -> struct sighting. */
const struct strmap *recall_sightings(const struct recall *recall);

/* Tells the report what each dataset knows of each log after this run.
 * sources: reports, one per source of the setup. */
int recall_report(struct recall *recall, struct run_report *report,
                  struct error *err);

/* first_inactive: account id -> int64_t*, what the run published for accounts
 * whose first observation the state does not know; may be NULL. */
int recall_commit(struct recall *recall, const struct roster *roster,
                  const struct strmap *first_inactive,
                  const struct recall_names *names, struct error *err);
/* After a run that was not published; what it read stays for the next one
 * unless its data were not trustworthy. */
void recall_end(struct recall *recall, const struct error *cause);

#endif
