#include "gather.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gather_parts.h"
#include "guard.h"
#include "instant.h"
#include "name.h"
#include "watch.h"

int gather_init(struct gathered *gathered, const struct setup *setup,
                struct error *err)
{
    memset(gathered, 0, sizeof(*gathered));
    roster_init(&gathered->roster);
    arena_init(&gathered->arena);
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct rules *rules = &setup->mappings[i].rules;
        fact_book_init(&gathered->books[i], rules->facts, rules->fact_count);
    }
    gathered->book_count = setup->mapping_count;
    gathered->rejects = rejects_open(err);
    return gathered->rejects != NULL ? 0 : -1;
}

void gather_release(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->book_count; i++)
        fact_book_release(&gathered->books[i]);
    for (size_t i = 0; i < SETUP_SOURCES_MAX; i++)
        actions_release(&gathered->actions[i]);
    roster_release(&gathered->roster);
    strmap_release(&gathered->pairs);
    strmap_release(&gathered->pair_ids);
    strmap_release(&gathered->bridged);
    strmap_release(&gathered->fresh);
    strmap_release(&gathered->turns);
    strmap_release(&gathered->answered);
    strmap_release(&gathered->refused);
    strmap_release(&gathered->subjects);
    strmap_release(&gathered->actors);
    spool_close(gathered->spool);
    rejects_abort(gathered->rejects);
    arena_release(&gathered->arena);
    memset(gathered, 0, sizeof(*gathered));
}

static int take_user(void *context, const struct user *user, unsigned number,
                     bool *fresh, struct error *err)
{
    const struct feed *feed = context;
    struct account *account = roster_take(
        &feed->gathering->gathered->roster, user, feed->index);

    watch_item(feed->gathering->options->watch);
    if (account == NULL)
        return error_no_memory(err);
    *fresh = account->walk[feed->index] != number;
    account->walk[feed->index] = (uint8_t)number;
    return 0;
}

int gather_note_id(struct gathered *gathered, const char *name,
                   struct error *err)
{
    const char *copy;

    if (name_id(name) != name)
        return 0;
    copy = strmap_get(&gathered->pair_ids, name);
    if (copy != NULL)
        return gather_early_again(gathered, copy, err);
    copy = arena_strdup(&gathered->arena, name);
    if (copy == NULL ||
        strmap_put(&gathered->pair_ids, copy, (void *)copy) != 0)
        return error_no_memory(err);
    return gather_early_told(gathered, copy, err);
}

/* A log that has no use for user keys names accounts by their ids, and those
 * need no bridge even when the user list does not have them. */
static int note_ids(struct gathered *gathered, const struct event *event,
                    struct error *err)
{
    const struct value *actor = &event->fields[EVENT_ACTOR];

    for (size_t i = 0; i < event->subject_count; i++) {
        if (gather_note_id(gathered, event->subjects[i], err) != 0)
            return -1;
    }
    return actor->present ? gather_note_id(gathered, actor->text, err) : 0;
}

static int show_event(void *context, const struct event *event,
                      struct error *err)
{
    const struct gathering *g = ((struct feed *)context)->gathering;
    const struct gather_observer *observer = &g->options->observer;

    return observer->event == NULL
               ? 0
               : observer->event(observer->context, event, err);
}

static int take_event(void *context, const struct event *event,
                      struct error *err)
{
    const struct gathering *g = ((struct feed *)context)->gathering;
    const struct setup *setup = g->options->setup;
    const struct setup_source *entry = setup_source(setup, event->source);

    watch_item(g->options->watch);
    if (entry != NULL && entry->source.resolve_keys == NULL &&
        note_ids(g->gathered, event, err) != 0)
        return -1;
    if (entry != NULL && entry->source.actions_path != NULL &&
        actions_note(&g->gathered->actions[entry - setup->sources], event,
                     err) != 0)
        return -1;
    if (entry != NULL)
        recall_saw(g->options->recall, entry, event);
    for (size_t i = 0; i < g->gathered->book_count; i++) {
        if (rules_take_source(&setup->mappings[i].rules, event->source) &&
            fact_fold(&g->gathered->books[i], event) != 0)
            return error_no_memory(err);
    }
    if (gather_spool_event(g, event, err) != 0)
        return -1;
    return show_event(context, event, err);
}

static int note_pair_again(struct gathered *gathered, const char *key,
                           const char *id, struct error *err)
{
    if (gathered->turn >= gathered->last_told)
        return 0;
    return gather_early_again(gathered, key, err) == 0
               ? gather_early_again(gathered, id, err)
               : -1;
}

static int note_pair_id(struct gathered *gathered, const char *id,
                        struct error *err)
{
    if (strmap_get(&gathered->pair_ids, id) != NULL)
        return gather_early_again(gathered, id, err);
    if (strmap_put(&gathered->pair_ids, id, (void *)id) != 0)
        return error_no_memory(err);
    return gather_early_told(gathered, id, err);
}

