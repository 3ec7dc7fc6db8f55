#include "observed.h"

#include <string.h>
#include <strings.h>

#include "csv.h"
#include "instant.h"
#include "json.h"
#include "sink.h"

enum { OBSERVED_CHUNK_BYTES = 64 * 1024 };

/* One part being read. */
struct reading {
    struct observed *observed;
    const char *key, *column;
    const char *time_format;        /* CSV; NULL: RFC 3339 */
    const char *null_text;          /* CSV */
    size_t key_index, column_index; /* CSV */
    bool header;                    /* CSV: the next row is the header */
    struct buf line;                /* JSONL */
};

void observed_init(struct observed *observed)
{
    memset(observed, 0, sizeof(*observed));
    arena_init(&observed->arena);
}

void observed_release(struct observed *observed)
{
    strmap_release(&observed->by_id);
    arena_release(&observed->arena);
}

static int keep(const struct reading *reading, const char *id,
                const char *time, struct error *err)
{
    struct observed *observed = reading->observed;
    const char *format = reading->time_format;
    int64_t *at = arena_alloc(&observed->arena, sizeof(*at));
    char *copy = arena_strdup(&observed->arena, id);

    if (at == NULL || copy == NULL)
        return error_no_memory(err);
    if ((format != NULL ? instant_parse_format(time, format, at)
                        : instant_parse(time, INSTANT_ISO8601, at)) != 0)
        return error_set(err, ERROR_DATA, "%s of a row is no time",
                         reading->column);
    if (strmap_put(&observed->by_id, copy, at) != 0)
        return error_no_memory(err);
    return 0;
}

static int take_line(struct reading *reading, struct error *err)
{
    const struct json *id, *at;
    struct json_doc doc;
    int result = 0;

    if (json_parse(&doc, reading->line.data, reading->line.len, JSON_STRICT,
                   "row", ERROR_DATA, err) != 0)
        return -1;
    id = json_member(doc.root, reading->key);
    at = json_member(doc.root, reading->column);
    if (id != NULL && at != NULL && json_type(id) == JSON_STRING &&
        json_type(at) == JSON_STRING)
        result = keep(reading, json_text(id), json_text(at), err);
    json_free(&doc);
    buf_reset(&reading->line);
    return result;
}

static int feed_lines(struct reading *reading, const char *data, size_t len,
                      struct error *err)
{
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t part = end != NULL ? (size_t)(end - data) : len;

        if (buf_append(&reading->line, data, part) != 0)
            return reading->line.full
                       ? error_set(err, ERROR_DATA, "a row is too long")
                       : error_no_memory(err);
        if (end != NULL && take_line(reading, err) != 0)
            return -1;
        part += end != NULL;
        data += part;
        len -= part;
    }
    return 0;
}

static int take_cells(void *context, const char *const *cells, size_t count,
                      struct error *err)
{
    struct reading *reading = context;

    if (reading->header) {
        reading->header = false;
        return 0;
    }
    if (reading->key_index >= count || reading->column_index >= count ||
        cells[reading->key_index] == NULL ||
        cells[reading->column_index] == NULL ||
        strcmp(cells[reading->column_index], reading->null_text) == 0)
        return 0;
    return keep(reading, cells[reading->key_index],
                cells[reading->column_index], err);
}

static int read_part(struct reading *reading, int dir_fd,
                     const struct manifest_resource *resource,
                     struct csv_reader *csv, struct error *err)
{
    struct source_file *file =
        source_file_open_unhashed(dir_fd, resource->path, err);
    char data[OBSERVED_CHUNK_BYTES];
    ssize_t len = -1;
    int result = 0;

    if (file == NULL)
        return -1;
    while (result == 0 &&
           (len = source_file_read(file, data, sizeof(data), err)) > 0) {
        result = csv != NULL
                     ? csv_reader_feed(csv, data, (size_t)len, err)
                     : feed_lines(reading, data, (size_t)len, err);
    }
    if (result == 0 && len == 0 && csv != NULL)
        result = csv_reader_finish(csv, err);
    else if (result == 0 && len == 0 && reading->line.len > 0)
        result = error_set(err, ERROR_DATA, "ends within a row");
    if (source_file_close(file, NULL, err) != 0 || len < 0)
        result = -1;
    return result;
}

/* A CSV's header, and so its schema, may be in another case. */
static bool find_column(const struct schema *schema, const char *name,
                        size_t *index)
{
    for (*index = 0; *index < schema->count; (*index)++) {
        if (strcasecmp(schema->columns[*index].name, name) == 0)
            return true;
    }
    return false;
}

/* A time without its day says nothing. */
static int read_time_format(struct reading *reading,
                            const struct csv_dialect *dialect,
                            struct error *err)
{
    const char *format = dialect->time_format;

    reading->time_format = format;
    if (strstr(format, "%Y") != NULL && strstr(format, "%m") != NULL &&
        strstr(format, "%d") != NULL)
        return 0;
    return error_set(err, ERROR_DATA, "its times have no date (\"%s\")",
                     format);
}

static int fail(const struct manifest_resource *resource, struct error *err)
{
    error_prefix(err, "%s", resource->path);
    if (err->kind != ERROR_DATA)
        return -1;
    return error_usual(err, "it is not as its run wrote it: bring it back; "
                            "rollcall verify tells more");
}

static int load_part(struct reading *reading, int dir_fd,
                     const struct manifest_resource *resource,
                     struct error *err)
{
    const struct csv_dialect *dialect = &resource->dialect;
    struct csv_reader *csv = NULL;
    bool is_csv = strcmp(resource->format, "csv") == 0;
    int result;

    if (!find_column(&resource->schema, reading->key, &reading->key_index) ||
        !find_column(&resource->schema, reading->column,
                     &reading->column_index))
        return 0;
    if (is_csv && read_time_format(reading, dialect, err) != 0)
        return fail(resource, err);
    reading->observed->loaded = true;
    if (is_csv) {
        reading->header = dialect->header;
        reading->null_text = dialect->null_text;
        csv = csv_reader_new(dialect->delimiter, dialect->quote, take_cells,
                             reading);
        if (csv == NULL)
            return error_no_memory(err);
    }
    result = read_part(reading, dir_fd, resource, csv, err);
    csv_reader_free(csv);
    return result != 0 ? fail(resource, err) : 0;
}

static bool has_format(const struct manifest *manifest, const char *dataset,
                       const char *format)
{
    for (size_t i = 0; i < manifest->resource_count; i++) {
        if (strcmp(manifest->resources[i].dataset, dataset) == 0 &&
            strcmp(manifest->resources[i].format, format) == 0)
            return true;
    }
    return false;
}

int observed_load(struct observed *observed, const struct manifest *manifest,
                  int dir_fd, const char *dataset, const char *key,
                  const char *column, struct error *err)
{
    const char *format =
        has_format(manifest, dataset, "jsonl") ? "jsonl" : "csv";
    struct reading reading = {
        .observed = observed, .key = key, .column = column};
    int result = 0;

    buf_init(&reading.line, WRITER_RECORD_MAX);
    for (size_t i = 0; i < manifest->resource_count && result == 0; i++) {
        const struct manifest_resource *resource = &manifest->resources[i];

        if (strcmp(resource->dataset, dataset) == 0 &&
            strcmp(resource->format, format) == 0)
            result = load_part(&reading, dir_fd, resource, err);
    }
    buf_release(&reading.line);
    return result;
}
