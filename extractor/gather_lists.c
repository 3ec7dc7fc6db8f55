#include <inttypes.h>
#include <string.h>

#include "gather_parts.h"
#include "guard.h"

void gather_open_feeds(struct gathering *g)
{
    const struct setup *setup = g->options->setup;

    g->log.gathering = g;
    for (size_t i = 0; i < setup->user_count; i++)
        g->feeds[i] = (struct feed){.gathering = g,
                                    .index = (unsigned)i,
                                    .entry = setup->users[i]};
}

/* Pages of a list at once. Those past its end are asked for in vain, so there are
 * few where windows of logs take the other requests. */
static size_t pages_ahead(const struct gather_options *options)
{
    size_t most = (size_t)options->setup->job.limits.concurrency;

    return gather_log_windows(options) < most ? most
                                              : most / GATHER_LIST_SHARE + 1;
}

/* What is asked meanwhile is asked of accounts that stay what they are. */
static int list_whole(void *context, struct error *err)
{
    struct feed *feed = context;

    if (walk_moved(feed->walk)) {
        feed->gathering->early.off = true;
        return 0;
    }
    return gather_early_listed(feed->gathering, err);
}

/* A user list that is read again is counted anew. */
int gather_start_users(struct gathering *g, struct feed *feed,
                       struct error *err)
{
    struct walk_options options = gather_walk_options(g, feed->entry);
    struct source_report *report = options.report;

    report->walks = ++feed->number;
    report->pages = report->items = report->duplicates = 0;
    report->rejected = report->placeholders = report->repairs = 0;
    report->whole = false;
    options.ahead = pages_ahead(g->options);
    options.number = feed->number;
    options.finished = list_whole;
    options.told_context = feed;
    g->early.lists++;
    feed->moved = false;
    return gather_add_walk(g, feed, feed->entry, &options, err);
}

/* The list is not offered in the form that was asked: the other one is read.
 * Nothing of it was taken, so its walk begins like a first one. */
void gather_fall_back(struct gathering *g, struct feed *feed, int status)
{
    const struct setup_source *entry = feed->entry;

    feed->entry = setup_source(g->options->setup, entry->source.fallback);
    feed->number = 0;
    feed->moved = true;
    gather_report(g->options, entry)->fallback = feed->entry->source.name;
    log_line(g->options->log, LOG_INFO, "source", "%s: status %d; reading %s "
             "instead", entry->source.name, status, feed->entry->source.name);
}

static int read_again(struct gathering *g, struct feed *feed,
                      struct error *err)
{
    const char *name = feed->entry->source.name;

    if (feed->number == GATHER_WALKS_MAX) {
        error_set(err, ERROR_DATA, "%s: the list of accounts changed during "
                  "each of %d walks", name, GATHER_WALKS_MAX);
        return error_hint(err, "run again at a quieter time");
    }
    if (feed->number > 0)
        log_line(g->options->log, LOG_WARN, "source", "%s: the list changed "
                 "while it was read; walk %u", name, feed->number + 1);
    return gather_start_users(g, feed, err);
}

/* All lists again that moved, until all stood still. */
int gather_until_still(struct gathering *g, struct error *err)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (size_t i = 0; i < g->options->setup->user_count; i++) {
            if (!g->feeds[i].moved)
                continue;
            moved = true;
            if (read_again(g, &g->feeds[i], err) != 0)
                return -1;
        }
        if (moved && gather_finish_walks(g, err) != 0)
            return -1;
    }
    return 0;
}

int gather_match_addresses(struct gathering *g, struct error *err)
{
    uint64_t unmatched[ROSTER_SOURCES_MAX] = {0};

    if (roster_settle(&g->gathered->roster, unmatched) != 0)
        return error_no_memory(err);
    for (size_t i = 0; i < g->options->setup->user_count; i++) {
        if (unmatched[i] == 0)
            continue;
        gather_report(g->options, g->feeds[i].entry)->unmatched = unmatched[i];
        log_line(g->options->log, LOG_WARN, "source", "%s: %" PRIu64 " rows "
                 "without account id have an e-mail address of none or of "
                 "several accounts", g->feeds[i].entry->source.name,
                 unmatched[i]);
    }
    return 0;
}

struct feed *gather_feed_of(struct gathering *g,
                            const struct setup_source *entry)
{
    for (size_t i = 0; i < g->options->setup->user_count; i++) {
        if (g->feeds[i].entry == entry)
            return &g->feeds[i];
    }
    return NULL;
}

/* The guards hold the universe as a whole; here what enriches it: a list that
 * is empty, or of nobody in particular, is not taken for an answer. */
int gather_check_lists(const struct gathering *g, struct error *err)
{
    const struct job *job = &g->options->setup->job;

    for (size_t i = 1; i < g->options->setup->user_count; i++) {
        const struct setup_source *entry = g->feeds[i].entry;
        const struct source_report *report = gather_report(g->options, entry);

        if (entry->source.each)
            continue;
        if (report->items == 0 && job->guards.min_users > 0) {
            error_set(err, ERROR_DATA, "%s: the list answers with no accounts",
                      entry->source.name);
            return error_hint(err, "check the permission to read it, or take "
                              "\"%s\" out of \"enrich\" in the mapping",
                              entry->source.name);
        }
        if (report->placeholders > 0 &&
            guard_maximum_share(g->options->report, GUARD_MAX_PLACEHOLDERS,
                                report->placeholders, report->items,
                                job->guards.max_placeholders_ppm, err) != 0)
            return error_prefix(err, "%s", entry->source.name);
    }
    return 0;
}
