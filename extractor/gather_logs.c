#include <stdlib.h>
#include <string.h>

#include "gather_parts.h"
#include "instant.h"

bool gather_is_log(const struct setup_source *entry)
{
    return entry->skipped == NULL && entry->source.kind == SOURCE_EVENTS &&
           entry->source.file == NULL;
}

struct request_window gather_window(const struct job *job, int64_t as_of)
{
    return (struct request_window){as_of - job->events.lookback_ms,
                                   as_of - job->events.settle_ms};
}

struct recall_names gather_names(struct gathered *gathered)
{
    return (struct recall_names){.pairs = &gathered->pairs,
                                 .pair_ids = &gathered->pair_ids,
                                 .bridged = &gathered->bridged,
                                 .fresh = &gathered->fresh,
                                 .answered = &gathered->answered,
                                 .arena = &gathered->arena};
}

/* Of a long span each request that may be under way gets a window, because a
 * window asks one page after another: of pages asked at once, a row that comes
 * late could push another out of both. Some more, that a request is at hand
 * while the pages of others are looked at. */
static int64_t longest_window(const struct source *source,
                              const struct span *span, int64_t concurrency)
{
    int64_t longest = (int64_t)GATHER_WINDOW_DAYS * INSTANT_DAY;
    int64_t most = concurrency + concurrency / GATHER_SPARE;
    int64_t share = (span->to - span->from + most - 1) / most;

    if (source->windows == WINDOWS_ONE)
        return span->to - span->from;
    if (span->to - span->from < (int64_t)GATHER_LONG_DAYS * INSTANT_DAY)
        return longest;
    return share < longest ? share : longest;
}

size_t gather_windows_of(const struct source *source, const struct span *span,
                         const struct job *job)
{
    int64_t step = longest_window(source, span, job->limits.concurrency);

    return span->from >= span->to
               ? 0
               : (size_t)((span->to - span->from + step - 1) / step);
}

static size_t windows_of_log(const struct gather_options *options,
                             const struct setup_source *entry)
{
    const struct span_set *todo = recall_todo(options->recall, entry);
    size_t count = 0;

    for (size_t i = 0; i < todo->count; i++)
        count += gather_windows_of(&entry->source, &todo->spans[i],
                                   &options->setup->job);
    return count;
}

size_t gather_log_windows(const struct gather_options *options)
{
    const struct setup *setup = options->setup;
    size_t count = 0;

    for (size_t i = 0; i < setup->source_count; i++) {
        if (gather_is_log(&setup->sources[i]))
            count += windows_of_log(options, &setup->sources[i]);
    }
    return count;
}

static int window_whole(void *context, struct error *err)
{
    struct window_watch *watch = context;
    const struct gathering *g = watch->gathering;
    const struct recall_names names = gather_names(g->gathered);

    if (recall_keep(g->options->recall, watch->entry, watch->window,
                    g->gathered->books, &names, err) != 0)
        return -1;
    return gather_early_ended(watch, err);
}

static int window_page(void *context, bool taken, struct error *err)
{
    struct window_watch *watch = context;

    if (!taken) {
        gather_early_page(watch);
        return 0;
    }
    watch->turn++;
    return gather_early_took(watch->gathering, err);
}

static int start_window(struct gathering *g, const struct setup_source *entry,
                        struct window_report *window, struct error *err)
{
    struct walk_options options = gather_walk_options(g, entry);
    struct request_window bounds = {window->from, window->to};
    struct window_watch *watch = &g->watches[g->walk_count];

    *watch = (struct window_watch){
        .gathering = g, .entry = entry, .window = window};
    options.lean = entry->source.actions_path == NULL &&
                   gather_lean(g->options->setup);
    options.window = &bounds;
    options.window_report = window;
    options.finished = window_whole;
    options.page = window_page;
    options.told_context = watch;
    options.allow_no_access =
        g->options->setup->job.events.no_access == NO_ACCESS_ALLOW;
    if (entry->source.actions_path != NULL)
        options.action_names =
            &g->gathered->actions[entry - g->options->setup->sources].names;
    return gather_add_walk(g, NULL, entry, &options, err);
}

