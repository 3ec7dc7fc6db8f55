/* The organisation's audit log: a stream by arrival, and a query. */
#include <stdlib.h>
#include <string.h>

#include "admin.h"

enum { STREAM_DEFAULT = 200, EVENTS_DEFAULT = 100, EVENTS_CAP = 500 };

/* One page of a list: where it starts and where the next one does. */
struct page {
    const struct event_list *list;
    cJSON *state; /* of the request that began the walk */
    size_t at;
    size_t size;
    size_t shown;
    bool backwards; /* AT counts down to 0 */
};

static bool refuse(struct exchange *x, const char *name)
{
    struct text detail = {0};

    text_fmt(&detail, "The value of '%s' is not acceptable.", name);
    admin_error(x, 400, "bad.request", detail.data);
    text_free(&detail);
    return false;
}

/* Times are milliseconds since 1970 in digits; nothing else is a time. */
static bool is_millis(const char *text)
{
    size_t len = strspn(text, "0123456789");

    return len > 0 && len <= 15 && text[len] == '\0';
}

static bool keep_times(struct exchange *x, cJSON *state)
{
    static const char *const names[] = {"from", "to"};

    for (size_t i = 0; i < 2; i++) {
        const char *text = query_get(x, names[i]);

        if (text == NULL)
            continue;
        if (!is_millis(text))
            return refuse(x, names[i]);
        cJSON_AddNumberToObject(state, names[i],
                                (double)strtoll(text, NULL, 10));
    }
    return true;
}

static bool keep_texts(struct exchange *x, cJSON *state)
{
    static const char *const names[] = {"q", "action", "actor", "ip"};
    static const char *const strange[] = {"product", "location"};

    for (size_t i = 0; i < 2; i++) {
        if (query_get(x, strange[i]) != NULL)
            return refuse(x, strange[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        size_t given = 0;

        for (size_t j = 0; j < x->query_count; j++)
            given += strcmp(x->query[j].name, names[i]) == 0;
        if (given > 1)
            return refuse(x, names[i]);
        if (given == 1)
            cJSON_AddStringToObject(state, names[i], query_get(x, names[i]));
    }
    return true;
}

static double number_of(const cJSON *state, const char *name, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state, name);

    return item == NULL ? otherwise : item->valuedouble;
}

static const char *text_of(const cJSON *state, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(state, name));
}

/* LIMIT of this request, else of the first one, else OTHERWISE. */
static bool page_size(struct exchange *x, struct page *page, long otherwise)
{
    long limit;

    otherwise = (long)number_of(page->state, "limit", (double)otherwise);
    if (!query_number(x, "limit", otherwise, 1, &limit))
        return false;
    if (limit > EVENTS_CAP)
        return refuse(x, "limit");
    cJSON_DeleteItemFromObjectCaseSensitive(page->state, "limit");
    cJSON_AddNumberToObject(page->state, "limit", (double)limit);
    page->size = admin_page(x, (size_t)limit);
    return true;
}

static bool read_cursor(struct exchange *x, struct page *page,
                        const char *cursor)
{
    cJSON_Delete(page->state);
    page->state = cursor_read(cursor, x->path, &page->at);
    return page->state != NULL || refuse(x, "cursor");
}

/* Words of VALUE, a line each. */
static void add_words(struct text *out, struct span value)
{
    struct raw_walk walk;
    struct raw_entry entry;

    if (!raw_open(&walk, value)) {
        raw_decode(out, value);
        text_str(out, "\n");
        return;
    }
    while (raw_next(&walk, &entry))
        add_words(out, entry.value);
}

static bool holds_words(struct span event, const char *term)
{
    struct text words = {0};
    bool found;

    add_words(&words, event);
    found = strcasestr(words.data, term) != NULL;
    text_free(&words);
    return found;
}

static bool member_is(struct span event, const char *const *path,
                      const char *wanted)
{
    char *text;
    bool same;

    for (; path[1] != NULL; path++) {
        if (!raw_member(event, path[0], &event))
            return false;
    }
    text = raw_member_text(event, path[0]);
    same = strcmp(text, wanted) == 0;
    free(text);
    return same;
}

static bool matches(const cJSON *state, struct span event)
{
    static const struct {
        const char *name;
        const char *path[4];
    } texts[] = {{"action", {"attributes", "action", NULL}},
                 {"actor", {"attributes", "actor", "id", NULL}},
                 {"ip", {"attributes", "location", "ip", NULL}}};
    const char *term = text_of(state, "q");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *wanted = text_of(state, texts[i].name);

        if (wanted != NULL && !member_is(event, texts[i].path, wanted))
            return false;
    }
    return term == NULL || holds_words(event, term);
}

/* Only the stream tells when an event was processed. */
static void add_event(struct exchange *x, size_t row_number,
                      const struct text *event, bool stream)
{
    struct text row = {0};

    if (stream)
        text_add(&row, event->data, event->len);
    else
        raw_put(&row, raw_of(event), "/attributes/processedAt", NULL);
    answer_row(x, row_number, &row);
    text_free(&row);
}

static void add_page(struct exchange *x, struct page *page, bool stream)
{
    double from = number_of(page->state, "from", 0);
    double to = number_of(page->state, "to", 1e18);

    if (x->server->scenario.org.log == ORG_LOG_EMPTY)
        page->at = page->backwards ? 0 : page->list->count;
    while (page->shown < page->size &&
           (page->backwards ? page->at > 0 : page->at < page->list->count)) {
        const struct event_ref *ref =
            &page->list->refs[page->backwards ? --page->at : page->at++];
        struct text event = {0};

        if ((double)ref->at < from || (double)ref->at > to)
            continue;
        org_event(&x->server->org, ref->index, &event);
        if (matches(page->state, raw_of(&event)))
            add_event(x, page->shown++, &event, stream);
        text_free(&event);
    }
}

