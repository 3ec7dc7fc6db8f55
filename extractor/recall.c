#include "recall_parts.h"

#include <stdlib.h>
#include <string.h>

bool recall_knows(const struct recall *recall)
{
    return recall->options.state != NULL && !recall->past;
}

bool recall_writes(const struct recall *recall)
{
    return recall_knows(recall) && !recall->options.look_only;
}

struct recall_log *recall_log(struct recall *recall,
                              const struct setup_source *entry)
{
    return &recall->logs[entry - recall->options.setup->sources];
}

bool recall_takes(const struct recall *recall, size_t dataset, size_t log)
{
    const struct setup *setup = recall->options.setup;
    const char *const *name = setup->mappings[dataset].rules.events;

    for (; name != NULL && *name != NULL; name++) {
        if (strcmp(*name, setup->sources[log].source.name) == 0)
            return recall->logs[log].read;
    }
    return false;
}

static int take_cursor(void *context, const char *dataset, const char *source,
                       const struct state_cursor *cursor, struct error *err)
{
    struct recall *recall = context;
    const struct setup *setup = recall->options.setup;
    const struct setup_source *entry = setup_source(setup, source);

    for (size_t i = 0; i < setup->mapping_count; i++) {
        struct recall_dataset *known = &recall->datasets[i];
        size_t log;

        if (strcmp(setup->mappings[i].rules.schema.name, dataset) != 0)
            continue;
        log = entry != NULL ? (size_t)(entry - setup->sources) : 0;
        if (entry == NULL || !recall_takes(recall, i, log)) {
            known->lost_log = true;
            known->lost_name = arena_strdup(&recall->arena, source);
            return known->lost_name != NULL ? 0 : error_no_memory(err);
        }
        known->has_cursor[log] = true;
        known->cursors[log] = *cursor;
        recall->past |= cursor->to > recall->options.window.to;
    }
    return 0;
}

static int give(const char **reason, const char *text, struct error *err)
{
    *reason = text;
    return text != NULL ? 0 : error_no_memory(err);
}

/* *reason stays as it is when no log is broken. A log that was not read yet is
 * no reason: it is read whole beside. */
static int broken_log(struct recall *recall, size_t dataset,
                      const char **reason, struct error *err)
{
    const struct recall_dataset *known = &recall->datasets[dataset];
    const struct setup *setup = recall->options.setup;

    if (known->lost_log)
        return give(reason,
                    arena_printf(&recall->arena, "the log %s is read no more",
                                 known->lost_name),
                    err);
    for (size_t i = 0; i < setup->source_count; i++) {
        const struct state_cursor *cursor = &known->cursors[i];

        if (!known->has_cursor[i])
            continue;
        if (strcmp(cursor->definition, recall->logs[i].definition) != 0)
            return give(reason,
                        arena_printf(&recall->arena,
                                     "the definition or the address of %s "
                                     "changed",
                                     setup->sources[i].source.name),
                        err);
        if (cursor->to < recall->options.window.from)
            return give(reason,
                        arena_printf(&recall->arena,
                                     "the last run that read %s is longer ago "
                                     "than events.lookback",
                                     setup->sources[i].source.name),
                        err);
    }
    return 0;
}

/* What a file told of earlier is in an older file, which nobody vouches for
 * any more. */
static bool reads_file(const struct recall *recall, size_t dataset)
{
    const struct setup *setup = recall->options.setup;
    const char *const *name = setup->mappings[dataset].rules.events;

    for (; name != NULL && *name != NULL; name++) {
        const struct setup_source *entry = setup_source(setup, *name);

        if (entry != NULL && entry->skipped == NULL &&
            entry->source.file != NULL)
            return true;
    }
    return false;
}

