/* The lines of the runs, each behind its site. */
#include <string.h>

#include "merge_parts.h"
#include "sink.h"

enum { CHUNK = 64 * 1024, HEAD_MAX = 128 };

#define PART_SIZE_DEFAULT (UINT64_C(200) * 1024 * 1024)

typedef int line_fn(void *context, const char *head, const char *line,
                    size_t len, struct error *err);

/* One part on its way into the merged files. */
struct copy {
    const struct merge *merge;
    const struct merge_run *run;
    const struct manifest_resource *part;
    line_fn *take;
    void *context;
    char head[HEAD_MAX]; /* what stands before each line */
    bool json;
    size_t skip; /* bytes of a mark still to be left out */
    bool header; /* and a line */
    uint64_t rows;
    struct buf line;
};

static int bad(const struct copy *copy, const char *what, struct error *err)
{
    error_set(err, ERROR_DATA, "%s: %s: %s", copy->run->path, copy->part->path,
              what);
    return error_usual(err, "rollcall verify tells more of the run");
}

/* What fails on the way is of the file; a run is what its user named. */
static int unread(const struct copy *copy, struct error *err)
{
    error_prefix(err, "%s", copy->run->path);
    if (err->kind != ERROR_DATA)
        return -1;
    return error_usual(err, "rollcall verify tells more of the run");
}

/* A line is the part's own; of an object the brace is in the head. */
static int end_line(struct copy *copy, struct error *err)
{
    const char *line = copy->line.data;
    size_t len = copy->line.len;

    if (copy->header) {
        copy->header = false;
        return 0;
    }
    copy->rows++;
    if (!copy->json)
        return copy->take(copy->context, copy->head, line, len, err);
    if (len < 3 || line[0] != '{' || line[1] != '"')
        return bad(copy, "a line is no row", err);
    return copy->take(copy->context, copy->head, line + 1, len - 1, err);
}

static int feed(struct copy *copy, const char *data, size_t len,
                struct error *err)
{
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t piece = end != NULL ? (size_t)(end - data) + 1 : len;

        if (buf_append(&copy->line, data, piece) != 0)
            return copy->line.full ? bad(copy, "a row is too long", err)
                                   : error_no_memory(err);
        if (end == NULL)
            return 0;
        if (end_line(copy, err) != 0)
            return -1;
        buf_reset(&copy->line);
        data += piece;
        len -= piece;
    }
    return 0;
}

static int check_stop(const struct merge *merge, struct error *err)
{
    const volatile sig_atomic_t *stop = merge->options->stop;

    if (stop == NULL || *stop == 0)
        return 0;
    return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing published");
}

static int read_lines(struct copy *copy, struct source_file *file,
                      struct error *err)
{
    char chunk[CHUNK];
    ssize_t got;

    while ((got = source_file_read(file, chunk, sizeof(chunk), err)) > 0) {
        size_t len = (size_t)got;
        size_t skip = copy->skip < len ? copy->skip : len;

        copy->skip -= skip;
        if (feed(copy, chunk + skip, len - skip, err) != 0 ||
            check_stop(copy->merge, err) != 0)
            return -1;
    }
    if (got < 0)
        return unread(copy, err);
    if (copy->line.len > 0)
        return bad(copy, "ends within a row", err);
    return 0;
}

/* It was verified a moment ago; what is written is what was verified only if
 * it still is the same. */
static int copy_part(struct copy *copy, struct error *err)
{
    const struct manifest_resource *r = copy->part;
    struct source_file *file = source_file_open(copy->run->fd, r->path, err);
    struct sink_facts facts;
    int result;

    if (file == NULL)
        return unread(copy, err);
    copy->rows = 0;
    buf_init(&copy->line, WRITER_RECORD_MAX);
    result = read_lines(copy, file, err);
    buf_release(&copy->line);
    if (result != 0) {
        source_file_close(file, NULL, err);
        return -1;
    }
    if (source_file_close(file, &facts, err) != 0)
        return unread(copy, err);
    if (strcmp(facts.sha256, r->sha256) != 0 || copy->rows != r->rows)
        return bad(copy, "has changed since it was verified", err);
    return 0;
}

/* The site's cell and what parts it from the next. */
static int make_head(struct copy *copy, struct error *err)
{
    const struct csv_dialect *dialect = &copy->part->dialect;
    struct csv_writer w = {.dialect = dialect};
    struct jsonw json;
    struct buf head;

    buf_init(&head, sizeof(copy->head) - 1);
    if (copy->json) {
        jsonw_init(&json, &head, 0);
        jsonw_object(&json, NULL);
        jsonw_text(&json, MANIFEST_SITE_COLUMN, copy->run->site);
        buf_putc(&head, ',');
    } else {
        w.out = &head;
        csv_row_start(&w);
        csv_put_text(&w, copy->run->site);
        buf_putc(&head, dialect->delimiter);
    }
    if (!buf_ok(&head)) {
        buf_release(&head);
        return error_no_memory(err);
    }
    memcpy(copy->head, head.data, head.len + 1);
    buf_release(&head);
    return 0;
}

