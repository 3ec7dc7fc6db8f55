#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "normalise.h"
#include "walk_parts.h"

static int ask_more(struct walk *walk, struct error *err);
static int take_waiting(struct walk *walk, struct error *err);

static void slot_free(struct walk *walk, struct slot *slot)
{
    struct slot **link = &walk->slots;

    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    exchange_page_back(walk->options.exchange, slot->page);
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

int walk_refused(const struct walk *walk)
{
    return walk->refused;
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

static int turn_page(struct walk *walk, const struct json *root, size_t count,
                     size_t fresh, struct error *err)
{
    const struct source *source = walk->options.source;
    struct buf cursor;
    int result;

    buf_init(&cursor, FIELD_BYTES_MAX);
    result = request_next_cursor(source, root, &cursor, err);
    if (result == 0 && pager_took(&walk->pager, walk->ids, count, fresh,
                                  cursor.data, err) != 0)
        result = error_prefix(err, "%s", source->name);
    buf_release(&cursor);
    return result;
}

static int tell_page(const struct walk *walk, bool taken, struct error *err)
{
    return walk->options.page != NULL
               ? walk->options.page(walk->options.told_context, taken, err)
               : 0;
}

static int judge_page(struct walk *walk, const struct page_ask *ask,
                      const struct json *root, const struct json *items,
                      struct error *err)
{
    size_t count, fresh;

    if (walk_collect_ids(walk, items, &count, err) != 0)
        return -1;
    if (!pager_fits(&walk->pager, walk->ids, count))
        return 0;
    if (count > 0)
        note_page(walk, root);
    if (tell_page(walk, false, err) != 0 ||
        walk_take_items(walk, items, ask, &fresh, err) != 0 ||
        tell_page(walk, true, err) != 0)
        return -1;
    if (turn_page(walk, root, count, fresh, err) != 0)
        return -1;
    log_line(walk->options.log, LOG_DEBUG, "page", "%s: index %" PRId64
             ", %zu items, %zu new", walk->options.source->name, ask->start,
             count, fresh);
    return 0;
}

/* A body that is no JSON may be a proxy's slip: the page is asked again. */
static int bad_body(struct walk *walk, struct error *cause, struct error *err)
{
    const struct source *source = walk->options.source;

    error_prefix(cause, "%s: %s: not JSON", source->name,
                 walk->options.endpoint->url);
    if (++walk->bad_bodies > WALK_BAD_BODIES_MAX) {
        *err = *cause;
        return error_hint(err, "so it was %d times; see what stands between "
                          "here and there, and edit %s when the API has "
                          "changed", walk->bad_bodies, source->path);
    }
    log_line(walk->options.log, LOG_WARN, "retry", "%s; asking again",
             cause->text);
    pager_again(&walk->pager);
    return 0;
}

static int take_page(struct walk *walk, const struct page_ask *ask,
                     struct page *page, struct error *err)
{
    const struct json *items;
    int result;

    if (page->problem.kind == ERROR_DATA)
        return bad_body(walk, &page->problem, err);
    if (page->problem.kind != ERROR_NONE) {
        *err = page->problem;
        return -1;
    }
    walk->bad_bodies = 0;
    items = normalise_items(walk->options.source, page->doc.root, err);
    result = items != NULL
                 ? judge_page(walk, ask, page->doc.root, items, err)
                 : -1;
    walk->options.report->repairs += json_repairs(&page->doc);
    if (json_check(&page->doc, walk->options.source->name, ERROR_DATA, err) !=
        0)
        return -1;
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
    if (!walk->answered && source_falls_back(source, answer->status)) {
        walk->refused = answer->status;
        walk->pager.done = true;
        return 0;
    }
    if (!pager_halve(&walk->pager)) {
        error_set(err, ERROR_UNAVAILABLE,
                  "%s: the server answers %d "
                  "even to pages of %d items",
                  source->name, answer->status, PAGER_SIZE_MIN);
        return error_usual(
            err, "run again later; if it stays, ask who runs the server");
    }
    log_line(walk->options.log, LOG_WARN, "page", "%s: status %d, now asking "
             "for %" PRId64 " items a page", source->name, answer->status,
             walk->pager.size);
    return 0;
}

static void announce_end(struct walk *walk)
{
    const struct source_report *report = walk->options.report;
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    if (!walk->pager.done || walk->announced || walk->refused != 0)
        return;
    walk->announced = true;
    if (walk->options.window == NULL) {
        walk->options.report->whole = true;
        log_line(walk->options.log, LOG_INFO, "source",
                 "%s: %" PRIu64 " items, pages: %" PRIu64,
                 walk->options.source->name, report->items, report->pages);
        return;
    }
    walk->options.window_report->whole = true;
    instant_rfc3339(walk->window.from, from);
    instant_rfc3339(walk->window.to, to);
    log_line(walk->options.log, LOG_INFO, "window",
             "%s: %s to %s: %" PRIu64 " records, pages: %" PRIu64,
             walk->options.source->name, from, to,
             walk->options.window_report->records,
             walk->options.window_report->pages);
}

static int tell_end(struct walk *walk, struct error *err)
{
    if (!walk->pager.done || walk->told || walk->refused != 0 ||
        walk->no_access || walk->options.finished == NULL)
        return 0;
    walk->told = true;
    return walk->options.finished(walk->options.told_context, err);
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
            answer->page->kept = true;
            slot->page = answer->page;
            return 0;
        }
        /* fall through */
    case PAGER_NOW:
        slot_free(walk, slot);
        result = answer->status != HTTP_OK
                     ? other_status(walk, answer, err)
                     : take_page(walk, &ask, answer->page, err);
        break;
    }
    walk->answered = true;
    if (result != 0 || ask_more(walk, err) != 0 ||
        take_waiting(walk, err) != 0)
        return -1;
    announce_end(walk);
    return tell_end(walk, err);
}

