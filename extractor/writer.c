#include "writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer_format.h"

enum {
    BATCH_LEAST = 64,  /* bytes */
    BATCHES_A_PART = 3 /* as many as sink_bytes() may lag behind by */
};

static const struct writer_format *const formats[] = {
    &writer_csv,
    &writer_jsonl,
};

struct writer {
    const struct writer_format *format;
    struct writer_options options;
    struct writer_report report; /* parts grow as they are closed */
    struct writer_line line;
    struct sink *sink;       /* of the part being written */
    struct part_report part; /* the same, facts at its end */
};

static const struct writer_format *find_format(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}

static int name_part(struct writer *writer, struct error *err)
{
    size_t number = writer->report.part_count + 1;
    int len;

    if (number > WRITER_PARTS_MAX) {
        error_set(err, ERROR_CONFIG, "%s: needs more than %d parts",
                  writer->options.schema->name, WRITER_PARTS_MAX);
        return error_hint(err, "raise output.part_size in the job");
    }
    len =
        snprintf(writer->part.name, sizeof(writer->part.name), "%s-%05zu.%s%s",
                 writer->options.schema->name, number, writer->format->name,
                 writer->options.plain ? "" : ".gz");
    if (len < 0 || (size_t)len >= sizeof(writer->part.name)) {
        error_set(err, ERROR_CONFIG,
                  "%s: the name of its files would be too long",
                  writer->options.schema->name);
        return error_usual(err, "choose a shorter \"name\" for the mapping");
    }
    return 0;
}

/* Writes the line that was made, and empties it. */
static int put_line(struct writer *writer, struct error *err)
{
    struct buf *record = &writer->line.record;

    if (buf_no_memory(record))
        return error_no_memory(err);
    if (!buf_ok(record)) {
        error_set(err, ERROR_DATA, "%s: row %llu is larger than %d bytes",
                  writer->part.name, (unsigned long long)writer->part.rows + 1,
                  WRITER_RECORD_MAX);
        return error_usual(err, "cut long columns in the mapping (\"length\", "
                                "\"over_length\": \"truncate\")");
    }
    if (record->len > writer->part.longest)
        writer->part.longest = record->len;
    return sink_write(writer->sink, record->data, record->len, err);
}

/* A part does not know its size better than by the batches under way. */
static size_t batch_of(uint64_t part_size)
{
    uint64_t batch = part_size / BATCHES_A_PART;

    if (batch >= SINK_BATCH_MAX)
        return SINK_BATCH_MAX;
    return batch > BATCH_LEAST ? (size_t)batch : BATCH_LEAST;
}

static int open_part(struct writer *writer, struct error *err)
{
    const struct sink_options options = {
        .gzip = !writer->options.plain,
        .level = WRITER_GZIP_LEVEL,
        .mode = writer->options.mode,
        .batch = batch_of(writer->options.part_size),
        .worker = writer->options.worker,
    };

    memset(&writer->part, 0, sizeof(writer->part));
    if (name_part(writer, err) != 0)
        return -1;
    writer->sink =
        sink_open(writer->options.dir_fd, writer->part.name, &options, err);
    if (writer->sink == NULL)
        return -1;
    if (writer->format->mark != NULL && writer->options.dialect->bom &&
        sink_write(writer->sink, writer->format->mark,
                   strlen(writer->format->mark), err) != 0)
        return -1;
    if (writer->format->head == NULL)
        return 0;
    buf_reset(&writer->line.record);
    writer->format->head(&writer->line);
    return put_line(writer, err);
}

static int close_part(struct writer *writer, struct error *err)
{
    struct writer_report *report = &writer->report;
    struct sink *sink = writer->sink;
    struct part_report *grown;

    writer->sink = NULL;
    if (sink_close(sink, &writer->part.facts, err) != 0)
        return -1;
    grown = realloc(report->parts,
                    (report->part_count + 1) * sizeof(*report->parts));
    if (grown == NULL)
        return error_no_memory(err);
    report->parts = grown;
    report->parts[report->part_count++] = writer->part;
    return 0;
}

static int check_dialect(const struct writer_format *format,
                         const struct writer_options *options,
                         struct error *err)
{
    const char *problem;

