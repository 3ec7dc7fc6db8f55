/* What became of the rows since the run before, and the older runs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "overview_parts.h"

struct past_run {
    const char *name;
    int64_t as_of;
    uint64_t rows, users;
    bool has_rows;
};

struct history {
    struct past_run runs[OVERVIEW_RUNS_MAX + 1]; /* oldest first, this last */
    size_t count;
    bool more; /* there are older ones still */
    uint64_t unreadable;
};

static void put_gone_row(struct html *h, const struct overview_gone *gone)
{
    const char *const cells[] = {gone->id, gone->name, gone->email};

    html_raw(h, "<tr>");
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        html_raw(h, "<td><bdi>");
        html_text(h, cells[i] != NULL ? cells[i] : "");
        html_raw(h, "</bdi></td>");
    }
    html_raw(h, "</tr>");
}

static void put_gone(const struct overview *o, struct html *h)
{
    if (o->gone_count == 0)
        return;
    html_raw(h, "<details><summary>The rows that are gone</summary>");
    if (o->diff.removed > o->gone_count)
        html_format(h, "<p class=\"note\">The first %zu of them.</p>",
                    o->gone_count);
    html_raw(h, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-label=\"Rows that are gone\"><table class=\"plain\">"
             "<caption>Rows that only the run before had</caption><thead><tr>"
             "<th scope=\"col\">Account id</th><th scope=\"col\">Name</th>"
             "<th scope=\"col\">E-mail</th></tr></thead><tbody>");
    for (size_t i = 0; i < o->gone_count; i++)
        put_gone_row(h, &o->gone[i]);
    html_raw(h, "</tbody></table></div></details>");
}

static void put_change(const struct overview *o, struct html *h)
{
    html_raw(h, "<p>");
    if (o->diff.usable) {
        html_raw(h, "Against the run before, <code>");
        html_text(h, o->diff.before);
        html_raw(h, "</code>: new rows <strong>");
        html_count(h, o->diff.added);
        html_raw(h, "</strong>, rows gone <strong>");
        html_count(h, o->diff.removed);
        html_raw(h, "</strong>.");
    } else {
        html_raw(h, "Rows were not compared with a run before: ");
        html_text(h, o->diff.reason);
        html_raw(h, ".");
    }
    html_raw(h, "</p>");
    put_gone(o, h);
}

static void take_rows(const struct overview *o, const struct runs_entry *entry,
                      struct past_run *run)
{
    for (size_t i = 0; i < entry->dataset_count; i++) {
        if (strcmp(entry->datasets[i].name, o->dataset->name) != 0)
            continue;
        run->rows = entry->datasets[i].rows;
        run->has_rows = true;
    }
}

/* Entries come newest first; later runs than this are none of its history. */
static void collect(const struct overview *o, const struct runs *runs,
                    struct history *history)
{
    struct past_run found[OVERVIEW_RUNS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < runs->count; i++) {
        const struct runs_entry *entry = &runs->entries[i];

        history->unreadable += entry->problem != NULL;
        if (entry->problem != NULL || entry->as_of >= o->manifest.as_of)
            continue;
        if (count == OVERVIEW_RUNS_MAX) {
            history->more = true;
            continue;
        }
        found[count] = (struct past_run){.name = entry->name,
                                         .as_of = entry->as_of,
                                         .users = entry->users};
        take_rows(o, entry, &found[count++]);
    }
    while (count > 0)
        history->runs[history->count++] = found[--count];
    history->runs[history->count++] = (struct past_run){
        o->manifest.run_id, o->manifest.as_of, o->rows, o->manifest.users,
        true};
}

static void put_chart(struct html *h, const struct history *history)
{
    static const struct chart_text text = {
        "history", "Rows of this dataset in the runs so far",
        "One column a run, the newest last; the table below has the same "
        "figures."};
    struct chart_column columns[OVERVIEW_RUNS_MAX + 1];
    char names[OVERVIEW_RUNS_MAX + 1][8];
    char labels[OVERVIEW_RUNS_MAX + 1][INSTANT_TEXT_MAX];
    size_t every = history->count / 8 + 1;

    for (size_t i = 0; i < history->count; i++) {
        size_t back = history->count - 1 - i;

        instant_format(history->runs[i].as_of, "%m-%d", 0, names[i],
                       sizeof(names[i]));
        overview_time_text(history->runs[i].as_of, labels[i]);
        columns[i] = (struct chart_column){
            .name = back % every == 0 ? names[i] : "",
            .label = labels[i],
            .value = history->runs[i].rows,
            .major = back % (2 * every) == 0,
            .strong = back == 0};
    }
    html_raw(h, "<figure>");
    chart_columns(h, &text, columns, history->count);
    html_raw(h, "</figure>");
}

static void put_difference(struct html *h, const struct past_run *run,
                           const struct past_run *before)
{
    html_raw(h, "<td class=\"number\">");
    if (before != NULL && run->has_rows && before->has_rows) {
        if (run->rows < before->rows) {
            html_raw(h, "−");
            html_count(h, before->rows - run->rows);
        } else {
            html_raw(h, run->rows > before->rows ? "+" : "");
            html_count(h, run->rows - before->rows);
        }
    }
    html_raw(h, "</td>");
}

static void put_run(struct html *h, const struct past_run *run,
                    const struct past_run *before)
{
    html_raw(h, "<tr><th scope=\"row\"><code>");
    html_text(h, run->name);
    html_raw(h, "</code></th><td>");
    overview_put_time(h, run->as_of);
    html_raw(h, "</td><td class=\"number\">");
    html_count(h, run->users);
    html_raw(h, "</td><td class=\"number\">");
    if (run->has_rows)
        html_count(h, run->rows);
    html_raw(h, "</td>");
    put_difference(h, run, before);
    html_raw(h, "</tr>");
}

static void put_runs(struct html *h, const struct history *history)
{
    put_chart(h, history);
    html_raw(h, "<details><summary>The runs as a table</summary>");
    if (history->more)
        html_raw(h, "<p class=\"note\">Older runs are not shown.</p>");
    html_raw(h, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-label=\"Runs\"><table class=\"plain\"><caption>Runs, the "
             "newest first</caption><thead><tr><th scope=\"col\">Run</th>"
             "<th scope=\"col\">As of (UTC)</th><th scope=\"col\" "
             "class=\"number\">Accounts</th><th scope=\"col\" "
             "class=\"number\">Rows</th><th scope=\"col\" class=\"number\">"
             "Difference</th></tr></thead><tbody>");
    for (size_t i = history->count; i > 0; i--)
        put_run(h, &history->runs[i - 1],
                i > 1 ? &history->runs[i - 2] : NULL);
    html_raw(h, "</tbody></table></div></details>");
}

int overview_put_history(struct overview *o, struct html *h,
                         struct error *err)
{
    struct history history = {0};
    struct runs runs = {0};

    if (o->out_fd >= 0 && runs_load(&runs, o->out_fd, err) != 0)
        return -1;
    collect(o, &runs, &history);
    overview_open_section(h, "changes", "Change since the last runs", NULL);
    put_change(o, h);
    if (history.unreadable > 0) {
        html_raw(h, "<p class=\"note\">Runs beside this one that cannot be "
                 "read: ");
        html_count(h, history.unreadable);
        html_raw(h, "</p>");
    }
    if (history.count > 1)
        put_runs(h, &history);
    overview_close_section(h);
    runs_free(&runs);
    return 0;
}
