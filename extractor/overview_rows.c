/* The rows as JSON, in a script element that is never run. */
#include <inttypes.h>
#include <stdlib.h>

#include "overview_parts.h"

/* Whole numbers that every script has exactly. */
#define EXACT_MAX (INT64_C(1) << 53)

static const char *type_name(enum value_type type)
{
    static const char *const names[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = "text",    [VALUE_INTEGER] = "number",
        [VALUE_NUMBER] = "number",  [VALUE_BOOLEAN] = "boolean",
        [VALUE_TIMESTAMP] = "time", [VALUE_DATE] = "date",
    };

    return names[type];
}

static void put_values(struct html *h, const struct tally *texts)
{
    html_raw(h, ",\"values\":[");
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            html_raw(h, ",");
        html_json(h, texts->items[i]->key);
    }
    html_raw(h, "]");
}

static void put_column(struct html *h, const struct overview_column *c)
{
    html_raw(h, "{\"name\":");
    html_json(h, c->column->name);
    html_raw(h, ",\"title\":");
    html_json(h, c->title);
    if (c->column->description != NULL) {
        html_raw(h, ",\"about\":");
        html_json(h, c->column->description);
    }
    html_format(h, ",\"type\":\"%s\"", type_name(c->column->type));
    if (c->shown)
        html_raw(h, ",\"shown\":true");
    if (c->role != ROLE_PLAIN)
        html_raw(h, ",\"person\":true");
    if (c->listed)
        put_values(h, &c->texts);
    html_raw(h, "}");
}

static void put_columns(const struct overview *o, struct html *h)
{
    html_raw(h, "\"columns\":[");
    for (size_t i = 0; i < o->first->schema.count; i++) {
        if (i > 0)
            html_raw(h, ",\n");
        put_column(h, &o->columns[i]);
    }
    html_raw(h, "]");
}

static void put_seconds(struct html *h, int64_t instant)
{
    int64_t seconds = instant / INSTANT_SECOND;
    int rest = abs((int)(instant % INSTANT_SECOND));

    if (instant < 0 && seconds == 0 && rest != 0)
        html_raw(h, "-");
    html_format(h, "%" PRId64, seconds);
    if (rest != 0)
        html_format(h, ".%03d", rest);
}

static void put_integer(struct html *h, int64_t value)
{
    bool exact = value >= -EXACT_MAX && value <= EXACT_MAX;

    html_format(h, exact ? "%" PRId64 : "\"%" PRId64 "\"", value);
}

static int put_text(struct overview *o, struct html *h,
                    const struct past_row *row, size_t column,
                    struct error *err)
{
    const char *text = overview_text(o, row, column, err);
    const struct tally_item *item;

    if (text == NULL)
        return -1;
    if (!o->columns[column].listed) {
        html_json(h, text);
        return 0;
    }
    item = tally_find(&o->columns[column].texts, text);
    if (item == NULL) {
        error_set(err, ERROR_DATA, "%s: changed while it was read",
                  o->manifest.run_id);
        return error_usual(err, "run again when nothing writes there");
    }
    html_format(h, "%zu", item->rank);
    return 0;
}

static int put_cell(struct overview *o, struct html *h,
                    const struct past_row *row, size_t column,
                    struct error *err)
{
    const struct value *value = &row->cells[column];

    if (!value->present) {
        html_raw(h, "null");
        return 0;
    }
    if (value->type != VALUE_STRING && o->columns[column].role != ROLE_PLAIN &&
        o->options->mask) {
        html_json(h, OVERVIEW_MASKED);
        return 0;
    }
    switch (value->type) {
    case VALUE_STRING:
        return put_text(o, h, row, column, err);
    case VALUE_NUMBER:
        html_json(h, value->text);
        return 0;
    case VALUE_TIMESTAMP:
    case VALUE_DATE:
        put_seconds(h, value->integer);
        return 0;
    default:
        put_integer(h, value->integer);
        return 0;
    }
}

static int put_row(struct overview *o, struct html *h,
                   const struct past_row *row, bool added, struct error *err)
{
    html_raw(h, "[");
    for (size_t i = 0; i < o->first->schema.count; i++) {
        if (i > 0)
            html_raw(h, ",");
        if (put_cell(o, h, row, i, err) != 0)
            return -1;
    }
    html_raw(h, added ? ",1]" : "]");
    return 0;
}

/* All are read, so that the parts' hashes hold of what is in the page. */
static int put_all(struct overview *o, struct html *h, struct past *past,
                   struct overview_diff *diff, struct error *err)
{
    struct past_row row;
    uint64_t count = 0;
    bool added;
    int found;

    while ((found = past_next(past, &row, err)) > 0) {
        if (overview_stopped(o, err) ||
            overview_diff_row(o, diff, &row, false, &added, err) != 0)
            return -1;
        if (count < o->options->rows_max) {
            html_raw(h, count > 0 ? ",\n" : "\n");
            if (put_row(o, h, &row, added, err) != 0)
                return -1;
        }
        count++;
        if (h->result != 0)
            return -1;
    }
    return found;
}

/* What could not be compared when it was counted is not tried again; what
 * could must come out the same. */
static int put_compared(struct overview *o, struct html *h, struct past *past,
                        struct error *err)
{
    struct overview_diff diff = {.fd = -1};
    int result = 0;

    if (o->diff.usable)
        result = overview_diff_open(o, &diff, err);
    if (result == 0)
        result = put_all(o, h, past, &diff, err);
    if (result == 0)
        result = overview_diff_end(o, &diff, false, err);
    if (result == 0 && (diff.usable != o->diff.usable ||
                        (diff.usable && (diff.added != o->diff.added ||
                                         diff.removed != o->diff.removed)))) {
        error_set(err, ERROR_DATA, "%s: changed while it was read",
                  o->diff.before);
        result = error_usual(err, "run again when nothing writes there");
    }
    overview_diff_close(&diff);
    return result;
}

int overview_put_rows(struct overview *o, struct html *h, struct error *err)
{
    struct past *past = past_open(&o->manifest, o->run_fd, &o->first->schema);
    int result;

    if (past == NULL)
        return error_no_memory(err);
    html_raw(h, "<script type=\"application/json\" id=\"data\">{\"dataset\":");
    html_json(h, o->dataset->name);
    html_raw(h, ",\"run\":");
    html_json(h, o->manifest.run_id);
    html_raw(h, ",\n");
    put_columns(o, h);
    html_raw(h, ",\n\"rows\":[");
    result = put_compared(o, h, past, err);
    html_raw(h, "]}</script>\n");
    past_close(past);
    return result;
}
