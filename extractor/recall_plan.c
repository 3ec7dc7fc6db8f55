#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "recall_parts.h"

/* What facts mean when the program, not the mapping, changes. */
#define FACTS_VERSION "1"

static void add_text(struct digest *digest, const char *text)
{
    /* NULL and "" differ, and no two lists of texts look alike. */
    digest_update(digest, text != NULL ? "+" : "-", 1);
    if (text != NULL)
        digest_update(digest, text, strlen(text) + 1);
}

static void add_number(struct digest *digest, int64_t number)
{
    digest_update(digest, &number, sizeof(number));
}

static void add_address(struct digest *digest, const struct setup_source *entry)
{
    const struct endpoint *endpoint = entry->endpoint;

    add_text(digest, entry->source.name);
    add_text(digest, endpoint != NULL ? endpoint->url : NULL);
    add_text(digest, endpoint != NULL ? endpoint->organisation : NULL);
    add_text(digest, endpoint != NULL ? endpoint->directory : NULL);
    add_text(digest, endpoint != NULL ? endpoint->site : NULL);
}

/* Frees the digest. */
static int finish(struct digest *digest, char hex[DIGEST_HEX_SIZE],
                  struct error *err)
{
    int result = digest != NULL ? digest_final(digest, hex) : -1;

    digest_free(digest);
    return result == 0 ? 0 : error_no_memory(err);
}

static int identify_log(const struct setup_source *entry,
                        struct recall_log *log, struct error *err)
{
    struct digest *digest = digest_new();

    log->read = true;
    if (digest != NULL) {
        add_text(digest, FACTS_VERSION);
        add_text(digest, entry->source.sha256);
        add_address(digest, entry);
    }
    return finish(digest, log->definition, err);
}

/* All that teaches which user key is which account. */
static int identify_scope(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;
    struct digest *digest = digest_new();

    for (size_t i = 0; digest != NULL && i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->skipped != NULL || entry->source.pair_key == NULL)
            continue;
        add_text(digest, entry->source.sha256);
        add_address(digest, entry);
    }
    return finish(digest, recall->scope, err);
}

int recall_identify(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;
    struct digest *digest;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->source.kind == SOURCE_EVENTS && entry->skipped == NULL &&
            entry->source.file == NULL && identify_log(entry, &recall->logs[i], err) != 0)
            return -1;
    }
    digest = digest_new();
    if (digest != NULL && setup->user_count > 0)
        add_address(digest, setup->users[0]);
    if (finish(digest, recall->universe, err) != 0)
        return -1;
    return identify_scope(recall, err);
}

static void add_dataset(struct digest *digest, const struct recall *recall,
                        size_t index)
{
    const struct setup *setup = recall->options.setup;
    const struct recall_dataset *dataset = &recall->datasets[index];

    add_text(digest, setup->mappings[index].rules.schema.name);
    add_text(digest, setup->mappings[index].facts_sha256);
    add_number(digest, dataset->continues);
    for (size_t i = 0; i < setup->source_count; i++) {
        if (!recall_takes(recall, index, i))
            continue;
        add_text(digest, recall->logs[i].definition);
        if (dataset->has_cursor[i]) {
            add_number(digest, dataset->cursors[i].from);
            add_number(digest, dataset->cursors[i].to);
        }
    }
}

int recall_identify_plan(struct recall *recall, struct error *err)
{
    struct digest *digest = digest_new();

    if (digest != NULL) {
        add_text(digest, recall->scope);
        add_number(digest, recall->options.full);
        add_number(digest, recall->options.backfill.from);
        add_number(digest, recall->options.backfill.to);
        for (size_t i = 0; i < recall->options.setup->mapping_count; i++)
            add_dataset(digest, recall, i);
    }
    return finish(digest, recall->plan, err);
}

/* Why nothing of an unfinished run is used; NULL: it is. */
static const char *why_not_resumed(const struct recall *recall)
{
    const struct state_unfinished *unfinished = &recall->unfinished;
    int64_t age = clock_wall(&recall->options.log->clock) -
                  unfinished->started_at;

    if (strcmp(unfinished->plan, recall->plan) != 0)
        return "it had other mappings, sources or options, or another run "
               "was published since";
    if (unfinished->run.as_of > recall->options.as_of)
        return "it was of a later as-of time";
    if (age < 0 || age > (int64_t)RECALL_RESUME_HOURS * INSTANT_HOUR)
        return "it was begun too long ago";
    return NULL;
}

/* Late records may still arrive in what lies less than the overlap before
 * the time at which a window was read, and a later run must see them. */
static int take_window(void *context, const struct state_window *window,
                       struct error *err)
{
    struct recall *recall = context;
    const struct recall_options *options = &recall->options;
    const struct setup_source *entry =
        setup_source(options->setup, window->source);
    const int64_t final = recall->unfinished.run.as_of -
                          options->setup->job.events.settle_ms -
                          options->setup->job.events.overlap_ms;
    int64_t to = window->to;
    struct recall_log *log;

    if (recall->unfinished.run.as_of != options->as_of && to > final)
        to = final;
    if (entry == NULL || to <= window->from)
        return 0;
    log = recall_log(recall, entry);
    if (log->resumed_count == log->resumed_capacity) {
        size_t capacity = log->resumed_capacity * 2 + 8;
        struct window_report *grown =
            realloc(log->resumed, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        log->resumed = grown;
        log->resumed_capacity = capacity;
    }
    log->resumed[log->resumed_count++] =
        (struct window_report){.from = window->from,
                               .to = to,
                               .pages = window->pages,
                               .records = window->records,
                               .has_oldest = true,
                               .oldest = window->oldest,
                               .newest = window->newest,
                               .resumed = true};
    return 0;
}

static int resume_newest(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        struct recall_log *log = &recall->logs[i];

        if (log->read &&
            state_newest(recall->options.state, setup->sources[i].source.name,
                         log->definition, true, &log->seen, &log->has_seen,
                         err) != 0)
            return -1;
    }
    return 0;
}

