#include "emit_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "recall.h"

void emit_release(struct emission *emission)
{
    for (size_t i = 0; i < emission->count; i++) {
        struct dataset_rows *rows = &emission->datasets[i];

        changes_free(rows->changes);
        observed_release(&rows->observed);
        arena_release(&rows->arena);
        free(rows->rows);
        free(rows->cells);
        free(rows->sort_cells);
    }
    strmap_release(&emission->actors);
    arena_release(&emission->arena);
}


/* A column that always is the first observation. */
static bool is_observation(const struct column_rule *rule)
{
    const struct alternative *first = rule->alternatives;

    return rule->alternative_count > 0 && first->when == NULL &&
           !first->constant && first->ref.kind == REF_OBSERVED &&
           first->ref.index == OBSERVED_FIRST_INACTIVE;
}

/* The column that carries the first observation, and the single key. */
static void find_columns(struct dataset_rows *rows)
{
    const struct rules *rules = rows->input.rules;
    size_t keys = 0;

    for (size_t i = 0; i < rules->schema.count; i++) {
        if (is_observation(&rules->columns[i]))
            rows->observed_column = rules->schema.columns[i].name;
        if (rules->schema.columns[i].key && keys++ == 0)
            rows->key_column = rules->schema.columns[i].name;
    }
    if (keys != 1)
        rows->key_column = NULL;
}

static int prepare(struct emission *emission, size_t index, int previous_fd,
                   struct error *err)
{
    const struct gather_options *options = emission->options;
    struct dataset_rows *rows = &emission->datasets[index];
    const struct rules *rules = &options->setup->mappings[index].rules;

    observed_init(&rows->observed);
    arena_init(&rows->arena);
    emission->count++;
    rows->input = (struct join_input){
        .rules = rules,
        .book = &emission->gathered->books[index],
        .roster = &emission->gathered->roster,
        .sources = options->setup->user_names,
        .source_count = options->setup->mapping_users[index],
        .actors = &emission->resolved->ids,
        .observed = &rows->observed.by_id,
        .sightings = recall_sightings(options->recall),
        .no_access = emission->gathered->no_access ||
                     setup_lacks_log(options->setup, index),
        .as_of = options->report->as_of,
        .run_id = options->report->run_id,
    };
    rows->cells = calloc(rules->schema.count, sizeof(*rows->cells));
    if (rows->cells == NULL)
        return error_no_memory(err);
    find_columns(rows);
    if (options->previous == NULL || previous_fd < 0 ||
        rows->observed_column == NULL || rows->key_column == NULL)
        return 0;
    if (observed_load(&rows->observed, options->previous, previous_fd,
                      rules->schema.name, rows->key_column,
                      rows->observed_column, err) == 0)
        return 0;
    if (err->kind != ERROR_DATA && err->kind != ERROR_NO_INPUT)
        return -1;
    log_line(options->log, LOG_WARN, "observed", "run %s cannot be read, so "
             "first observations start anew: %s", options->previous->run_id,
             err->text);
    error_clear(err);
    observed_release(&rows->observed);
    observed_init(&rows->observed);
    return 0;
}

const struct strmap *emit_first_observed(const struct emission *emission)
{
    for (size_t i = 0; i < emission->count; i++) {
        if (emission->datasets[i].observed.loaded)
            return &emission->datasets[i].observed.by_id;
    }
    return NULL;
}

static int note_actors(struct emission *emission, const struct joined *joined,
                       struct error *err)
{
    for (size_t i = 0; i < joined->input->rules->fact_count; i++) {
        const char *actor = joined_fact(joined, i)->actor;

        if (actor != NULL &&
            strmap_put(&emission->actors, actor, emission) != 0)
            return error_no_memory(err);
    }
    return 0;
}

static int add_row(struct dataset_rows *rows, const struct account *account,
                   struct error *err)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 1024;
        struct chosen *grown =
            realloc(rows->rows, capacity * sizeof(*rows->rows));
        if (grown == NULL)
            return error_no_memory(err);
        rows->rows = grown;
        rows->capacity = capacity;
    }
    rows->rows[rows->count++] = (struct chosen){.account = account};
    if (rows->observed.loaded &&
        strmap_get(&rows->observed.by_id, account_id(account)) == NULL)
        rows->fresh++;
    return 0;
}

/* The actors of spooled events, whichever of them a row will show. */
static int note_event_actors(struct emission *emission, struct error *err)
{
    const struct strmap_slot *entry;
    size_t position = 0;

    while ((entry = strmap_next(&emission->gathered->actors, &position)) !=
           NULL) {
        if (strmap_put(&emission->actors, entry->key, emission) != 0)
            return error_no_memory(err);
    }
    return 0;
}

static int choose(struct emission *emission, struct dataset_rows *rows,
                  struct error *err)
{
    const struct account *account = emission->gathered->roster.first;

    if (rows->input.rules->grain == GRAIN_EVENT)
        return note_event_actors(emission, err);
    for (; account != NULL; account = account->next) {
        struct joined joined;

        if (!account->listed)
            continue;
        joined_fill(&joined, &rows->input, account);
        if (!join_selects(&joined)) {
            rows->undecided += join_lacks(&joined);
            continue;
        }
        if (add_row(rows, account, err) != 0 ||
            note_actors(emission, &joined, err) != 0)
            return -1;
    }
    if (rows->undecided > 0)
        log_line(emission->options->log, LOG_WARN, "undecided", "%s: %" PRIu64
                 " accounts are left out because something is not known of "
                 "them that the mapping's \"where\" compares",
                 rows->input.rules->schema.name, rows->undecided);
    return 0;
}

