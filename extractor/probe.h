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

struct watch;

/* Is shown every event that is read; empty: nobody is. */
struct gather_observer {
    int (*event)(void *context, const struct event *event, struct error *err);
    void *context;
};

/* Is told of the names that events of a finished turn brought up, sorted and
 * each once in a turn, once all accounts are known, see gather_parts.h; empty:
 * nobody is. */
struct gather_names {
    int (*names)(void *context, const char *const *names, size_t count,
                 struct error *err);
    void *context;
};

struct gather_options {
    const struct setup *setup;
    struct exchange *exchange;
    struct worker *worker; /* of the files that are written; may be NULL */
    const struct log *log;
    struct request_window window;    /* of events: [from, to) */
    struct recall *recall;           /* NULL: nothing is gathered */
    struct run_report *report;       /* sources: one per setup source */
    const struct manifest *previous; /* last published run, or NULL */
    struct gather_observer observer;
    struct gather_names early;
    struct watch *watch; /* is told of what goes on; may be NULL */
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
 * and, of events, when the first one happened. What is asked name by name or
 * account by account is asked about one that does not exist. */
struct probe_sample {
    size_t items;
    int refused; /* status for which the fallback is to be asked, or with
                    which the source says that it does not know the account;
                    0: none */
    bool has_at, has_total;
    int64_t at, total; /* total: as the server says */
};
int probe_sample(const struct gather_options *options,
                 const struct setup_source *entry, struct probe_sample *sample,
                 struct error *err);

/* Whether a log lets its last record be asked for: it is paged by index, tells
 * a total, and shows the newest first. */
bool probe_has_last(const struct setup_source *entry,
                    const struct probe_sample *sample);

/* Asks for the record at index total-1 and the one after it. *found only when
 * nothing is there after it, so that a total that lies finds nothing. */
int probe_last(const struct gather_options *options,
               const struct setup_source *entry,
               const struct probe_sample *sample, bool *found, int64_t *at,
               struct error *err);

/* The cloud id behind `gateway`, asked with the exchange of the options, which
 * need not have a credential; endpoint is one of its job. *id is allocated. */
int probe_cloud_id(const struct gather_options *options,
                   const struct source *source,
                   const struct endpoint *endpoint, char **id,
                   struct error *err);

/* The same of a source that is a file: all its rows, for `check`. A row that
 * a run would refuse is counted, and is an error where a run would end by it.
 * So is whatever probe_file_facts() finds. */
struct probe_files {
    uint64_t rows, refused;
    size_t columns, unknown_columns;
    bool has_oldest;
    int64_t oldest;    /* of events */
    char refusal[256]; /* the first */
};
int probe_files(const struct setup *setup, const struct setup_source *entry,
                int64_t as_of, struct probe_files *found, struct error *err);

/* ERROR_DATA when a file is older than guards.max_export_age, or has no rows
 * and guards.min_users is not 0. given: its path in the job. */
int probe_file_facts(const struct setup *setup,
                     const struct setup_source *entry, const char *given,
                     int64_t modified, uint64_t rows, int64_t as_of,
                     struct error *err);

#endif