/* *reason: why the dataset cannot go on from what is known; NULL: it can. */
static int why_anew(struct recall *recall, size_t dataset, const char *rules,
                    bool known, const char **reason, struct error *err)
{
    const struct mapping *mapping = &recall->options.setup->mappings[dataset];

    *reason = NULL;
    if (recall->options.full)
        *reason = "--full asks for it";
    else if (reads_file(recall, dataset))
        *reason = "a file is read whole each time";
    else if (!known)
        *reason = "nothing is known of it yet";
    else if (strcmp(rules, mapping->facts_sha256) != 0)
        *reason = "the mapping's events or facts changed";
    else
        return broken_log(recall, dataset, reason, err);
    return 0;
}

static int load_dataset(struct recall *recall, size_t index, struct error *err)
{
    const struct recall_options *options = &recall->options;
    const char *name = options->setup->mappings[index].rules.schema.name;
    const struct state_cursor_target target = {take_cursor, recall};
    struct recall_dataset *dataset = &recall->datasets[index];
    char rules[DIGEST_HEX_SIZE];
    bool known;

    if (state_facts_rules(options->state, name, rules, &known, err) != 0 ||
        state_cursors(options->state, name, &target, err) != 0 ||
        why_anew(recall, index, rules, known, &dataset->reason, err) != 0)
        return -1;
    dataset->continues = dataset->reason == NULL;
    return 0;
}

static int load_newest(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        struct recall_log *log = &recall->logs[i];

        if (log->read &&
            state_newest(recall->options.state, setup->sources[i].source.name,
                         log->definition, false, &log->newest,
                         &log->has_newest, err) != 0)
            return -1;
    }
    return 0;
}

/* Everything of a run of the past is as if the state was not there. */
static void leave_alone(struct recall *recall)
{
    for (size_t i = 0; i < SETUP_MAPPINGS_MAX; i++)
        recall->datasets[i] = (struct recall_dataset){
            .reason = "the state has learned from a run of a later time"};
    log_line(recall->options.log, LOG_WARN, "state",
             "a run of a later time is in the state, so this one reads the "
             "whole lookback, and leaves the state as it is");
}

static int load_known(struct recall *recall, struct error *err)
{
    struct state *state = recall->options.state;
    struct state_run published;
    bool found;

    if (state == NULL) {
        for (size_t i = 0; i < SETUP_MAPPINGS_MAX; i++)
            recall->datasets[i].reason = "no state is used";
        return 0;
    }
    if (state_published(state, &published, &found, err) != 0)
        return -1;
    recall->past = found && published.as_of > recall->options.as_of;
    for (size_t i = 0; i < recall->options.setup->mapping_count; i++) {
        if (load_dataset(recall, i, err) != 0)
            return -1;
    }
    if (recall->past) {
        leave_alone(recall);
        return 0;
    }
    return load_newest(recall, err);
}

static bool has_events(const struct recall *recall, size_t dataset)
{
    for (size_t i = 0; i < recall->options.setup->source_count; i++) {
        if (recall_takes(recall, dataset, i))
            return true;
    }
    return false;
}

static void tell(const struct recall *recall)
{
    const struct setup *setup = recall->options.setup;

    if (recall->past || recall->options.look_only)
        return;
    for (size_t i = 0; i < setup->mapping_count; i++) {
        if (!recall->datasets[i].continues && has_events(recall, i))
            log_line(recall->options.log, LOG_INFO, "state",
                     "%s: its logs are read from the start of the lookback: "
                     "%s",
                     setup->mappings[i].rules.schema.name,
                     recall->datasets[i].reason);
    }
    if (recall->resumes)
        log_line(recall->options.log, LOG_INFO, "state",
                 "the run %s was not finished; the windows it read whole are "
                 "not read again",
                 recall->unfinished.run.run_id);
}

