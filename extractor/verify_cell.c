/* Cells: from the text of a CSV or a node of JSON to something comparable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "verify_parts.h"

enum { NUMBER_TEXT_MAX = 512 };

static size_t keep(struct verify_table *t, const char *text)
{
    size_t at = t->row->texts.len;

    buf_append(&t->row->texts, text, strlen(text) + 1);
    return at;
}

void verify_put_canonical(struct verify_table *t, struct verify_cell *cell,
                          enum value_type type, const char *text)
{
    const char *null_text = t->dialect->null_text;
    size_t at = t->row->texts.len;

    if (type == VALUE_STRING)
        buf_puts(&t->row->texts, csv_text_prefix(t->dialect, text));
    keep(t, text);
    cell->canonical = at;
    cell->unsure = null_text[0] != '\0' && buf_ok(&t->row->texts) &&
                   strcmp(t->row->texts.data + at, null_text) == 0;
}

static bool parse_integer(const char *text, int64_t *out)
{
    char again[32];
    char *end;

    *out = strtoll(text, &end, 10);
    snprintf(again, sizeof(again), "%lld", (long long)*out);
    return *end == '\0' && strcmp(again, text) == 0;
}

/* Plain decimals only: digits, one decimal sign, no exponent. */
static bool parse_decimal(const char *text, char decimal, double *out)
{
    char plain[NUMBER_TEXT_MAX];
    const char *p = text + (*text == '-');
    size_t whole = strspn(p, "0123456789"), rest = 0;

    p += whole;
    if (*p == decimal) {
        rest = strspn(++p, "0123456789");
        if (rest == 0)
            return false;
        p += rest;
    }
    if (whole == 0 || *p != '\0')
        return false;
    snprintf(plain, sizeof(plain), "%s", text);
    if (strchr(plain, decimal) != NULL)
        *strchr(plain, decimal) = '.';
    *out = strtod(plain, NULL);
    return true;
}

static bool parse_boolean(const char *text, int64_t *out)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

/* excel_safe's apostrophe is no part of the text. */
static const char *without_prefix(const struct csv_dialect *dialect,
                                  const char *text)
{
    if (dialect->excel_safe && text[0] == '\'' &&
        *csv_text_prefix(dialect, text + 1) != '\0')
        return text + 1;
    return text;
}

static const char *type_problem(const struct verify_table *t,
                                enum value_type type, const char *text,
                                struct verify_cell *cell)
{
    switch (type) {
    case VALUE_INTEGER:
        return parse_integer(text, &cell->integer) ? NULL : "is no integer";
    case VALUE_NUMBER:
        return parse_decimal(text, t->dialect->decimal, &cell->number)
                   ? NULL
                   : "is no plain number";
    case VALUE_BOOLEAN:
        return parse_boolean(text, &cell->integer) ? NULL
                                                   : "is not true or false";
    case VALUE_TIMESTAMP:
        return instant_parse_format(text, t->dialect->time_format,
                                    &cell->integer) == 0
                   ? NULL
                   : "is no time of the dialect's format";
    case VALUE_DATE:
        return instant_parse_format(text, "%Y-%m-%d", &cell->integer) == 0
                   ? NULL
                   : "is no date";
    default:
        return NULL;
    }
}

const char *verify_csv_cell(struct verify_table *t, size_t column,
                            const char *text)
{
    const struct column *c = &t->first->schema.columns[column];
    const char *null_text = t->dialect->null_text;
    struct verify_cell *cell = &t->row->cells[column];

    memset(cell, 0, sizeof(*cell));
    if (text == NULL && null_text[0] == '\0')
        return NULL;
    if (text == NULL)
        return "is empty without quotes";
    cell->present = true;
    if (null_text[0] != '\0' && strcmp(text, null_text) == 0) {
        cell->present = c->type == VALUE_STRING;
        cell->unsure = true;
    }
    cell->canonical = keep(t, text);
    cell->exact = keep(
        t, c->type == VALUE_STRING ? without_prefix(t->dialect, text) : text);
    return cell->present ? type_problem(t, c->type, text, cell) : NULL;
}

/* What the node says, as a value; texts belong to the document. */
static const char *json_value(const struct column *column,
                              const struct json *node, struct value *value)
{
    enum json_type type = json_type(node);
    const char *text = type == JSON_STRING ? json_text(node) : "";

    value->present = true;
    value->type = column->type;
    switch (column->type) {
    case VALUE_INTEGER:
        return type == JSON_NUMBER && json_int64(node, &value->integer) == 0
                   ? NULL
                   : "is no integer";
    case VALUE_NUMBER:
        if (type != JSON_NUMBER)
            return "is no number";
        value->text = json_number_text(node);
        return NULL;
    case VALUE_BOOLEAN:
        if (type != JSON_BOOLEAN)
            return "is not true or false";
        value->integer = json_bool(node);
        return NULL;
    case VALUE_TIMESTAMP:
        return instant_parse(text, INSTANT_ISO8601, &value->integer) == 0
                   ? NULL
                   : "is no time";
    case VALUE_DATE:
        return instant_parse_format(text, "%Y-%m-%d", &value->integer) == 0
                   ? NULL
                   : "is no date";
    default:
        value->text = text;
        return type == JSON_STRING ? NULL : "is no text";
    }
}

/* There is one way to write an instant. */
static bool time_is_plain(const struct json *node, int64_t instant)
{
    char text[INSTANT_TEXT_MAX];

    instant_rfc3339(instant, text);
    return strcmp(text, json_text(node)) == 0;
}

const char *verify_json_cell(struct verify_table *t, size_t column,
                             const struct json *node)
{
    const struct column *c = &t->first->schema.columns[column];
    struct verify_cell *cell = &t->row->cells[column];
    struct writer_report counts = {0};
    struct value value = {0};
    struct buf text;
    const char *problem;

    memset(cell, 0, sizeof(*cell));
    if (json_type(node) == JSON_NULL)
        return NULL;
    problem = json_value(c, node, &value);
    if (problem != NULL)
        return problem;
    if (c->type == VALUE_TIMESTAMP && !time_is_plain(node, value.integer))
        return "is a time in another form than RFC 3339 with Z";
    cell->present = true;
    cell->integer = value.integer;
    if (c->type == VALUE_NUMBER)
        cell->number = strtod(value.text, NULL);
    buf_init(&text, CSV_CELL_MAX);
    if (writer_csv_text(t->dialect, &value, &text, &counts) != 0)
        problem = "cannot be written as CSV";
    verify_put_canonical(t, cell, c->type, text.data);
    buf_release(&text);
    cell->exact = keep(t, c->type == VALUE_STRING ? value.text : "");
    return problem;
}
