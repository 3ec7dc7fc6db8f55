#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "json.h"
#include "normalise.h"
#include "pager.h"
#include "recent.h"

/* Ids of this many pages are remembered to leave out a log's duplicates. */
enum { WALK_RECENT_PAGES = 3 };

enum { WALK_ACCEPT_MAX = 8, HTTP_OK = 200, HTTP_FORBIDDEN = 403 };

/* A page under way, or one that came before its turn. */
struct slot {
    struct walk *walk;
    struct slot *next;
    struct page_ask ask;
    char *body; /* NULL: under way */
    size_t len;
};

struct walk {
    struct walk_options options;
    struct walk_target target;
    struct request_window window;
    struct pager pager;
    struct recent recent;
    struct event event; /* of the item at hand: large, so kept here */
    struct slot *slots;
    int accept[WALK_ACCEPT_MAX + 1]; /* statuses we deal with; ended by 0 */
    int bad_bodies;     /* in a row */
    bool no_access;
    bool announced;     /* its end is in the log */
    const char **ids;   /* of the page at hand */
    size_t id_capacity;
};

static int ask_more(struct walk *walk, struct error *err);
static int take_waiting(struct walk *walk, struct error *err);

static void slot_free(struct walk *walk, struct slot *slot)
{
    struct slot **link = &walk->slots;

    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    free(slot->body);
    free(slot);
}

void walk_free(struct walk *walk)
{
    if (walk == NULL)
        return;
    while (walk->slots != NULL)
        slot_free(walk, walk->slots);
    pager_release(&walk->pager);
    recent_release(&walk->recent);
    free(walk->ids);
    free(walk);
}

bool walk_moved(const struct walk *walk)
{
    return walk->pager.moved;
}

bool walk_no_access(const struct walk *walk)
{
    return walk->no_access;
}

int walk_finish(const struct walk *walk, struct error *err)
{
    if (walk->pager.done)
        return 0;
    return error_set(err, ERROR_BUG, "%s: the walk stopped before its end",
                     walk->options.source->name);
}

/* --- the items of one page ------------------------------------------- */

/* The id of an item as far as it has a usable one; NULL otherwise. */
static const char *item_id(const struct source *source,
                           const struct json *item)
{
    const struct field_rule *rule =
        source->kind == SOURCE_EVENTS ? &source->event_fields[EVENT_ID]
                                      : &source->user_fields[USER_ACCOUNT_ID];

    for (const char *const *at = rule->at; at != NULL && *at != NULL; at++) {
        const struct json *node = json_at(item, *at);
        const char *text;

        if (node == NULL || json_type(node) == JSON_NULL)
            continue;
        if (json_type(node) == JSON_NUMBER)
            return json_number_text(node);
        if (json_type(node) != JSON_STRING)
            return NULL;
        text = json_text(node);
        for (const char *const *p = rule->placeholders; p && *p; p++) {
            if (strcmp(*p, text) == 0)
                return NULL;
        }
        return *text != '\0' ? text : NULL;
    }
    return NULL;
}

static int collect_ids(struct walk *walk, const struct json *items,
                       size_t *count, struct error *err)
{
    const struct json *item;

    *count = 0;
    for (item = json_first(items); item != NULL; item = json_next(item)) {
        if (*count == walk->id_capacity) {
            size_t capacity = walk->id_capacity ? walk->id_capacity * 2 : 1024;
            const char **grown =
                realloc(walk->ids, capacity * sizeof(*walk->ids));
            if (grown == NULL)
                return error_no_memory(err);
            walk->ids = grown;
            walk->id_capacity = capacity;
        }
        walk->ids[(*count)++] = item_id(walk->options.source, item);
    }
    return 0;
}

/* Where an item stands: behind is whether it lies behind what was read, so
 * that a row which a page repeats by design is not counted twice. */
struct place {
    int64_t index;
    bool behind;
};

static int refuse(struct walk *walk, const char *id, const struct place *place,
                  const struct item_notes *notes, struct error *err)
{
    char text[32];

    if (!place->behind)
        return 0;
    walk->options.report->rejected++;
    snprintf(text, sizeof(text), "index %" PRId64, place->index);
    return walk->target.refused(walk->target.context,
                                walk->options.source->name,
                                id != NULL ? id : text, notes->field,
                                notes->reason, err);
}

static void count_item(struct source_report *report, const struct place *place,
                       bool fresh)
{
    if (fresh || place->behind)
        report->items++;
    if (!fresh && place->behind)
        report->duplicates++;
}

