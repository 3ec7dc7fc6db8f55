#include "csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEED_PIECE = 64 * 1024,  /* bytes between two looks at libcsv's buffer */
    ENTRY_GROWTH = 64 * 1024 /* bytes its buffer grows by */
};

static const size_t null_cell = SIZE_MAX; /* in place of an offset */

struct csv_reader {
    struct csv_parser parser;
    csv_row_fn *row;
    void *context;
    struct buf text;                 /* the row's cells, each with a NUL */
    size_t offsets[CSV_COLUMNS_MAX]; /* of the cells in text */
    const char *cells[CSV_COLUMNS_MAX];
    size_t count;
    uint64_t number; /* of the row being read, from 1 */
    size_t bom_seen; /* bytes of a byte order mark skipped so far */
    bool started;    /* past the place of a byte order mark */
    bool failed;
    struct error *err; /* of the call under way */
};

static void fail(struct csv_reader *r, const char *what)
{
    r->failed = true;
    error_set(r->err, ERROR_DATA, "row %llu: %s", (unsigned long long)r->number,
              what);
}

static void lack_memory(struct csv_reader *r)
{
    r->failed = true;
    error_no_memory(r->err);
}

static void on_cell(void *cell, size_t len, void *context)
{
    struct csv_reader *r = context;

    if (r->failed)
        return;
    if (r->count == CSV_COLUMNS_MAX) {
        fail(r, "more than 512 cells");
        return;
    }
    if (cell == NULL) {
        r->offsets[r->count++] = null_cell;
        return;
    }
    if (len > CSV_CELL_MAX) {
        fail(r, "a cell is larger than 1 MiB");
        return;
    }
    if (memchr(cell, '\0', len) != NULL) {
        fail(r, "a cell holds a NUL byte");
        return;
    }
    r->offsets[r->count++] = r->text.len;
    buf_append(&r->text, cell, len);
    buf_putc(&r->text, '\0');
    if (r->text.full)
        fail(r, "the row is larger than 16 MiB");
    else if (!buf_ok(&r->text))
        lack_memory(r);
}

static void on_row(int end, void *context)
{
    struct csv_reader *r = context;

    (void)end;
    if (r->failed)
        return;
    for (size_t i = 0; i < r->count; i++)
        r->cells[i] =
            r->offsets[i] == null_cell ? NULL : r->text.data + r->offsets[i];
    if (r->row(r->context, r->cells, r->count, r->err) != 0)
        r->failed = true;
    buf_reset(&r->text);
    r->count = 0;
    r->number++;
}

struct csv_reader *csv_reader_new(char delimiter, char quote, csv_row_fn *row,
                                  void *context)
{
    struct csv_reader *r = calloc(1, sizeof(*r));
    const unsigned char options =
        CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL | CSV_EMPTY_IS_NULL;

    if (r == NULL || csv_init(&r->parser, options) != 0) {
        free(r);
        return NULL;
    }
    csv_set_delim(&r->parser, (unsigned char)delimiter);
    csv_set_quote(&r->parser, (unsigned char)quote);
    csv_set_blk_size(&r->parser, ENTRY_GROWTH);
    r->row = row;
    r->context = context;
    r->number = 1;
    buf_init(&r->text, CSV_ROW_MAX);
    return r;
}

static void report_parser(struct csv_reader *r)
{
    if (csv_error(&r->parser) == CSV_ENOMEM) {
        lack_memory(r);
    } else if (csv_error(&r->parser) == CSV_EPARSE) {
        fail(r, "quotes are out of place");
    } else {
        fail(r, csv_strerror(csv_error(&r->parser)));
    }
}

static int parse(struct csv_reader *r, const char *data, size_t len)
{
    while (len > 0 && !r->failed) {
        size_t piece = len < FEED_PIECE ? len : FEED_PIECE;

        if (csv_parse(&r->parser, data, piece, on_cell, on_row, r) != piece &&
            !r->failed)
            report_parser(r);
        /* A quote that never closes must not collect the whole file. */
        if (!r->failed && csv_get_buffer_size(&r->parser) >
                              (size_t)CSV_CELL_MAX + 2 * ENTRY_GROWTH)
            fail(r, "a cell is larger than 1 MiB");
        data += piece;
        len -= piece;
    }
    return r->failed ? -1 : 0;
}

/* The bytes of a mark that turned out to be none are data after all. */
static int skip_bom(struct csv_reader *r, const char **data, size_t *len)
{
    while (*len > 0 && r->bom_seen < sizeof(CSV_BOM) - 1 &&
           **data == CSV_BOM[r->bom_seen]) {
        r->bom_seen++;
        (*data)++;
        (*len)--;
    }
    if (r->bom_seen == sizeof(CSV_BOM) - 1) {
        r->started = true;
        return 0;
    }
    if (*len == 0)
        return 0;
    r->started = true;
    return parse(r, CSV_BOM, r->bom_seen);
}

int csv_reader_feed(struct csv_reader *reader, const char *data, size_t len,
                    struct error *err)
{
    reader->err = err;
    if (reader->failed)
        return error_set(err, ERROR_BUG,
                         "a CSV reader is used after it failed");
    if (!reader->started && skip_bom(reader, &data, &len) != 0)
        return -1;
    return parse(reader, data, len);
}

int csv_reader_finish(struct csv_reader *reader, struct error *err)
{
    reader->err = err;
    if (reader->failed)
        return error_set(err, ERROR_BUG,
                         "a CSV reader is used after it failed");
    if (!reader->started && reader->bom_seen > 0 &&
        parse(reader, CSV_BOM, reader->bom_seen) != 0)
        return -1;
    if (csv_fini(&reader->parser, on_cell, on_row, reader) != 0 &&
        !reader->failed)
        fail(reader, "a quoted cell is not closed");
    return reader->failed ? -1 : 0;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    csv_free(&reader->parser);
    buf_release(&reader->text);
    free(reader);
}
