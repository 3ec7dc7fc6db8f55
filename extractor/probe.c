#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "json.h"
#include "normalise.h"

/* A body that is no JSON may be a proxy's slip; in a row it is none. */
enum { PROBE_BAD_BODIES_MAX = 3, HTTP_OK = 200 };

/* One question, answered; doc is the answer's. */
struct question {
    const struct setup_source *entry;
    const struct endpoint *endpoint; /* NULL: the entry's */
    struct json_doc doc;
    struct error cause; /* why the body could not be read */
    const char *body;   /* of the request, or NULL */
    int refused;        /* status that was accepted beside 200; 0: none */
    bool answered;
};

static int take_answer(void *context, const struct exchange_answer *answer,
                       struct error *err)
{
    struct question *question = context;

    question->cause = (struct error){0};
    if (answer->status != HTTP_OK) {
        question->refused = answer->status;
        return 0;
    }
    question->answered =
        json_parse(&question->doc, answer->body, answer->len, JSON_UNIQUE,
                   question->entry->source.name, ERROR_DATA,
                   &question->cause) == 0;
    return question->cause.kind == ERROR_BUG ? error_pass(err, &question->cause)
                                             : 0;
}

static const int *accepted(const struct source *source)
{
    return source->fallback != NULL ? source_fallback_statuses
                                    : source->each_unknown;
}

/* On success the question's doc must be freed. */
static int ask(const struct gather_options *options,
               struct question *question, const char *path, bool probe,
               struct error *err)
{
    const struct setup_source *entry = question->entry;
    struct exchange_request request = {
        .endpoint = question->endpoint != NULL ? question->endpoint
                                               : entry->endpoint,
        .source = &entry->source,
        .path_query = path,
        .method = probe ? "GET" : entry->source.method,
        .body = question->body,
        .accept = probe ? NULL : accepted(&entry->source),
    };

    if (options->report != NULL)
        request.stats =
            &options->report->sources[entry - options->setup->sources]
                 .exchange;
    question->answered = false;
    for (int bad = 0; bad <= PROBE_BAD_BODIES_MAX && !question->answered &&
                      question->refused == 0; bad++) {
        if (exchange_submit(options->exchange, &request, take_answer, question,
                            err) != 0 ||
            exchange_run(options->exchange, err) != 0)
            goto fail;
    }
    if (question->answered || question->refused != 0)
        return 0;
    *err = question->cause;
fail:
    if (question->answered)
        json_free(&question->doc);
    return -1;
}

static int ask_probe(const struct gather_options *options,
                     struct question *question, struct error *err)
{
    struct buf path;
    int result = -1;

    buf_init(&path, REQUEST_BYTES_MAX);
    if (request_probe_path(&question->entry->source,
                           question->entry->endpoint, &path, err) == 0)
        result = ask(options, question, path.data, true, err);
    buf_release(&path);
    return result;
}

int probe_credential(const struct gather_options *options,
                     const struct setup_source *entry, struct error *err)
{
    struct question question = {.entry = entry};
    const struct json *node;
    int result = 0;

    if (ask_probe(options, &question, err) != 0)
        return -1;
    node = json_at(question.doc.root, entry->source.probe_expect);
    if (node == NULL || json_type(node) != JSON_STRING ||
        json_text(node)[0] == '\0') {
        error_set(err, ERROR_AUTH,
                  "%s: %s answers as if nobody were logged in: %s has no "
                  "%s",
                  entry->source.name, entry->endpoint->url,
                  entry->source.probe_path, entry->source.probe_expect);
        result = error_hint(err, "the token is expired, revoked or not for "
                            "this user; make a new one");
    }
    json_free(&question.doc);
    return result;
}

/* Whether one of the records lies inside the spans. */
static bool any_inside(const struct source *source, const struct json *items,
                       const struct span_set *spans)
{
    const struct field_rule *rule = &source->event_fields[EVENT_AT];
    bool found = false;

    for (const struct json *item = items ? json_first(items) : NULL;
         item != NULL && !found; item = json_next(item)) {
        int64_t at;

        if (normalise_instant(rule, item, &at) == 0)
            found = span_holds(spans, at);
    }
    return found;
}

static int suspicious(const struct setup_source *entry, const char *witness,
                      struct error *err)
{
    error_set(err, ERROR_DATA, "%s: the log answers with no records, but %s",
              entry->source.name, witness);
    return error_hint(err, "an empty answer is not taken for an empty log: "
                      "check the permission \"%s\" and the time format of %s",
                      entry->source.needs_permission != NULL
                          ? entry->source.needs_permission
                          : "to read it",
                      entry->source.path);
}

static int check_previous(const struct gather_options *options,
                          const struct setup_source *entry, struct error *err)
{
    const struct manifest *previous = options->previous;
    bool found;
    uint64_t items;

    if (previous == NULL || previous->as_of <= options->window.from)
        return 0;
    items = manifest_source_items(previous, entry->source.name, &found);
    if (!found || items == 0)
        return 0;
    return suspicious(entry, "the run published before saw some", err);
}