static int take_user(struct walk *walk, const struct json *item,
                     const char *id, const struct place *place, bool *fresh,
                     struct error *err)
{
    struct source_report *report = walk->options.report;
    struct item_notes notes = {0};
    struct user user;

    switch (normalise_user(walk->options.source, item, &user, &notes)) {
    case ITEM_REFUSED:
        report->items += place->behind;
        return refuse(walk, id, place, &notes, err);
    case ITEM_PLACEHOLDER:
        report->items += place->behind;
        report->placeholders += place->behind;
        return 0;
    case ITEM_GOOD:
        break;
    }
    if (walk->target.user(walk->target.context, &user, walk->options.number,
                          fresh, err) != 0)
        return -1;
    count_item(report, place, *fresh);
    return 0;
}

static void note_time(struct walk *walk, int64_t at)
{
    struct source_report *report = walk->options.report;
    struct window_report *window = walk->options.window_report;

    if (!report->has_span || at < report->oldest)
        report->oldest = at;
    if (!report->has_span || at > report->newest)
        report->newest = at;
    report->has_span = true;
    window->records++;
    if (!window->has_oldest || at < window->oldest)
        window->oldest = at;
    window->has_oldest = true;
}

static int take_event(struct walk *walk, const struct json *item,
                      const char *id, const struct place *place, bool *fresh,
                      struct error *err)
{
    struct source_report *report = walk->options.report;
    struct event *event = &walk->event;
    struct item_notes notes = {0};
    bool seen = false;
    int64_t at;

    if (id != NULL && recent_add(&walk->recent, id, &seen) != 0)
        return error_no_memory(err);
    *fresh = !seen;
    if (seen) {
        count_item(report, place, false);
        return 0;
    }
    if (normalise_event(walk->options.source, item, event, &notes) ==
        ITEM_REFUSED) {
        report->items += place->behind;
        return refuse(walk, id, place, &notes, err);
    }
    at = event->fields[EVENT_AT].integer;
    if (at < walk->window.from || at >= walk->window.to)
        return 0;
    count_item(report, place, true);
    note_time(walk, at);
    return walk->target.event(walk->target.context, event, err);
}

static int take_item(struct walk *walk, const struct json *item,
                     const char *id, const struct place *place, bool *fresh,
                     struct error *err)
{
    const char *key, *account_id;

    *fresh = false;
    if (normalise_pair(walk->options.source, item, &key, &account_id) &&
        walk->target.pair(walk->target.context, key, account_id, err) != 0)
        return -1;
    if (walk->options.source->kind == SOURCE_EVENTS)
        return take_event(walk, item, id, place, fresh, err);
    return take_user(walk, item, id, place, fresh, err);
}

static int take_items(struct walk *walk, const struct json *items,
                      const struct page_ask *ask, size_t *fresh,
                      struct error *err)
{
    bool offset = walk->pager.rules->style == PAGING_OFFSET;
    int64_t end = walk->pager.end;
    size_t i = 0;

    *fresh = 0;
    for (const struct json *item = json_first(items); item != NULL;
         item = json_next(item), i++) {
        struct place place = {.index = ask->start + (int64_t)i};
        bool is_fresh;

        place.behind = !offset || place.index >= end;
        if (take_item(walk, item, walk->ids[i], &place, &is_fresh, err) != 0)
            return -1;
        *fresh += is_fresh;
    }
    return 0;
}

/* --- one page --------------------------------------------------------- */

/* The cursor of the next page: bare, or inside a URL, of which only the
 * cursor parameter is used, so that a server cannot send us elsewhere. */
static char *next_cursor(const struct walk *walk, const struct json *root,
                         struct error *err)
{
    const struct paging *paging = &walk->options.source->paging;
    struct buf text;
    char *copy;

    buf_init(&text, FIELD_BYTES_MAX);
    for (const char *const *at = paging->next; at != NULL && *at; at++) {
        const struct json *node = json_at(root, *at);

        if (node == NULL || json_type(node) != JSON_STRING)
            continue;
        if (request_query_value(json_text(node), paging->cursor_parameter,
                                &text) != 0)
            buf_puts(&text, json_text(node));
        break;
    }
    copy = buf_ok(&text) ? strdup(text.data) : NULL;
    if (copy == NULL)
        error_set(err, ERROR_DATA, "%s: the next page's cursor is too long",
                  walk->options.source->name);
    buf_release(&text);
    return copy;
}