static bool at_end(const struct page *page)
{
    return page->backwards ? page->at == 0 : page->at >= page->list->count;
}

/* false: the answer says why nobody may read the log. */
static bool log_is_open(struct exchange *x)
{
    const struct org_faults *faults = &x->server->scenario.org;

    if (faults->log == ORG_LOG_DENIED) {
        admin_error(x, 403, "forbidden", "The audit log is not available.");
        return false;
    }
    if (faults->late && x->server->event_requests++ >= faults->late_after)
        org_catch_up(&x->server->org);
    return true;
}

static void finish(struct exchange *x, const struct page *page,
                   const char *cursor)
{
    struct text *body = &x->answer.body;

    text_str(body, "],\"meta\":{\"next\":");
    admin_cursor(cursor, body);
    text_fmt(body, ",\"prev\":null,\"page_size\":%zu,\"total\":%s},",
             page->shown, page->shown == 0 ? "0" : "null");
    text_str(body, "\"links\":{\"self\":");
    admin_url(x, x->path, NULL, body);
    text_str(body, ",\"next\":");
    if (cursor == NULL)
        text_str(body, "null");
    else
        admin_url(x, x->path, cursor, body);
    text_str(body, "}}");
}

/* A continuation may bring cursor and limit, and nothing else. */
static bool stream_start(struct exchange *x, struct page *page)
{
    const char *cursor = query_get(x, "cursor");
    const char *order = query_get(x, "sortOrder");

    for (size_t i = 0; cursor != NULL && i < x->query_count; i++) {
        const char *name = x->query[i].name;

        if (strcmp(name, "cursor") != 0 && strcmp(name, "limit") != 0)
            return refuse(x, name);
    }
    if (order != NULL && strcmp(order, "asc") != 0 &&
        strcmp(order, "desc") != 0)
        return refuse(x, "sortOrder");
    if (cursor != NULL) {
        if (!read_cursor(x, page, cursor))
            return false;
        order = text_of(page->state, "sortOrder");
    } else if (!keep_times(x, page->state)) {
        return false;
    } else if (order != NULL) {
        cJSON_AddStringToObject(page->state, "sortOrder", order);
    }
    page->backwards = order != NULL && strcmp(order, "desc") == 0;
    if (cursor == NULL && page->backwards)
        page->at = page->list->count;
    return page_size(x, page, STREAM_DEFAULT);
}

static bool has_next(const struct exchange *x, const struct page *page)
{
    switch (x->server->scenario.org.stream_end) {
    case STREAM_END_CURSOR:
        return true;
    case STREAM_END_SHORT:
        return !at_end(page);
    case STREAM_END_NULL:
        break;
    }
    return page->shown > 0 || !at_end(page);
}

void serve_stream(struct exchange *x)
{
    struct page page = {.list = &x->server->org.arrived,
                        .state = cJSON_CreateObject()};
    char *cursor = NULL;

    if (log_is_open(x) && stream_start(x, &page)) {
        text_str(&x->answer.body, "{\"data\":[");
        add_page(x, &page, true);
        if (has_next(x, &page))
            cursor = cursor_make(page.state, x->path, page.at);
        finish(x, &page, cursor);
    }
    free(cursor);
    cJSON_Delete(page.state);
}

static bool query_start(struct exchange *x, struct page *page)
{
    const char *cursor = query_get(x, "cursor");

    if (cursor != NULL
            ? !read_cursor(x, page, cursor)
            : !keep_times(x, page->state) || !keep_texts(x, page->state))
        return false;
    return page_size(x, page, EVENTS_DEFAULT);
}

void serve_events(struct exchange *x)
{
    struct page page = {.list = &x->server->org.newest,
                        .state = cJSON_CreateObject()};
    char *cursor = NULL;

    if (log_is_open(x) && query_start(x, &page)) {
        text_str(&x->answer.body, "{\"data\":[");
        add_page(x, &page, false);
        if (!at_end(&page))
            cursor = cursor_make(page.state, x->path, page.at);
        finish(x, &page, cursor);
    }
    free(cursor);
    cJSON_Delete(page.state);
}

void serve_event(struct exchange *x)
{
    const struct org *org = &x->server->org;
    struct text event = {0};
    long index;

    if (!log_is_open(x))
        return;
    index = org_find_event(org, x->argument);
    if (index == SITE_NONE) {
        admin_error(x, 404, "not.found", "There is no such event.");
        return;
    }
    org_event(org, (size_t)index, &event);
    text_str(&x->answer.body, "{\"data\":");
    raw_put(&x->answer.body, raw_of(&event), "/attributes/processedAt", NULL);
    text_str(&x->answer.body, "}");
    text_free(&event);
}

void serve_actions(struct exchange *x)
{
    const struct org *org = &x->server->org;
    struct text row = {0};

    if (!log_is_open(x))
        return;
    text_str(&x->answer.body, "{\"data\":[");
    for (size_t i = 0; org->ops->action(org, i, &row); i++) {
        answer_row(x, i, &row);
        text_clear(&row);
    }
    text_str(&x->answer.body, "]}");
    text_free(&row);
}
