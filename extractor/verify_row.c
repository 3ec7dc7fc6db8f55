/* One row: what its columns demand, its place in the order, its key. */
#include <stdlib.h>
#include <string.h>

#include "utf8.h"
#include "verify_parts.h"

void verify_row_found(struct verify_table *t, const char *column,
                      const char *what)
{
    if (t->keys_only)
        return;
    if (++t->shown == VERIFY_SHOWN_MAX + 1)
        verify_found(t->v, t->part->path,
                     "more than %d findings about rows; the rest is not shown",
                     VERIFY_SHOWN_MAX);
    if (t->shown > VERIFY_SHOWN_MAX)
        return;
    verify_found(t->v, t->part->path, "row %llu%s%s: %s",
                 (unsigned long long)t->part_rows + 1,
                 column == NULL ? "" : ", column ",
                 column == NULL ? "" : column, what);
}

/* Characters, or -1 when the text is not UTF-8. */
static long characters(const char *text)
{
    long count = 0;

    while (*text != '\0') {
        size_t length = utf8_length(text);

        if (length == 0)
            return -1;
        text += length;
        count++;
    }
    return count;
}

static bool listed(const char *const *values, const char *text)
{
    while (*values != NULL && strcmp(*values, text) != 0)
        values++;
    return *values != NULL;
}

static const char *column_problem(const struct column *column,
                                  const struct verify_cell *cell,
                                  const char *text)
{
    long length;

    if (!cell->present)
        return column->nullable ? NULL : "null is not allowed";
    if (column->type != VALUE_STRING || cell->unsure)
        return NULL;
    length = characters(text);
    if (length < 0)
        return "is not valid UTF-8";
    if (column->length != 0 && (size_t)length > column->length)
        return "is longer than allowed";
    if (column->values != NULL && !listed(column->values, text))
        return "is not in the list of allowed values";
    return NULL;
}

enum order { ORDER_BEFORE, ORDER_SAME, ORDER_AFTER, ORDER_UNKNOWN };

static enum order sign(int comparison)
{
    if (comparison == 0)
        return ORDER_SAME;
    return comparison < 0 ? ORDER_BEFORE : ORDER_AFTER;
}

/* Blanks may have been line ends, an apostrophe may have been added. */
static enum order order_of_texts(const struct verify_table *t, const char *a,
                                 const char *b)
{
    size_t same = 0;

    if (!t->lossy)
        return sign(strcmp(a, b));
    if (t->dialect->excel_safe && (*a == '\'' || *b == '\''))
        return ORDER_UNKNOWN;
    while (a[same] != '\0' && a[same] == b[same] && a[same] != ' ')
        same++;
    if (a[same] == ' ' || b[same] == ' ')
        return ORDER_UNKNOWN;
    return sign((unsigned char)a[same] - (unsigned char)b[same]);
}

static enum order order_of_cells(const struct verify_table *t, size_t column)
{
    const struct verify_cell *a = &t->before->cells[column];
    const struct verify_cell *b = &t->row->cells[column];
    enum value_type type = t->first->schema.columns[column].type;

    if (a->unsure || b->unsure)
        return ORDER_UNKNOWN;
    if (!a->present || !b->present)
        return sign((int)a->present - (int)b->present);
    if (type == VALUE_STRING)
        return order_of_texts(t, t->before->texts.data + a->exact,
                              t->row->texts.data + b->exact);
    if (type == VALUE_NUMBER && a->number != b->number)
        return a->number < b->number ? ORDER_BEFORE : ORDER_AFTER;
    if (type == VALUE_NUMBER && strcmp(t->before->texts.data + a->canonical,
                                       t->row->texts.data + b->canonical) != 0)
        return ORDER_UNKNOWN;
    if (a->integer != b->integer)
        return a->integer < b->integer ? ORDER_BEFORE : ORDER_AFTER;
    return type == VALUE_TIMESTAMP && t->lossy_times ? ORDER_UNKNOWN
                                                     : ORDER_SAME;
}

static void check_order(struct verify_table *t)
{
    const struct manifest_resource *first = t->first;
    enum order order = ORDER_SAME;
    size_t i = 0;

    if (!t->has_before || first->order_count == 0)
        return;
    while (i < first->order_count && order == ORDER_SAME)
        order = order_of_cells(t, first->order[i++]);
    if (order == ORDER_AFTER)
        verify_row_found(t, first->schema.columns[first->order[i - 1]].name,
                         "comes before the row above it in the order");
    if (order == ORDER_SAME)
        verify_row_found(t, NULL,
                         "repeats the order columns of the row "
                         "above it");
}

/* Length first, so that no two rows give the same bytes. */
static void put_cell(struct digest *digest, const struct verify_row *row,
                     const struct verify_cell *cell)
{
    const char *text = row->texts.data + cell->canonical;
    uint64_t len = strlen(text);
    unsigned char head[9] = {'T'};

    if (!cell->present || cell->unsure) {
        digest_update(digest, "N", 1);
        return;
    }
    for (size_t i = 0; i < 8; i++)
        head[i + 1] = (unsigned char)(len >> (8 * i));
    digest_update(digest, head, sizeof(head));
    digest_update(digest, text, len);
}

static int check_key(struct verify_table *t, struct error *err)
{
    const struct schema *schema = &t->first->schema;
    struct buf key;
    int seen = 0;

    if (t->keys.lots == 0)
        return 0;
    buf_init(&key, CSV_ROW_MAX);
    for (size_t i = 0; i < schema->count; i++) {
        const struct verify_cell *cell = &t->row->cells[i];
        const char *text = t->row->texts.data + cell->exact;

        if (!schema->columns[i].key)
            continue;
        if (schema->columns[i].type != VALUE_STRING)
            text = t->row->texts.data + cell->canonical;
        buf_putc(&key, cell->present ? 'T' : 'N');
        if (cell->present)
            buf_append(&key, text, strlen(text) + 1);
    }
    if (buf_ok(&key))
        seen = verify_keys_add(&t->keys, key.data, key.len);
    buf_release(&key);
    if (seen < 0)
        return error_no_memory(err);
    if (seen > 0) {
        bool later = t->keys_only;

        t->keys_only = false;
        verify_row_found(t, NULL, "repeats the key of an earlier row");
        t->keys_only = later;
    }
    return 0;
}

static void check_columns(struct verify_table *t)
{
    const struct schema *schema = &t->first->schema;

    for (size_t i = 0; i < schema->count; i++) {
        const struct verify_cell *cell = &t->row->cells[i];
        const char *problem = column_problem(&schema->columns[i], cell,
                                             t->row->texts.data + cell->exact);

        if (problem != NULL)
            verify_row_found(t, schema->columns[i].name, problem);
        put_cell(t->digest, t->row, cell);
    }
    digest_update(t->digest, "R", 1);
}

int verify_row_done(struct verify_table *t, struct error *err)
{
    struct verify_row *swap = t->before;

    if (buf_no_memory(&t->row->texts))
        return error_no_memory(err);
    if (!buf_ok(&t->row->texts))
        return error_set(err, ERROR_DATA, "a row is too large");
    if (!t->keys_only) {
        check_columns(t);
        check_order(t);
    }
    if (check_key(t, err) != 0)
        return -1;
    t->before = t->row;
    t->row = swap;
    buf_reset(&t->row->texts);
    t->has_before = true;
    t->part_rows++;
    t->row_count++;
    return 0;
}
