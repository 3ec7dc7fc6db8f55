/* Cells: from the text of a CSV or a node of JSON to something comparable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
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

/* Of a text of digits with that decimal sign. */
static double to_double(const char *text, char decimal)
{
    char plain[NUMBER_TEXT_MAX];

    snprintf(plain, sizeof(plain), "%s", text);
    if (strchr(plain, decimal) != NULL)
        *strchr(plain, decimal) = '.';
    return strtod(plain, NULL);
}

const char *verify_csv_cell(struct verify_table *t, size_t column,
                            const char *text)
{
    const struct column *c = &t->first->schema.columns[column];
    const char *null_text = t->dialect->null_text;
    struct verify_cell *cell = &t->row->cells[column];
    const char *problem;
    struct value value;

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
    problem = cell_from_csv(t->dialect, c->type, text, &value);
    cell->exact = keep(t, c->type == VALUE_STRING ? value.text : text);
    if (!cell->present || problem != NULL)
        return cell->present ? problem : NULL;
    cell->integer = value.integer;
    if (c->type == VALUE_NUMBER)
        cell->number = to_double(text, t->dialect->decimal);
    return NULL;
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
    problem = cell_from_json(c->type, node, &value);
    if (problem != NULL)
        return problem;
    if (c->type == VALUE_TIMESTAMP && !time_is_plain(node, value.integer))
        return "is a time in another form than RFC 3339 with Z";
    cell->present = true;
    cell->integer = value.integer;
    if (c->type == VALUE_NUMBER)
        cell->number = strtod(value.text, NULL);
    buf_init(&text, CSV_CELL_MAX);
    if (writer_csv_text(t->dialect, &value, &text, &counts) != 0 &&
        (buf_ok(&text) || text.full))
        problem = "cannot be written as CSV";
    else if (!buf_ok(&text)) /* verify_row_done() tells of memory */
        t->row->texts.failed = true;
    verify_put_canonical(t, cell, c->type, text.data);
    buf_release(&text);
    cell->exact = keep(t, c->type == VALUE_STRING ? value.text : "");
    return problem;
}
