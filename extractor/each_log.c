#include <inttypes.h>
#include <stdio.h>

#include "each_parts.h"

enum {
    TELL_ANSWERS = 100, /* the log is told after so many */
    TELL_MS = 30 * 1000 /* or so long */
};

enum { TIME_TEXT_MAX = 64 };

/* Milliseconds for so many requests at the endpoint's rate; -1: it has none. */
static int64_t time_at_rate(const struct each *each, size_t requests)
{
    const struct endpoint *endpoint = each->entry->endpoint;

    if (endpoint->rate_count == 0)
        return -1;
    return (int64_t)requests * endpoint->rate_per_ms / endpoint->rate_count;
}

/* ", about 12 min at the configured rate" */
static void time_text(const struct each *each, size_t requests,
                      char text[TIME_TEXT_MAX])
{
    int64_t ms = time_at_rate(each, requests);
    int64_t minutes = (ms + INSTANT_MINUTE - 1) / INSTANT_MINUTE;

    text[0] = '\0';
    if (requests > 0 && ms >= 0)
        snprintf(text, TIME_TEXT_MAX, ", %s%" PRId64 " min at the configured "
                 "rate", minutes > 1 ? "about " : "up to ", minutes);
}

static void warn_of_time(const struct each *each)
{
    int64_t need = time_at_rate(each, each->count);
    int64_t left = exchange_time_left(each->gather->exchange);

    if (need <= left)
        return;
    log_line(each->gather->log, LOG_WARN, "each", "%s: about %" PRId64 " min "
             "are needed at the configured rate, and limits.run_for leaves %"
             PRId64 " min: the run will end with exit 75, and the next within "
             "%" PRId64 " h goes on where it stopped",
             each->entry->source.name, need / INSTANT_MINUTE,
             left / INSTANT_MINUTE,
             each->entry->source.each_max_age_ms / INSTANT_HOUR);
}

void each_log_start(struct each *each)
{
    char time[TIME_TEXT_MAX];

    each->started_ms = clock_mono(&each->gather->log->clock);
    each->told_ms = each->started_ms;
    each->report->to_ask = each->count;
    time_text(each, each->count, time);
    log_line(each->gather->log, LOG_INFO, "each", "%s: %zu accounts to ask "
             "about%s; %" PRIu64 " answers of an earlier run are used again",
             each->entry->source.name, each->count, time,
             each->report->reused);
    warn_of_time(each);
}

void each_log_progress(struct each *each)
{
    int64_t now_ms = clock_mono(&each->gather->log->clock);
    char time[TIME_TEXT_MAX];

    if (each->answered == each->count ||
        (each->answered < each->told + TELL_ANSWERS &&
         now_ms < each->told_ms + TELL_MS))
        return;
    each->told = each->answered;
    each->told_ms = now_ms;
    time_text(each, each->count - each->answered, time);
    log_line(each->gather->log, LOG_INFO, "each", "%s: %zu of %zu accounts "
             "answered%s%s", each->entry->source.name, each->answered,
             each->count, time[0] != '\0' ? "; left" : "",
             time[0] != '\0' ? time + 1 : "");
}

void each_log_end(const struct each *each)
{
    const struct source_report *report = each->report;

    each->report->whole = true;
    log_line(each->gather->log, LOG_INFO, "each", "%s: %" PRIu64 " accounts "
             "asked about, %" PRIu64 " answers of an earlier run; %" PRIu64
             " accounts it does not know, %" PRIu64 " answers refused",
             each->entry->source.name, report->asked, report->reused,
             report->unknown, report->rejected);
}

void each_log_failure(const struct each *each, struct error *err)
{
    const char *name = each->entry->source.name;

    if (err->kind == ERROR_TRY_LATER && each->answered < each->count)
        error_prefix(err, "%s: %zu of %zu accounts answered", name,
                     each->answered, each->count);
    if (each->committed > 0)
        log_line(each->gather->log, LOG_WARN, "each", "%s: %zu answers of "
                 "this run are kept; one within %" PRId64 " h asks about the "
                 "rest", name, each->committed,
                 each->entry->source.each_max_age_ms / INSTANT_HOUR);
}
