/*
 * probe: small questions that keep silence from passing for an answer.
 *
 * An expired token may be served as an anonymous caller with an empty list,
 * and a log asked with dates it does not like answers 200 with no records.
 */
#ifndef ROLLCALL_PROBE_H
#define ROLLCALL_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "exchange.h"
#include "item.h"
#include "log.h"
#include "manifest.h"
#include "report.h"
#include "request.h"
#include "recall.h"
#include "setup.h"

/* Is shown every event that is read; empty: nobody is. */
struct gather_observer {
    int (*event)(void *context, const struct event *event, struct error *err);
    void *context;
};

struct gather_options {
    const struct setup *setup;
    struct exchange *exchange;
    const struct log *log;
    struct request_window window;    /* of events: [from, to) */
    struct recall *recall;           /* NULL: nothing is gathered */
    struct run_report *report;       /* sources: one per setup source */
    const struct manifest *previous; /* last published run, or NULL */
    struct gather_observer observer;
};

/* Asks the source's probe, which must hold a text at probe_expect: an
 * answer without it is an anonymous one, ERROR_AUTH. */
int probe_credential(const struct gather_options *options,
                     const struct setup_source *entry, struct error *err);

/* For a log that gave no record at all: ERROR_DATA when its probe, which
 * sends no dates, shows a record inside the spans that were asked for, or,
 * when those are the whole lookback, the run published before saw records of
 * a time they cover. */
int probe_emptiness(const struct gather_options *options,
                    const struct setup_source *entry,
                    const struct span_set *asked, bool whole,
                    struct error *err);

/* One page of the source with a single item, for `check`: how many items came
 * and when the first happened (events). */
struct probe_sample {
    size_t items;
    int refused; /* status for which the fallback is to be asked; 0: none */
    bool has_at;
    int64_t at;
};
int probe_sample(const struct gather_options *options,
                 const struct setup_source *entry, struct probe_sample *sample,
                 struct error *err);

#endif
