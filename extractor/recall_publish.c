#include <stdlib.h>
#include <string.h>

#include "recall_parts.h"

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
    out->has_gap =
        out->has_before && out->has_after && before->to < after->from;
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
             recall_newer(&log->seen, log->newest.at, log->newest.id)))
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
    sighting->is_inactive = true;
    sighting->first_inactive_at = sighting_first_inactive(
        before,
        first_inactive != NULL
            ? strmap_get(first_inactive, account_id(account))
            : NULL,
        recall->options.as_of);
    return true;
}

static int id_order(const void *a, const void *b)
{
    return strcmp(account_id(*(const struct account *const *)a),
                  account_id(*(const struct account *const *)b));
}

/* The listed ones in the order of the table, where a row goes behind the one
 * before it: in the list's order each would be anywhere. NULL: memory is out. */
static const struct account **sorted_accounts(const struct roster *roster,
                                              size_t *count)
{
    const struct account *account = roster->first;
    const struct account **sorted =
        malloc((roster->listed + 1) * sizeof(*sorted));

    *count = 0;
    for (; sorted != NULL && account != NULL; account = account->next) {
        if (account->listed)
            sorted[(*count)++] = account;
    }
    if (*count > 1)
        qsort(sorted, *count, sizeof(*sorted), id_order);
    return sorted;
}

static int publish_accounts(struct recall *recall, const struct roster *roster,
                            const struct strmap *first_inactive,
                            struct error *err)
{
    size_t count;
    const struct account **accounts = sorted_accounts(roster, &count);
    struct db_statement *writer =
        accounts != NULL ? state_accounts_writer(recall->options.state, err)
                         : NULL;
    int result = writer != NULL ? 0 : -1;

    if (accounts == NULL)
        error_no_memory(err);
    for (size_t i = 0; i < count && result == 0; i++) {
        struct sighting sighting;

        if (sight(recall, accounts[i], first_inactive, &sighting))
            result =
                state_accounts_set(writer, recall->universe,
                                   account_id(accounts[i]), &sighting, err);
    }
    db_finalize(writer);
    free(accounts);
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
    if (recall_keep_pairs(recall, names->answered, true, err) != 0 ||
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
