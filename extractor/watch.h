/*
 * watch: shows a run that is under way: on a screen where there is one, else
 * as a line of the log now and then. It looks at the run's report, so what
 * does the work only counts as it does anyway.
 *
 * Calling order: watch_new(); watch_start() once there is an exchange;
 * watch_tick() whenever there may be something to see, and watch_row() for
 * each row written after watch_writing(): both look at the clock and return
 * unless a frame or a line is due. watch_free() clears the screen. NULL
 * is allowed everywhere: nobody looks on.
 */
#ifndef ROLLCALL_WATCH_H
#define ROLLCALL_WATCH_H

#include "exchange.h"
#include "log.h"
#include "manifest.h"
#include "report.h"
#include "screen.h"
#include "setup.h"

enum {
    WATCH_LINE_MS = 60 * 1000, /* between lines of the log */
    WATCH_ROWS = 256           /* or items between looks at the clock */
};

struct watch;

struct watch_options {
    FILE *screen;  /* to draw on; NULL: the log tells */
    bool color;    /* of the screen */
    struct log *log; /* its lines go above the screen while there is one */
    const struct setup *setup;
    const struct run_report *report;
};

/* NULL when memory is out, which is no reason to end a run. */
struct watch *watch_new(const struct watch_options *options);
void watch_free(struct watch *watch);

/* previous: the run before, for how many items a list may have; NULL: none. */
void watch_start(struct watch *watch, const struct exchange *exchange,
                 const struct manifest *previous);

void watch_tick(void *watch);
/* The same for each item that is read, which files give without a pause. */
void watch_item(struct watch *watch);

/* rows: it will have; 0: not known. */
void watch_writing(struct watch *watch, const char *dataset, uint64_t rows);
void watch_row(struct watch *watch);

#endif
