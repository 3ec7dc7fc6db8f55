#include "mapping_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "sink.h"

enum { LOOKUP_FILE_MAX = 16 * 1024 * 1024, LOOKUP_CELLS = 2 };

#define UTF8_BOM "\xEF\xBB\xBF"

struct lookup {
    struct spec *spec;
    struct strmap *table;
    size_t line;
};

/* A second text for the same name would make the row's place in the file
 * decide, so it is refused. */
static int keep_row(void *context, const char *const *cells, size_t count,
                    struct error *err)
{
    struct lookup *lookup = context;
    const char *from, *to, *known;

    lookup->line++;
    if (count != LOOKUP_CELLS || cells[0] == NULL)
        return error_set(err, ERROR_CONFIG,
                         "row %zu: expected two cells, the first not empty",
                         lookup->line);
    if (cells[1] == NULL)
        return 0;
    known = strmap_get(lookup->table, cells[0]);
    if (known != NULL && strcmp(known, cells[1]) != 0)
        return error_set(err, ERROR_CONFIG,
                         "row %zu: an earlier row gives another text for the "
                         "same first cell; remove one",
                         lookup->line);
    if (known != NULL)
        return 0;
    from = spec_copy(lookup->spec, cells[0]);
    to = spec_copy(lookup->spec, cells[1]);
    if (from == NULL || to == NULL ||
        strmap_put(lookup->table, from, (void *)(uintptr_t)to) != 0)
        return error_no_memory(err);
    return 0;
}

static int read_rows(struct lookup *lookup, const char *text, size_t len,
                     struct error *err)
{
    struct csv_reader *reader = csv_reader_new(',', '"', keep_row, lookup);
    int result;

    if (reader == NULL)
        return error_no_memory(err);
    if (strncmp(text, UTF8_BOM, strlen(UTF8_BOM)) == 0) {
        text += strlen(UTF8_BOM);
        len -= strlen(UTF8_BOM);
    }
    result = csv_reader_feed(reader, text, len, err);
    if (result == 0)
        result = csv_reader_finish(reader, err);
    csv_reader_free(reader);
    return result;
}

void mapping_read_lookup(struct spec *spec, const struct spec_node *node,
                         struct strmap *table)
{
    struct lookup lookup = {.spec = spec, .table = table};
    const char *path = spec_absolute(spec, spec_text(spec, node));
    struct error err = {0};
    char *text;
    size_t len;

    if (path == NULL)
        return;
    text = read_whole_file(AT_FDCWD, path, LOOKUP_FILE_MAX, &len, &err);
    if (text != NULL && read_rows(&lookup, text, len, &err) != 0)
        error_prefix(&err, "%s", path);
    if (err.kind != ERROR_NONE)
        spec_failed(spec, node, &err);
    free(text);
}
