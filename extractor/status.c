#include "status.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gather.h"
#include "instant.h"
#include "status_parts.h"

enum { WARNING_TEXT_MAX = 1024 };

const char *status_verdict(const struct runs_entry *entry)
{
    if (entry->problem != NULL)
        return "unreadable";
    if (!entry->marked)
        return "unmarked";
    return entry->missing > 0 ? "partial" : "complete";
}

uint64_t status_rows(const struct runs_entry *entry, const char *dataset,
                     bool *found)
{
    *found = false;
    for (size_t i = 0; i < entry->dataset_count; i++) {
        if (strcmp(entry->datasets[i].name, dataset) != 0)
            continue;
        *found = true;
        return entry->datasets[i].rows;
    }
    return 0;
}

int status_warn(struct status *status, struct error *err, const char *format,
                ...)
{
    char text[WARNING_TEXT_MAX];
    va_list args;
    char *copy;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    copy = arena_strdup(&status->arena, text);
    if (status->warning_count == status->warning_capacity) {
        size_t capacity = status->warning_capacity + 64;
        const char **grown =
            realloc(status->warnings, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        status->warnings = grown;
        status->warning_capacity = capacity;
    }
    if (copy == NULL)
        return error_no_memory(err);
    status->warnings[status->warning_count++] = copy;
    return 0;
}

static int warn_of_age(struct status *status, struct error *err)
{
    const struct status_options *options = &status->options;
    char at[INSTANT_TEXT_MAX];

    status->stale = status->last == NULL ||
                    options->now - status->last->as_of > options->max_age_ms;
    if (status->last == NULL)
        return status_warn(status, err, "no run is published");
    if (!status->stale)
        return 0;
    instant_rfc3339(status->last->as_of, at);
    return status_warn(status, err,
                       "the last run is of %s, more than %lld hours ago", at,
                       (long long)(options->max_age_ms / INSTANT_HOUR));
}

static int warn_of_latest(struct status *status, struct error *err)
{
    const struct runs *runs = &status->runs;
    const struct runs_entry *newest = runs->entries;

    if (runs->named == NULL && runs->latest != NULL)
        return status_warn(status, err,
                           "latest leads to \"%s\", which is no run "
                           "that can be read",
                           runs->latest);
    if (status->last == NULL)
        return 0;
    if (runs->latest == NULL)
        return status_warn(status, err, "there is no link latest");
    if (newest->as_of > status->last->as_of)
        return status_warn(status, err, "latest leads to %s, but %s is newer",
                           status->last->name, newest->name);
    return 0;
}

static int warn_of_runs(struct status *status, struct error *err)
{
    for (size_t i = 0; i < status->runs.count; i++) {
        const struct runs_entry *entry = &status->runs.entries[i];
        int result = 0;

        if (entry->problem != NULL)
            result =
                status_warn(status, err, "%s: %s", entry->name, entry->problem);
        else if (!entry->marked)
            result = status_warn(status, err,
                                 "%s: a done file is missing, or one that "
                                 "belongs to it; extract with --run-id %s "
                                 "sets it",
                                 entry->name, entry->name);
        else if (entry->missing > 0)
            result = status_warn(status, err, "%s: lacks %zu of its sites",
                                 entry->name, entry->missing);
        if (result != 0)
            return -1;
    }
    if (status->runs.leftover_count > 0 && !status->held)
        return status_warn(status, err,
                           "%zu leftovers of dead runs; the next run or "
                           "clean removes them",
                           status->runs.leftover_count);
    return 0;
}

static int warn_of_sources(struct status *status, struct error *err)
{
    for (size_t i = 0; i < status->source_count; i++) {
        const struct status_source *source = &status->sources[i];

        if (source->no_access &&
            status_warn(status, err, "%s: the log could not be read",
                        source->name) != 0)
            return -1;
        if (source->gap_count > 0 &&
            status_warn(status, err, "%s: %zu gaps in the time read",
                        source->name, source->gap_count) != 0)
            return -1;
    }
    return 0;
}

static void find_last(struct status *status)
{
    const struct runs *runs = &status->runs;

    status->last = runs->named;
    if (status->last == NULL && runs->count > 0 &&
        runs->entries[0].problem == NULL)
        status->last = &runs->entries[0];
    if (status->last != NULL)
        status->before = runs_before(runs, status->last);
}

static void find_next(struct status *status)
{
    const struct job *job = status->options.job;
    struct request_window window;

    if (job == NULL)
        return;
    window = gather_window(job, status->options.now);
    status->next = (struct status_span){window.from, window.to};
    status->has_next = true;
}

static int look(struct status *status, int out_fd, struct error *err)
{
    status->held = publish_holder(out_fd, status->holder);
    if (runs_load(&status->runs, out_fd, err) != 0)
        return -1;
    find_last(status);
    find_next(status);
    if (status->last != NULL && status_read_sources(status, out_fd, err) != 0)
        return -1;
    if (warn_of_age(status, err) != 0 || warn_of_latest(status, err) != 0 ||
        warn_of_runs(status, err) != 0)
        return -1;
    if (warn_of_sources(status, err) != 0)
        return -1;
    return status->options.setup != NULL ? status_read_state(status, err) : 0;
}

int status_load(struct status *status, const struct status_options *options,
                struct error *err)
{
    int result, out_fd;

    memset(status, 0, sizeof(*status));
    arena_init(&status->arena);
    status->options = *options;
    out_fd = runs_open_out(options->out_dir, err);
    if (out_fd < 0)
        return -1;
    result = look(status, out_fd, err);
    close(out_fd);
    return result == 0 ? 0 : error_prefix(err, "%s", options->out_dir);
}

void status_release(struct status *status)
{
    runs_free(&status->runs);
    free(status->warnings);
    free(status->state.cursors);
    arena_release(&status->arena);
}
