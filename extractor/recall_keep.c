#include <string.h>

#include "instant.h"
#include "recall_parts.h"

static int take_pair(void *context, const struct state_pair *pair,
                     struct error *err)
{
    const struct recall_names *names = context;
    struct strmap *map = pair->bridged ? names->bridged : names->pairs;
    const char *known = strmap_get(map, pair->key);
    char *key, *id;

    if (known != NULL && strcmp(known, pair->account_id) <= 0)
        return 0;
    key = arena_strdup(names->arena, pair->key);
    id = arena_strdup(names->arena, pair->account_id);
    if (key == NULL || id == NULL || strmap_put(map, key, id) != 0 ||
        (!pair->bridged && strmap_put(names->pair_ids, id, id) != 0))
        return error_no_memory(err);
    return 0;
}

static int take_sighting(void *context, const char *account_id,
                         const struct sighting *sighting, struct error *err)
{
    struct recall *recall = context;
    struct sighting *copy = arena_alloc(&recall->arena, sizeof(*copy));
    char *id = arena_strdup(&recall->arena, account_id);

    if (copy == NULL || id == NULL)
        return error_no_memory(err);
    *copy = *sighting;
    return strmap_put(&recall->sightings, id, copy) == 0 ? 0
                                                         : error_no_memory(err);
}

int recall_load(struct recall *recall, struct fact_book *books,
                const struct recall_names *names, struct error *err)
{
    const struct recall_options *options = &recall->options;
    const struct state_pair_target pairs = {take_pair, (void *)names};
    const struct state_sighting_target seen = {take_sighting, recall};

    if (!recall_knows(recall))
        return 0;
    for (size_t i = 0; i < options->setup->mapping_count; i++) {
        const char *name = options->setup->mappings[i].rules.schema.name;

        if (recall->datasets[i].continues &&
            state_facts_load(options->state, name, false, &books[i], err) != 0)
            return -1;
        if (recall->resumes &&
            state_facts_load(options->state, name, true, &books[i], err) != 0)
            return -1;
    }
    if (!options->full &&
        state_names_load(options->state, recall->scope, recall->resumes,
                         &pairs, err) != 0)
        return -1;
    return state_accounts_load(options->state, recall->universe, &seen, err);
}

bool recall_newer(const struct state_record *record, int64_t at,
                  const char *id)
{
    return at > record->at ||
           (at == record->at && strcmp(id, record->id) > 0);
}

void recall_saw(struct recall *recall, const struct setup_source *entry,
                const struct event *event)
{
    struct recall_log *log = recall_log(recall, entry);
    int64_t at = event->fields[EVENT_AT].integer;
    const char *id = event->fields[EVENT_ID].text;
    size_t len = strlen(id);

    if (len > STATE_RECORD_ID_MAX)
        return;
    if (log->has_newest && at == log->newest.at &&
        strcmp(id, log->newest.id) == 0)
        log->came = true;
    if (log->has_seen && !recall_newer(&log->seen, at, id))
        return;
    log->has_seen = log->seen_changed = true;
    log->seen.at = at;
    memcpy(log->seen.id, id, len + 1);
}

int recall_keep_pairs(struct recall *recall, struct strmap *pairs, bool bridged,
                      struct error *err)
{
    const struct strmap_slot *entry;
    struct db_statement *writer;
    size_t position = 0;
    int result = 0;

    if (pairs->count == 0)
        return 0;
    writer = state_names_writer(recall->options.state, err);
    if (writer == NULL)
        return -1;
    while (result == 0 && (entry = strmap_next(pairs, &position)) != NULL) {
        const struct state_pair pair = {entry->key, entry->value, bridged};

        result = state_names_keep(writer, recall->scope, &pair, err);
    }
    db_finalize(writer);
    strmap_clear(pairs);
    return result;
}

static int keep_newest(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        struct recall_log *log = &recall->logs[i];

        if (!log->seen_changed)
            continue;
        if (state_newest_set(recall->options.state,
                             setup->sources[i].source.name, log->definition,
                             true, &log->seen, err) != 0)
            return -1;
        log->seen_changed = false;
    }
    return 0;
}

/* An empty window costs one request, and should the site have played dead
 * while it was read, it is asked again; so is one whose refused records the
 * next run must tell of. */
static int keep_window(struct recall *recall, const struct setup_source *entry,
                       const struct window_report *window, struct error *err)
{
    struct state_window row;

    if (window == NULL || window->records == 0 || window->rejected > 0)
        return 0;
    row = (struct state_window){.source = entry->source.name,
                                .from = window->from,
                                .to = window->to,
                                .pages = window->pages,
                                .records = window->records,
                                .oldest = window->oldest,
                                .newest = window->newest};
    return state_window_add(recall->options.state, &row, err);
}

int recall_keep(struct recall *recall, const struct setup_source *entry,
                const struct window_report *window, struct fact_book *books,
                const struct recall_names *names, struct error *err)
{
    const struct setup *setup = recall->options.setup;
    struct db *db;
    int result = 0;

    if (!recall_writes(recall))
        return 0;
    db = state_db(recall->options.state);
    if (db_begin(db, err) != 0)
        return -1;
    for (size_t i = 0; i < setup->mapping_count && result == 0; i++)
        result = state_facts_keep(recall->options.state,
                                  setup->mappings[i].rules.schema.name,
                                  &books[i], err);
    if (result == 0 &&
        recall_keep_pairs(recall, names->fresh, false, err) == 0 &&
        keep_newest(recall, err) == 0 &&
        keep_window(recall, entry, window, err) == 0 && db_commit(db, err) == 0)
        return 0;
    db_rollback(db);
    return -1;
}

/* Younger than what any log may have forgotten. */
static bool must_come(const struct recall *recall, const struct recall_log *log)
{
    return !recall->options.full && log->has_newest &&
           span_holds(&log->todo, log->newest.at) &&
           recall->options.as_of - log->newest.at <
               (int64_t)RECALL_RETENTION_DAYS * INSTANT_DAY;
}

int recall_check(struct recall *recall, const struct run_report *report,
                 struct error *err)
{
    const struct setup *setup = recall->options.setup;
    char at[INSTANT_TEXT_MAX];

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct recall_log *log = &recall->logs[i];

        if (!log->read || log->came || report->sources[i].no_access ||
            !must_come(recall, log))
            continue;
        instant_rfc3339(log->newest.at, at);
        error_set(err, ERROR_DATA,
                  "%s: an earlier run saw a record of %s, and the log does "
                  "not show it any more: it lost records, or hides them",
                  setup->sources[i].source.name, at);
        return error_hint(
            err,
            "see whether the log shows records of that time, and what "
            "the credentials may read (\"%s\"); if they are gone for "
            "good, run once with --full",
            setup->sources[i].source.needs_permission != NULL
                ? setup->sources[i].source.needs_permission
                : "to read it");
    }
    return 0;
}

void recall_end(struct recall *recall, const struct error *cause)
{
    struct error err = {0};
    struct db *db;

    if (!recall_writes(recall) ||
        (cause->kind != ERROR_DATA && cause->kind != ERROR_BUG))
        return;
    db = state_db(recall->options.state);
    if (db_begin(db, &err) == 0 &&
        state_unfinished_drop(recall->options.state, &err) == 0 &&
        db_commit(db, &err) == 0)
        return;
    db_rollback(db);
    log_line(recall->options.log, LOG_ERROR, "state",
             "what this run read cannot be forgotten, so give the next one "
             "--full: %s",
             err.text);
}
