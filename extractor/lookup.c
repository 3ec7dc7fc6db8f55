#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#include "normalise.h"
#include "request.h"
#include "strmap.h"
#include "text_list.h"

/* A body that is no JSON may be a proxy's slip; in a row it is none. */
enum { LOOKUP_BAD_BODIES_MAX = 3 };

/* A server may look at no more than its default page of names. */
enum { LOOKUP_SMALL = 10 };

struct batch {
    struct batch *next;
    struct lookup *lookup;
    size_t count;
    int bad_bodies; /* in a row */
    const char *names[];
};

struct lookup {
    struct lookup_options options;
    size_t size;         /* of a batch */
    size_t most;         /* batches under way; 0: any number */
    size_t open;         /* under way now */
    size_t answered;     /* most names that one answer had */
    size_t proved;       /* the same when all was answered last */
    bool heard;          /* there was an answer */
    struct text_list fresh;   /* in no batch yet */
    struct text_list missing; /* of the answers since then */
    struct batch *batches, **end; /* full ones that wait to be sent */
    struct batch *sent;
};

static void names_drop_first(struct text_list *names, size_t count)
{
    names->count -= count;
    memmove(names->texts, names->texts + count,
            names->count * sizeof(*names->texts));
}

struct lookup *lookup_new(const struct lookup_options *options,
                          struct error *err)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));

    if (lookup == NULL) {
        error_no_memory(err);
        return NULL;
    }
    lookup->options = *options;
    lookup->size = (size_t)options->source->batch_size;
    lookup->most = options->most;
    lookup->end = &lookup->batches;
    return lookup;
}

static void batches_free(struct batch *batch)
{
    while (batch != NULL) {
        struct batch *next = batch->next;

        free(batch);
        batch = next;
    }
}

void lookup_free(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    batches_free(lookup->batches);
    batches_free(lookup->sent);
    free(lookup->fresh.texts);
    free(lookup->missing.texts);
    free(lookup);
}

static void close_batch(struct batch *batch)
{
    struct batch **at = &batch->lookup->sent;

    while (*at != batch)
        at = &(*at)->next;
    *at = batch->next;
    batch->lookup->open--;
    free(batch);
}

static int take_items(struct batch *batch, const struct json *items,
                      struct strmap *answered, struct error *err)
{
    const struct lookup_options *options = &batch->lookup->options;

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

/* What is missing of a batch no larger than one that the server has answered
 * is unknown to it: no cap hid it. So is a small one that brings nothing. */
static int keep_missing(struct batch *batch, const struct strmap *answered,
                        struct error *err)
{
    struct lookup *lookup = batch->lookup;
    size_t before = lookup->missing.count, found;

    for (size_t i = 0; i < batch->count; i++) {
        if (strmap_get(answered, batch->names[i]) == NULL &&
            text_list_add(&lookup->missing, batch->names[i], err) != 0)
            return -1;
    }
    found = batch->count - (lookup->missing.count - before);
    if (found > lookup->answered)
        lookup->answered = found;
    if (batch->count <= lookup->proved ||
        (found == 0 && batch->count <= LOOKUP_SMALL))
        lookup->missing.count = before;
    lookup->heard = true;
    return 0;
}

static int take_answer(struct batch *batch, const struct json *root,
                       struct error *err)
{
    const struct json *items =
        normalise_items(batch->lookup->options.source, root, err);
    struct strmap answered = {0};
    int result;

    if (items == NULL)
        return -1;
    result = take_items(batch, items, &answered, err);
    if (result == 0)
        result = keep_missing(batch, &answered, err);
    strmap_release(&answered);
    return result;
}

static int batch_send(struct batch *batch, struct error *err);
static int send_waiting(struct lookup *lookup, struct error *err);

static int answered(void *context, const struct exchange_answer *answer,
                    struct error *err)
{
    struct batch *batch = context;
    struct lookup *lookup = batch->lookup;
    struct source_report *report = lookup->options.report;
    struct error cause = {0};
    struct json_doc doc;
    int result;

    if (json_parse(&doc, answer->body, answer->len, JSON_UNIQUE,
                   lookup->options.source->name, ERROR_DATA, &cause) != 0) {
        if (cause.kind == ERROR_DATA &&
            ++batch->bad_bodies <= LOOKUP_BAD_BODIES_MAX)
            return batch_send(batch, err);
        *err = cause;
        return -1;
    }
    report->pages++;
    report->repairs += json_repairs(&doc);
    result = take_answer(batch, doc.root, err);
    json_free(&doc);
    close_batch(batch);
    return result == 0 ? send_waiting(lookup, err) : -1;
}

static int path_of(const struct lookup *lookup, const char *const *names,
                   size_t count, struct buf *path, struct error *err)
{
    const struct lookup_options *options = &lookup->options;
    struct page_ask page = {.size = (int64_t)count};
    struct request_parts parts = {
        .page = &page, .batch = names, .batch_count = count};

    buf_reset(path);
    return request_path(options->source, options->endpoint, &parts, path, err);
}

/* As many of the first `count` fresh names as fit the length of a request;
 * 0: an error. */
static size_t fitting(const struct lookup *lookup, size_t count,
                      struct error *err)
{
    struct buf path;
    struct error too_long = {0};

