/*
 * gather_parts: what gather.c (walks), gather_logs.c (windows of logs),
 * gather_lists.c (lists of accounts), gather_files.c (files instead of
 * either), gather_events.c (events that become rows) and gather_early.c share.
 * Private to gather*.c.
 *
 * Names can be asked for while windows are still being read. Which ones, and in
 * which batches, must not depend on when pages come, so time is counted in
 * turns: turn N is the Nth page of every window. It is finished when each
 * window has given that page or has ended. Then the names are passed on that
 * its events were the first to bring up, but for those that pages up to it have
 * explained. That waits until all lists of accounts are whole, and does not
 * happen at all when one of them moved or was refused: all is asked later then.
 */
#ifndef ROLLCALL_GATHER_PARTS_H
#define ROLLCALL_GATHER_PARTS_H

#include "gather.h"
#include "walk.h"

/* A list of accounts: its place among those of the run, and how it is read. */
struct feed {
    struct gathering *gathering;
    unsigned index;
    const struct setup_source *entry; /* the source or its fallback */
    unsigned number;                  /* of its last walk; 0: none yet */
    bool moved;                       /* it must be read again */
    const struct walk *walk;          /* the last one */
};

/* A window under way, for who is told of its end. */
struct window_watch {
    struct gathering *gathering;
    const struct setup_source *entry;
    const struct window_report *window;
    unsigned turn; /* pages it gave */
    bool ended;
};

/* Names that came up first in one turn, or seemed to. */
struct turn_names {
    const struct fact_subject **subjects;
    size_t count, capacity;
};

/* See above. */
struct early {
    struct turn_names *turns;
    size_t turn_count;
    unsigned finished; /* turns that were passed on */
    size_t lists;      /* that are not whole yet */
    bool off;
};

/* One gathering under way; walks call back into it. */
struct gathering {
    struct gathered *gathered;
    const struct gather_options *options;
    struct walk_target target; /* but for its context, a feed */
    struct feed feeds[ROSTER_SOURCES_MAX];
    struct feed log; /* stands for the event sources */
    struct walk **walks;
    const struct setup_source **walk_sources; /* of each walk */
    struct feed **walk_feeds;                 /* of each; NULL: events */
    struct window_watch *watches;             /* of each */
    size_t walk_count, walk_capacity;
    struct early early;
};

/* gather.c */
struct source_report *gather_report(const struct gather_options *options,
                                    const struct setup_source *entry);
struct walk_options gather_walk_options(struct gathering *g,
                                        const struct setup_source *entry);
/* feed NULL: an event source. */
int gather_add_walk(struct gathering *g, struct feed *feed,
                    const struct setup_source *entry,
                    struct walk_options *walk_options, struct error *err);
/* Drives all walks; notes the lists that must be read again. */
int gather_finish_walks(struct gathering *g, struct error *err);

/* gather_files.c: reads the sources that are files; again: the logs among
 * them, for the observer alone. */
int gather_files(struct gathering *g, struct error *err);
int gather_files_again(struct gathering *g, struct error *err);

/* gather_events.c. Whether no mapping has rows of events about no account. */
bool gather_lean(const struct setup *setup);

/* What mappings of events need of this one. */
int gather_spool_event(const struct gathering *g, const struct event *event,
                       struct error *err);

/* Notes a name that needs no bridge. */
int gather_note_id(struct gathered *gathered, const char *name,
                   struct error *err);

/* gather_early.c. Before the items of a window's page, and after them. */
void gather_early_page(struct window_watch *watch);
int gather_early_took(struct gathering *g, struct error *err);
/* A window has ended, or a list is whole. */
int gather_early_ended(struct window_watch *watch, struct error *err);
int gather_early_listed(struct gathering *g, struct error *err);
/* A record tells who this is, for the first time or again. The name stays
 * valid. */
int gather_early_told(struct gathered *gathered, const char *name,
                      struct error *err);
int gather_early_again(struct gathered *gathered, const char *name,
                       struct error *err);
void gather_early_release(struct gathering *g);

/* gather_logs.c: logs that are asked for, not files. */
bool gather_is_log(const struct setup_source *entry);
/* Windows of all logs together. */
size_t gather_log_windows(const struct gather_options *options);
int gather_start_log(struct gathering *g, const struct setup_source *entry,
                     struct error *err);
/* What earlier runs know, into the books. */
int gather_remember(struct gathering *g, struct error *err);
/* All windows are whole: what is left goes into the state. */
int gather_keep(struct gathering *g, struct error *err);

/* gather_lists.c */
void gather_open_feeds(struct gathering *g);
/* NULL: no list of accounts of the run. */
struct feed *gather_feed_of(struct gathering *g,
                            const struct setup_source *entry);
int gather_start_users(struct gathering *g, struct feed *feed,
                       struct error *err);
void gather_fall_back(struct gathering *g, struct feed *feed, int status);
/* All lists again that moved, until all stood still. */
int gather_until_still(struct gathering *g, struct error *err);
int gather_match_addresses(struct gathering *g, struct error *err);
int gather_check_lists(const struct gathering *g, struct error *err);

#endif
