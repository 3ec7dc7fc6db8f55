/* How far the logs reach, as lanes over time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "overview_parts.h"

enum { LOGS_MAX = 16, LABEL_MAX = 160 };

struct log_facts {
    const char *name;
    const struct json *source; /* of "sources"; NULL: not there */
    const struct json *known;  /* of the dataset's knowledge; NULL */
    struct chart_span spans[OVERVIEW_SPANS_MAX + 8];
    char labels[OVERVIEW_SPANS_MAX + 8][LABEL_MAX];
    size_t count;
    uint64_t windows, records;
    bool has_oldest;
    int64_t oldest;
    char oldest_label[LABEL_MAX];
};

struct log_list {
    struct log_facts logs[LOGS_MAX];
    size_t count;
    int64_t from;
};

static struct log_facts *log_of(struct log_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->logs[i].name, name) == 0)
            return &list->logs[i];
    }
    if (list->count == LOGS_MAX)
        return NULL;
    list->logs[list->count].name = name;
    return &list->logs[list->count++];
}

static void span_label(char out[LABEL_MAX], const char *what, int64_t from,
                       int64_t to)
{
    char a[INSTANT_TEXT_MAX], b[INSTANT_TEXT_MAX];

    overview_time_text(from, a);
    overview_time_text(to, b);
    snprintf(out, LABEL_MAX, "%s: %s to %s", what, a, b);
}

static void add_span(struct log_list *list, struct log_facts *log,
                     enum chart_span_kind kind, const struct json *node)
{
    static const char *const names[] = {
        [CHART_KNOWN] = "Known from this and earlier runs",
        [CHART_READ] = "Read in this run",
        [CHART_GAP] = "Read by no run"};
    struct chart_span *span = &log->spans[log->count];

    if (log->count == sizeof(log->spans) / sizeof(log->spans[0]) ||
        !overview_member_time(node, "from", &span->from) ||
        !overview_member_time(node, "to", &span->to))
        return;
    if (span->from < list->from)
        list->from = span->from;
    span_label(log->labels[log->count], names[kind], span->from, span->to);
    span->kind = kind;
    span->label = log->labels[log->count++];
}

static void note_oldest(struct log_list *list, struct log_facts *log,
                        const struct json *node)
{
    char text[INSTANT_TEXT_MAX];
    int64_t oldest;

    if (!overview_member_time(node, "oldest", &oldest) ||
        (log->has_oldest && log->oldest <= oldest))
        return;
    log->has_oldest = true;
    log->oldest = oldest;
    if (oldest < list->from)
        list->from = oldest;
    overview_time_text(oldest, text);
    snprintf(log->oldest_label, LABEL_MAX, "Oldest record seen: %s", text);
}

static void take_known(const struct overview *o, struct log_list *list)
{
    const struct json *knowledge = json_member(o->dataset_facts, "knowledge");
    const struct json *node =
        knowledge != NULL ? overview_member_first(knowledge, "logs") : NULL;

    for (; node != NULL; node = json_next(node)) {
        const char *name = overview_member_text(node, "source");
        struct log_facts *log = name != NULL ? log_of(list, name) : NULL;
        const struct json *gap;

        if (log == NULL)
            continue;
        log->known = json_member(node, "known");
        if (log->known != NULL)
            add_span(list, log, CHART_KNOWN, log->known);
        note_oldest(list, log, node);
        gap = overview_member_first(node, "gaps");
        for (; gap != NULL; gap = json_next(gap))
            add_span(list, log, CHART_GAP, gap);
    }
}

static void take_windows(struct log_list *list, struct log_facts *log)
{
    const struct json *window = overview_member_first(log->source, "windows");

    for (; window != NULL; window = json_next(window)) {
        log->windows++;
        log->records += overview_member_count(window, "records");
        add_span(list, log, CHART_READ, window);
        note_oldest(list, log, window);
    }
}

