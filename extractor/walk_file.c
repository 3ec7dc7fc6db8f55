/* Files instead of pages: every row is an item, in the order of the files. */
#include <stdlib.h>
#include <string.h>

#include "sheet.h"
#include "walk_parts.h"

/* Rows of a log that are remembered to leave out those that come again, as
 * where two exports overlap. */
enum { FILE_RECENT_ROWS = 50 * 1000 };

static int take_row(void *context, const struct json *item, uint64_t number,
                    struct error *err)
{
    struct walk *walk = context;

    return exchange_check_stop(walk->options.exchange, err) != 0
               ? -1
               : walk_take_row(walk, item, number, err);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void tell_columns(const struct walk_options *options,
                         const struct job_path *path,
                         const struct sheet_facts *facts)
{
    if (facts->unknown_columns > 0)
        log_line(options->log, LOG_INFO, "columns",
                 "%s: %zu columns of %s "
                 "are not read: %s",
                 options->source->name, facts->unknown_columns,
                 base_name(path->given), facts->unknown);
    if (facts->extra_cells > 0)
        log_line(options->log, LOG_WARN, "columns",
                 "%s: %llu cells of %s "
                 "stand beyond the header and are not read",
                 options->source->name, (unsigned long long)facts->extra_cells,
                 base_name(path->given));
}

static int read_path(struct walk *walk, const struct job_path *path,
                     struct file_report *report, struct error *err)
{
    const struct sheet_options sheet = {
        .source = walk->options.source,
        .path = path->path,
        .row = take_row,
        .context = walk,
    };
    struct sheet_facts facts;

    walk->row_of = base_name(path->given);
    if (sheet_read(&sheet, &facts, err) != 0)
        return error_prefix(err, "files.%s", walk->options.source->file);
    *report = (struct file_report){
        .path = path->given,
        .bytes = facts.file.bytes,
        .modified = facts.modified,
        .rows = facts.rows,
        .unknown_columns = facts.unknown_columns,
        .extra_cells = facts.extra_cells,
    };
    memcpy(report->sha256, facts.file.sha256, sizeof(report->sha256));
    tell_columns(&walk->options, path, &facts);
    return 0;
}

int walk_files(const struct walk_options *options, const struct job_file *files,
               struct error *err)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    struct source_report *report = options->report;
    int result = 0;

    free(report->files);
    report->files = calloc(files->count, sizeof(*report->files));
    report->file_count = 0;
    if (walk == NULL || report->files == NULL) {
        free(walk);
        return error_no_memory(err);
    }
    walk->options = *options;
    walk->target = *options->target;
    if (options->window != NULL)
        walk->window = *options->window;
    recent_init(&walk->recent, FILE_RECENT_ROWS);
    for (size_t i = 0; i < files->count && result == 0; i++) {
        result = read_path(walk, &files->paths[i], &report->files[i], err);
        report->file_count += result == 0;
    }
    report->whole = result == 0;
    recent_release(&walk->recent);
    free(walk);
    return result;
}