static const char *why_unused(const struct recall *recall)
{
    if (recall->past)
        return "the state has learned from a run of a later time";
    return recall->options.read_all ? "every event is needed"
                                    : why_not_resumed(recall);
}

int recall_unfinished(struct recall *recall,
                      struct state_unfinished *unfinished, const char **unused,
                      bool *found, struct error *err)
{
    *found = false;
    *unused = NULL;
    if (recall->options.state == NULL)
        return 0;
    if (state_unfinished(recall->options.state, &recall->unfinished, found,
                         err) != 0)
        return -1;
    if (!*found)
        return 0;
    *unfinished = recall->unfinished;
    *unused = why_unused(recall);
    return 0;
}

int recall_resume(struct recall *recall, struct error *err)
{
    const struct state_window_target target = {take_window, recall};
    const char *why;
    bool found;

    if (!recall_writes(recall))
        return 0;
    if (state_unfinished(recall->options.state, &recall->unfinished, &found,
                         err) != 0)
        return -1;
    if (!found)
        return 0;
    why = why_unused(recall);
    recall->resumes = why == NULL;
    if (why != NULL) {
        log_line(recall->options.log, LOG_INFO, "state",
                 "the run %s was not finished, and what it read is read "
                 "again: %s",
                 recall->unfinished.run.run_id, why);
        return 0;
    }
    /* It may have folded part of a window at the very beginning. */
    if (recall->unfinished.from < recall->desired.from)
        recall->desired.from = recall->unfinished.from;
    if (state_windows(recall->options.state, &target, err) != 0)
        return -1;
    return resume_newest(recall, err);
}

/* What a dataset needs of a log, added to what others need of it. */
static int add_need(const struct recall *recall, size_t dataset, size_t index,
                    struct recall_log *log)
{
    const struct recall_dataset *known = &recall->datasets[dataset];
    const struct state_cursor *cursor = &known->cursors[index];
    struct span_set need = {0};
    int result = span_add(&need, recall->desired);

    if (recall->options.read_all || !known->continues ||
        !known->has_cursor[index])
        log->reads_all = true;
    else if (result == 0)
        result = span_remove(
            &need, (struct span){cursor->from,
                                 cursor->to - recall->options.setup->job.events
                                                  .overlap_ms});
    for (size_t i = 0; i < need.count && result == 0; i++)
        result = span_add(&log->todo, need.spans[i]);
    span_release(&need);
    return result;
}

static struct span hull(struct span a, struct span b)
{
    if (b.from >= b.to)
        return a;
    return (struct span){a.from < b.from ? a.from : b.from,
                         a.to > b.to ? a.to : b.to};
}

/* What published runs and this one know of a log without a hole. */
static int plan_cursor(struct recall *recall, size_t dataset, size_t index,
                       struct error *err)
{
    struct recall_dataset *known = &recall->datasets[dataset];
    const struct state_cursor *cursor = &known->cursors[index];
    struct state_cursor *after = &known->after[index];
    const struct span *backfill = &recall->options.backfill;
    struct span span = recall->desired;
    char text[INSTANT_TEXT_MAX];

    if (known->continues && known->has_cursor[index])
        span = hull(span, (struct span){cursor->from, cursor->to});
    if (backfill->from < backfill->to && backfill->to < span.from) {
        instant_rfc3339(span.from, text);
        error_set(err, ERROR_USAGE,
                  "--to: %s is known from %s on only, so a gap would be left",
                  recall->options.setup->sources[index].source.name, text);
        return error_hint(err, "give that time, or a later one, as --to");
    }
    span = hull(span, *backfill);
    *after = (struct state_cursor){.from = span.from, .to = span.to};
    memcpy(after->definition, recall->logs[index].definition,
           sizeof(after->definition));
    known->has_after[index] = true;
    return 0;
}

static int plan_log(struct recall *recall, size_t index, struct error *err)
{
    struct recall_log *log = &recall->logs[index];

    for (size_t i = 0; i < recall->options.setup->mapping_count; i++) {
        if (!recall_takes(recall, i, index))
            continue;
        if (add_need(recall, i, index, log) != 0)
            return error_no_memory(err);
        if (plan_cursor(recall, i, index, err) != 0)
            return -1;
    }
    if (span_add(&log->todo, recall->options.backfill) != 0)
        return error_no_memory(err);
    for (size_t i = 0; i < log->resumed_count; i++) {
        if (span_remove(&log->todo, (struct span){log->resumed[i].from,
                                                  log->resumed[i].to}) != 0)
            return error_no_memory(err);
    }
    return 0;
}

/* A file is read whole, and tells of the lookback what it tells. */
static int plan_file(struct recall *recall, size_t index, struct error *err)
{
    struct recall_log *log = &recall->logs[index];

    log->reads_all = true;
    return span_add(&log->todo, recall->options.window) == 0
               ? 0
               : error_no_memory(err);
}

int recall_plan(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (recall->logs[i].read && plan_log(recall, i, err) != 0)
            return -1;
        if (entry->source.kind == SOURCE_EVENTS && entry->skipped == NULL &&
            entry->source.file != NULL && plan_file(recall, i, err) != 0)
            return -1;
    }
    return 0;
}
