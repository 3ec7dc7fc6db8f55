/* The audit log: GET /rest/api/3/auditing/record. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "raw.h"
#include "stamp.h"

enum { AUDIT_CAP = 1000 };

/* The site's records, newest first, behind those a scenario added. */
struct log {
    const struct site *site;
    size_t added;
    int64_t added_at;
    size_t count;
};

struct span_of_log {
    size_t first;
    size_t end;
};

static struct log open_log(struct server *server)
{
    const struct audit_faults *faults = &server->scenario.audit;
    struct log log = {.site = server->site};
    size_t seen;

    pthread_mutex_lock(&server->lock);
    seen = server->audit_requests++;
    if (faults->add_records > 0 && seen >= faults->add_requests) {
        if (server->added_at == 0)
            server->added_at = stamp_now();
        log.added = faults->add_records;
        log.added_at = server->added_at;
    }
    pthread_mutex_unlock(&server->lock);
    if (log.added > 0 && log.added_at <= log.site->now)
        log.added_at = log.site->now + 1;
    log.count = log.added + log.site->record_count;
    return log;
}

static int64_t log_at(const struct log *log, size_t index)
{
    if (index < log->added)
        return log->added_at + (int64_t)(log->added - 1 - index);
    return log->site->ops->record_at(log->site, index - log->added);
}

static void added_record(const struct log *log, size_t index, struct text *out)
{
    const struct site *site = log->site;
    size_t account = index % site->account_count;
    struct text row = {0};
    char created[STAMP_BYTES];
    char *key;

    site->ops->account(site, account, &row);
    key = raw_member_text(raw_of(&row), "_key");
    stamp_jira(created, log_at(log, index));
    text_fmt(out, "{\"id\":%" PRId64 ",\"created\":\"%s\",",
             site->last_record_id + (int64_t)(log->added - index), created);
    text_str(out, "\"summary\":\"User updated\",\"category\":"
                  "\"user management\",\"eventSource\":\"\","
                  "\"objectItem\":{\"id\":");
    text_json(out, key);
    text_str(out, ",\"name\":");
    text_json(out, key);
    text_str(out, ",\"typeName\":\"USER\",\"parentId\":\"10000\","
                  "\"parentName\":\"IDP Directory\"},\"changedValues\":"
                  "[{\"fieldName\":\"Email\",\"changedFrom\":\"a@example."
                  "test\",\"changedTo\":\"b@example.test\"}]}");
    free(key);
    text_free(&row);
}

static void log_record(const struct log *log, size_t index, struct text *out)
{
    if (index < log->added)
        added_record(log, index, out);
    else
        log->site->ops->record(log->site, index - log->added, out);
}

