#include "gather.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "name.h"
#include "walk.h"

/* One gathering under way; walks call back into it. */
struct gathering {
    struct gathered *gathered;
    const struct gather_options *options;
    struct walk_target target;
    struct walk **walks;
    const struct setup_source **walk_sources; /* of each walk */
    size_t walk_count, walk_capacity;
};

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
    strmap_release(&gathered->refused);
    rejects_abort(gathered->rejects);
    arena_release(&gathered->arena);
    memset(gathered, 0, sizeof(*gathered));
}

/* --- what walks give --------------------------------------------------- */

static int take_user(void *context, const struct user *user, unsigned number,
                     bool *fresh, struct error *err)
{
    struct gathering *g = context;
    struct account *account = roster_add(&g->gathered->roster, user, true);

    if (account == NULL)
        return error_no_memory(err);
    *fresh = account->walk != number;
    account->walk = number;
    return 0;
}

static bool dataset_takes(const struct rules *rules, const char *source)
{
    for (const char *const *e = rules->events; e != NULL && *e != NULL; e++) {
        if (strcmp(*e, source) == 0)
            return true;
    }
    return false;
}

static int note_id(struct gathered *gathered, const char *name,
                   struct error *err)
{
    const char *copy;

    if (name_id(name) != name || strmap_get(&gathered->pair_ids, name) != NULL)
        return 0;
    copy = arena_strdup(&gathered->arena, name);
    if (copy == NULL ||
        strmap_put(&gathered->pair_ids, copy, (void *)copy) != 0)
        return error_no_memory(err);
    return 0;
}

/* A log that has no use for user keys names accounts by their ids, and those
 * need no bridge even when the user list does not have them. */
static int note_ids(struct gathered *gathered, const struct event *event,
                    struct error *err)
{
    const struct value *actor = &event->fields[EVENT_ACTOR];

    for (size_t i = 0; i < event->subject_count; i++) {
        if (note_id(gathered, event->subjects[i], err) != 0)
            return -1;
    }
    return actor->present ? note_id(gathered, actor->text, err) : 0;
}

static int show_event(void *context, const struct event *event,
                      struct error *err)
{
    struct gathering *g = context;
    const struct gather_observer *observer = &g->options->observer;

    return observer->event == NULL
               ? 0
               : observer->event(observer->context, event, err);
}

static int take_event(void *context, const struct event *event,
                      struct error *err)
{
    struct gathering *g = context;
    const struct setup *setup = g->options->setup;
    const struct setup_source *entry = setup_source(setup, event->source);

    if (entry != NULL && entry->source.resolve_keys == NULL &&
        note_ids(g->gathered, event, err) != 0)
        return -1;
    if (entry != NULL && entry->source.actions_path != NULL &&
        actions_note(&g->gathered->actions[entry - setup->sources], event,
                     err) != 0)
        return -1;
    for (size_t i = 0; i < g->gathered->book_count; i++) {
        if (dataset_takes(&setup->mappings[i].rules, event->source) &&
            fact_fold(&g->gathered->books[i], event) != 0)
            return error_no_memory(err);
    }
    return show_event(context, event, err);
}

/* Should a log ever give two ids for one key, the smaller one is taken, so
 * that the outcome does not depend on which record came first. */
static int take_pair(void *context, const char *key, const char *account_id,
                     struct error *err)
{
    struct gathering *g = context;
    struct gathered *gathered = g->gathered;
    const char *known = strmap_get(&gathered->pairs, key);
    char *key_copy, *id_copy;

    if (known != NULL && strcmp(known, account_id) <= 0)
        return 0;
    key_copy = arena_strdup(&gathered->arena, key);
    id_copy = arena_strdup(&gathered->arena, account_id);
    if (key_copy == NULL || id_copy == NULL ||
        strmap_put(&gathered->pairs, key_copy, id_copy) != 0 ||
        strmap_put(&gathered->pair_ids, id_copy, id_copy) != 0)
        return error_no_memory(err);
    return 0;
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
    if ((int64_t)rejects_count(gathered->rejects) <= limit)
        return 0;
    error_set(err, ERROR_DATA, "%s: more than %" PRId64 " rows refused; the "
              "last: %s: %s %s",
              reject->source != NULL ? reject->source : reject->dataset, limit,
              reject->item != NULL ? reject->item : "",
              reject->field != NULL ? reject->field : "", reject->reason);
    return error_hint(err, "see what the source sends, or raise "
                      "guards.max_rejects in the job");
}

