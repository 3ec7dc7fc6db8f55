/* What is counted: by the names columns have, as far as they are there. */
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "overview_parts.h"

enum { PANEL_ROWS_MAX = 8 };

struct overview_panel_rule {
    enum overview_place place;
    const char *column, *label; /* label: of the text to show, or NULL */
    const char *title;
    const char *absent;         /* what it means when the cell is null */
};

static const struct overview_panel_rule rules[] = {
    {PLACE_WHO, "deactivated_by_id", "deactivated_by_name", "Deactivated by",
     "Nobody named, or no deactivation seen"},
    {PLACE_WHO, "last_modified_by_id", "last_modified_by_name",
     "Last changed by", "Nobody named, or no change seen"},
    {PLACE_WHO, "actor_id", "actor_name", "Done by", "Nobody named"},
    {PLACE_WHAT, "status", NULL, "Status", "Not told"},
    {PLACE_WHAT, "account_status", NULL, "Status of the account", "Not told"},
    {PLACE_WHAT, "account_type", NULL, "Type of account", "Not told"},
    {PLACE_WHAT, "last_modified_action", NULL, "Last change", "No change seen"},
    {PLACE_WHAT, "change", NULL, "Change", "Not told"},
    {PLACE_WHAT, "action", NULL, "Action", "Not told"},
    {PLACE_WHAT, "op", NULL, "Change of the row", "Not told"},
    {PLACE_KNOWN, "inactive_since_source", NULL, "Inactive since: who tells",
     "Not told"},
    {PLACE_KNOWN, "last_modified_status", NULL, "Last change: what is known",
     "Not told"},
    {PLACE_KNOWN, "last_modified_source", NULL, "Last change: which log",
     "No change seen"},
    {PLACE_KNOWN, "last_seen_status", NULL, "Last seen: what is known",
     "Not told"},
    {PLACE_KNOWN, "email_status", NULL, "E-mail address", "Not told"},
    {PLACE_KNOWN, "source", NULL, "Log", "Not told"},
};

static const struct {
    const char *column, *value, *meaning;
} meanings[] = {
    {"status", "deactivated", "turned off by an administrator"},
    {"status", "suspended", "access suspended for a time"},
    {"status", "no_access", "active, but without access to this site"},
    {"status", "closed", "the account is closed"},
    {"status", "for_deletion", "waiting to be deleted"},
    {"status", "inactive", "Jira says so and no source says why"},
    {"inactive_since_source", "event", "a deactivation in an audit log"},
    {"inactive_since_source", "directory", "the organisation's directory"},
    {"inactive_since_source", "observed",
     "active in one run and inactive in a later one"},
    {"inactive_since_source", "unknown", "no source tells"},
    {"last_modified_status", "known", "who and when are known"},
    {"last_modified_status", "no_actor", "when is known; the log names nobody"},
    {"last_modified_status", "before_log", "nothing since the log begins"},
    {"last_modified_status", "no_access", "the log could not be read"},
    {"last_seen_status", "known", "a source tells when"},
    {"last_seen_status", "never", "a source says never"},
    {"last_seen_status", "unknown", "no source that was read tells"},
    {"email_status", "known", "shown by the account"},
    {"email_status", "hidden", "hidden by the account's settings"},
};

void overview_set_panels(struct overview *o)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct overview_panel *panel = &o->panels[o->panel_count];
        size_t column = overview_find(o, rules[i].column);

        if (column == SCHEMA_COLUMNS_MAX ||
            o->columns[column].column->type != VALUE_STRING)
            continue;
        panel->rule = &rules[i];
        panel->column = panel->label = column;
        if (rules[i].label != NULL &&
            overview_find(o, rules[i].label) != SCHEMA_COLUMNS_MAX)
            panel->label = overview_find(o, rules[i].label);
        tally_init(&panel->tally, OVERVIEW_PEOPLE_MAX);
        o->panel_count++;
    }
}

/* Where there is a label there are two texts, and the room for one. */
static int count_panel(struct overview *o, struct overview_panel *panel,
                       const struct past_row *row, struct error *err)
{
    char key[512];
    const char *text = overview_text(o, row, panel->column, err);
    const char *label = NULL;

    if (text != NULL && panel->label != panel->column) {
        snprintf(key, sizeof(key), "%s", text);
        text = key;
        label = overview_text(o, row, panel->label, err);
    }
    if (err->kind != ERROR_NONE)
        return -1;
    return tally_add(&panel->tally, text, label) == 0 ? 0
                                                      : error_no_memory(err);
}

