#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"

void progress_init(struct progress *progress, const char *run_id,
                   int64_t now_ms)
{
    memset(progress, 0, sizeof(*progress));
    progress->run_id = run_id;
    progress->started_ms = now_ms;
}

int progress_add(struct progress *progress, const char *name, const char *unit)
{
    if (progress->source_count == PROGRESS_SOURCES_MAX)
        return -1;
    progress->sources[progress->source_count] =
        (struct progress_source){.name = name, .unit = unit};
    return (int)progress->source_count++;
}

static const struct progress_sample *
newest_sample(const struct progress_source *source)
{
    return &source->samples[(source->sample_next + PROGRESS_SAMPLES - 1) %
                            PROGRESS_SAMPLES];
}

static const struct progress_sample *
oldest_sample(const struct progress_source *source)
{
    return &source->samples[(source->sample_next + PROGRESS_SAMPLES -
                             source->sample_count) %
                            PROGRESS_SAMPLES];
}

static void add_sample(struct progress_source *source, int64_t now_ms)
{
    source->samples[source->sample_next] =
        (struct progress_sample){now_ms, source->counts.items};
    source->sample_next = (source->sample_next + 1) % PROGRESS_SAMPLES;
    source->sample_count += source->sample_count < PROGRESS_SAMPLES;
}

static void begin(struct progress_source *source, int64_t now_ms)
{
    source->begun_ms = now_ms;
    source->begun_items = source->counts.items;
    source->sample_count = source->sample_next = 0;
    add_sample(source, now_ms);
}

void progress_update(struct progress *progress, size_t index,
                     const struct progress_counts *counts, int64_t now_ms)
{
    struct progress_source *source = &progress->sources[index];
    const struct progress_counts before = source->counts;

    source->counts = *counts;
    if (!counts->begun)
        return;
    if (!before.begun || counts->items < before.items) {
        begin(source, now_ms);
        source->begun_items = before.begun ? 0 : source->begun_items;
    } else if (now_ms - newest_sample(source)->at_ms >= PROGRESS_SAMPLE_MS)
        add_sample(source, now_ms);
    if (counts->finished && !before.finished)
        source->ended_ms = now_ms;
}

void progress_wait(struct progress *progress, size_t index,
                   const struct progress_wait *wait, int64_t now_ms)
{
    struct progress_source *source = &progress->sources[index];

    if (wait->hold == PROGRESS_FREE)
        return;
    source->wait = *wait;
    source->wait_seen_ms = now_ms;
}

const struct progress_wait *progress_waits(const struct progress_source *source,
                                           int64_t now_ms)
{
    bool shown = source->wait.hold == PROGRESS_RATE
                     ? now_ms - source->wait_seen_ms < PROGRESS_RATE_SHOWN_MS
                     : source->wait.until_ms > now_ms;

    return source->wait.hold != PROGRESS_FREE && !source->counts.finished &&
                   shown
               ? &source->wait
               : NULL;
}

int64_t progress_rate(const struct progress_source *source, int64_t now_ms)
{
    const struct progress_sample *since;

    if (source->sample_count == 0)
        return 0;
    since = oldest_sample(source);
    if (now_ms - since->at_ms < PROGRESS_SAMPLE_MS)
        return 0;
    return (int64_t)((double)(source->counts.items - since->items) *
                     INSTANT_HOUR / (double)(now_ms - since->at_ms));
}

int64_t progress_left_ms(const struct progress_source *source, int64_t now_ms)
{
    const struct progress_counts *counts = &source->counts;
    const struct progress_wait *wait = progress_waits(source, now_ms);
    int64_t spent = now_ms - source->begun_ms;
    uint64_t read;
    double left;

    if (!counts->begun || counts->finished || counts->total <= counts->items ||
        spent < PROGRESS_LEFT_AFTER_MS || counts->items <= source->begun_items)
        return -1;
    read = counts->items - source->begun_items;
    left = (double)(counts->total - counts->items) * (double)spent /
           (double)read;
    if (left > PROGRESS_LEFT_MAX_DAYS * (double)INSTANT_DAY)
        return -1;
    return wait != NULL && wait->until_ms - now_ms > (int64_t)left
               ? wait->until_ms - now_ms
               : (int64_t)left;
}

const char *progress_time(int64_t ms, char out[PROGRESS_TIME_MAX])
{
    int64_t seconds = ms / INSTANT_SECOND, minutes = seconds / 60;

    if (ms < INSTANT_SECOND)
        snprintf(out, PROGRESS_TIME_MAX, "%" PRId64 " ms", ms < 0 ? 0 : ms);
    else if (minutes == 0)
        snprintf(out, PROGRESS_TIME_MAX, "%" PRId64 " s", seconds);
    else if (minutes < 60)
        snprintf(out, PROGRESS_TIME_MAX, "%" PRId64 " min %" PRId64 " s",
                 minutes, seconds % 60);
    else
        snprintf(out, PROGRESS_TIME_MAX, "%" PRId64 " h %" PRId64 " min",
                 minutes / 60, minutes % 60);
    return out;
}

const char *progress_number(uint64_t number, char out[PROGRESS_NUMBER_MAX])
{
    char digits[PROGRESS_NUMBER_MAX];
    int count = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    int at = 0;

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
