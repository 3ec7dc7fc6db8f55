/*
 * status: how an output directory stands, for a person and for monitoring.
 *
 * status_load() looks and changes nothing, not even the lock;
 * status_print_text() or status_print_json(); status_release().
 * The last run is the one that `latest` names, or, without that, the newest
 * by as-of time. What is known of logs and accounts is from its manifest.
 *
 * JSON: one document, so that a monitor needs no parser of ours:
 *   {"out", "now", "verdict": "ok" | "warning" | "stale",
 *    "last": run id or null, "last_as_of", "age_ms", "max_age_ms",
 *    "latest": what the link says or null,
 *    "lock": {"held", "holder"},
 *    "runs": [{"run", "as_of", "age_ms", "verdict": "complete" | "partial" |
 *              "unmarked" | "unreadable", "problem", "bytes", "accounts",
 *              "datasets": [{"name", "rows"}]}], newest first
 *    "leftovers": [names],
 *    "sources": [{"name", "kind", "skipped", "no_access", "windows", "from",
 *                 "to", "oldest", "newest", "gaps": [{"from", "to"}]}],
 *    "known": [{"dataset", "source", "from", "to", "oldest"}]: where facts are
 *             carried from run to run, how far they reach,
 *    "state": null (no job, no state yet, or none that can be used, which is a
 *             warning), or what the job's state file knows:
 *             {"file", "lock": {"held", "holder"},
 *              "published": {"run", "as_of"} or null: the newest run in it,
 *              "cursors": as "known",
 *              "next": [{"source", "spans": [{"from", "to"}], "windows",
 *                        "reads_all"}]: what a run now would ask of each log,
 *              "unfinished": {"run", "as_of", "begun", "used": whether a run
 *                             now would go on with it, "unused": why not or
 *                             null, "finished": [{"source", "windows"}]: read
 *                             whole, and not empty} or null},
 *    "next": {"from", "to"} or null without a job: of events, when nothing is
 *            known of them,
 *    "change": {"since": run id, "accounts", "datasets": [{"name", "rows"}]}
 *              or null: differences to the run before,
 *    "warnings": [texts]}
 * Times are RFC 3339. A run of an unreadable manifest has null members.
 */
#ifndef ROLLCALL_STATUS_H
#define ROLLCALL_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "buf.h"
#include "error.h"
#include "job.h"
#include "lock.h"
#include "log.h"
#include "outlook.h"
#include "publish.h"
#include "runs.h"
#include "setup.h"
#include "state_run.h"

enum { STATUS_GAPS_MAX = 100, STATUS_TEXT_MAX = 64 * 1024 * 1024 };

struct status_options {
    const char *out_dir;
    const struct job *job; /* NULL: the next window is not known */
    const struct setup_options *setup; /* of the job; NULL: its state is not
                                          looked at */
    const struct log *log;             /* with a setup */
    int64_t now;
    int64_t max_age_ms;    /* of the last run */
};

struct status_span {
    int64_t from, to; /* [from, to) */
};

struct status_source {
    const char *name, *kind;
    const char *skipped; /* why it was not read, or NULL */
    bool no_access;
    size_t windows;
    struct status_span span;   /* of all windows; with windows > 0 */
    struct status_span *gaps;  /* between them, ascending */
    size_t gap_count;          /* at most STATUS_GAPS_MAX */
    bool has_oldest, has_newest;
    int64_t oldest, newest;    /* of event times seen */
};

struct status_known { /* what a dataset knows of a log, from all runs */
    const char *dataset, *source;
    struct status_span span;
    bool has_oldest;
    int64_t oldest;
};

struct status_log {
    const char *source;
    struct outlook_log next;
};

struct status_finished { /* windows the unfinished run has read whole */
    const char *source;
    size_t windows;
};

struct status_state {
    bool absent;       /* there is no file yet */
    const char *file;  /* NULL: nothing below counts */
    bool held;
    char holder[LOCK_HOLDER_MAX];
    bool has_published;
    struct state_run published;
    struct status_known *cursors;
    size_t cursor_count, cursor_capacity;
    struct status_log logs[SETUP_SOURCES_MAX];
    size_t log_count;
    bool has_unfinished;
    struct state_unfinished unfinished;
    const char *unused; /* why a run now would not go on with it, or NULL */
    struct status_finished finished[SETUP_SOURCES_MAX];
    size_t finished_count;
};

struct status {
    struct status_options options;
    struct runs runs;
    const struct runs_entry *last, *before; /* or NULL */
    struct status_source *sources;
    size_t source_count;
    struct status_known *known;
    size_t known_count;
    struct status_state state;
    bool held;
    char holder[PUBLISH_HOLDER_MAX];
    bool has_next;
    struct status_span next;
    bool stale; /* no run, or the last is older than max_age_ms */
    const char **warnings;
    size_t warning_count, warning_capacity;
    struct arena arena;
};

/* ERROR_NO_INPUT when there is no such directory. status_release() is needed
 * after either outcome. */
int status_load(struct status *status, const struct status_options *options,
                struct error *err);
void status_release(struct status *status);

void status_print_text(const struct status *status, FILE *out);
/* Ends with LF; test buf_ok(). */
void status_print_json(const struct status *status, struct buf *out);

#endif
