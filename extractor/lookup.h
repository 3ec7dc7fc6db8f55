/*
 * lookup: names sent in batches, answers matched to them.
 *
 * For a source with "batch": user keys to account ids, account ids to names.
 * A batch holds at most batch_size names and REQUEST_BYTES_MAX bytes. A server
 * may answer fewer than were asked (a lower cap, or unknown names): what is
 * missing is asked again until an answer brings nothing, at last a few names at
 * a time, and only then counts as unknown. Batches run side by side within the
 * exchange's bounds.
 */
#ifndef ROLLCALL_LOOKUP_H
#define ROLLCALL_LOOKUP_H

#include <stddef.h>

#include "error.h"
#include "exchange.h"
#include "json.h"
#include "report.h"
#include "source.h"

/* For each item of an answer: *name is set to the name it answers, or NULL
 * when it answers none. Returns 0, or -1 with *err set. */
typedef int lookup_item_fn(void *context, const struct json *item,
                           const char **name, struct error *err);

struct lookup_options {
    struct exchange *exchange;
    const struct source *source;
    const struct endpoint *endpoint;
    struct source_report *report;
    lookup_item_fn *item;
    void *context;
};

/* names must stay valid and be distinct. Returns when all were asked. */
int lookup_run(const struct lookup_options *options, const char *const *names,
               size_t count, struct error *err);

#endif