static int check_backfill(const struct recall *recall, struct error *err)
{
    const struct span *backfill = &recall->options.backfill;

    if (backfill->from == backfill->to)
        return 0;
    if (backfill->to > recall->options.window.to) {
        error_set(err, ERROR_USAGE,
                  "--to: lies after the as-of time less events.settle");
        return error_hint(err, "the newest records may still move; leave "
                               "--to out of that time, or give a later "
                               "--as-of");
    }
    if (!recall->past)
        return 0;
    error_set(err, ERROR_USAGE, "--from: the state has learned from a run of "
                                "a later time than --as-of");
    return error_hint(err, "leave --as-of out");
}

/* Written before anything is asked, so that a state that cannot be written
 * costs no requests. */
static int begin(struct recall *recall, struct error *err)
{
    const struct recall_options *options = &recall->options;
    struct db *db = state_db(options->state);
    struct state_unfinished own = {
        .run = {.as_of = options->as_of},
        .started_at = clock_wall(&options->log->clock),
        .from = recall->desired.from,
    };
    int result = 0;

    snprintf(own.run.run_id, sizeof(own.run.run_id), "%s", options->run_id);
    memcpy(own.plan, recall->plan, sizeof(own.plan));
    if (db_begin(db, err) != 0)
        return -1;
    if (!recall->resumes)
        result = state_unfinished_drop(options->state, err);
    else if (recall->unfinished.run.as_of != options->as_of)
        result = db_exec(db, "DELETE FROM unfinished_window", err);
    for (size_t i = 0; i < SETUP_SOURCES_MAX && result == 0; i++) {
        const struct recall_log *log = &recall->logs[i];

        for (size_t w = 0; w < log->resumed_count && result == 0; w++) {
            const struct window_report *window = &log->resumed[w];
            const struct state_window row = {
                .source = options->setup->sources[i].source.name,
                .from = window->from,
                .to = window->to,
                .pages = window->pages,
                .records = window->records,
                .oldest = window->oldest,
                .newest = window->newest,
            };

            result = state_window_add(options->state, &row, err);
        }
    }
    if (result == 0 &&
        state_unfinished_set(options->state, &own, err) == 0 &&
        db_commit(db, err) == 0)
        return 0;
    db_rollback(db);
    return -1;
}

struct recall *recall_open(const struct recall_options *options,
                           struct error *err)
{
    struct recall *recall = calloc(1, sizeof(*recall));

    if (recall == NULL) {
        error_no_memory(err);
        return NULL;
    }
    recall->options = *options;
    recall->desired = options->window;
    arena_init(&recall->arena);
    if (recall_identify(recall, err) == 0 && load_known(recall, err) == 0 &&
        check_backfill(recall, err) == 0 &&
        recall_identify_plan(recall, err) == 0 &&
        recall_resume(recall, err) == 0 && recall_plan(recall, err) == 0 &&
        (!recall_writes(recall) || begin(recall, err) == 0)) {
        tell(recall);
        return recall;
    }
    recall_free(recall);
    return NULL;
}

void recall_free(struct recall *recall)
{
    if (recall == NULL)
        return;
    for (size_t i = 0; i < SETUP_SOURCES_MAX; i++) {
        span_release(&recall->logs[i].todo);
        free(recall->logs[i].resumed);
    }
    strmap_release(&recall->sightings);
    arena_release(&recall->arena);
    free(recall);
}

const struct span_set *recall_todo(const struct recall *recall,
                                   const struct setup_source *entry)
{
    return &recall->logs[entry - recall->options.setup->sources].todo;
}

const struct window_report *recall_resumed(const struct recall *recall,
                                           const struct setup_source *entry,
                                           size_t *count)
{
    const struct recall_log *log =
        &recall->logs[entry - recall->options.setup->sources];

    *count = log->resumed_count;
    return log->resumed;
}

bool recall_reads_all(const struct recall *recall,
                      const struct setup_source *entry)
{
    return recall->logs[entry - recall->options.setup->sources].reads_all;
}

const struct strmap *recall_sightings(const struct recall *recall)
{
    return &recall->sightings;
}