/* Takes pages that came early, as long as it is the turn of one; drops those
 * that have become stale. After each page the next are asked for, so that what
 * is asked depends on the pages and not on when they come: a recording has
 * the answers to it all. */
static int take_waiting(struct walk *walk, struct error *err)
{
    struct slot *slot = walk->slots;

    while (slot != NULL) {
        enum pager_order order = pager_accepts(&walk->pager, &slot->ask);
        struct slot taken = *slot;
        int result = 0;

        if (slot->page == NULL || order == PAGER_LATER) {
            slot = slot->next;
            continue;
        }
        slot->page = NULL;
        slot_free(walk, slot);
        if (order == PAGER_NOW)
            result = take_page(walk, &taken.ask, taken.page, err);
        exchange_page_back(walk->options.exchange, taken.page);
        if (result != 0 || ask_more(walk, err) != 0)
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
        .method = options->source->method,
        .accept = walk->answered ? walk->accept : walk->accept_first,
        .stats = &options->report->exchange,
        .document = true,
        .select = options->source->select,
    };
    struct slot *slot = calloc(1, sizeof(*slot));
    struct buf path, body;
    int result = -1;

    if (slot == NULL)
        return error_no_memory(err);
    *slot = (struct slot){.walk = walk, .next = walk->slots, .ask = *ask};
    walk->slots = slot;
    if (options->window != NULL)
        parts.window = &walk->window;
    buf_init(&path, REQUEST_BYTES_MAX);
    buf_init(&body, REQUEST_BODY_MAX);
    if (request_path(options->source, options->endpoint, &parts, &path, err) ==
            0 &&
        request_body(options->source, options->endpoint, &parts, &body, err) ==
            0) {
        request.path_query = path.data;
        request.body = options->source->body != NULL ? body.data : NULL;
        result = exchange_submit(options->exchange, &request, answered, slot,
                                 err);
    }
    buf_release(&path);
    buf_release(&body);
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
    const int *refusal = source_fallback_statuses;
    size_t n = 0;

    for (; status != NULL && *status != 0 && n + 1 < WALK_ACCEPT_MAX; status++)
        walk->accept[n++] = *status;
    if (walk->options.allow_no_access)
        walk->accept[n++] = HTTP_FORBIDDEN;
    memcpy(walk->accept_first, walk->accept, sizeof(walk->accept));
    for (; walk->options.source->fallback != NULL && *refusal != 0; refusal++)
        walk->accept_first[n++] = *refusal;
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
    walk->event.lean = options->lean;
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
