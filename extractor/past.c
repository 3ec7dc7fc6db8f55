#include "past.h"

#include <stdlib.h>
#include <string.h>

#include "past_parts.h"

const struct manifest_resource *past_first(const struct manifest *manifest,
                                           const char *dataset)
{
    const struct manifest_resource *csv = NULL;

    for (size_t i = 0; i < manifest->resource_count; i++) {
        const struct manifest_resource *r = &manifest->resources[i];

        if (strcmp(r->dataset, dataset) != 0)
            continue;
        if (strcmp(r->format, "jsonl") == 0)
            return r;
        if (csv == NULL)
            csv = r;
    }
    return csv;
}

struct past *past_open(const struct manifest *manifest, int dir_fd,
                       const struct schema *schema)
{
    const struct manifest_resource *first = past_first(manifest, schema->name);
    struct past *past = calloc(1, sizeof(*past));

    if (past == NULL)
        return NULL;
    past->manifest = manifest;
    past->dir_fd = dir_fd;
    past->schema = schema;
    past->format = first != NULL ? first->format : "jsonl";
    if (first != NULL && strcmp(first->format, "csv") == 0)
        past->dialect = &first->dialect;
    buf_init(&past->line, WRITER_RECORD_MAX);
    arena_init(&past->arena);
    return past;
}

/* The next part of the dataset; false: there is none. */
static bool find_part(struct past *past)
{
    while (past->next < past->manifest->resource_count) {
        const struct manifest_resource *r =
            &past->manifest->resources[past->next++];

        if (strcmp(r->dataset, past->schema->name) == 0 &&
            strcmp(r->format, past->format) == 0) {
            past->part = r;
            return true;
        }
    }
    return false;
}

static int open_part(struct past *past, struct error *err)
{
    past->part_rows = 0;
    past->file = source_file_open(past->dir_fd, past->part->path, err);
    if (past->file == NULL)
        return -1;
    if (past->dialect == NULL)
        return 0;
    past->header = past->dialect->header;
    past->csv = csv_reader_new(past->dialect->delimiter, past->dialect->quote,
                               past_take_cells, past);
    return past->csv != NULL ? 0 : error_no_memory(err);
}

/* What only the whole file can tell. */
static int end_part(struct past *past, struct error *err)
{
    const struct manifest_resource *part = past->part;
    struct source_file *file = past->file;
    struct sink_facts facts;
    int result = 0;

    if (past->csv != NULL)
        result = csv_reader_finish(past->csv, err);
    csv_reader_free(past->csv);
    past->csv = NULL;
    past->file = NULL;
    if (source_file_close(file, &facts, err) != 0 || result != 0)
        return -1;
    if (past->line.len > 0)
        return error_set(err, ERROR_DATA, "ends within a row");
    if (strcmp(facts.sha256, part->sha256) != 0)
        return error_set(err, ERROR_DATA, "SHA-256 is not the manifest's");
    if (past->part_rows != part->rows)
        return error_set(err, ERROR_DATA, "holds another number of rows than "
                         "the manifest says");
    past->part = NULL;
    return 0;
}

static int feed_lines(struct past *past, size_t len, struct error *err)
{
    const char *data = past->chunk;

    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t piece = end != NULL ? (size_t)(end - data) : len;

        if (buf_append(&past->line, data, piece) != 0)
            return past->line.full
                       ? error_set(err, ERROR_DATA, "a row is too long")
                       : error_no_memory(err);
        if (end == NULL)
            return 0;
        if (past_take_line(past, err) != 0)
            return -1;
        buf_reset(&past->line);
        data += piece + 1;
        len -= piece + 1;
    }
    return 0;
}

static int read_chunk(struct past *past, struct error *err)
{
    ssize_t len =
        source_file_read(past->file, past->chunk, sizeof(past->chunk), err);

    if (len < 0)
        return -1;
    if (len == 0)
        return end_part(past, err);
    return past->csv != NULL
               ? csv_reader_feed(past->csv, past->chunk, (size_t)len, err)
               : feed_lines(past, (size_t)len, err);
}

int past_next(struct past *past, struct past_row *row, struct error *err)
{
    if (past->given == past->count) {
        past->given = past->count = 0;
        arena_reset(&past->arena);
    }
    while (past->count == 0) {
        if (past->part == NULL && !find_part(past))
            return 0;
        if ((past->file == NULL && open_part(past, err) != 0) ||
            read_chunk(past, err) != 0) {
            error_prefix(err, "%s", past->part->path);
            return err->kind != ERROR_DATA
                       ? -1
                       : error_usual(err,
                                     "it is not as its run wrote it: bring "
                                     "it back; rollcall verify tells more");
        }
    }
    *row = past->rows[past->given++];
    return 1;
}

void past_close(struct past *past)
{
    struct error ignored = {0};

    if (past == NULL)
        return;
    csv_reader_free(past->csv);
    if (past->file != NULL)
        source_file_close(past->file, NULL, &ignored);
    buf_release(&past->line);
    arena_release(&past->arena);
    free(past->rows);
    free(past);
}
