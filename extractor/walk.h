/*
 * walk: one list read whole: a source of users, or one window of events.
 *
 * Calling order: walk_start() submits the first requests; exchange_run() then
 * drives every walk that was started on the same exchange; afterwards
 * walk_finish() says whether the list was read to its end, and
 * walk_moved() whether it moved so much that it must be read again (a new
 * walk with the next number). walk_free() accepts NULL.
 *
 * Items reach the target in list order, each page only after the pager found
 * that it joins the one before. An event outside the window is left out:
 * another window has it, or it is newer than the run looks. A body that is no
 * JSON is asked for again, BAD_BODIES_MAX times in a row at most; a document
 * of the wrong shape is ERROR_DATA at once.
 */
#ifndef ROLLCALL_WALK_H
#define ROLLCALL_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "exchange.h"
#include "item.h"
#include "job.h"
#include "log.h"
#include "report.h"
#include "request.h"
#include "source.h"
#include "strmap.h"

enum { WALK_BAD_BODIES_MAX = 3 };

/* Each returns 0, or -1 with *err set to stop the run. */
struct walk_target {
    /* *fresh: this walk (number) had not given the account before. */
    int (*user)(void *context, const struct user *user, unsigned number,
                bool *fresh, struct error *err);
    int (*event)(void *context, const struct event *event, struct error *err);
    int (*pair)(void *context, const char *key, const char *account_id,
                struct error *err);
    /* An item that was refused; item is its id, or its place in the list. */
    int (*refused)(void *context, const char *source, const char *item,
                   const char *field, const char *reason, struct error *err);
    void *context;
};

struct walk_options {
    struct exchange *exchange;
    const struct source *source;
    const struct endpoint *endpoint;
    const struct request_window *window; /* events; copied */
    struct window_report *window_report; /* events */
    struct source_report *report;
    const struct walk_target *target;
    const struct log *log;
    size_t ahead;    /* pages under way at once */
    bool allow_no_access; /* 403 ends the walk instead of the run */
    const struct strmap *action_names; /* action -> its name in the log's own
                                          list; NULL: it has none */
    bool lean; /* of events about no account id and time are enough */
    unsigned number; /* of this walk over the source, from 1 */
    /* Told once the list is read to its end; NULL: nobody is. */
    int (*finished)(void *context, struct error *err);
    /* The same before the items of a page are given to the target, and when
     * all were. */
    int (*page)(void *context, bool taken, struct error *err);
    void *told_context;
};

struct walk *walk_start(const struct walk_options *options, struct error *err);
int walk_finish(const struct walk *walk, struct error *err);
bool walk_moved(const struct walk *walk);
bool walk_no_access(const struct walk *walk);
/* The status for which the source's fallback is to be read instead; 0: none. */
int walk_refused(const struct walk *walk);
void walk_free(struct walk *walk);

/* A source that is a file: reads all its files at once and whole, each row an
 * item. Of the options those about requests are not looked at. The report's
 * files are allocated. */
int walk_files(const struct walk_options *options, const struct job_file *files,
               struct error *err);

#endif
