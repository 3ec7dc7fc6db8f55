#include "writers.h"

#include <stdlib.h>
#include <string.h>

int writers_open(struct writers *writers, const struct job *job, int dir_fd,
                 struct worker *worker, struct dataset_report *report,
                 struct error *err)
{
    const struct writer_options options = {
        .dir_fd = dir_fd,
        .schema = report->schema,
        .dialect = &job->output.dialect,
        .part_size = job->output.part_size,
        .plain = job->output.compression == COMPRESSION_NONE,
        .mode = job->output.file_mode,
        .worker = worker,
    };
    const char *formats[WRITERS_MAX] = {job->output.csv ? "csv" : NULL,
                                        job->output.jsonl ? "jsonl" : NULL};

    memset(writers, 0, sizeof(*writers));
    writers->report = report;
    report->writers = calloc(WRITERS_MAX, sizeof(*report->writers));
    if (report->writers == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < WRITERS_MAX; i++) {
        struct writer *writer;

        if (formats[i] == NULL)
            continue;
        writer = writer_open(formats[i], &options, err);
        if (writer == NULL)
            return writers_close(writers, -1, err);
        writers->items[writers->count++] = writer;
    }
    return 0;
}

int writers_row(struct writers *writers, const struct value *cells,
                struct error *err)
{
    for (size_t i = 0; i < writers->count; i++) {
        if (writer_row(writers->items[i], cells, err) != 0)
            return -1;
    }
    writers->report->rows++;
    return 0;
}

int writers_close(struct writers *writers, int result, struct error *err)
{
    struct dataset_report *report = writers->report;

    for (size_t i = 0; i < writers->count; i++) {
        if (result == 0)
            result = writer_close(writers->items[i],
                                  &report->writers[report->writer_count++],
                                  err);
        else
            writer_abort(writers->items[i]);
    }
    writers->count = 0;
    return result;
}