static void cut_span(const struct source *source, const struct span *span,
                     int64_t concurrency, struct source_report *report)
{
    int64_t step = longest_window(source, span, concurrency), to = span->to;

    while (to > span->from) {
        struct window_report *w = &report->windows[report->window_count++];

        w->to = to;
        w->from = to - step > span->from ? to - step : span->from;
        to = w->from;
    }
}

/* What an unfinished run read counts as read by this one. */
static void add_resumed(struct source_report *report,
                        const struct window_report *resumed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct window_report *w = &resumed[i];

        report->windows[report->window_count] = *w;
        report->windows[report->window_count++].whole = true;
        report->pages += w->pages;
        report->items += w->records;
        if (!report->has_span || w->oldest < report->oldest)
            report->oldest = w->oldest;
        if (!report->has_span || w->newest > report->newest)
            report->newest = w->newest;
        report->has_span = true;
    }
}

static int newest_first(const void *left, const void *right)
{
    const struct window_report *a = left, *b = right;

    return a->to != b->to ? (a->to < b->to ? 1 : -1)
                          : (a->from < b->from) - (a->from > b->from);
}

int gather_start_log(struct gathering *g, const struct setup_source *entry,
                     struct error *err)
{
    struct source_report *report = gather_report(g->options, entry);
    const struct span_set *todo = recall_todo(g->options->recall, entry);
    const struct window_report *resumed;
    size_t count;

    resumed = recall_resumed(g->options->recall, entry, &count);
    report->window_count = 0;
    report->windows = calloc(windows_of_log(g->options, entry) + count + 1,
                             sizeof(*report->windows));
    if (report->windows == NULL)
        return error_no_memory(err);
    add_resumed(report, resumed, count);
    for (size_t i = 0; i < todo->count; i++)
        cut_span(&entry->source, &todo->spans[i],
                 g->options->setup->job.limits.concurrency, report);
    qsort(report->windows, report->window_count, sizeof(*report->windows),
          newest_first);
    for (size_t i = 0; i < report->window_count; i++) {
        if (!report->windows[i].resumed &&
            start_window(g, entry, &report->windows[i], err) != 0)
            return -1;
    }
    return 0;
}

/* An event of a log that has no use for user keys. */
static int note_event(struct gathering *g, const char *subject,
                      const struct fact_event *event, struct error *err)
{
    const struct setup_source *entry =
        event != NULL ? setup_source(g->options->setup, event->source) : NULL;

    if (entry == NULL || entry->source.resolve_keys != NULL)
        return 0;
    if (gather_note_id(g->gathered, subject, err) != 0)
        return -1;
    return event->actor != NULL
               ? gather_note_id(g->gathered, event->actor, err)
               : 0;
}

static int note_book(struct gathering *g, const struct fact_book *book,
                     struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(&book->by_name, &position)) != NULL) {
        const struct fact_subject *subject = entry->value;

        for (size_t i = 0; i < book->count; i++) {
            if (note_event(g, subject->name, subject->slots[i].newest, err) ||
                note_event(g, subject->name, subject->slots[i].attributed,
                           err) != 0)
                return -1;
        }
    }
    return 0;
}

int gather_remember(struct gathering *g, struct error *err)
{
    struct gathered *gathered = g->gathered;
    const struct recall_names names = gather_names(gathered);

    if (recall_load(g->options->recall, gathered->books, &names, err) != 0)
        return -1;
    for (size_t i = 0; i < gathered->book_count; i++) {
        if (note_book(g, &gathered->books[i], err) != 0)
            return -1;
    }
    return 0;
}

int gather_keep(struct gathering *g, struct error *err)
{
    const struct recall_names names = gather_names(g->gathered);

    return recall_keep(g->options->recall, NULL, NULL, g->gathered->books,
                       &names, err);
}
