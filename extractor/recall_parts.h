/*
 * recall_parts: what recall.c (what is known), recall_plan.c (what is to be
 * read), recall_keep.c (what a run adds) and recall_publish.c (what becomes
 * known with it) share. Private to recall*.c.
 */
#ifndef ROLLCALL_RECALL_PARTS_H
#define ROLLCALL_RECALL_PARTS_H

#include "arena.h"
#include "recall.h"
#include "state_accounts.h"
#include "state_facts.h"
#include "state_names.h"
#include "state_run.h"

/* An event source of the run. */
struct recall_log {
    bool read; /* false: no log, or skipped; nothing below counts */
    char definition[DIGEST_HEX_SIZE]; /* with its address */
    struct span_set todo;
    bool reads_all;
    struct window_report *resumed;
    size_t resumed_count, resumed_capacity;
    bool has_newest; /* a published run knows a record that … */
    bool came;       /* … was seen again */
    struct state_record newest;
    bool has_seen, seen_changed;
    struct state_record seen; /* the newest of this run */
};

struct recall_dataset {
    bool continues;
    const char *reason; /* unless it does */
    bool has_cursor[SETUP_SOURCES_MAX];
    struct state_cursor cursors[SETUP_SOURCES_MAX]; /* before this run */
    bool has_after[SETUP_SOURCES_MAX];
    struct state_cursor after[SETUP_SOURCES_MAX];
    bool lost_log; /* a cursor is of a log that is not read now */
    const char *lost_name;
};

struct recall {
    struct recall_options options;
    struct span desired; /* what a log that is read anew is asked for */
    bool past;           /* the state has learned of later times */
    bool resumes;
    struct state_unfinished unfinished;
    char scope[DIGEST_HEX_SIZE], universe[DIGEST_HEX_SIZE];
    char plan[DIGEST_HEX_SIZE];
    struct recall_log logs[SETUP_SOURCES_MAX]; /* as the setup's sources */
    struct recall_dataset datasets[SETUP_MAPPINGS_MAX];
    struct strmap sightings; /* struct sighting */
    struct arena arena;
};

/* recall.c: the state may be read, and written. */
bool recall_knows(const struct recall *recall);
bool recall_writes(const struct recall *recall);
struct recall_log *recall_log(struct recall *recall,
                              const struct setup_source *entry);
/* Whether the dataset reads the log. */
bool recall_takes(const struct recall *recall, size_t dataset, size_t log);

/* recall_keep.c: whether the place of another record is behind this one. */
bool recall_newer(const struct state_record *record, int64_t at,
                  const char *id);
/* Provisionally, and empties the map. */
int recall_keep_pairs(struct recall *recall, struct strmap *pairs, bool bridged,
                      struct error *err);

/* recall_plan.c */
int recall_identify(struct recall *recall, struct error *err);
/* The digest of the plan, once it is known which datasets continue. */
int recall_identify_plan(struct recall *recall, struct error *err);
/* Of the unfinished run what can be used. */
int recall_resume(struct recall *recall, struct error *err);
int recall_plan(struct recall *recall, struct error *err);

#endif
