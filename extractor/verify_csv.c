#include <string.h>

#include "verify_parts.h"

static int check_header(struct verify_table *t, const char *const *cells,
                        size_t count, struct error *err)
{
    const struct schema *schema = &t->first->schema;
    bool same = count == schema->count;

    t->header_due = false;
    for (size_t i = 0; same && i < count; i++)
        same =
            cells[i] != NULL && strcmp(cells[i], schema->columns[i].name) == 0;
    return same ? 0
                : error_set(err, ERROR_DATA,
                            "the header is not the manifest's list of fields");
}

static int on_row(void *context, const char *const *cells, size_t count,
                  struct error *err)
{
    struct verify_table *t = context;
    const struct schema *schema = &t->first->schema;

    if (t->header_due)
        return check_header(t, cells, count, err);
    if (count != schema->count) {
        verify_row_found(t, NULL,
                         "has another number of cells than the "
                         "header");
        t->part_rows++;
        t->row_count++;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const char *problem = verify_csv_cell(t, i, cells[i]);

        if (problem != NULL)
            verify_row_found(t, schema->columns[i].name, problem);
    }
    return verify_row_done(t, err);
}

static void *reader_open(struct verify_table *t)
{
    t->header_due = t->dialect->header;
    return csv_reader_new(t->dialect->delimiter, t->dialect->quote, on_row, t);
}

static int reader_feed(void *reader, const char *data, size_t len,
                       struct error *err)
{
    return csv_reader_feed(reader, data, len, err);
}

static int reader_finish(void *reader, struct error *err)
{
    return csv_reader_finish(reader, err);
}

static void reader_close(void *reader)
{
    csv_reader_free(reader);
}

const struct verify_reader verify_csv_reader = {reader_open, reader_feed,
                                                reader_finish, reader_close};
