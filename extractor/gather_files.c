/* Sources that are files: read before anything is asked of a site, so that a
 * bad export costs no requests. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gather_parts.h"

static bool is_read_file(const struct setup_source *entry)
{
    return entry->skipped == NULL && entry->source.file != NULL;
}

/* A schedule that nobody feeds any more would publish the same rows for ever
 * and look well. */
static int check_age(const struct gathering *g,
                     const struct setup_source *entry,
                     const struct file_report *file, struct error *err)
{
    const struct gather_options *options = g->options;
    int64_t limit = options->setup->job.guards.max_export_age_ms;
    int64_t age = options->report->as_of - file->modified;
    char at[INSTANT_TEXT_MAX];

    if (age <= limit)
        return 0;
    instant_rfc3339(file->modified, at);
    error_set(err, ERROR_DATA,
              "guard max_export_age: files.%s: %s is of %s, "
              "%" PRId64 " hours before the run's time; the limit is %" PRId64,
              entry->source.file, file->path, at, age / INSTANT_HOUR,
              limit / INSTANT_HOUR);
    return error_hint(err, "export it anew; if it comes less often, raise "
                           "guards.max_export_age in the job, such as \"8d\"");
}

static int check_rows(const struct gathering *g,
                      const struct setup_source *entry,
                      const struct file_report *file, struct error *err)
{
    if (file->rows > 0 || g->options->setup->job.guards.min_users == 0)
        return 0;
    error_set(err, ERROR_DATA, "files.%s: %s has a header and no rows",
              entry->source.file, file->path);
    return error_hint(err, "export it anew; if there is nothing to export, "
                           "set guards.min_users to 0 in the job");
}

static int check_files(const struct gathering *g,
                       const struct setup_source *entry, struct error *err)
{
    const struct source_report *report = gather_report(g->options, entry);

    for (size_t i = 0; i < report->file_count; i++) {
        if (check_age(g, entry, &report->files[i], err) != 0 ||
            check_rows(g, entry, &report->files[i], err) != 0)
            return -1;
    }
    return 0;
}

static int read_files(struct gathering *g, const struct setup_source *entry,
                      struct feed *feed, struct window_report *window,
                      struct error *err)
{
    struct walk_target target = g->target;
    struct walk_options options = gather_walk_options(g, entry);

    target.context = feed;
    options.target = &target;
    if (window != NULL) {
        options.window = &g->options->window;
        options.window_report = window;
    }
    return walk_files(&options, entry->files, err);
}

static int read_log(struct gathering *g, const struct setup_source *entry,
                    struct error *err)
{
    struct source_report *report = gather_report(g->options, entry);

    free(report->windows);
    report->window_count = 0;
    report->windows = calloc(1, sizeof(*report->windows));
    if (report->windows == NULL)
        return error_no_memory(err);
    report->window_count = 1;
    report->windows->from = g->options->window.from;
    report->windows->to = g->options->window.to;
    return read_files(g, entry, &g->log, report->windows, err);
}

int gather_files(struct gathering *g, struct error *err)
{
    const struct setup *setup = g->options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        struct feed *feed = gather_feed_of(g, entry);
        int result = 0;

        if (!is_read_file(entry))
            continue;
        gather_report(g->options, entry)->walks = 1;
        if (entry->source.kind == SOURCE_EVENTS)
            result = read_log(g, entry, err);
        else if (feed != NULL)
            result = read_files(g, entry, feed, NULL, err);
        if (result != 0 || check_files(g, entry, err) != 0)
            return -1;
    }
    return 0;
}

int gather_files_again(struct gathering *g, struct error *err)
{
    const struct setup *setup = g->options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        struct source_report *report = gather_report(g->options, entry);
        struct file_report *before = report->files;
        bool same = true;

        if (!is_read_file(entry) || entry->source.kind != SOURCE_EVENTS)
            continue;
        report->files = NULL;
        if (read_log(g, entry, err) != 0) {
            free(before);
            return -1;
        }
        for (size_t f = 0; f < report->file_count; f++)
            same =
                same && strcmp(before[f].sha256, report->files[f].sha256) == 0;
        free(before);
        if (!same)
            return error_set(err, ERROR_DATA,
                             "files.%s: changed while it was "
                             "read",
                             entry->source.file);
    }
    return 0;
}