/* Should a log ever give two ids for one key, the smaller one is taken, so
 * that the outcome does not depend on which record came first. */
static int take_pair(void *context, const char *key, const char *account_id,
                     struct error *err)
{
    struct gathered *gathered = ((struct feed *)context)->gathering->gathered;
    const char *known = strmap_get(&gathered->pairs, key);
    char *key_copy, *id_copy;

    if (known != NULL && note_pair_again(gathered, key, known, err) != 0)
        return -1;
    if (known != NULL && strcmp(known, account_id) <= 0)
        return 0;
    key_copy = arena_strdup(&gathered->arena, key);
    id_copy = arena_strdup(&gathered->arena, account_id);
    if (key_copy == NULL || id_copy == NULL ||
        strmap_put(&gathered->pairs, key_copy, id_copy) != 0 ||
        strmap_put(&gathered->fresh, key_copy, id_copy) != 0)
        return error_no_memory(err);
    if (known == NULL && gather_early_told(gathered, key_copy, err) != 0)
        return -1;
    return note_pair_id(gathered, id_copy, err);
}

int gather_refuse(struct gathered *gathered, const struct setup *setup,
                  const struct reject *reject, struct error *err)
{
    int64_t limit = setup->job.guards.max_rejects;
    char *text = arena_printf(
        &gathered->arena, "%s\x1f%s\x1f%s\x1f%s\x1f%s",
        reject->source ? reject->source : "",
        reject->dataset ? reject->dataset : "",
        reject->item ? reject->item : "", reject->field ? reject->field : "",
        reject->reason);

    if (text == NULL)
        return error_no_memory(err);
    if (strmap_get(&gathered->refused, text) != NULL)
        return 0;
    if (strmap_put(&gathered->refused, text, text) != 0)
        return error_no_memory(err);
    if (rejects_add(gathered->rejects, reject, err) != 0)
        return -1;
    if ((int64_t)rejects_count(gathered->rejects) <= limit ||
        gathered->rejects_accepted)
        return 0;
    error_set(err, ERROR_DATA, "%s: more than %" PRId64 " rows refused; the "
              "last: %s: %s %s",
              reject->source != NULL ? reject->source : reject->dataset, limit,
              reject->item != NULL ? reject->item : "",
              reject->field != NULL ? reject->field : "", reject->reason);
    return guard_hint(GUARD_MAX_REJECTS, err);
}

static int take_refused(void *context, const char *source, const char *item,
                        const char *field, const char *reason,
                        struct error *err)
{
    const struct gathering *g = ((struct feed *)context)->gathering;
    const struct reject reject = {
        .source = source, .item = item, .field = field, .reason = reason};

    log_line(g->options->log, LOG_WARN, "reject", "%s: %s: %s %s", source,
             item, field, reason);
    return gather_refuse(g->gathered, g->options->setup, &reject, err);
}

struct source_report *gather_report(const struct gather_options *options,
                                       const struct setup_source *entry)
{
    return &options->report->sources[entry - options->setup->sources];
}

int gather_add_walk(struct gathering *g, struct feed *feed,
                    const struct setup_source *entry,
                    struct walk_options *walk_options, struct error *err)
{
    struct walk_target target = g->target;

    target.context = feed != NULL ? feed : &g->log;
    if (g->walk_count == g->walk_capacity)
        return error_set(err, ERROR_BUG, "%s: more walks than planned",
                         entry->source.name);
    walk_options->target = &target;
    g->walks[g->walk_count] = walk_start(walk_options, err);
    if (g->walks[g->walk_count] == NULL)
        return -1;
    if (feed != NULL)
        feed->walk = g->walks[g->walk_count];
    g->walk_feeds[g->walk_count] = feed;
    g->walk_sources[g->walk_count++] = entry;
    return 0;
}

struct walk_options gather_walk_options(struct gathering *g,
                                       const struct setup_source *entry)
{
    return (struct walk_options){
        .exchange = g->options->exchange,
        .source = &entry->source,
        .endpoint = entry->endpoint,
        .report = gather_report(g->options, entry),
        .log = g->options->log,
        .ahead = 1,
        .number = 1,
    };
}

static bool is_events(const struct setup_source *entry)
{
    return entry->skipped == NULL && entry->source.kind == SOURCE_EVENTS;
}

static void drop_walks(struct gathering *g)
{
    for (size_t i = 0; i < g->walk_count; i++)
        walk_free(g->walks[i]);
    g->walk_count = 0;
}

/* Drives all walks; notes the lists that must be read again. */
int gather_finish_walks(struct gathering *g, struct error *err)
{
    if (exchange_run(g->options->exchange, err) != 0)
        return -1;
    for (size_t i = 0; i < g->walk_count; i++) {
        struct feed *feed = g->walk_feeds[i];

        if (walk_finish(g->walks[i], err) != 0)
            return -1;
        if (walk_no_access(g->walks[i])) {
            gather_report(g->options, g->walk_sources[i])->no_access = true;
            g->gathered->no_access = true;
        }
        if (feed != NULL && walk_refused(g->walks[i]) != 0)
            gather_fall_back(g, feed, walk_refused(g->walks[i]));
        else if (feed != NULL)
            feed->moved = walk_moved(g->walks[i]);
    }
    drop_walks(g);
    return 0;
}

