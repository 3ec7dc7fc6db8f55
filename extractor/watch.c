#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "progress.h"

struct watch {
    struct watch_options options;
    const struct exchange *exchange; /* NULL: not started */
    struct progress progress;
    int shown[SETUP_SOURCES_MAX];   /* place of each source, or -1 */
    uint64_t expected[SETUP_SOURCES_MAX]; /* items, of the run before */
    struct screen screen;
    int64_t looked_ms, told_ms; /* told: the log */
    uint64_t items;  /* watch_item() was called with */
    struct buf text;
};

static void around(void *context, bool before)
{
    struct watch *watch = context;

    if (before)
        screen_hide(&watch->screen);
    else
        screen_show(&watch->screen);
}

/* Lists are read to an end; what else there is answers for single names. */
static bool is_list(const struct setup *setup,
                    const struct setup_source *entry)
{
    for (size_t i = 0; i < setup->user_count; i++) {
        if (setup->users[i] == entry)
            return true;
    }
    return entry->source.kind == SOURCE_EVENTS;
}

static const char *unit_of(const struct setup *setup,
                           const struct setup_source *entry)
{
    if (!is_list(setup, entry))
        return "names";
    return entry->source.each                      ? "answers"
           : entry->source.kind == SOURCE_EVENTS ? "records"
                                                   : "accounts";
}

struct watch *watch_new(const struct watch_options *options)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    int64_t now_ms = clock_mono(&options->log->clock);

    if (watch == NULL)
        return NULL;
    watch->options = *options;
    watch->told_ms = now_ms;
    buf_init(&watch->text, PROGRESS_FRAME_MAX);
    progress_init(&watch->progress, options->report->run_id, now_ms);
    for (size_t i = 0; i < options->setup->source_count; i++) {
        const struct setup_source *entry = &options->setup->sources[i];

        watch->shown[i] =
            entry->skipped != NULL || entry->is_fallback
                ? -1
                : progress_add(&watch->progress, entry->source.name,
                               unit_of(options->setup, entry));
    }
    if (options->screen == NULL)
        return watch;
    screen_open(&watch->screen, options->screen, &options->log->clock,
                options->color);
    options->log->around = around;
    options->log->around_context = watch;
    return watch;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->options.screen != NULL) {
        watch->options.log->around = NULL;
        screen_close(&watch->screen);
    }
    buf_release(&watch->text);
    free(watch);
}

void watch_start(struct watch *watch, const struct exchange *exchange,
                 const struct manifest *previous)
{
    if (watch == NULL)
        return;
    watch->exchange = exchange;
    for (size_t i = 0; i < watch->options.setup->source_count; i++) {
        const struct setup_source *entry = &watch->options.setup->sources[i];
        bool found;

        if (previous != NULL && entry->source.kind == SOURCE_USERS &&
            is_list(watch->options.setup, entry) && !entry->source.each)
            watch->expected[i] =
                manifest_source_items(previous, entry->source.name, &found);
    }
}

/* A fallback is shown in the place of what it stands in for. */
static const struct source_report *
report_of(const struct watch *watch, size_t index,
          const struct setup_source **entry)
{
    const struct setup *setup = watch->options.setup;
    const struct source_report *report =
        &watch->options.report->sources[index];

    *entry = &setup->sources[index];
    if (report->fallback == NULL ||
        setup_source(setup, report->fallback) == NULL)
        return report;
    *entry = setup_source(setup, report->fallback);
    return &watch->options.report->sources[*entry - setup->sources];
}

/* A log is as large as its windows say, if all of them do. */
static void count_windows(const struct source_report *report,
                          struct progress_counts *counts)
{
    uint64_t total = 0;
    bool known = true;

    counts->windows = report->window_count;
    for (size_t i = 0; i < report->window_count; i++) {
        const struct window_report *window = &report->windows[i];

        counts->whole += window->whole;
        if (window->whole)
            total += window->records;
        else if (window->has_total && window->total > 0)
            total += (uint64_t)window->total;
        else
            known = false;
    }
    counts->total = known ? total : 0;
    counts->begun = report->windows != NULL;
    counts->finished = (counts->begun && counts->whole == counts->windows) ||
                       report->no_access;
}

