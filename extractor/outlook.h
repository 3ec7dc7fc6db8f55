/*
 * outlook: what a run started now would ask of each log, for who only looks.
 *
 * outlook_open() with a state of state_open_reader(), or NULL; outlook_log()
 * of each event source that is read; recall_free() what outlook_open() gave.
 * Nothing is written. The windows an unfinished run has read are not taken
 * off: see recall_unfinished().
 */
#ifndef ROLLCALL_OUTLOOK_H
#define ROLLCALL_OUTLOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "log.h"
#include "recall.h"
#include "setup.h"
#include "span.h"
#include "state.h"

struct outlook_options {
    const struct setup *setup;
    struct state *state; /* NULL: nothing is known */
    int64_t as_of;
    const char *run_id;
    struct span backfill; /* from == to: none */
    bool full;
    const struct log *log;
};

struct outlook_log {
    const struct span *spans; /* ascending; they live as long as the recall */
    size_t count;
    size_t windows;  /* the spans are read in */
    bool reads_all;  /* false: the rest of the lookback is known */
};

/* NULL with *err set. */
struct recall *outlook_open(const struct outlook_options *options,
                            struct error *err);
struct outlook_log outlook_log(const struct recall *recall,
                               const struct setup_source *entry,
                               const struct job *job);
/* "FROM to TO and FROM to TO in 2 windows, the rest is known". */
void outlook_print(const struct outlook_log *log, FILE *out);

#endif