static int take_refused(void *context, const char *source, const char *item,
                        const char *field, const char *reason,
                        struct error *err)
{
    struct gathering *g = context;
    const struct reject reject = {
        .source = source, .item = item, .field = field, .reason = reason};

    log_line(g->options->log, LOG_WARN, "reject", "%s: %s: %s %s", source,
             item, field, reason);
    return gather_refuse(g->gathered, g->options->setup, &reject, err);
}

/* --- starting walks ---------------------------------------------------- */

static struct source_report *report_of(const struct gather_options *options,
                                       const struct setup_source *entry)
{
    return &options->report->sources[entry - options->setup->sources];
}

static int add_walk(struct gathering *g, const struct setup_source *entry,
                    const struct walk_options *walk_options,
                    struct error *err)
{
    if (g->walk_count == g->walk_capacity)
        return error_set(err, ERROR_BUG, "%s: more walks than planned",
                         entry->source.name);
    g->walks[g->walk_count] = walk_start(walk_options, err);
    if (g->walks[g->walk_count] == NULL)
        return -1;
    g->walk_sources[g->walk_count++] = entry;
    return 0;
}

static struct walk_options options_for(struct gathering *g,
                                       const struct setup_source *entry)
{
    return (struct walk_options){
        .exchange = g->options->exchange,
        .source = &entry->source,
        .endpoint = entry->endpoint,
        .report = report_of(g->options, entry),
        .target = &g->target,
        .log = g->options->log,
        .ahead = 1,
        .number = 1,
    };
}

/* A user list that is read again is counted anew. */
static int start_users(struct gathering *g, const struct setup_source *entry,
                       unsigned number, struct error *err)
{
    struct walk_options options = options_for(g, entry);
    struct source_report *report = options.report;

    report->walks = number;
    report->pages = report->items = report->duplicates = 0;
    report->rejected = report->placeholders = report->repairs = 0;
    options.ahead = (size_t)g->options->setup->job.limits.concurrency;
    options.number = number;
    return add_walk(g, entry, &options, err);
}

static int start_window(struct gathering *g, const struct setup_source *entry,
                        struct window_report *window, struct error *err)
{
    struct walk_options options = options_for(g, entry);
    struct request_window bounds = {window->from, window->to};

    options.window = &bounds;
    options.window_report = window;
    options.allow_no_access =
        g->options->setup->job.events.no_access == NO_ACCESS_ALLOW;
    if (entry->source.actions_path != NULL)
        options.action_names =
            &g->gathered->actions[entry - g->options->setup->sources].names;
    return add_walk(g, entry, &options, err);
}

struct request_window gather_window(const struct job *job, int64_t as_of)
{
    return (struct request_window){as_of - job->events.lookback_ms,
                                   as_of - job->events.settle_ms};
}

size_t gather_windows_needed(const struct request_window *window)
{
    int64_t step = (int64_t)GATHER_WINDOW_DAYS * INSTANT_DAY;
    int64_t count = (window->to - window->from + step - 1) / step;

    return count < 1 ? 0 : (size_t)count;
}

size_t gather_windows_of(const struct source *source,
                         const struct request_window *window)
{
    size_t count = gather_windows_needed(window);

    return source->windows == WINDOWS_ONE && count > 1 ? 1 : count;
}

static int start_events(struct gathering *g, const struct setup_source *entry,
                        struct error *err)
{
    struct source_report *report = report_of(g->options, entry);
    int64_t to = g->options->window.to, from = g->options->window.from;
    int64_t step = entry->source.windows == WINDOWS_ONE
                       ? to - from
                       : (int64_t)GATHER_WINDOW_DAYS * INSTANT_DAY;
    size_t count = gather_windows_of(&entry->source, &g->options->window);

    report->windows = calloc(count + 1, sizeof(*report->windows));
    if (report->windows == NULL)
        return error_no_memory(err);
    for (report->window_count = 0; report->window_count < count;) {
        struct window_report *w = &report->windows[report->window_count++];

        w->to = to;
        w->from = to - step > from ? to - step : from;
        to = w->from;
        if (start_window(g, entry, w, err) != 0)
            return -1;
    }
    return 0;
}

/* --- the end of walks -------------------------------------------------- */

