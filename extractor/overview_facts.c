/* The run itself: facts, guards, sources and files of its manifest. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "overview_parts.h"

static void put_fact(struct html *h, const char *name, const char *text)
{
    html_raw(h, "<div>");
    html_element(h, "dt", name);
    html_raw(h, "<dd>");
    html_text(h, text != NULL ? text : "–");
    html_raw(h, "</dd></div>");
}

static void put_count_fact(struct html *h, const char *name, uint64_t count)
{
    char text[HTML_COUNT_MAX];

    put_fact(h, name, html_count_text(count, text));
}

static void put_time_fact(struct html *h, const char *name, int64_t instant)
{
    html_raw(h, "<div>");
    html_element(h, "dt", name);
    html_raw(h, "<dd>");
    overview_put_time(h, instant);
    html_raw(h, " UTC</dd></div>");
}

static uint64_t requests_of(const struct json *facts)
{
    const struct json *node = overview_member_first(facts, "sources");
    uint64_t sum = 0;

    for (; node != NULL; node = json_next(node))
        sum += overview_member_count(node, "requests");
    return sum;
}

static void put_list(const struct overview *o, struct html *h)
{
    const struct json *tool = json_member(o->facts, "tool");
    const struct json *timings = json_member(o->facts, "timings");
    char text[64];

    html_raw(h, "<dl class=\"facts\">");
    put_fact(h, "Run", o->manifest.run_id);
    put_time_fact(h, "As of", o->manifest.as_of);
    put_fact(h, "Verdict", overview_member_text(o->facts, "verdict"));
    put_fact(h, "Dataset", o->dataset->name);
    put_count_fact(h, "Rows", o->rows);
    put_count_fact(h, "Accounts seen", o->manifest.users);
    put_count_fact(h, "Requests", requests_of(o->facts));
    if (timings != NULL) {
        uint64_t ms = overview_member_count(timings, "elapsedMs");

        snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 " s", ms / 1000,
                 ms % 1000 / 100);
        put_fact(h, "Took", text);
    }
    if (tool != NULL) {
        const char *version = overview_member_text(tool, "version");

        snprintf(text, sizeof(text), "rollcall %s",
                 version != NULL ? version : "");
        put_fact(h, "Made by", text);
    }
    put_fact(h, "Run before", o->manifest.supersedes);
    html_raw(h, "</dl>");
}

static void put_guard_value(struct html *h, const struct json *guard,
                            const char *name)
{
    const char *unit = overview_member_text(guard, "unit");
    uint64_t value = overview_member_count(guard, name);

    html_raw(h, "<td class=\"number\">");
    if (unit != NULL && strcmp(unit, "ppm") == 0)
        html_format(h, "%.2f&nbsp;%%", (double)value / 10000);
    else
        html_count(h, value);
    html_raw(h, "</td>");
}

static void open_table(struct html *h, const char *title)
{
    html_raw(h, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-label=\"");
    html_text(h, title);
    html_raw(h, "\"><table class=\"plain\">");
    html_element(h, "caption", title);
    html_raw(h, "<thead><tr>");
}

static void put_guards(const struct overview *o, struct html *h)
{
    const struct json *guard = overview_member_first(o->facts, "guards");

    if (guard == NULL)
        return;
    open_table(h, "Guards: what would have stopped the run");
    html_raw(h, "<th scope=\"col\">Guard</th><th scope=\"col\" "
             "class=\"number\">Value</th><th scope=\"col\" class=\"number\">"
             "Limit</th><th scope=\"col\">Outcome</th></tr></thead><tbody>");
    for (; guard != NULL; guard = json_next(guard)) {
        const char *name = overview_member_text(guard, "name");
        bool accepted = overview_member_true(guard, "accepted");

        html_raw(h, "<tr>");
        html_element(h, "th scope=\"row\"", name != NULL ? name : "");
        put_guard_value(h, guard, "value");
        put_guard_value(h, guard, "limit");
        html_element(h, "td", accepted ? "past the limit, accepted" : "held");
        html_raw(h, "</tr>");
    }
    html_raw(h, "</tbody></table></div>");
}

static void put_source(struct html *h, const struct json *source)
{
    static const char *const counts[] = {"requests", "retries", "pages",
                                         "items", "duplicates", "rejected"};
    const char *name = overview_member_text(source, "name");
    const char *kind = overview_member_text(source, "kind");

    html_raw(h, "<tr>");
    html_element(h, "th scope=\"row\"", name != NULL ? name : "");
    html_element(h, "td", kind != NULL ? kind : "");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        html_raw(h, "<td class=\"number\">");
        html_count(h, overview_member_count(source, counts[i]));
        html_raw(h, "</td>");
    }
    html_raw(h, "</tr>");
}

/* Those that were left out stand among what is not known. */
static void put_sources(const struct overview *o, struct html *h)
{
    const struct json *node = overview_member_first(o->facts, "sources");

    if (node == NULL)
        return;
    open_table(h, "Sources that were read");
    html_raw(h, "<th scope=\"col\">Source</th><th scope=\"col\">Kind</th>"
             "<th scope=\"col\" class=\"number\">Requests</th>"
             "<th scope=\"col\" class=\"number\">Retries</th>"
             "<th scope=\"col\" class=\"number\">Pages</th>"
             "<th scope=\"col\" class=\"number\">Items</th>"
             "<th scope=\"col\" class=\"number\">Duplicates</th>"
             "<th scope=\"col\" class=\"number\">Refused</th></tr></thead>"
             "<tbody>");
    for (; node != NULL; node = json_next(node)) {
        if (overview_member_text(node, "skipped") == NULL)
            put_source(h, node);
    }
    html_raw(h, "</tbody></table></div>");
}

/* Paths of parts are plain names, see manifest.h. */
static void put_file(struct html *h, const struct manifest_resource *r,
                     const char *base)
{
    html_raw(h, "<tr><th scope=\"row\">");
    if (base != NULL) {
        html_raw(h, "<a href=\"");
        html_text(h, base);
        html_text(h, r->path);
        html_raw(h, "\">");
    }
    html_text(h, r->path);
    html_raw(h, base != NULL ? "</a></th>" : "</th>");
    html_raw(h, "<td class=\"number\">");
    html_count(h, r->rows);
    html_raw(h, "</td><td class=\"number\">");
    html_count(h, r->bytes);
    html_raw(h, "</td><td><code class=\"hash\">");
    html_text(h, r->sha256);
    html_raw(h, "</code></td></tr>");
}

static void put_files(const struct overview *o, struct html *h,
                      const char *base)
{
    html_raw(h, "<h3 id=\"files\">Files of the run</h3>");
    if (base != NULL)
        html_raw(h, "<p class=\"note\">The links lead to the run's folder from "
                 "where this page was written; sent elsewhere, they lead "
                 "nowhere.</p>");
    open_table(h, "Files and their SHA-256");
    html_raw(h, "<th scope=\"col\">File</th><th scope=\"col\" "
             "class=\"number\">Rows</th><th scope=\"col\" class=\"number\">"
             "Bytes</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>");
    for (size_t i = 0; i < o->manifest.resource_count; i++)
        put_file(h, &o->manifest.resources[i], base);
    html_raw(h, "</tbody></table></div>");
}

void overview_put_facts(struct overview *o, struct html *h, const char *base)
{
    overview_open_section(h, "run", "The run", NULL);
    put_list(o, h);
    put_guards(o, h);
    put_sources(o, h);
    put_files(o, h, base);
    overview_close_section(h);
}
