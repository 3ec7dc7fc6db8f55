/* From the cells of a file to values, and how the two compare. */
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "past_parts.h"

static int bad_cell(const struct past *past, size_t column, const char *what,
                    struct error *err)
{
    return error_set(err, ERROR_DATA, "row %llu, column %s: %s",
                     (unsigned long long)past->part_rows + 1,
                     past->schema->columns[column].name, what);
}

/* A row to fill, at the end of those read. */
static int add_row(struct past *past, struct value **cells,
                   const char ***texts, struct error *err)
{
    size_t count = past->schema->count;

    if (past->count == past->capacity) {
        size_t capacity = past->capacity ? past->capacity * 2 : 64;
        struct past_row *grown =
            realloc(past->rows, capacity * sizeof(*past->rows));

        if (grown == NULL)
            return error_no_memory(err);
        past->rows = grown;
        past->capacity = capacity;
    }
    *cells = arena_alloc(&past->arena, count * sizeof(**cells));
    *texts = arena_alloc(&past->arena, count * sizeof(**texts));
    if (*cells == NULL || *texts == NULL)
        return error_no_memory(err);
    past->rows[past->count++] = (struct past_row){*cells, *texts};
    return 0;
}

/* Text that equals a null text may have been either; it counts as null where
 * the column allows that. */
static bool is_null(const struct past *past, size_t column, const char *text)
{
    const char *null_text = past->dialect->null_text;
    const struct column *c = &past->schema->columns[column];

    if (text == NULL)
        return true;
    return null_text[0] != '\0' && strcmp(text, null_text) == 0 &&
           (c->nullable || c->type != VALUE_STRING);
}

/* Numbers as every value has them, with a point. */
static void use_point(char *text, char decimal)
{
    char *sign = strchr(text, decimal);

    if (sign != NULL)
        *sign = '.';
}

static int take_cell(struct past *past, size_t column, const char *text,
                     struct value *out, const char **kept, struct error *err)
{
    const struct column *c = &past->schema->columns[column];
    const char *problem;
    char *copy;

    *out = value_null(c->type);
    if (is_null(past, column, text))
        return c->nullable ? 0 : bad_cell(past, column, "is null", err);
    copy = arena_strdup(&past->arena, text);
    *kept = arena_strdup(&past->arena, text);
    if (copy == NULL || *kept == NULL)
        return error_no_memory(err);
    problem = cell_from_csv(past->dialect, c->type, copy, out);
    if (problem != NULL)
        return bad_cell(past, column, problem, err);
    if (c->type == VALUE_NUMBER)
        use_point(copy, past->dialect->decimal);
    return 0;
}

int past_take_cells(void *context, const char *const *cells, size_t count,
                    struct error *err)
{
    struct past *past = context;
    struct value *values;
    const char **texts;

    if (past->header) {
        past->header = false;
        return 0;
    }
    if (count != past->schema->count)
        return error_set(err, ERROR_DATA, "row %llu: has another number of "
                         "cells than the manifest has fields",
                         (unsigned long long)past->part_rows + 1);
    if (add_row(past, &values, &texts, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        /* add_row() has set both. NOLINTNEXTLINE */
        if (take_cell(past, i, cells[i], &values[i], &texts[i], err) != 0)
            return -1;
    }
    past->part_rows++;
    return 0;
}

static int take_member(struct past *past, size_t column,
                       const struct json *node, struct value *out,
                       struct error *err)
{
    const struct column *c = &past->schema->columns[column];
    const char *problem;

    *out = value_null(c->type);
    if (json_type(node) == JSON_NULL)
        return c->nullable ? 0 : bad_cell(past, column, "is null", err);
    problem = cell_from_json(c->type, node, out);
    if (problem != NULL)
        return bad_cell(past, column, problem, err);
    if (out->text == NULL)
        return 0;
    out->text = arena_strdup(&past->arena, out->text);
    return out->text != NULL ? 0 : error_no_memory(err);
}

/* Exactly the schema's members, in its order. */
static int take_members(struct past *past, const struct json *root,
                        struct error *err)
{
    const struct schema *schema = past->schema;
    const struct json *node =
        json_type(root) == JSON_OBJECT ? json_first(root) : NULL;
    struct value *values;
    const char **texts;
    size_t i = 0;

    if (add_row(past, &values, &texts, err) != 0)
        return -1;
    for (; node != NULL && i < schema->count; node = json_next(node), i++) {
        if (strcmp(json_key(node), schema->columns[i].name) != 0)
            break;
        /* add_row() has set it. NOLINTNEXTLINE */
        if (take_member(past, i, node, &values[i], err) != 0)
            return -1;
    }
    if (node != NULL || i != schema->count)
        return error_set(err, ERROR_DATA, "row %llu: has other members than "
                         "the manifest has fields",
                         (unsigned long long)past->part_rows + 1);
    past->part_rows++;
    return 0;
}

int past_take_line(struct past *past, struct error *err)
{
    struct json_doc doc;
    int result;

    if (json_parse(&doc, past->line.data, past->line.len, JSON_STRICT, "row",
                   ERROR_DATA, err) != 0)
        return -1;
    result = take_members(past, doc.root, err);
    json_free(&doc);
    return result;
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (!a->present || !b->present)
        return a->present == b->present;
    if (a->type == VALUE_STRING || a->type == VALUE_NUMBER)
        return strcmp(a->text, b->text) == 0;
    return a->integer == b->integer;
}

/* The cell as a CSV would hold it. False: it holds no such cell. */
static bool put_form(const struct past *past, const struct value *cell,
                     struct buf *out)
{
    struct writer_report counts = {0};

    if (cell->type == VALUE_STRING)
        buf_puts(out, csv_text_prefix(past->dialect, cell->text));
    return writer_csv_text(past->dialect, cell, out, &counts) == 0;
}

/* Frees the form; without memory it says nothing. */
static int drop_form(struct buf *form, bool verdict, struct error *err)
{
    int result = buf_no_memory(form) ? error_no_memory(err) : verdict;

    buf_release(form);
    return result;
}

int past_same(const struct past *past, const struct past_row *row,
              size_t column, const struct value *now, struct error *err)
{
    const char *before;
    struct buf form;
    bool same;

    if (past->dialect == NULL)
        return same_value(&row->cells[column], now);
    before = row->texts[column];
    if (!now->present)
        return before == NULL;
    buf_init(&form, CSV_CELL_MAX);
    same = put_form(past, now, &form);
    if (same && is_null(past, column, form.data))
        same = before == NULL;
    else if (same)
        same = before != NULL && strcmp(before, form.data) == 0;
    return drop_form(&form, same, err);
}

int past_keeps(const struct past *past, const struct value *cell,
               struct error *err)
{
    struct value back;
    struct buf form;
    bool keeps;

    if (past->dialect == NULL || !cell->present)
        return 1;
    buf_init(&form, CSV_CELL_MAX);
    keeps = put_form(past, cell, &form) &&
            cell_from_csv(past->dialect, cell->type, form.data, &back) == NULL;
    if (keeps && cell->type == VALUE_NUMBER)
        use_point(form.data, past->dialect->decimal);
    keeps = keeps && same_value(&back, cell);
    return drop_form(&form, keeps, err);
}