/* All parts of a dataset in a format, of all runs. */
static int copy_all(const struct merge *merge, const char *dataset,
                    const char *format, line_fn *take, void *context,
                    struct error *err)
{
    for (size_t i = 0; i < merge->count; i++) {
        const struct merge_run *run = &merge->runs[i];

        for (size_t p = 0; p < run->manifest.resource_count; p++) {
            const struct manifest_resource *r = &run->manifest.resources[p];
            struct copy copy = {.merge = merge,
                                .run = run,
                                .part = r,
                                .take = take,
                                .context = context,
                                .json = strcmp(format, "jsonl") == 0};

            if (strcmp(r->dataset, dataset) != 0 ||
                strcmp(r->format, format) != 0)
                continue;
            copy.header = !copy.json && r->dialect.header;
            copy.skip = !copy.json && r->dialect.bom ? sizeof(CSV_BOM) - 1 : 0;
            if (make_head(&copy, err) != 0 || copy_part(&copy, err) != 0)
                return -1;
        }
    }
    return 0;
}

static int take_row(void *context, const char *head, const char *line,
                    size_t len, struct error *err)
{
    return writer_line(context, head, line, len, err);
}

static bool is_plain(const char *path)
{
    size_t len = strlen(path), end = strlen(".gz");

    return len < end || strcmp(path + len - end, ".gz") != 0;
}

static int write_format(struct merge *merge, struct dataset_report *report,
                        const struct manifest_resource *first,
                        struct error *err)
{
    const struct job *job = merge->options->job;
    struct writer_report *written = &report->writers[report->writer_count];
    const char *dataset = report->schema->name;
    struct writer_options options = {
        .dir_fd = merge->dir_fd,
        .schema = report->schema,
        .dialect = &first->dialect,
        .part_size = job != NULL ? job->output.part_size : PART_SIZE_DEFAULT,
        .plain = is_plain(first->path),
        .mode = merge->file_mode,
        .worker = merge->worker,
    };
    struct writer *writer = writer_open(first->format, &options, err);

    if (writer == NULL)
        return -1;
    if (copy_all(merge, dataset, first->format, take_row, writer, err) != 0) {
        writer_abort(writer);
        return -1;
    }
    if (writer_close(writer, written, err) != 0)
        return -1;
    report->writer_count++;
    report->rows = written->rows;
    merge_count_format(merge, dataset, written);
    return 0;
}

int merge_dataset(struct merge *merge, struct dataset_report *report,
                  struct error *err)
{
    report->writers =
        arena_alloc(&merge->arena, MERGE_FORMATS * sizeof(*report->writers));
    if (report->writers == NULL)
        return error_no_memory(err);
    for (size_t f = 0; f < MERGE_FORMATS; f++) {
        const struct manifest_resource *first =
            merge_first(&merge->runs[0].manifest, report->schema->name,
                        merge_formats[f]);

        if (first != NULL && strcmp(merge_formats[f], "csv") == 0)
            merge->report.dialect = &first->dialect;
        if (first != NULL && write_format(merge, report, first, err) != 0)
            return -1;
    }
    return 0;
}

struct rejects_file {
    struct sink *sink;
    struct part_report *report;
};

static int take_reject(void *context, const char *head, const char *line,
                       size_t len, struct error *err)
{
    struct rejects_file *out = context;
    size_t head_len = strlen(head);

    out->report->rows++;
    if (head_len + len > out->report->longest)
        out->report->longest = head_len + len;
    if (sink_write(out->sink, head, head_len, err) != 0)
        return -1;
    return sink_write(out->sink, line, len, err);
}

int merge_rejects(struct merge *merge, struct error *err)
{
    const struct sink_options options = {.gzip = true,
                                         .level = WRITER_GZIP_LEVEL,
                                         .mode = merge->file_mode};
    struct part_report *report = &merge->report.rejects;
    struct rejects_file out = {.report = report};
    const char *name = NULL;

    for (size_t i = 0; i < merge->count && name == NULL; i++) {
        const struct manifest_resource *r =
            merge_first(&merge->runs[i].manifest, REJECTS_DATASET, "jsonl");

        name = r != NULL ? r->path : NULL;
    }
    if (name == NULL)
        return 0;
    snprintf(report->name, sizeof(report->name), "%s", name);
    out.sink = sink_open(merge->dir_fd, report->name, &options, err);
    if (out.sink == NULL)
        return -1;
    if (copy_all(merge, REJECTS_DATASET, "jsonl", take_reject, &out, err)) {
        sink_abort(out.sink);
        return -1;
    }
    merge->report.has_rejects = true;
    return sink_close(out.sink, &report->facts, err);
}
