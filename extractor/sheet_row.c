#include "sheet_parts.h"

#include <inttypes.h>
#include <string.h>

#include "digest.h"
#include "jsonw.h"
#include "utf8.h"

static int wrong(const struct sheet *sheet, const char *what, struct error *err)
{
    return error_set(err, ERROR_DATA, "row %" PRIu64 ": %s", sheet->number,
                     what);
}

static int check_width(struct sheet *sheet, size_t count, struct error *err)
{
    const struct source *source = sheet->options->source;

    if (count < sheet->column_count) {
        error_set(err, ERROR_DATA,
                  "row %" PRIu64 ": has %zu cells, and the "
                  "header %zu",
                  sheet->number, count, sheet->column_count);
        return error_hint(err, "the file may be cut off; export it anew");
    }
    if (count == sheet->column_count)
        return 0;
    sheet->facts->extra_cells += count - sheet->column_count;
    if (source->csv.more_cells == MORE_CELLS_ALLOW)
        return 0;
    error_set(err, ERROR_DATA,
              "row %" PRIu64 ": has %zu cells, and the "
              "header %zu",
              sheet->number, count, sheet->column_count);
    return error_hint(err,
                      "check the delimiter and quotes of the file; "
                      "\"more_cells\" in %s allows more",
                      source->path);
}

static int check_texts(const struct sheet *sheet, const char *const *cells,
                       size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (cells[i] == NULL || utf8_valid(cells[i]))
            continue;
        wrong(sheet, "holds text that is not UTF-8", err);
        return error_hint(err, "save the file as CSV in UTF-8");
    }
    return 0;
}

/* The cell of a member, or NULL: no such column, or nothing in it. */
static const char *cell_of(const struct sheet *sheet, const char *const *cells,
                           const char *member)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->columns[i].member != NULL &&
            strcmp(sheet->columns[i].member, member) == 0)
            return cells[i] != NULL && *cells[i] != '\0' ? cells[i] : NULL;
    }
    return NULL;
}

static void put_joined(struct sheet *sheet, struct jsonw *w,
                       const char *const *names, const char *const *cells)
{
    bool whole = true;

    buf_reset(&sheet->joined);
    for (size_t i = 1; names[i] != NULL && whole; i++) {
        const char *cell = cell_of(sheet, cells, names[i]);

        whole = cell != NULL;
        buf_printf(&sheet->joined, "%s%s", i > 1 ? " " : "", whole ? cell : "");
    }
    if (!buf_ok(&sheet->joined))
        sheet->text.failed = true;
    jsonw_text_or_null(w, names[0], whole ? sheet->joined.data : NULL);
}

/* A NUL ends each cell, which none can hold, so that no two rows of different
 * cells are the same bytes. */
static int put_digest(const struct sheet *sheet, struct jsonw *w,
                      const char *const *cells, size_t count)
{
    struct digest *digest = digest_new();
    char hex[DIGEST_HEX_SIZE];
    int result = -1;

    if (digest == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i] != NULL ? cells[i] : "";

        digest_update(digest, cell, strlen(cell) + 1);
    }
    result = digest_final(digest, hex);
    digest_free(digest);
    if (result == 0)
        jsonw_text(w, sheet->options->source->csv.digest, hex);
    return result;
}

static int write_row(struct sheet *sheet, const char *const *cells,
                     size_t count)
{
    const struct csv_rules *csv = &sheet->options->source->csv;
    struct jsonw w;
    int result = 0;

    buf_reset(&sheet->text);
    jsonw_init(&w, &sheet->text, 0);
    jsonw_object(&w, NULL);
    for (size_t i = 0; i < sheet->column_count; i++) {
        const char *cell = cells[i];

        if (sheet->columns[i].member != NULL)
            jsonw_text_or_null(&w, sheet->columns[i].member,
                               cell != NULL && *cell != '\0' ? cell : NULL);
    }
    for (const char *const *const *j = csv->joined; j != NULL && *j != NULL;
         j++)
        put_joined(sheet, &w, *j, cells);
    if (csv->digest != NULL)
        result = put_digest(sheet, &w, cells, count);
    jsonw_object_end(&w);
    return result == 0 && buf_ok(&sheet->text) ? 0 : -1;
}

int sheet_take_row(struct sheet *sheet, const char *const *cells, size_t count,
                   struct error *err)
{
    const struct sheet_options *options = sheet->options;
    struct json_doc doc;
    int result;

    sheet->facts->rows++;
    if (check_width(sheet, count, err) != 0 ||
        check_texts(sheet, cells, count, err) != 0)
        return -1;
    if (write_row(sheet, cells, count) != 0)
        return error_no_memory(err);
    if (json_parse(&doc, sheet->text.data, sheet->text.len, JSON_STRICT, "row",
                   ERROR_BUG, err) != 0)
        return -1;
    result = options->row(options->context, doc.root, sheet->number, err);
    json_free(&doc);
    return result;
}
