/*
 * summary: what a run did, for the person who looks at it in the morning, and
 * the figures for the scheduler. No secrets, no names, no e-mails.
 *
 * Calling order: summary_collect() while the report of a published run still
 * stands; texts of it are those of the setup, which outlives it. Then
 * summary_text() for people and summary_json() into the final line.
 *
 * How many rows are new and how many have gone is told of a dataset that keeps
 * first observations, when the run before is there and every row of it was
 * read; of others only how many rows that run had.
 *
 * Text: one fact a line, label, number and note in columns; lines that say
 * nothing (no retries, nothing unresolved, …) are left out. Members of the
 * JSON are always there.
 */
#ifndef ROLLCALL_SUMMARY_H
#define ROLLCALL_SUMMARY_H

#include <limits.h>

#include "buf.h"
#include "emit.h"
#include "jsonw.h"
#include "manifest.h"
#include "previous.h"
#include "report.h"

enum {
    SUMMARY_DATASETS_MAX = 2 * SETUP_MAPPINGS_MAX,
    SUMMARY_STATUSES_MAX = 8,
    SUMMARY_TEXT_MAX = 64 * 1024 /* ceiling for the caller's buf */
};

struct summary_dataset {
    const char *name;
    uint64_t rows, rejected, undecided;
    bool is_changes;      /* of another dataset; then: */
    uint64_t inserts, updates, deletes;
    bool has_before;      /* the run before has it; then: */
    uint64_t before;      /* rows it had */
    bool compared;        /* account by account; then: */
    uint64_t fresh, gone; /* rows that are new, that are no more */
    struct count_report statuses[SUMMARY_STATUSES_MAX]; /* rows by how much is
                             known of the last change; "known" among them */
    size_t status_count;  /* 0: its rows do not tell */
};

struct summary {
    char run_id[MANIFEST_RUN_ID_MAX + 1];
    char previous[MANIFEST_RUN_ID_MAX + 1]; /* "": none */
    int64_t as_of, elapsed_ms;
    uint64_t users, requests, retries, pages;
    int64_t waited_ms;        /* summed over requests, that wait side by side */
    uint64_t wire_bytes;
    uint64_t keys, emails;    /* names of the log that nobody was found for */
    const char *no_access[SETUP_SOURCES_MAX]; /* logs that may not be read */
    size_t no_access_count;
    const char *accepted[REPORT_GUARDS_MAX];  /* guards that were let pass */
    size_t accepted_count;
    uint64_t files, bytes;    /* of the run, the manifest aside */
    uint64_t warnings;        /* in the log; the caller's to fill in */
    struct summary_dataset datasets[SUMMARY_DATASETS_MAX];
    size_t dataset_count;
};

void summary_collect(struct summary *summary, const struct run_report *report,
                     const struct emission *emission,
                     const struct previous *previous);

/* dir: where the run is. */
void summary_text(const struct summary *summary, const char *dir,
                  struct buf *out);

/* The members of the final line but "status" and the like; see README. With
 * summary NULL they are there all the same, and the list is empty. */
void summary_json(const struct summary *summary, struct jsonw *w);

#endif