static void note_page(struct walk *walk, const struct json *root)
{
    struct window_report *window = walk->options.window_report;
    const char *total = walk->options.source->total;
    const struct json *node = total != NULL ? json_at(root, total) : NULL;

    walk->options.report->pages++;
    if (window == NULL)
        return;
    window->pages++;
    if (node != NULL && !window->has_total)
        window->has_total = json_int64(node, &window->total) == 0;
}

static int judge_page(struct walk *walk, const struct page_ask *ask,
                      const struct json *root, const struct json *items,
                      struct error *err)
{
    size_t count, fresh;
    char *cursor;
    int result;

    if (collect_ids(walk, items, &count, err) != 0)
        return -1;
    if (!pager_fits(&walk->pager, walk->ids, count))
        return 0;
    if (count > 0)
        note_page(walk, root);
    if (take_items(walk, items, ask, &fresh, err) != 0)
        return -1;
    cursor = next_cursor(walk, root, err);
    if (cursor == NULL)
        return -1;
    result = pager_took(&walk->pager, walk->ids, count, fresh, cursor, err);
    free(cursor);
    if (result != 0)
        return error_prefix(err, "%s", walk->options.source->name);
    log_line(walk->options.log, LOG_DEBUG, "page", "%s: index %" PRId64
             ", %zu items, %zu new", walk->options.source->name, ask->start,
             count, fresh);
    return 0;
}

/* The items of a document; NULL with *err set when it has another shape. */
static const struct json *items_of(const struct walk *walk,
                                   const struct json *root, struct error *err)
{
    const struct source *source = walk->options.source;
    const struct json *items = json_at(root, source->items);

    if (items != NULL && json_type(items) == JSON_ARRAY)
        return items;
    error_set(err, ERROR_DATA, "%s: the answer has %s where an array is due "
              "(\"%s\")", source->name,
              items == NULL ? "nothing" : json_type_name(json_type(items)),
              source->items);
    error_hint(err, "if the endpoint changed, edit %s", source->path);
    return NULL;
}

/* A body that is no JSON may be a proxy's slip: the page is asked again. */
static int bad_body(struct walk *walk, const struct error *cause,
                    struct error *err)
{
    if (++walk->bad_bodies > WALK_BAD_BODIES_MAX) {
        *err = *cause;
        return -1;
    }
    log_line(walk->options.log, LOG_WARN, "retry", "%s; asking again",
             cause->text);
    pager_again(&walk->pager);
    return 0;
}

static int take_page(struct walk *walk, const struct page_ask *ask,
                     const char *body, size_t len, struct error *err)
{
    struct error cause = {0};
    const struct json *items;
    struct json_doc doc;
    int result = -1;

    if (json_parse(&doc, body, len, JSON_STRICT, walk->options.source->name,
                   ERROR_DATA, &cause) != 0)
        return bad_body(walk, &cause, err);
    walk->bad_bodies = 0;
    walk->options.report->repairs += doc.repairs;
    items = items_of(walk, doc.root, err);
    if (items != NULL)
        result = judge_page(walk, ask, doc.root, items, err);
    json_free(&doc);
    return result;
}

/* A status of the accept list: too large a page, or no permission where the
 * job puts up with that. */
static int other_status(struct walk *walk,
                        const struct exchange_answer *answer,
                        struct error *err)
{
    const struct source *source = walk->options.source;

    if (answer->status == HTTP_FORBIDDEN && walk->options.allow_no_access) {
        walk->no_access = true;
        walk->pager.done = true;
        return 0;
    }
    if (!pager_halve(&walk->pager))
        return error_set(err, ERROR_UNAVAILABLE, "%s: the server answers %d "
                         "even to pages of %d items", source->name,
                         answer->status, PAGER_SIZE_MIN);
    log_line(walk->options.log, LOG_WARN, "page", "%s: status %d, now asking "
             "for %" PRId64 " items a page", source->name, answer->status,
             walk->pager.size);
    return 0;
}

static void announce_end(struct walk *walk)
{
    const struct source_report *report = walk->options.report;
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    if (!walk->pager.done || walk->announced)
        return;
    walk->announced = true;
    if (walk->options.window == NULL) {
        log_line(walk->options.log, LOG_INFO, "source",
                 "%s: %" PRIu64 " items in %" PRIu64 " pages",
                 walk->options.source->name, report->items, report->pages);
        return;
    }
    instant_rfc3339(walk->window.from, from);
    instant_rfc3339(walk->window.to, to);
    log_line(walk->options.log, LOG_INFO, "window",
             "%s: %s to %s: %" PRIu64 " records in %" PRIu64 " pages",
             walk->options.source->name, from, to,
             walk->options.window_report->records,
             walk->options.window_report->pages);
}

