/* Sources that are files: read before anything is asked of a site, so that a
 * bad export costs no requests. */
#include <stdlib.h>
#include <string.h>

#include "gather_parts.h"

static bool is_read_file(const struct setup_source *entry)
{
    return entry->skipped == NULL && entry->source.file != NULL;
}

static int check_files(const struct gathering *g,
                       const struct setup_source *entry, struct error *err)
{
    const struct gather_options *options = g->options;
    const struct source_report *report = gather_report(options, entry);

    for (size_t i = 0; i < report->file_count; i++) {
        const struct file_report *file = &report->files[i];

        if (probe_file_facts(options->setup, entry, file->path, file->modified,
                             file->rows, options->report->as_of, err) != 0)
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
        /* read_log() has filled it, which an analyzer does not see. */
        for (size_t f = 0; f < report->file_count; f++) // NOLINTNEXTLINE
            same = same && !strcmp(before[f].sha256, report->files[f].sha256);
        free(before);
        if (!same) {
            error_set(err, ERROR_DATA,
                      "files.%s: changed while it was "
                      "read",
                      entry->source.file);
            return error_usual(err, "put exports into place by renaming, when "
                                    "they are whole, and run again");
        }
    }
    return 0;
}