/* First index whose time is at most LATEST. */
static size_t first_at_most(const struct log *log, int64_t latest)
{
    size_t low = 0;
    size_t high = log->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (log_at(log, middle) <= latest)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* 1: given; 0: absent; -1: the answer is a 400. */
static int query_time(struct exchange *x, const char *name, int64_t *ms,
                      bool *zoneless)
{
    const char *text = query_get(x, name);
    enum stamp_zone zone;

    if (text == NULL || text[0] == '\0')
        return 0;
    if (!stamp_parse(text, ms, &zone)) {
        answer_error(x, 400, "The date format is not acceptable.");
        return -1;
    }
    if (zone == STAMP_ZONE_NONE)
        *zoneless = true;
    return 1;
}

/* false: the answer is complete. */
static bool choose(struct exchange *x, const struct log *log,
                   struct span_of_log *range)
{
    enum audit_empty empty = x->server->scenario.audit.empty;
    bool zoneless = false;
    int64_t from_ms = INT64_MIN;
    int64_t to_ms = INT64_MAX;
    int from = query_time(x, "from", &from_ms, &zoneless);
    int to = from < 0 ? -1 : query_time(x, "to", &to_ms, &zoneless);

    if (to < 0)
        return false;
    *range = (struct span_of_log){0, log->count};
    if (to > 0)
        range->first = first_at_most(log, to_ms);
    if (from > 0)
        range->end = first_at_most(log, from_ms - 1);
    if (zoneless || (from > 0 && to > 0 && from_ms >= to_ms) ||
        range->end < range->first || empty == AUDIT_EMPTY_ALL ||
        (empty == AUDIT_EMPTY_DATED && from + to > 0))
        range->end = range->first;
    return true;
}

static void add_words(struct text *out, struct span object,
                      const char *const *names)
{
    struct span value;

    for (; *names != NULL; names++) {
        if (raw_member(object, *names, &value)) {
            raw_decode(out, value);
            text_str(out, "\n");
        }
    }
}

static void add_account_words(const struct log *log, struct span item,
                              struct text *out)
{
    struct span type;
    struct text row = {0};
    static const char *const names[] = {"accountId", NULL};
    char *key;
    long index;

    if (!raw_member(item, "typeName", &type) || !raw_is(type, "\"USER\""))
        return;
    key = raw_member_text(item, "id");
    index = log->site->ops->by_key(log->site, key);
    free(key);
    if (index == SITE_NONE)
        return;
    log->site->ops->account(log->site, (size_t)index, &row);
    add_words(out, raw_of(&row), names);
    text_free(&row);
}

/* What the filter looks at, a line each; authors and associatedItems are
 * not searched. */
static void searchable(const struct log *log, struct span record,
                       struct text *out)
{
    static const char *const own[] = {"summary", "category", "eventSource",
                                      "remoteAddress", NULL};
    static const char *const item[] = {"name", "parentName", "typeName", NULL};
    static const char *const changed[] = {"changedFrom", "changedTo", NULL};
    struct raw_walk walk;
    struct raw_entry entry;
    struct span part;

    add_words(out, record, own);
    if (raw_member(record, "objectItem", &part)) {
        add_words(out, part, item);
        add_account_words(log, part, out);
    }
    if (!raw_member(record, "changedValues", &part) || !raw_open(&walk, part))
        return;
    while (raw_next(&walk, &entry))
        add_words(out, entry.value, changed);
}

static bool matches(const struct log *log, size_t index, const char *filter)
{
    struct text record = {0};
    struct text words = {0};
    char *copy = must_copy(filter, strlen(filter));
    char *rest = copy;
    const char *term;
    bool all = true;

    log_record(log, index, &record);
    text_add(&words, "", 0);
    searchable(log, raw_of(&record), &words);
    while (all && (term = strsep(&rest, " ")) != NULL)
        all = strcasestr(words.data, term) != NULL;
    free(copy);
    text_free(&record);
    text_free(&words);
    return all;
}

/* Rows of the page; a filter counts before the offset is applied. */
static void add_page(struct exchange *x, const struct log *log,
                     const struct span_of_log *range, size_t offset,
                     size_t limit)
{
    const char *filter = query_get(x, "filter");
    struct text row = {0};
    size_t skip = offset;
    size_t shown = 0;
    size_t i = range->first;

    if (filter != NULL && filter[0] == '\0')
        filter = NULL;
    if (filter == NULL) {
        i = range->end - range->first < skip ? range->end : i + skip;
        skip = 0;
    }
    for (; i < range->end && shown < limit; i++) {
        if (filter != NULL && !matches(log, i, filter))
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        text_clear(&row);
        log_record(log, i, &row);
        answer_row(x, shown++, &row);
    }
    text_free(&row);
}

static size_t total(const struct audit_faults *faults, size_t count)
{
    if (faults->total_fixed)
        return faults->total;
    return faults->total_lies ? count / 2 : count;
}

/* Where the page really starts: each border repeats so many records, as if
 * that many had arrived between two pages. */
static size_t shifted(const struct audit_faults *faults, size_t offset,
                      size_t limit)
{
    size_t back = offset / limit * faults->repeat_border;

    return back > offset ? 0 : offset - back;
}

void serve_audit(struct exchange *x)
{
    const struct audit_faults *faults = &x->server->scenario.audit;
    size_t cap = faults->page_cap == 0 || faults->page_cap > AUDIT_CAP
                     ? AUDIT_CAP
                     : faults->page_cap;
    struct span_of_log range;
    struct log log;
    long offset;
    long limit;

    if (!query_number(x, "offset", 0, 0, &offset) ||
        !query_number(x, "limit", AUDIT_CAP, 1, &limit))
        return;
    if (limit > (long)cap)
        limit = (long)cap;
    log = open_log(x->server);
    if (!choose(x, &log, &range))
        return;
    text_fmt(&x->answer.body,
             "{\"offset\":%ld,\"limit\":%ld,\"total\":%zu,\"records\":[",
             offset, limit, total(faults, range.end - range.first));
    add_page(x, &log, &range, shifted(faults, (size_t)offset, (size_t)limit),
             (size_t)limit);
    text_str(&x->answer.body, "]}");
}