int probe_emptiness(const struct gather_options *options,
                    const struct setup_source *entry,
                    const struct span_set *asked, bool whole,
                    struct error *err)
{
    const struct source *source = &entry->source;
    struct question question = {.entry = entry};
    int result = 0;

    if (asked->count == 0)
        return 0;
    if (source->probe_path != NULL && source->probe_items != NULL) {
        if (ask_probe(options, &question, err) != 0)
            return -1;
        if (any_inside(source, json_at(question.doc.root, source->probe_items),
                       asked))
            result = suspicious(entry, "asked without dates it shows some of "
                                "that time", err);
        json_free(&question.doc);
    }
    return result != 0 || !whole ? result
                                 : check_previous(options, entry, err);
}

/* Asks for one page; on success without a refusal the question's doc must be
 * freed, and *items are in it. */
static int ask_page(const struct gather_options *options,
                    struct question *question, const struct page_ask *page,
                    const struct json **items, struct error *err)
{
    static const char *const nobody[] = {"rollcall-check"};
    const struct source *source = &question->entry->source;
    const struct endpoint *endpoint = question->entry->endpoint;
    struct request_parts parts = {.page = page};
    struct buf path, body;
    int result = -1;

    if (source->kind == SOURCE_EVENTS)
        parts.window = &options->window;
    if (source->each)
        parts.account = nobody[0];
    if (source->batch_parameter != NULL) {
        parts.batch = nobody;
        parts.batch_count = 1;
    }
    buf_init(&path, REQUEST_BYTES_MAX);
    buf_init(&body, REQUEST_BODY_MAX);
    if (request_path(source, endpoint, &parts, &path, err) == 0 &&
        request_body(source, endpoint, &parts, &body, err) == 0) {
        question->body = source->body != NULL ? body.data : NULL;
        result = ask(options, question, path.data, false, err);
    }
    buf_release(&path);
    buf_release(&body);
    if (result != 0 || question->refused != 0)
        return result;
    *items = source->each ? normalise_item(source, question->doc.root, err)
                          : normalise_items(source, question->doc.root, err);
    if (*items != NULL)
        return 0;
    json_free(&question->doc);
    return -1;
}

static bool first_at(const struct source *source, const struct json *items,
                     int64_t *at)
{
    return source->kind == SOURCE_EVENTS && json_size(items) > 0 &&
           normalise_instant(&source->event_fields[EVENT_AT],
                             json_first(items), at) == 0;
}

int probe_sample(const struct gather_options *options,
                 const struct setup_source *entry, struct probe_sample *sample,
                 struct error *err)
{
    const struct source *source = &entry->source;
    const struct page_ask page = {.start = source->paging.first, .size = 1};
    struct question question = {.entry = entry};
    const struct json *items, *total;
    int result = ask_page(options, &question, &page, &items, err);

    *sample = (struct probe_sample){.refused = question.refused};
    if (result != 0 || question.refused != 0)
        return result;
    sample->items = json_size(items);
    sample->has_at = first_at(source, items, &sample->at);
    total = source->total != NULL ? json_at(question.doc.root, source->total)
                                  : NULL;
    sample->has_total =
        total != NULL && json_int64(total, &sample->total) == 0;
    json_free(&question.doc);
    return 0;
}

bool probe_has_last(const struct setup_source *entry,
                    const struct probe_sample *sample)
{
    return entry->source.order == EVENTS_NEWEST_FIRST &&
           entry->source.paging.style == PAGING_OFFSET && sample->has_at &&
           sample->has_total && sample->total > 0 &&
           sample->total <= INT32_MAX;
}

int probe_last(const struct gather_options *options,
               const struct setup_source *entry,
               const struct probe_sample *sample, bool *found, int64_t *at,
               struct error *err)
{
    const struct source *source = &entry->source;
    const struct page_ask page = {
        .start = source->paging.first + sample->total - 1, .size = 2};
    struct question question = {.entry = entry};
    const struct json *items;

    *found = false;
    if (ask_page(options, &question, &page, &items, err) != 0)
        return -1;
    if (question.refused != 0)
        return 0;
    *found = json_size(items) == 1 && first_at(source, items, at) &&
             *at <= sample->at;
    json_free(&question.doc);
    return 0;
}

int probe_cloud_id(const struct gather_options *options,
                   const struct source *source,
                   const struct endpoint *endpoint, char **id,
                   struct error *err)
{
    const struct setup_source entry = {.source = *source};
    struct question question = {.entry = &entry, .endpoint = endpoint};
    struct gather_options uncounted = *options;
    const struct json *node;
    bool told;

    *id = NULL;
    uncounted.report = NULL; /* which counts by the sources of the setup */
    if (ask(&uncounted, &question, source->gateway_path, true, err) != 0)
        return -1;
    node = json_at(question.doc.root, source->gateway_cloud_id);
    told = node != NULL && json_type(node) == JSON_STRING;
    if (told)
        *id = strdup(json_text(node));
    json_free(&question.doc);
    if (told)
        return *id != NULL ? 0 : error_no_memory(err);
    error_set(err, ERROR_DATA, "%s: no cloud id at %s", source->name,
              source->gateway_path);
    return error_usual(err,
                       "see that the endpoint's url is that of a site; if "
                       "the API changed, edit %s",
                       source->path);
}