static int count_texts(struct overview *o, const struct past_row *row,
                       struct error *err)
{
    for (size_t i = 0; i < o->first->schema.count; i++) {
        struct tally *texts = &o->columns[i].texts;
        const char *text;

        if (o->columns[i].column->type != VALUE_STRING || texts->others > 0)
            continue;
        text = overview_text(o, row, i, err);
        if (err->kind != ERROR_NONE)
            return -1;
        if (tally_add(texts, text, NULL) != 0)
            return error_no_memory(err);
    }
    return 0;
}

int overview_count_row(struct overview *o, const struct past_row *row,
                       struct error *err)
{
    for (size_t i = 0; i < o->panel_count; i++) {
        if (count_panel(o, &o->panels[i], row, err) != 0)
            return -1;
    }
    return count_texts(o, row, err);
}

const struct overview_panel *overview_panel(const struct overview *o,
                                            const char *column)
{
    for (size_t i = 0; i < o->panel_count; i++) {
        if (strcmp(o->panels[i].rule->column, column) == 0)
            return &o->panels[i];
    }
    return NULL;
}

bool overview_has_panels(const struct overview *o, enum overview_place place)
{
    for (size_t i = 0; i < o->panel_count; i++) {
        if (o->panels[i].rule->place == place && o->panels[i].tally.total > 0)
            return true;
    }
    return false;
}

static const char *meaning_of(const char *column, const char *value)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].column, column) == 0 &&
            strcmp(meanings[i].value, value) == 0)
            return meanings[i].meaning;
    }
    return NULL;
}

static void put_percent(struct html *h, uint64_t part, uint64_t whole)
{
    double share = whole == 0 ? 0 : (double)part * 100 / (double)whole;

    if (part > 0 && share < 1)
        html_raw(h, "&lt;1&nbsp;%");
    else
        html_format(h, "%.0f&nbsp;%%", share);
}

/* value: the cell that a filter is to look for; NULL: no filter. */
static void put_bar(struct html *h, const struct overview_panel *panel,
                    const char *label, const char *value, uint64_t count)
{
    const char *meaning =
        value != NULL ? meaning_of(panel->rule->column, value) : NULL;

    html_raw(h, "<tr");
    if (value != NULL) {
        html_format(h, " data-column=\"%s\" data-value=\"",
                    panel->rule->column);
        html_text(h, value);
        html_raw(h, "\"");
    }
    html_raw(h, "><th scope=\"row\"><bdi>");
    html_text(h, label);
    html_raw(h, "</bdi>");
    if (meaning != NULL)
        html_element(h, "small", meaning);
    html_raw(h, "</th><td class=\"bar-cell\">");
    chart_share(h, count, panel->tally.total);
    html_raw(h, "</td><td class=\"number\">");
    html_count(h, count);
    html_raw(h, "</td><td class=\"number share-cell\">");
    put_percent(h, count, panel->tally.total);
    html_raw(h, "</td></tr>");
}

static void put_panel(struct html *h, const struct overview_panel *panel)
{
    const struct tally *tally = &panel->tally;
    uint64_t rest = tally->others;
    char label[64];

    html_raw(h, "<div class=\"panel\"><table class=\"bars\">");
    html_element(h, "caption", panel->rule->title);
    html_raw(h, "<thead><tr><th scope=\"col\">Value</th><th scope=\"col\" "
             "class=\"bar-cell\">Bar</th><th scope=\"col\">Rows</th>"
             "<th scope=\"col\">Share</th></tr></thead><tbody>");
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_item *item = tally->items[i];

        if (i < PANEL_ROWS_MAX)
            put_bar(h, panel, item->label, item->key, item->count);
        else
            rest += item->count;
    }
    snprintf(label, sizeof(label), "%zu others",
             tally->count > PANEL_ROWS_MAX ? tally->count - PANEL_ROWS_MAX : 0);
    if (rest > 0)
        put_bar(h, panel, tally->others > 0 ? "All others" : label, NULL, rest);
    if (tally->absent > 0)
        put_bar(h, panel, panel->rule->absent, NULL, tally->absent);
    html_raw(h, "</tbody></table></div>");
}

void overview_put_panels(struct overview *o, struct html *h,
                         enum overview_place place)
{
    html_raw(h, "<div class=\"panels\">");
    for (size_t i = 0; i < o->panel_count; i++) {
        struct overview_panel *panel = &o->panels[i];

        if (panel->rule->place != place || panel->tally.total == 0)
            continue;
        put_panel(h, panel);
    }
    html_raw(h, "</div>");
}