    if (format->head == NULL)
        return 0;
    problem = csv_dialect_problem(options->dialect, options->schema->count);
    if (problem == NULL)
        return 0;
    return error_set(err, ERROR_CONFIG, "output.csv: %s", problem);
}

struct writer *writer_open(const char *format,
                           const struct writer_options *options,
                           struct error *err)
{
    struct writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        error_no_memory(err);
        return NULL;
    }
    buf_init(&writer->line.record, WRITER_RECORD_MAX);
    buf_init(&writer->line.cell, CSV_CELL_MAX);
    writer->options = *options;
    writer->line.options = &writer->options;
    writer->line.counts = &writer->report;
    writer->report.format = format;
    writer->format = find_format(format);
    if (writer->format == NULL) {
        error_set(err, ERROR_BUG, "%s: no such output format", format);
        goto fail;
    }
    writer->report.format = writer->format->name;
    if (check_dialect(writer->format, options, err) != 0 ||
        open_part(writer, err) != 0)
        goto fail;
    return writer;

fail:
    writer_abort(writer);
    return NULL;
}

static int bad_cell(const struct writer *writer, size_t column,
                    enum error_kind kind, const char *what, struct error *err)
{
    return error_set(err, kind, "%s: row %llu, column %s: %s",
                     writer->part.name,
                     (unsigned long long)writer->part.rows + 1,
                     writer->options.schema->columns[column].name, what);
}

static int check_cells(const struct writer *writer, const struct value *cells,
                       struct error *err)
{
    const struct schema *schema = writer->options.schema;

    for (size_t i = 0; i < schema->count; i++) {
        const struct column *column = &schema->columns[i];

        if (!cells[i].present && !column->nullable)
            return bad_cell(writer, i, ERROR_BUG, "null is not allowed", err);
        if (!cells[i].present)
            continue;
        if (cells[i].type != column->type)
            return bad_cell(writer, i, ERROR_BUG, "wrong type", err);
        if (column->type == VALUE_STRING &&
            strlen(cells[i].text) > CSV_CELL_MAX)
            return bad_cell(writer, i, ERROR_DATA, "larger than 1 MiB", err);
    }
    return 0;
}

/* The next part, where this one is large enough. */
static int turn_part(struct writer *writer, struct error *err)
{
    if (writer->part.rows == 0 ||
        sink_bytes(writer->sink) < writer->options.part_size)
        return 0;
    return close_part(writer, err) != 0 ? -1 : open_part(writer, err);
}

static int end_row(struct writer *writer, struct error *err)
{
    if (put_line(writer, err) != 0)
        return -1;
    writer->part.rows++;
    writer->report.rows++;
    return 0;
}

int writer_row(struct writer *writer, const struct value *cells,
               struct error *err)
{
    int bad;

    if (turn_part(writer, err) != 0 || check_cells(writer, cells, err) != 0)
        return -1;
    buf_reset(&writer->line.record);
    bad = writer->format->row(&writer->line, cells);
    if (bad >= 0 && buf_ok(&writer->line.record))
        return bad_cell(writer, (size_t)bad, ERROR_DATA,
                        "value cannot be written", err);
    return end_row(writer, err);
}

int writer_line(struct writer *writer, const char *head, const char *line,
                size_t len, struct error *err)
{
    if (turn_part(writer, err) != 0)
        return -1;
    buf_reset(&writer->line.record);
    buf_puts(&writer->line.record, head);
    buf_append(&writer->line.record, line, len);
    return end_row(writer, err);
}

int writer_close(struct writer *writer, struct writer_report *report,
                 struct error *err)
{
    int result = close_part(writer, err);

    memset(report, 0, sizeof(*report));
    if (result == 0) {
        *report = writer->report;
        memset(&writer->report, 0, sizeof(writer->report));
    }
    writer_abort(writer);
    return result;
}

void writer_abort(struct writer *writer)
{
    if (writer == NULL)
        return;
    sink_abort(writer->sink);
    buf_release(&writer->line.record);
    buf_release(&writer->line.cell);
    writer_report_release(&writer->report);
    free(writer);
}

void writer_report_release(struct writer_report *report)
{
    free(report->parts);
    memset(report, 0, sizeof(*report));
}
