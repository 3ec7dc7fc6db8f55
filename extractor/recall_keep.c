#include <inttypes.h>
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

static bool newer(const struct state_record *record, int64_t at,
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
    if (log->has_seen && !newer(&log->seen, at, id))
        return;
    log->has_seen = log->seen_changed = true;
    log->seen.at = at;
    memcpy(log->seen.id, id, len + 1);
}

static int keep_pairs(struct recall *recall, struct strmap *pairs, bool bridged,
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
    if (result == 0 && keep_pairs(recall, names->fresh, false, err) == 0 &&
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

static void report_log(const struct recall *recall, size_t dataset,
                       size_t index, const struct source_report *source,
                       struct log_report *out)
{
    const struct recall_dataset *known = &recall->datasets[dataset];
    const struct state_cursor *before = &known->cursors[index];
    const struct state_cursor *after = &known->after[index];

    *out = (struct log_report){.source = source->name,
                               .has_before = known->has_cursor[index],
                               .has_after = known->has_after[index]};
    out->before.from = before->from;
    out->before.to = before->to;
    out->after.from = after->from;
    out->after.to = after->to;
    out->has_oldest = out->has_after && after->has_oldest;
    out->oldest = after->oldest;
    out->has_gap = out->has_before && out->has_after && before->to < after->from;
    out->gap.from = before->to;
    out->gap.to = after->from;
}

/* A log that was refused is known no further than before. */
static void settle_cursor(struct recall *recall, size_t dataset, size_t index,
                          const struct source_report *source)
{
    struct recall_dataset *known = &recall->datasets[dataset];
    const struct state_cursor *before = &known->cursors[index];
    struct state_cursor *after = &known->after[index];
    bool goes_on = known->continues && known->has_cursor[index];

    if (source->no_access) {
        known->has_after[index] = goes_on;
        *after = *before;
        return;
    }
    after->has_oldest = source->has_span;
    after->oldest = source->oldest;
    if (goes_on && before->has_oldest &&
        (!after->has_oldest || before->oldest < after->oldest)) {
        after->has_oldest = true;
        after->oldest = before->oldest;
    }
}

int recall_report(struct recall *recall, struct run_report *report,
                  struct error *err)
{
    for (size_t i = 0; i < report->dataset_count; i++) {
        struct dataset_report *dataset = &report->datasets[i];

        dataset->continues = recall->datasets[i].continues;
        dataset->anew = recall->datasets[i].reason;
        dataset->logs = arena_alloc(
            &recall->arena, (report->source_count + 1) * sizeof(*dataset->logs));
        if (dataset->logs == NULL)
            return error_no_memory(err);
        for (size_t s = 0; s < report->source_count; s++) {
            if (!recall_takes(recall, i, s))
                continue;
            settle_cursor(recall, i, s, &report->sources[s]);
            report_log(recall, i, s, &report->sources[s],
                       &dataset->logs[dataset->log_count++]);
        }
    }
    return 0;
}

static int publish_dataset(struct recall *recall, size_t index,
                           struct error *err)
{
    const struct setup *setup = recall->options.setup;
    const struct mapping *mapping = &setup->mappings[index];
    const struct recall_dataset *known = &recall->datasets[index];
    const char *name = mapping->rules.schema.name;

    if (state_facts_publish(recall->options.state, name, mapping->facts_sha256,
                            !known->continues, err) != 0)
        return -1;
    for (size_t i = 0; i < setup->source_count; i++) {
        if (known->has_after[i] &&
            state_cursor_set(recall->options.state, name,
                             setup->sources[i].source.name, &known->after[i],
                             err) != 0)
            return -1;
    }
    return 0;
}

static int publish_newest(struct recall *recall, struct error *err)
{
    const struct setup *setup = recall->options.setup;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct recall_log *log = &recall->logs[i];

        if (!log->has_seen ||
            (log->has_newest && !log->reads_all &&
             newer(&log->seen, log->newest.at, log->newest.id)))
            continue;
        if (state_newest_set(recall->options.state,
                             setup->sources[i].source.name, log->definition,
                             false, &log->seen, err) != 0)
            return -1;
    }
    return 0;
}

/* What this run adds to what was seen of an account; false: nothing. */
static bool sight(const struct recall *recall, const struct account *account,
                  const struct strmap *first_inactive,
                  struct sighting *sighting)
{
    const struct value active = account_value(account, USER_ACTIVE);
    const struct sighting *before =
        strmap_get(&recall->sightings, account_id(account));
    const int64_t *first = NULL;

    if (!active.present)
        return false;
    *sighting = before != NULL ? *before : (struct sighting){0};
    if (active.integer != 0) {
        sighting->was_active = true;
        sighting->last_active_at = recall->options.as_of;
        sighting->is_inactive = false;
        return true;
    }
    if (sighting->is_inactive)
        return false;
    if (before == NULL && first_inactive != NULL)
        first = strmap_get(first_inactive, account_id(account));
    sighting->is_inactive = true;
    sighting->first_inactive_at =
        first != NULL ? *first : recall->options.as_of;
    return true;
}

static int publish_accounts(struct recall *recall, const struct roster *roster,
                            const struct strmap *first_inactive,
                            struct error *err)
{
    struct db_statement *writer =
        state_accounts_writer(recall->options.state, err);
    const struct account *account = roster->first;
    int result = writer != NULL ? 0 : -1;

    for (; account != NULL && result == 0; account = account->next) {
        struct sighting sighting;

        if (account->listed &&
            sight(recall, account, first_inactive, &sighting))
            result = state_accounts_set(writer, recall->universe,
                                        account_id(account), &sighting, err);
    }
    db_finalize(writer);
    return result;
}

static int publish_all(struct recall *recall, const struct roster *roster,
                       const struct strmap *first_inactive,
                       const struct recall_names *names, struct error *err)
{
    struct state *state = recall->options.state;
    struct state_run run = {.as_of = recall->options.as_of};

    memcpy(run.run_id, recall->options.run_id,
           strlen(recall->options.run_id) + 1);
    for (size_t i = 0; i < recall->options.setup->mapping_count; i++) {
        if (publish_dataset(recall, i, err) != 0)
            return -1;
    }
    if (keep_pairs(recall, names->answered, true, err) != 0 ||
        state_names_publish(state, recall->scope, recall->options.full, err) !=
            0 ||
        publish_newest(recall, err) != 0 ||
        publish_accounts(recall, roster, first_inactive, err) != 0 ||
        state_published_set(state, &run, err) != 0)
        return -1;
    return state_unfinished_drop(state, err);
}

int recall_commit(struct recall *recall, const struct roster *roster,
                  const struct strmap *first_inactive,
                  const struct recall_names *names, struct error *err)
{
    struct db *db;

    if (!recall_writes(recall))
        return 0;
    db = state_db(recall->options.state);
    if (db_begin(db, err) == 0 &&
        publish_all(recall, roster, first_inactive, names, err) == 0 &&
        db_commit(db, err) == 0)
        return 0;
    db_rollback(db);
    return error_hint(err, "the run is published; only the state is not: the "
                           "next run reads again what this one read");
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
