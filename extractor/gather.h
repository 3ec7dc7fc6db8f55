/*
 * gather: reads every list a run needs and folds it as it comes.
 *
 * Calling order: gather_init(); gather_keep_events() where events are to
 * become rows; gather_run(), which takes over what is known of earlier runs,
 * probes the credentials, walks the users and all windows of all event sources
 * side by side (what is whole goes to recall.h), reads a
 * moving user list again, and refuses suspicious emptiness; then the content
 * is complete and only read; gather_release().
 *
 * Memory: accounts, the names in logs and user keys; never events. Those that
 * a mapping of events can select are kept in a spool on disk.
 */
#ifndef ROLLCALL_GATHER_H
#define ROLLCALL_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "actions.h"
#include "error.h"
#include "fact.h"
#include "probe.h"
#include "recall.h"
#include "reject.h"
#include "roster.h"
#include "setup.h"
#include "spool.h"
#include "strmap.h"

enum {
    GATHER_WALKS_MAX = 5,         /* of a user list that moves */
    GATHER_WINDOW_DAYS = 30,      /* longest window of a log */
    GATHER_LONG_DAYS = 90,        /* from here on a span is shared out */
    GATHER_SPARE = 8,             /* a window more for so many requests */
    GATHER_LIST_SHARE = 4,        /* of all requests for a list beside logs */
    GATHER_WINDOWS_MAX = 1000     /* of one source */
};

struct gathered {
    struct roster roster;
    struct fact_book books[SETUP_MAPPINGS_MAX]; /* one per mapping */
    size_t book_count;
    struct strmap pairs;    /* user key -> account id, learned from logs */
    struct strmap pair_ids; /* the account ids of these */
    struct strmap bridged;  /* the same, of the bridge in earlier runs */
    struct strmap answered; /* of the bridge in this run */
    struct strmap fresh;    /* pairs the state has not got yet */
    struct strmap turns;    /* in which keys of pairs and ids were told, as
                               pointers; absent: earlier runs or files did */
    unsigned turn;          /* of the page at hand; files are turn 0 */
    unsigned last_told;     /* largest in turns */
    struct rejects *rejects;
    struct strmap refused;  /* what is in rejects, to count a row once */
    bool rejects_accepted;  /* guards.max_rejects may be passed */
    struct actions actions[SETUP_SOURCES_MAX]; /* of each source's log */
    struct arena arena;
    bool no_access;         /* an event source was refused, as allowed */
    struct spool *spool;    /* of mappings of events; NULL: there are none */
    struct strmap subjects; /* names that spooled events have for accounts */
    struct strmap actors;   /* and for those who did it */
};

/* The span of events a run looks at: closed by settle, so that records which
 * arrive late are not missed, and by nothing but the as-of time, so that the
 * same run again reads the same. */
struct request_window gather_window(const struct job *job, int64_t as_of);

/* Windows a span of a log is read in: none above GATHER_WINDOW_DAYS, and of a
 * span from GATHER_LONG_DAYS on as many as requests may be under way and one more
 * for every GATHER_SPARE of them. */
size_t gather_windows_of(const struct source *source, const struct span *span,
                         const struct job *job);

/* For recall_load() and recall_commit(). */
struct recall_names gather_names(struct gathered *gathered);

int gather_init(struct gathered *gathered, const struct setup *setup,
                struct error *err);
/* Opens the spool inside the folder if a mapping is of grain "event". */
int gather_keep_events(struct gathered *gathered, const struct setup *setup,
                       int folder_fd, struct error *err);
int gather_run(struct gathered *gathered, const struct gather_options *options,
               struct error *err);
void gather_release(struct gathered *gathered);

/* After gather_run(): walks all windows of the event sources once more, for
 * the observer alone; nothing is folded, learned or refused again. */
int gather_again(struct gathered *gathered,
                 const struct gather_options *options, struct error *err);

/* Adds to the rejects, once; above guards.max_rejects: ERROR_DATA. */
int gather_refuse(struct gathered *gathered, const struct setup *setup,
                  const struct reject *reject, struct error *err);

#endif