static struct progress_counts counts_of(const struct watch *watch,
                                        size_t index,
                                        const struct source_report *report,
                                        const struct setup_source *entry)
{
    const struct setup *setup = watch->options.setup;
    struct progress_counts counts = {.items = report->items,
                                     .pages = report->pages,
                                     .total = watch->expected[index],
                                     .begun = report->walks > 0 ||
                                              report->items > 0,
                                     .finished = report->whole};

    if (entry->source.each) {
        counts.items = report->asked;
        counts.total = report->to_ask;
        counts.begun = report->each;
    } else if (entry->source.kind == SOURCE_EVENTS &&
               entry->source.file == NULL)
        count_windows(report, &counts);
    if (!is_list(setup, &setup->sources[index])) {
        counts.begun = report->exchange.requests > 0;
        counts.finished = watch->progress.writing != NULL;
    }
    counts.begun = counts.begun || counts.finished;
    return counts;
}

static void look_at(struct watch *watch, size_t index, int64_t now_ms)
{
    const struct setup_source *entry;
    const struct source_report *report = report_of(watch, index, &entry);
    const struct progress_counts counts =
        counts_of(watch, index, report, entry);
    struct exchange_wait held;
    struct progress_wait wait;
    size_t place = (size_t)watch->shown[index];

    progress_update(&watch->progress, place, &counts, now_ms);
    if (watch->exchange == NULL || entry->endpoint == NULL)
        return;
    exchange_wait(watch->exchange, entry->endpoint, &entry->source, &held);
    wait = (struct progress_wait){.hold = (enum progress_hold)held.hold,
                                  .until_ms = held.until_ms,
                                  .attempt = held.attempt};
    memcpy(wait.cause, held.cause, sizeof(wait.cause));
    progress_wait(&watch->progress, place, &wait, now_ms);
}

static void look(struct watch *watch, int64_t now_ms)
{
    const struct run_report *report = watch->options.report;

    watch->progress.requests = watch->progress.retries = 0;
    for (size_t i = 0; i < watch->options.setup->source_count; i++) {
        watch->progress.requests += report->sources[i].exchange.requests;
        watch->progress.retries += report->sources[i].exchange.retries;
        if (watch->shown[i] >= 0)
            look_at(watch, i, now_ms);
    }
}

static void draw(struct watch *watch, int64_t now_ms)
{
    const struct progress_style style = screen_style(&watch->screen);

    buf_reset(&watch->text);
    progress_frame(&watch->progress, &style, now_ms, &watch->text);
    if (buf_ok(&watch->text))
        screen_draw(&watch->screen, &watch->text, &style);
}

static void tell(struct watch *watch, int64_t now_ms)
{
    watch->told_ms = now_ms;
    buf_reset(&watch->text);
    progress_line(&watch->progress, now_ms, &watch->text);
    if (buf_ok(&watch->text) && watch->text.len > 0)
        log_line(watch->options.log, LOG_INFO, "progress", "%s",
                 watch->text.data);
}

void watch_tick(void *context)
{
    struct watch *watch = context;
    int64_t now_ms;

    if (watch == NULL)
        return;
    now_ms = clock_mono(&watch->options.log->clock);
    if (watch->options.screen != NULL) {
        if (!screen_due(&watch->screen))
            return;
        look(watch, now_ms);
        draw(watch, now_ms);
        return;
    }
    /* Seen often, so that rates and waits are right when they are told. */
    if (now_ms - watch->looked_ms < PROGRESS_SAMPLE_MS)
        return;
    watch->looked_ms = now_ms;
    look(watch, now_ms);
    if (now_ms - watch->told_ms >= WATCH_LINE_MS)
        tell(watch, now_ms);
}

void watch_writing(struct watch *watch, const char *dataset, uint64_t rows)
{
    if (watch == NULL)
        return;
    watch->progress.writing = dataset;
    watch->progress.rows = 0;
    watch->progress.rows_total = rows;
}

void watch_item(struct watch *watch)
{
    if (watch != NULL && ++watch->items % WATCH_ROWS == 0)
        watch_tick(watch);
}

void watch_row(struct watch *watch)
{
    if (watch != NULL && ++watch->progress.rows % WATCH_ROWS == 0)
        watch_tick(watch);
}
