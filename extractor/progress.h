/*
 * progress: how far a run is, as numbers and as text. Pure: no terminal, no
 * clock; time is passed in, in monotonic milliseconds.
 *
 * Calling order: progress_init(); progress_add() for each source; then, as
 * often as somebody wants to look, progress_update() with what was counted so
 * far, progress_wait() with what holds it back just now, and progress_frame()
 * or progress_line(). Texts are the caller's and outlive the model.
 *
 * Rate: items a second over about the last RATE_SPAN. Time left: at the pace
 * since the source began, waits included, once it has run for LEFT_AFTER_MS
 * and its total is known; -1 otherwise. A total is what a server or an earlier
 * run said, so it is no longer believed once it is passed. A list that is read
 * again counts from 0 again.
 *
 * A wait for the job's rate is shown a moment longer than it lasts
 * (RATE_SHOWN_MS): short ones follow each other, and a word that comes and
 * goes cannot be read.
 */
#ifndef ROLLCALL_PROGRESS_H
#define ROLLCALL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
    PROGRESS_SOURCES_MAX = 32,
    PROGRESS_SAMPLES = 16,          /* of a source's rate, */
    PROGRESS_SAMPLE_MS = 1000,      /* each so much apart: the RATE_SPAN */
    PROGRESS_LEFT_AFTER_MS = 3000,
    PROGRESS_LEFT_MAX_DAYS = 365,   /* more is no estimate */
    PROGRESS_RATE_SHOWN_MS = 1000,
    PROGRESS_CAUSE_MAX = 64,
    PROGRESS_FRAME_MAX = 32 * 1024  /* bytes; ceiling for the caller's buf */
};

struct progress_counts {
    uint64_t items, pages;
    uint64_t total;          /* items; 0: not known */
    uint64_t windows, whole; /* of a log; whole: read to their end */
    bool begun, finished;
};

enum progress_hold {
    PROGRESS_FREE,
    PROGRESS_RATE,    /* the job's rate */
    PROGRESS_ASKED,   /* the server asked for a pause: Retry-After */
    PROGRESS_BACKOFF  /* a request failed and is sent again later */
};

struct progress_wait {
    enum progress_hold hold;
    int64_t until_ms;
    int attempt;                     /* that comes next; BACKOFF */
    char cause[PROGRESS_CAUSE_MAX];  /* e.g. "429 Too Many Requests", or "" */
};

struct progress_sample { int64_t at_ms; uint64_t items; };

struct progress_source {
    const char *name;
    const char *unit;        /* "accounts", "records", … */
    struct progress_counts counts;
    struct progress_wait wait;
    int64_t wait_seen_ms;
    int64_t begun_ms, ended_ms;
    uint64_t begun_items;    /* what it had when it began: read earlier */
    struct progress_sample samples[PROGRESS_SAMPLES]; /* a ring */
    size_t sample_count, sample_next;
};

struct progress {
    const char *run_id;
    int64_t started_ms;
    struct progress_source sources[PROGRESS_SOURCES_MAX];
    size_t source_count;
    uint64_t requests, retries;
    const char *writing;     /* dataset whose rows are written; NULL: none */
    uint64_t rows, rows_total; /* of it; total 0: not known */
};

/* How a frame is to look. */
struct progress_style {
    int width, height; /* of the terminal */
    bool utf8, color;
};

void progress_init(struct progress *progress, const char *run_id,
                   int64_t now_ms);
/* A source beyond PROGRESS_SOURCES_MAX is not shown; returns its index or -1. */
int progress_add(struct progress *progress, const char *name,
                 const char *unit);
void progress_update(struct progress *progress, size_t index,
                     const struct progress_counts *counts, int64_t now_ms);
void progress_wait(struct progress *progress, size_t index,
                   const struct progress_wait *wait, int64_t now_ms);

/* Items an hour. */
int64_t progress_rate(const struct progress_source *source, int64_t now_ms);
int64_t progress_left_ms(const struct progress_source *source, int64_t now_ms);
/* What to show as a wait now; NULL: nothing. */
const struct progress_wait *progress_waits(const struct progress_source *source,
                                           int64_t now_ms);

/* Lines for a terminal, joined by LF, the last without one: at most height - 1
 * of them, each narrower than width. Of more sources those that are being read
 * come first. */
void progress_frame(const struct progress *progress,
                    const struct progress_style *style, int64_t now_ms,
                    struct buf *out);

/* One line for a log: what is being read, how far it is, what it waits for.
 * Empty when nothing is. */
void progress_line(const struct progress *progress, int64_t now_ms,
                   struct buf *out);

/* "850 ms", "12 s", "3 min 5 s", "2 h 10 min"; for people. */
enum { PROGRESS_TIME_MAX = 32 };
const char *progress_time(int64_t ms, char out[PROGRESS_TIME_MAX]);
/* "1,234,567" */
enum { PROGRESS_NUMBER_MAX = 32 };
const char *progress_number(uint64_t number, char out[PROGRESS_NUMBER_MAX]);

#endif