static void take_sources(const struct overview *o, struct log_list *list)
{
    const struct json *node = overview_member_first(o->facts, "sources");

    for (; node != NULL; node = json_next(node)) {
        const char *name = overview_member_text(node, "name");
        struct log_facts *log;

        if (name == NULL || overview_member_first(node, "windows") == NULL)
            continue;
        log = log_of(list, name);
        if (log == NULL)
            continue;
        log->source = node;
        take_windows(list, log);
    }
}

static void put_chart(struct html *h, const struct log_list *list,
                      int64_t as_of)
{
    static const struct chart_text text = {
        "log-time", "How far each audit log is known",
        "One lane a log: what all runs together know, what this run read, "
        "what no run has read, and the oldest record seen. The table below "
        "has the same figures."};
    struct chart_lane lanes[LOGS_MAX];

    for (size_t i = 0; i < list->count; i++) {
        const struct log_facts *log = &list->logs[i];

        lanes[i] = (struct chart_lane){log->name,       log->spans,
                                       log->count,      log->has_oldest,
                                       log->oldest,     log->oldest_label};
    }
    html_raw(h, "<figure>");
    chart_lanes(h, &text, list->from, as_of, lanes, list->count);
    html_raw(h, "<figcaption class=\"legend\"><span class=\"key known\">known"
             "</span> <span class=\"key read\">read in this run</span> "
             "<span class=\"key gap\">read by no run</span> "
             "<span class=\"key mark\">oldest record seen</span>"
             "</figcaption></figure>");
}

/* From the first to the last span of a kind. */
static void put_extent(struct html *h, const struct log_facts *log,
                       enum chart_span_kind kind)
{
    bool any = false;
    int64_t from = 0, to = 0;

    for (size_t i = 0; i < log->count; i++) {
        const struct chart_span *span = &log->spans[i];

        if (span->kind != kind)
            continue;
        from = !any || span->from < from ? span->from : from;
        to = !any || span->to > to ? span->to : to;
        any = true;
    }
    html_raw(h, "<td>");
    if (any) {
        overview_put_time(h, from);
        html_raw(h, " to ");
        overview_put_time(h, to);
    }
    html_raw(h, "</td>");
}

static void put_row(struct html *h, const struct log_facts *log)
{
    html_raw(h, "<tr>");
    html_element(h, "th scope=\"row\"", log->name);
    put_extent(h, log, CHART_KNOWN);
    put_extent(h, log, CHART_READ);
    html_raw(h, "<td class=\"number\">");
    html_count(h, log->windows);
    html_raw(h, "</td><td class=\"number\">");
    html_count(h, log->records);
    html_raw(h, "</td><td>");
    if (log->has_oldest)
        overview_put_time(h, log->oldest);
    html_raw(h, "</td>");
    put_extent(h, log, CHART_GAP);
    html_raw(h, "</tr>");
}

static void put_table(struct html *h, const struct log_list *list)
{
    html_raw(h, "<details><summary>The logs as a table</summary>"
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-label=\"Logs\"><table class=\"plain\"><caption>Audit logs, "
             "times in UTC</caption><thead><tr><th scope=\"col\">Log</th>"
             "<th scope=\"col\">Known</th><th scope=\"col\">Read in this run"
             "</th><th scope=\"col\" class=\"number\">Windows</th>"
             "<th scope=\"col\" class=\"number\">Records</th>"
             "<th scope=\"col\">Oldest record seen</th>"
             "<th scope=\"col\">Read by no run</th></tr></thead><tbody>");
    for (size_t i = 0; i < list->count; i++)
        put_row(h, &list->logs[i]);
    html_raw(h, "</tbody></table></div></details>");
}

void overview_put_logs(struct overview *o, struct html *h)
{
    struct log_list *list = arena_alloc(&o->arena, sizeof(*list));

    if (list == NULL) {
        h->result = error_no_memory(h->err);
        return;
    }
    list->from = o->manifest.as_of;
    take_known(o, list);
    take_sources(o, list);
    if (list->count == 0)
        return;
    overview_open_section(h, "logs", "How far the logs reach",
                          "What happened before a log begins, nobody can "
                          "tell from it.");
    put_chart(h, list, o->manifest.as_of);
    put_table(h, list);
    overview_close_section(h);
}
