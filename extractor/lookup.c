#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#include "normalise.h"
#include "request.h"
#include "strmap.h"

/* A body that is no JSON may be a proxy's slip; in a row it is none. */
enum { LOOKUP_BAD_BODIES_MAX = 3 };

/* A server may look at no more than its default page of names. */
enum { LOOKUP_SMALL = 10 };

struct batch {
    struct batch *next;
    const struct lookup_options *options;
    size_t most; /* names to ask for at once */
    const char **names; /* not answered yet; the first `sent` were asked */
    size_t count;
    size_t sent;
    int bad_bodies; /* in a row */
};

static int batch_send(struct batch *batch, struct error *err);

/* Takes the names that were answered out of the batch. */
static void remove_answered(struct batch *batch, const struct strmap *answered)
{
    size_t kept = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (strmap_get(answered, batch->names[i]) == NULL)
            batch->names[kept++] = batch->names[i];
    }
    batch->count = kept;
}

/* Nothing was answered: the names are unknown, unless there were more of them
 * than the server may have looked at. */
static void give_up_sent(struct batch *batch)
{
    if (batch->sent > LOOKUP_SMALL) {
        batch->most = LOOKUP_SMALL;
        return;
    }
    memmove(batch->names, batch->names + batch->sent,
            (batch->count - batch->sent) * sizeof(*batch->names));
    batch->count -= batch->sent;
}

static int take_items(struct batch *batch, const struct json *items,
                      struct strmap *answered, struct error *err)
{
    const struct lookup_options *options = batch->options;

    for (const struct json *item = json_first(items); item != NULL;
         item = json_next(item)) {
        const char *name = NULL;

        options->report->items++;
        if (options->item(options->context, item, &name, err) != 0)
            return -1;
        if (name != NULL && strmap_put(answered, name, batch) != 0)
            return error_no_memory(err);
    }
    return 0;
}

static int take_answer(struct batch *batch, const struct json *root,
                       struct error *err)
{
    const struct json *items =
        normalise_items(batch->options->source, root, err);
    struct strmap answered = {0};
    size_t before = batch->count;
    int result;

    if (items == NULL)
        return -1;
    result = take_items(batch, items, &answered, err);
    if (result == 0) {
        remove_answered(batch, &answered);
        if (batch->count == before)
            give_up_sent(batch);
        result = batch_send(batch, err);
    }
    strmap_release(&answered);
    return result;
}

static int answered(void *context, const struct exchange_answer *answer,
                    struct error *err)
{
    struct batch *batch = context;
    struct source_report *report = batch->options->report;
    struct error cause = {0};
    struct json_doc doc;
    int result;

    if (json_parse(&doc, answer->body, answer->len, JSON_UNIQUE,
                   batch->options->source->name, ERROR_DATA, &cause) != 0) {
        if (++batch->bad_bodies <= LOOKUP_BAD_BODIES_MAX)
            return batch_send(batch, err);
        *err = cause;
        return -1;
    }
    batch->bad_bodies = 0;
    report->pages++;
    report->repairs += json_repairs(&doc);
    result = take_answer(batch, doc.root, err);
    json_free(&doc);
    return result;
}

/* The request for as many of the names as fit its length. */
static int batch_path(struct batch *batch, struct buf *path,
                      struct error *err)
{
    const struct lookup_options *options = batch->options;

    batch->sent = batch->count < batch->most ? batch->count : batch->most;
    for (;;) {
        struct page_ask page = {.size = (int64_t)batch->sent};
        struct request_parts parts = {.page = &page,
                                      .batch = batch->names,
                                      .batch_count = batch->sent};
        struct error too_long = {0};

        buf_reset(path);
        if (request_path(options->source, options->endpoint, &parts, path,
                         &too_long) == 0)
            return 0;
        if (buf_ok(path) || batch->sent <= 1) {
            *err = too_long;
            return -1;
        }
        batch->sent /= 2;
    }
}

static int batch_send(struct batch *batch, struct error *err)
{
    const struct lookup_options *options = batch->options;
    struct exchange_request request = {.endpoint = options->endpoint,
                                       .source = options->source,
                                       .method = options->source->method,
                                       .stats = &options->report->exchange};
    const struct request_parts parts = {0};
    struct buf path, body;
    int result;

    if (batch->count == 0)
        return 0;
    buf_init(&path, REQUEST_BYTES_MAX);
    buf_init(&body, REQUEST_BODY_MAX);
    result = batch_path(batch, &path, err);
    if (result == 0)
        result = request_body(options->source, options->endpoint, &parts,
                              &body, err);
    if (result == 0) {
        request.path_query = path.data;
        request.body = options->source->body != NULL ? body.data : NULL;
        result = exchange_submit(options->exchange, &request, answered, batch,
                                 err);
    }
    buf_release(&path);
    buf_release(&body);
    return result;
}

static void batches_free(struct batch *batches)
{
    while (batches != NULL) {
        struct batch *next = batches->next;

        free(batches->names);
        free(batches);
        batches = next;
    }
}

static struct batch *batch_new(const struct lookup_options *options,
                               const char *const *names, size_t count)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    batch->options = options;
    batch->most = (size_t)options->source->batch_size;
    batch->names = calloc(count, sizeof(*batch->names));
    if (batch->names == NULL) {
        free(batch);
        return NULL;
    }
    memcpy(batch->names, names, count * sizeof(*names));
    batch->count = count;
    return batch;
}

int lookup_run(const struct lookup_options *options, const char *const *names,
               size_t count, struct error *err)
{
    size_t size = (size_t)options->source->batch_size;
    struct batch *batches = NULL;
    int result = 0;

    for (size_t at = 0; at < count && result == 0; at += size) {
        size_t part = count - at < size ? count - at : size;
        struct batch *batch = batch_new(options, names + at, part);

        if (batch == NULL) {
            result = error_no_memory(err);
            break;
        }
        batch->next = batches;
        batches = batch;
        result = batch_send(batch, err);
    }
    if (result == 0)
        result = exchange_run(options->exchange, err);
    batches_free(batches);
    return result;
}
