/* The figures at the top of the page. */
#include <string.h>

#include "overview_parts.h"

static void open_figure(struct html *h, const char *title)
{
    html_raw(h, "<div class=\"figure\">");
    html_element(h, "dt", title);
    html_raw(h, "<dd><strong>");
}

static void close_figure(struct html *h, const char *about)
{
    html_raw(h, "</strong> ");
    html_element(h, "small", about);
    html_raw(h, "</dd></div>");
}

static uint64_t counted(const struct overview *o, const char *column,
                        const char *value)
{
    const struct overview_panel *panel = overview_panel(o, column);
    const struct tally_item *item =
        panel != NULL ? tally_find(&panel->tally, value) : NULL;

    return item != NULL ? item->count : 0;
}

static void put_rows_figure(const struct overview *o, struct html *h)
{
    /* Changes of such rows have an "op" as well. */
    bool inactive =
        overview_find(o, "inactive_since") != SCHEMA_COLUMNS_MAX &&
        overview_find(o, "op") == SCHEMA_COLUMNS_MAX;
    char text[HTML_COUNT_MAX];

    open_figure(h, inactive ? "Inactive accounts" : "Rows");
    html_count(h, o->rows);
    html_raw(h, "</strong> <small>");
    html_format(h, inactive ? "of %s accounts seen" : "%s accounts seen",
                html_count_text(o->manifest.users, text));
    html_raw(h, "</small></dd></div>");
}

static void put_change_figures(const struct overview *o, struct html *h)
{
    if (!o->diff.usable) {
        open_figure(h, "Since the run before");
        html_raw(h, "–");
        close_figure(h, o->diff.reason);
        return;
    }
    open_figure(h, "New");
    html_raw(h, o->diff.added > 0 ? "+" : "");
    html_count(h, o->diff.added);
    close_figure(h, "rows that the run before did not have");
    open_figure(h, "Gone");
    html_raw(h, o->diff.removed > 0 ? "−" : "");
    html_count(h, o->diff.removed);
    close_figure(h, "rows that only the run before had");
}

static void put_unknown_figures(const struct overview *o, struct html *h)
{
    if (overview_panel(o, "inactive_since_source") != NULL) {
        open_figure(h, "Since when: unknown");
        html_count(h, counted(o, "inactive_since_source", "unknown"));
        close_figure(h, "no source tells since when");
    }
    if (overview_panel(o, "last_modified_status") != NULL) {
        open_figure(h, "By whom: unknown");
        html_count(h, counted(o, "last_modified_status", "no_actor") +
                          counted(o, "last_modified_status", "before_log") +
                          counted(o, "last_modified_status", "no_access"));
        close_figure(h, "no log names who changed them last");
    }
}

void overview_put_figures(struct overview *o, struct html *h)
{
    html_raw(h, "<dl class=\"figures\">");
    put_rows_figure(o, h);
    put_change_figures(o, h);
    put_unknown_figures(o, h);
    html_raw(h, "</dl>");
}