static int read_everything(struct gathering *g, struct error *err)
{
    const struct setup *setup = g->options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        struct feed *feed = gather_feed_of(g, entry);
        int result = 0;

        if (feed != NULL && entry->source.file == NULL && !entry->source.each)
            result = gather_start_users(g, feed, err);
        else if (gather_is_log(entry))
            result = gather_start_log(g, entry, err);
        if (result != 0)
            return -1;
    }
    if (gather_finish_walks(g, err) != 0 || gather_until_still(g, err) != 0)
        return -1;
    return gather_match_addresses(g, err);
}

static int probe_all(const struct gather_options *options, struct error *err)
{
    const struct setup *setup = options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->skipped == NULL && entry->source.probe_path != NULL &&
            entry->source.probe_expect != NULL &&
            probe_credential(options, entry, err) != 0)
            return -1;
    }
    return 0;
}

static int check_emptiness(const struct gather_options *options,
                           struct error *err)
{
    const struct setup *setup = options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        const struct source_report *report = gather_report(options, entry);

        if (is_events(entry) && !report->no_access && report->items == 0 &&
            probe_emptiness(options, entry,
                            recall_todo(options->recall, entry),
                            recall_reads_all(options->recall, entry),
                            err) != 0)
            return -1;
    }
    return 0;
}

static int start_gathering(struct gathering *g, struct error *err)
{
    const struct gather_options *options = g->options;

    gather_open_feeds(g);
    g->early.off = options->early.names == NULL;
    g->walk_capacity = ROSTER_SOURCES_MAX + gather_log_windows(options);
    g->walks = calloc(g->walk_capacity, sizeof(*g->walks));
    g->walk_sources = calloc(g->walk_capacity, sizeof(*g->walk_sources));
    g->walk_feeds = calloc(g->walk_capacity, sizeof(*g->walk_feeds));
    g->watches = calloc(g->walk_capacity, sizeof(*g->watches));
    return g->walks != NULL && g->walk_sources != NULL &&
                   g->walk_feeds != NULL && g->watches != NULL
               ? 0
               : error_no_memory(err);
}

static void end_gathering(struct gathering *g)
{
    drop_walks(g);
    gather_early_release(g);
    free(g->walks);
    free(g->walk_sources);
    free(g->walk_feeds);
    free(g->watches);
}

int gather_run(struct gathered *gathered, const struct gather_options *options,
               struct error *err)
{
    struct gathering g = {.gathered = gathered, .options = options};
    int result = -1;

    gathered->rejects_accepted =
        guard_accepted(options->report, GUARD_MAX_REJECTS);
    g.target = (struct walk_target){take_user, take_event, take_pair,
                                    take_refused, NULL};
    if (start_gathering(&g, err) == 0 && gather_remember(&g, err) == 0 &&
        gather_files(&g, err) == 0 &&
        probe_all(options, err) == 0 &&
        actions_fetch_all(gathered->actions, options, err) == 0 &&
        read_everything(&g, err) == 0 && gather_check_lists(&g, err) == 0 &&
        actions_report_all(gathered->actions, options, err) == 0 &&
        recall_check(options->recall, options->report, err) == 0 &&
        check_emptiness(options, err) == 0)
        result = gather_keep(&g, err);
    end_gathering(&g);
    return result;
}

static int known_pair(void *context, const char *key, const char *account_id,
                      struct error *err)
{
    (void)context, (void)key, (void)account_id, (void)err;
    return 0;
}

static int known_refusal(void *context, const char *source, const char *item,
                         const char *field, const char *reason,
                         struct error *err)
{
    (void)context, (void)source, (void)item, (void)field;
    (void)reason, (void)err;
    return 0;
}

int gather_again(struct gathered *gathered,
                 const struct gather_options *options, struct error *err)
{
    const struct setup *setup = options->setup;
    struct gathering g = {.gathered = gathered, .options = options};
    int result;

    g.target = (struct walk_target){take_user, show_event, known_pair,
                                    known_refusal, NULL};
    result = start_gathering(&g, err);
    g.early.off = true; /* all names are known by now */
    for (size_t i = 0; i < setup->source_count && result == 0; i++) {
        if (!gather_is_log(&setup->sources[i]))
            continue;
        free(gather_report(options, &setup->sources[i])->windows);
        result = gather_start_log(&g, &setup->sources[i], err);
    }
    if (result == 0)
        result = gather_files_again(&g, err);
    if (result == 0)
        result = gather_finish_walks(&g, err);
    end_gathering(&g);
    return result;
}