static void drop_walks(struct gathering *g)
{
    for (size_t i = 0; i < g->walk_count; i++)
        walk_free(g->walks[i]);
    g->walk_count = 0;
}

/* Drives all walks; *moved names the user source that must be read again. */
static int finish_walks(struct gathering *g,
                        const struct setup_source **moved, struct error *err)
{
    *moved = NULL;
    if (exchange_run(g->options->exchange, err) != 0)
        return -1;
    for (size_t i = 0; i < g->walk_count; i++) {
        if (walk_finish(g->walks[i], err) != 0)
            return -1;
        if (walk_no_access(g->walks[i])) {
            report_of(g->options, g->walk_sources[i])->no_access = true;
            g->gathered->no_access = true;
        }
        if (g->walk_sources[i]->source.kind == SOURCE_USERS &&
            walk_moved(g->walks[i]))
            *moved = g->walk_sources[i];
    }
    drop_walks(g);
    return 0;
}

static int read_again(struct gathering *g, const struct setup_source *moved,
                      struct error *err)
{
    for (unsigned number = 2; moved != NULL; number++) {
        if (number > GATHER_WALKS_MAX) {
            error_set(err, ERROR_DATA, "%s: the list of accounts changed "
                      "during each of %d walks", moved->source.name,
                      GATHER_WALKS_MAX);
            return error_hint(err, "run again at a quieter time");
        }
        log_line(g->options->log, LOG_WARN, "source", "%s: the list changed "
                 "while it was read; walk %u", moved->source.name, number);
        if (start_users(g, moved, number, err) != 0 ||
            finish_walks(g, &moved, err) != 0)
            return -1;
    }
    return 0;
}

static int read_everything(struct gathering *g, struct error *err)
{
    const struct setup *setup = g->options->setup;
    const struct setup_source *moved;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        int result = 0;

        if (strcmp(entry->source.name, setup->mappings[0].rules.users) == 0)
            result = start_users(g, entry, 1, err);
        else if (entry->source.kind == SOURCE_EVENTS)
            result = start_events(g, entry, err);
        if (result != 0)
            return -1;
    }
    if (finish_walks(g, &moved, err) != 0)
        return -1;
    return read_again(g, moved, err);
}

static int probe_all(const struct gather_options *options, struct error *err)
{
    const struct setup *setup = options->setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->source.probe_path != NULL &&
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
        const struct source_report *report = report_of(options, entry);

        if (entry->source.kind == SOURCE_EVENTS && !report->no_access &&
            report->items == 0 &&
            probe_emptiness(options, entry, err) != 0)
            return -1;
    }
    return 0;
}

static int start_gathering(struct gathering *g, struct error *err)
{
    const struct gather_options *options = g->options;

    g->walk_capacity = 1 + options->setup->source_count *
                               gather_windows_needed(&options->window);
    g->walks = calloc(g->walk_capacity, sizeof(*g->walks));
    g->walk_sources = calloc(g->walk_capacity, sizeof(*g->walk_sources));
    return g->walks != NULL && g->walk_sources != NULL
               ? 0
               : error_no_memory(err);
}

static void end_gathering(struct gathering *g)
{
    drop_walks(g);
    free(g->walks);
    free(g->walk_sources);
}

int gather_run(struct gathered *gathered, const struct gather_options *options,
               struct error *err)
{
    struct gathering g = {.gathered = gathered, .options = options};
    int result = -1;

    g.target = (struct walk_target){take_user, take_event, take_pair,
                                    take_refused, &g};
    if (start_gathering(&g, err) == 0 && probe_all(options, err) == 0 &&
        actions_fetch_all(gathered->actions, options, err) == 0 &&
        read_everything(&g, err) == 0 &&
        actions_report_all(gathered->actions, options, err) == 0)
        result = check_emptiness(options, err);
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
    const struct setup_source *moved;
    int result;

    g.target = (struct walk_target){take_user, show_event, known_pair,
                                    known_refusal, &g};
    result = start_gathering(&g, err);
    for (size_t i = 0; i < setup->source_count && result == 0; i++) {
        if (setup->sources[i].source.kind != SOURCE_EVENTS)
            continue;
        free(report_of(options, &setup->sources[i])->windows);
        result = start_events(&g, &setup->sources[i], err);
    }
    if (result == 0)
        result = finish_walks(&g, &moved, err);
    end_gathering(&g);
    return result;
}
