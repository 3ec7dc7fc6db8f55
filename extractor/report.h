/*
 * report: what a run did, as plain data: filled by run.c and the walkers,
 * written by manifest.c, shown by the summary. No secrets, no names, no
 * e-mails in any of it.
 */
#ifndef ROLLCALL_REPORT_H
#define ROLLCALL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exchange.h"
#include "job.h"
#include "json.h"
#include "schema.h"
#include "writer.h"

struct window_report {
    int64_t from, to;     /* [from, to) */
    uint64_t pages, records, rejected;
    bool has_oldest;
    int64_t oldest, newest; /* of the records seen */
    bool resumed;         /* an unfinished run read it */
    bool whole;           /* read to its end */
    bool has_total;
    int64_t total;        /* as the server claimed; never trusted */
};

struct action_report {   /* what a log calls one kind of event */
    const char *id;
    const char *name;     /* in the log's own list; NULL: not there */
    uint64_t events;
    bool known;           /* a fact of a mapping names it */
};

struct file_report {
    const char *path;     /* as the job has it */
    char sha256[65];
    uint64_t bytes;
    int64_t modified;     /* an instant */
    uint64_t rows;        /* below the header */
    uint64_t unknown_columns; /* in the header, and not read */
    uint64_t extra_cells; /* beyond the header, and not read */
};

struct source_report {
    const char *name;     /* of the source */
    const char *kind;     /* "users", "events", "keys" */
    const char *path;     /* of its definition */
    const char *sha256;   /* of its definition */
    struct exchange_stats exchange;
    uint64_t walks;       /* users: walks until nothing moved */
    uint64_t pages;       /* answers with items */
    uint64_t items;       /* items seen, duplicates included */
    uint64_t duplicates;
    uint64_t rejected;
    uint64_t placeholders;
    uint64_t repairs;     /* texts made valid UTF-8 */
    bool has_span;
    int64_t oldest, newest; /* of event times seen */
    struct window_report *windows;
    size_t window_count;
    struct file_report *files; /* of a source that is a file */
    size_t file_count;
    bool no_access;       /* refused, and the job allows that */
    uint64_t unmatched;   /* users: rows whose e-mail is not one account's */
    const char *skipped;  /* why it was not read, or NULL */
    const char *fallback; /* source that was read instead, or NULL */
    bool whole;           /* users: the last walk came to its end */
    bool each;            /* asked account by account; then: */
    uint64_t to_ask;      /* accounts it is asked about in this run */
    uint64_t asked;       /* accounts asked about in this run */
    uint64_t reused;      /* answers of earlier runs that were used */
    uint64_t unknown;     /* accounts of both that the source does not know */
    int64_t oldest_answer; /* when the oldest of these was given */
    const struct action_report *actions; /* ascending by id; of a log that
                                            has a list of them */
    size_t action_count;
};

struct key_report {       /* user key -> account id */
    uint64_t asked;       /* distinct names that needed an answer */
    uint64_t already_ids; /* were account ids */
    uint64_t mapped;      /* by the job's map file */
    uint64_t learned;     /* from pairs in the log */
    uint64_t remembered;  /* by the bridge, in an earlier run */
    uint64_t looked_up;   /* by the bridge */
    uint64_t unresolved;
    uint64_t unresolved_actors; /* actors of rows that no account was found
                                   for */
    uint64_t emails;      /* distinct addresses that stand for an account */
    uint64_t emails_unresolved; /* none or several accounts have them */
};

struct guard_report {
    const char *name;     /* key in the job's guards */
    int64_t value, limit; /* parts per million when ppm */
    bool ppm;
    bool accepted;        /* past the limit, as --accept-guard allows */
};

struct count_report { const char *name; uint64_t count; };

struct changes_report {  /* of a dataset of changes, see changes.h */
    const char *of;       /* the dataset; NULL: this is no such dataset */
    const char *baseline; /* run the changes count from; NULL: none, */
    const char *reason;   /* and why */
    uint64_t inserts, updates, deletes;
};

struct log_report {       /* what a dataset knows of a log */
    const char *source;
    bool has_before, has_after; /* false: nothing */
    struct { int64_t from, to; } before, after; /* [from, to), without a hole;
                                                   as of this run */
    bool has_gap;
    struct { int64_t from, to; } gap; /* what no run has read, at the end of
                                         what was known before */
    bool has_oldest;
    int64_t oldest;       /* record that any of these runs saw */
};

struct dataset_report {
    const struct schema *schema;
    const size_t *order;  /* column indexes the rows ascend by: text as bytes,
                             instants and numbers by value, null first */
    size_t order_count;
    const char *mapping_path;
    const char *mapping_sha256;
    uint64_t rows;
    uint64_t rejected;    /* rows refused by the mapping's rules */
    uint64_t truncated;   /* cells cut to their length */
    struct count_report *over_length; /* columns that texts were too long for,
                             and how many texts; owned */
    size_t over_length_count;
    uint64_t undecided;   /* accounts left out because something is not known
                             that "where" compares */
    struct writer_report *writers; /* one per format */
    size_t writer_count;
    struct count_report statuses[8]; /* rows per last_modified_status */
    size_t status_count;
    struct changes_report changes;
    bool merged;          /* of a merged run; nothing below */
    bool continues;       /* from the facts of earlier runs */
    const char *anew;     /* why not; NULL when it does */
    struct log_report *logs;
    size_t log_count;
};

struct site_report {     /* of a merged run: a run that went into it */
    const char *name;
    const char *run_id;
    const char *manifest_sha256;
    int64_t as_of;
    const struct json *run; /* "x-rollcall" of its manifest */
};

struct missing_report {  /* of a merged run: a site that is not in it */
    const char *name;
    const char *verdict; /* an error's kind, such as "auth" */
    int exit;
};

struct omitted_report {  /* of a merged run: a dataset that is not in it */
    const char *name, *reason;
};

enum { REPORT_GUARDS_MAX = 128 }; /* a few, and three a dataset */

struct run_report {
    const char *run_id;
    int64_t as_of;
    int64_t started, ended;    /* wall clock */
    const char *job_sha256;
    const char *site;          /* whose run it is, or NULL */
    const struct csv_dialect *dialect;
    uint64_t users;            /* distinct accounts seen */
    struct source_report *sources;
    size_t source_count;
    struct key_report keys;
    const char *const *accepted; /* guards that may trip, NULL terminated;
                                    NULL: none */
    struct guard_report guards[REPORT_GUARDS_MAX];
    size_t guard_count;
    struct dataset_report *datasets; /* of the mappings, in their order; then
                             what emit_write() adds: datasets of changes */
    size_t dataset_count;
    bool has_rejects;          /* rejects.jsonl.gz exists */
    struct part_report rejects;
    const char *supersedes;    /* run id of the run published before, or NULL */
    bool hive;                 /* the layout of the output, see publish.h */
    bool is_signed;            /* the manifest has a signature beside it */
    struct companions companions; /* beside the done files */
    const struct site_report *sites; /* of a merged run, ascending; NULL: it is
                                        none, and the next ones are empty */
    size_t site_count;
    const struct missing_report *missing;
    size_t missing_count;
    const struct omitted_report *omitted;
    size_t omitted_count;
};

/* Frees what belongs to a source's report: windows and files. */
void source_report_release(struct source_report *report);

#endif
