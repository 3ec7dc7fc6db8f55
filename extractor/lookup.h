/*
 * lookup: names sent in batches, answers matched to them.
 *
 * For a source with "batch": user keys to account ids, account ids to names.
 * A batch holds at most batch_size names and REQUEST_BYTES_MAX bytes. A server
 * may answer fewer than were asked (a lower cap, or unknown names): what is
 * missing of all batches is put together and asked again, no more at once than
 * the server has answered at once, so that what is missing then is unknown; or
 * a few where it never answered more, until that brings nothing.
 *
 * Calling order: lookup_new(); lookup_add() for each name; a full batch goes
 * out while others are added and the exchange is run by the caller, at most
 * `most` at once; lookup_take_back() for names that do not fill one;
 * lookup_finish() asks for what is left and returns when all was answered;
 * lookup_free(). Or lookup_run(), which does it all. What is asked depends on
 * the names and their order alone, not on when answers come.
 *
 * Memory: a pointer for each name that is not answered yet.
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
    size_t most; /* batches under way before lookup_finish(); 0: any number */
};

struct lookup;

struct lookup *lookup_new(const struct lookup_options *options,
                          struct error *err);
void lookup_free(struct lookup *lookup); /* NULL allowed; after exchange_run() */

/* The name must stay valid and not have been added before. */
int lookup_add(struct lookup *lookup, const char *name, struct error *err);
/* A name, of those that were added last, that no batch has; NULL: none. */
const char *lookup_take_back(struct lookup *lookup);
int lookup_finish(struct lookup *lookup, struct error *err);

/* names must stay valid and be distinct. Returns when all were asked. */
int lookup_run(const struct lookup_options *options, const char *const *names,
               size_t count, struct error *err);

#endif
