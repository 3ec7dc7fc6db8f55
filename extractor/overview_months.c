/* Since when: rows by month. */
#include <string.h>

#include "chart.h"
#include "overview_parts.h"

enum {
    MONTHS_LEAST = 12,     /* shown, however few have rows */
    NAMES_MAX = 12         /* names below the columns */
};

struct overview_months_rule {
    const char *column, *id, *title;
    const char *what;   /* of what the counts are */
    const char *absent; /* and the rows without a time */
};

static const struct overview_months_rule months_rules[] = {
    {"inactive_since", "since-when", "Inactive since",
     "Accounts by the month in which they became inactive",
     "since an unknown day"},
    {"occurred_at", "when", "When", "Events by month", "without a time"},
    {"last_seen_at", "last-seen", "Last seen",
     "Accounts by the month in which they were last seen",
     "never seen, or not known"},
};

void overview_set_months(struct overview *o)
{
    for (size_t i = 0; i < sizeof(months_rules) / sizeof(months_rules[0]);
         i++) {
        size_t column = overview_find(o, months_rules[i].column);
        struct overview_months *m = &o->months[o->month_count];

        if (column == SCHEMA_COLUMNS_MAX ||
            o->columns[column].column->type != VALUE_TIMESTAMP)
            continue;
        m->rule = &months_rules[i];
        m->column = column;
        months_init(&m->months, o->manifest.as_of);
        o->month_count++;
    }
}

void overview_count_months(struct overview *o, const struct past_row *row)
{
    for (size_t i = 0; i < o->month_count; i++) {
        const struct value *cell = &row->cells[o->months[i].column];

        months_add(&o->months[i].months, cell->present, cell->integer);
    }
}

/* "2026-03" is shown as "Mar", January as its year. */
static void name_column(const char *month, struct chart_column *column)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May",
                                        "Jun", "Jul", "Aug", "Sep", "Oct",
                                        "Nov", "Dec"};
    size_t number = (size_t)(month[5] - '0') * 10 + (size_t)(month[6] - '0');

    column->name = names[(number - 1) % 12];
    column->label = month;
    column->major = number % 3 == 1;
}

/* With many columns there is room for some names only. */
static bool is_named(size_t count, const struct chart_column *column,
                     bool january)
{
    return january || count <= NAMES_MAX ||
           (count <= 2 * NAMES_MAX && column->major);
}

static void put_chart(struct html *h, const struct overview_months *m,
                      size_t first)
{
    char names[TALLY_MONTHS_MAX][16], years[TALLY_MONTHS_MAX][8];
    struct chart_column columns[TALLY_MONTHS_MAX];
    size_t count = TALLY_MONTHS_MAX - first;
    const struct chart_text text = {
        m->rule->id, m->rule->what,
        "One column a month; the table below has the same figures."};

    for (size_t i = 0; i < count; i++) {
        months_name(&m->months, first + i, names[i]);
        columns[i] = (struct chart_column){
            .value = m->months.counts[first + i]};
        name_column(names[i], &columns[i]);
        memcpy(years[i], names[i], 4);
        years[i][4] = '\0';
        if (strcmp(names[i] + 4, "-01") == 0)
            columns[i].name = years[i];
        if (!is_named(count, &columns[i], strcmp(names[i] + 4, "-01") == 0))
            columns[i].name = "";
    }
    chart_columns(h, &text, columns, count);
}

static void put_row(struct html *h, const char *name, uint64_t count)
{
    html_raw(h, "<tr>");
    html_element(h, "th scope=\"row\"", name);
    html_raw(h, "<td class=\"number\">");
    html_count(h, count);
    html_raw(h, "</td></tr>");
}

static void put_table(struct html *h, const struct overview_months *m,
                      size_t first)
{
    html_raw(h, "<details><summary>The same as a table</summary>"
             "<table class=\"plain\">");
    html_element(h, "caption", m->rule->what);
    html_raw(h, "<thead><tr><th scope=\"col\">Month</th>"
             "<th scope=\"col\" class=\"number\">Rows</th></tr></thead>"
             "<tbody>");
    if (m->months.earlier > 0)
        put_row(h, "earlier", m->months.earlier);
    for (size_t i = first; i < TALLY_MONTHS_MAX; i++) {
        char name[16];

        months_name(&m->months, i, name);
        put_row(h, name, m->months.counts[i]);
    }
    if (m->months.later > 0)
        put_row(h, "later than this run", m->months.later);
    if (m->months.absent > 0)
        put_row(h, m->rule->absent, m->months.absent);
    html_raw(h, "</tbody></table></details>");
}

/* What the chart does not show. */
static void put_rest(struct html *h, const struct overview_months *m)
{
    const struct {
        uint64_t count;
        const char *what;
    } rests[] = {{m->months.absent, m->rule->absent},
                 {m->months.earlier, "earlier than these months"},
                 {m->months.later, "later than this run"}};
    bool any = false;

    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        if (rests[i].count == 0)
            continue;
        html_raw(h, any ? "; " : "<p class=\"note\">Not in the chart: ");
        html_count(h, rests[i].count);
        html_raw(h, " ");
        html_text(h, rests[i].what);
        any = true;
    }
    if (any)
        html_raw(h, ".</p>");
}

/* A column that no source fills says so elsewhere. */
static bool is_empty(const struct overview_months *m)
{
    return m->months.total == m->months.absent;
}

void overview_put_month_links(const struct overview *o, struct html *h)
{
    for (size_t i = 0; i < o->month_count; i++) {
        if (!is_empty(&o->months[i]))
            overview_put_link(h, o->months[i].rule->id,
                              o->months[i].rule->title);
    }
}

void overview_put_months(struct overview *o, struct html *h)
{
    for (size_t i = 0; i < o->month_count; i++) {
        const struct overview_months *m = &o->months[i];
        size_t first = months_first(&m->months, MONTHS_LEAST);

        if (is_empty(m))
            continue;
        overview_open_section(h, m->rule->id, m->rule->title, m->rule->what);
        html_raw(h, "<figure>");
        put_chart(h, m, first);
        html_raw(h, "</figure>");
        put_rest(h, m);
        put_table(h, m, first);
        overview_close_section(h);
    }
}