/* The answer to a slot: taken at once when it is its turn, kept otherwise. */
static int answered(void *context, const struct exchange_answer *answer,
                    struct error *err)
{
    struct slot *slot = context;
    struct walk *walk = slot->walk;
    struct page_ask ask = slot->ask;
    int result = 0;

    switch (pager_accepts(&walk->pager, &ask)) {
    case PAGER_STALE:
        slot_free(walk, slot);
        break;
    case PAGER_LATER:
        if (answer->status == HTTP_OK) {
            slot->body = strndup(answer->body, answer->len);
            slot->len = answer->len;
            return slot->body != NULL ? 0 : error_no_memory(err);
        }
        /* fall through */
    case PAGER_NOW:
        slot_free(walk, slot);
        result = answer->status != HTTP_OK
                     ? other_status(walk, answer, err)
                     : take_page(walk, &ask, answer->body, answer->len, err);
        break;
    }
    if (result != 0 || take_waiting(walk, err) != 0)
        return -1;
    announce_end(walk);
    return ask_more(walk, err);
}

/* Takes pages that came early, as long as it is the turn of one; drops those
 * that have become stale. */
static int take_waiting(struct walk *walk, struct error *err)
{
    struct slot *slot = walk->slots;

    while (slot != NULL) {
        enum pager_order order = pager_accepts(&walk->pager, &slot->ask);
        struct slot taken = *slot;
        int result = 0;

        if (slot->body == NULL || order == PAGER_LATER) {
            slot = slot->next;
            continue;
        }
        slot->body = NULL;
        slot_free(walk, slot);
        if (order == PAGER_NOW)
            result = take_page(walk, &taken.ask, taken.body, taken.len, err);
        free(taken.body);
        if (result != 0)
            return -1;
        slot = walk->slots;
    }
    return 0;
}

static int submit(struct walk *walk, const struct page_ask *ask,
                  struct error *err)
{
    const struct walk_options *options = &walk->options;
    struct request_parts parts = {.page = ask};
    struct exchange_request request = {
        .endpoint = options->endpoint,
        .source = options->source,
        .body = options->source->body,
        .method = options->source->method,
        .accept = walk->accept,
        .stats = &options->report->exchange,
    };
    struct slot *slot = calloc(1, sizeof(*slot));
    struct buf path;
    int result = -1;

    if (slot == NULL)
        return error_no_memory(err);
    *slot = (struct slot){.walk = walk, .next = walk->slots, .ask = *ask};
    walk->slots = slot;
    if (options->window != NULL)
        parts.window = &walk->window;
    buf_init(&path, REQUEST_BYTES_MAX);
    if (request_path(options->source, options->endpoint, &parts, &path, err) ==
        0) {
        request.path_query = path.data;
        result = exchange_submit(options->exchange, &request, answered, slot,
                                 err);
    }
    buf_release(&path);
    return result;
}

static int ask_more(struct walk *walk, struct error *err)
{
    struct page_ask ask;

    while (pager_ask(&walk->pager, walk->options.ahead, &ask)) {
        if (submit(walk, &ask, err) != 0)
            return -1;
    }
    return 0;
}

static void fill_accept(struct walk *walk)
{
    const int *status = walk->options.source->halve_on;
    size_t n = 0;

    for (; status != NULL && *status != 0 && n + 1 < WALK_ACCEPT_MAX; status++)
        walk->accept[n++] = *status;
    if (walk->options.allow_no_access)
        walk->accept[n] = HTTP_FORBIDDEN;
}

struct walk *walk_start(const struct walk_options *options, struct error *err)
{
    struct walk *walk = calloc(1, sizeof(*walk));

    if (walk == NULL) {
        error_no_memory(err);
        return NULL;
    }
    walk->options = *options;
    walk->target = *options->target;
    if (options->window != NULL)
        walk->window = *options->window;
    fill_accept(walk);
    recent_init(&walk->recent, (size_t)options->source->paging.size *
                                   WALK_RECENT_PAGES);
    if (pager_init(&walk->pager, &options->source->paging, err) != 0 ||
        ask_more(walk, err) != 0) {
        walk_free(walk);
        return NULL;
    }
    return walk;
}