    buf_init(&path, REQUEST_BYTES_MAX);
    while (path_of(lookup, lookup->fresh.texts, count, &path, &too_long) != 0) {
        bool hopeless = !path.full || count <= 1;

        count = hopeless ? 0 : count / 2;
        if (hopeless)
            break;
        too_long = (struct error){0};
    }
    buf_release(&path);
    if (count == 0)
        *err = too_long;
    return count;
}

static int batch_send(struct batch *batch, struct error *err)
{
    const struct lookup_options *options = &batch->lookup->options;
    struct exchange_request request = {.endpoint = options->endpoint,
                                       .source = options->source,
                                       .method = options->source->method,
                                       .stats = &options->report->exchange};
    const struct request_parts parts = {0};
    struct buf path, body;
    int result;

    buf_init(&path, REQUEST_BYTES_MAX);
    buf_init(&body, REQUEST_BODY_MAX);
    result = path_of(batch->lookup, batch->names, batch->count, &path, err);
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

static int send_waiting(struct lookup *lookup, struct error *err)
{
    while (lookup->batches != NULL &&
           (lookup->most == 0 || lookup->open < lookup->most)) {
        struct batch *batch = lookup->batches;

        lookup->batches = batch->next;
        if (lookup->batches == NULL)
            lookup->end = &lookup->batches;
        batch->next = lookup->sent;
        lookup->sent = batch;
        lookup->open++;
        if (batch_send(batch, err) != 0)
            return -1;
    }
    return 0;
}

/* Of the first fresh names, `count` at most. */
static int make_batch(struct lookup *lookup, size_t count, struct error *err)
{
    struct batch *batch;

    count = fitting(lookup, count, err);
    if (count == 0)
        return -1;
    batch = calloc(1, sizeof(*batch) + count * sizeof(*batch->names));
    if (batch == NULL)
        return error_no_memory(err);
    batch->lookup = lookup;
    batch->count = count;
    memcpy(batch->names, lookup->fresh.texts, count * sizeof(*batch->names));
    names_drop_first(&lookup->fresh, count);
    *lookup->end = batch;
    lookup->end = &batch->next;
    return 0;
}

int lookup_add(struct lookup *lookup, const char *name, struct error *err)
{
    if (text_list_add(&lookup->fresh, name, err) != 0)
        return -1;
    while (lookup->fresh.count >= lookup->size) {
        if (make_batch(lookup, lookup->size, err) != 0)
            return -1;
    }
    return send_waiting(lookup, err);
}

const char *lookup_take_back(struct lookup *lookup)
{
    return lookup->fresh.count > 0 ? lookup->fresh.texts[--lookup->fresh.count]
                                   : NULL;
}

/* What is missing goes with what was not asked yet; sorted, because it came in
 * any order. All that was sent must be answered, or what the server has proved
 * would depend on time. */
static int put_together(struct lookup *lookup, struct error *err)
{
    struct text_list *missing = &lookup->missing, *fresh = &lookup->fresh;
    size_t most;

    for (size_t i = 0; i < missing->count; i++) {
        if (text_list_add(fresh, missing->texts[i], err) != 0)
            return -1;
    }
    missing->count = 0;
    text_list_sort(fresh);
    lookup->proved = lookup->answered;
    most = lookup->proved > LOOKUP_SMALL ? lookup->proved : LOOKUP_SMALL;
    if (most < lookup->size)
        lookup->size = most;
    return 0;
}

static int send_all(struct lookup *lookup, struct error *err)
{
    while (lookup->fresh.count > 0) {
        size_t count = lookup->fresh.count < lookup->size ? lookup->fresh.count
                                                          : lookup->size;

        if (make_batch(lookup, count, err) != 0)
            return -1;
    }
    return send_waiting(lookup, err);
}

int lookup_finish(struct lookup *lookup, struct error *err)
{
    lookup->most = 0;
    if (lookup->heard && lookup->open == 0 && put_together(lookup, err) != 0)
        return -1;
    do {
        if (send_all(lookup, err) != 0 ||
            exchange_run(lookup->options.exchange, err) != 0 ||
            put_together(lookup, err) != 0)
            return -1;
    } while (lookup->fresh.count > 0);
    return 0;
}

int lookup_run(const struct lookup_options *options, const char *const *names,
               size_t count, struct error *err)
{
    struct lookup *lookup = lookup_new(options, err);
    int result = lookup != NULL ? 0 : -1;

    for (size_t i = 0; i < count && result == 0; i++)
        result = lookup_add(lookup, names[i], err);
    if (result == 0)
        result = lookup_finish(lookup, err);
    lookup_free(lookup);
    return result;
}