int emit_prepare(struct emission *emission, struct gathered *gathered,
                 struct resolved *resolved,
                 const struct gather_options *options, int previous_fd,
                 struct error *err)
{
    memset(emission, 0, sizeof(*emission));
    arena_init(&emission->arena);
    emission->gathered = gathered;
    emission->resolved = resolved;
    emission->options = options;
    for (size_t i = 0; i < options->setup->mapping_count; i++) {
        if (prepare(emission, i, previous_fd, err) != 0)
            return -1;
    }
    return 0;
}

int emit_choose(struct emission *emission, struct error *err)
{
    for (size_t i = 0; i < emission->count; i++) {
        if (choose(emission, &emission->datasets[i], err) != 0)
            return -1;
    }
    return 0;
}

/* The source the universe was read from. */
static const struct setup_source *users_entry(const struct emission *e)
{
    const struct setup *setup = e->options->setup;
    const struct setup_source *entry = setup->users[0];
    const struct source_report *report =
        &e->options->report->sources[entry - setup->sources];

    return report->fallback != NULL ? setup_source(setup, report->fallback)
                                    : entry;
}

static const struct source_report *users_report(const struct emission *e)
{
    return &e->options->report
                ->sources[users_entry(e) - e->options->setup->sources];
}

/* When its directory is out, Jira shows accounts as inactive and nameless;
 * a real one has a name at least, even when erased. A name that only another
 * source knows does not speak for this one. */
static uint64_t count_nameless(const struct emission *emission)
{
    const struct account *account = emission->gathered->roster.first;
    uint64_t count = 0;

    for (; account != NULL; account = account->next) {
        struct value name = account_value(account, USER_DISPLAY_NAME);
        struct value active = account_value(account, USER_ACTIVE);

        count += account->listed && active.present && !active.integer &&
                 (!name.present || name.text[0] == '\0' ||
                  account->origin[USER_DISPLAY_NAME] != 0);
    }
    return count;
}

static uint64_t count_placeholders(const struct emission *emission)
{
    const struct setup_source *entry = users_entry(emission);
    uint64_t count = users_report(emission)->placeholders;

    if (entry->source.user_fields[USER_DISPLAY_NAME].used)
        count += count_nameless(emission);
    return count;
}

static int check_dataset(struct emission *emission,
                         const struct dataset_rows *rows, struct error *err)
{
    const struct job *job = &emission->options->setup->job;
    struct run_report *report = emission->options->report;

    /* A log without such events is believable, and an empty log was asked
     * about already (probe_emptiness). */
    if (rows->input.rules->grain == GRAIN_EVENT)
        return 0;
    if (guard_minimum(report, GUARD_ZERO_ROWS, (int64_t)rows->count,
                      job->guards.zero_rows == ZERO_ROWS_FAIL, err) != 0)
        return error_prefix(err, "%s: no account meets the mapping's "
                            "\"where\"", rows->input.rules->schema.name);
    if (!rows->observed.loaded)
        return 0;
    return guard_maximum_share(report, GUARD_MAX_NEW_INACTIVE, rows->fresh,
                               report->users,
                               job->guards.max_new_inactive_ppm, err);
}

/* A list that ends early for a reason the walk cannot see. */
static int check_fewer_users(struct emission *emission, struct error *err)
{
    const struct manifest *previous = emission->options->previous;
    struct run_report *report = emission->options->report;

    if (previous == NULL)
        return 0;
    return guard_maximum_share(
        report, GUARD_MAX_FEWER_USERS,
        previous->users > report->users ? previous->users - report->users : 0,
        previous->users,
        emission->options->setup->job.guards.max_fewer_users_ppm, err);
}

int emit_check_lists(struct emission *emission, struct error *err)
{
    const struct job *job = &emission->options->setup->job;
    struct run_report *report = emission->options->report;
    uint64_t placeholders = users_report(emission)->placeholders;

    report->users = emission->gathered->roster.listed;
    if (guard_minimum(report, GUARD_MIN_USERS, (int64_t)report->users,
                      job->guards.min_users, err) != 0 ||
        guard_maximum_share(report, GUARD_MAX_PLACEHOLDERS,
                            count_placeholders(emission),
                            report->users + placeholders,
                            job->guards.max_placeholders_ppm, err) != 0)
        return -1;
    return check_fewer_users(emission, err);
}

int emit_check(struct emission *emission, struct error *err)
{
    if (emission->options->setup->user_count > 0 &&
        emit_check_lists(emission, err) != 0)
        return -1;
    for (size_t i = 0; i < emission->count; i++) {
        if (check_dataset(emission, &emission->datasets[i], err) != 0)
            return -1;
    }
    return 0;
}

int emit_open_changes(struct emission *emission,
                      const struct previous *previous, struct error *err)
{
    for (size_t i = 0; i < emission->count; i++) {
        struct dataset_rows *rows = &emission->datasets[i];
        const struct changes_options options = {
            .rules = rows->input.rules,
            .previous = previous,
            .log = emission->options->log,
            .report = emission->options->report,
        };

        if (options.rules->changes == NULL)
            continue;
        rows->changes = changes_open(&options, err);
        if (rows->changes == NULL)
            return -1;
    }
    return 0;
}
