/* Which run the changes are counted from, and whether it can be trusted. */
#include <string.h>
#include <strings.h>

#include "changes_parts.h"
#include "guard.h"
#include "join.h"

int changes_next_old(struct changes *changes, struct error *err)
{
    int found = past_next(changes->past, &changes->old, err);

    changes->has_old = found > 0;
    return found < 0 ? -1 : 0;
}

int changes_note_key(const struct rules *rules, struct change_key *key,
                     const struct value *cells, struct error *err)
{
    int order = -1;

    for (size_t i = 0; key->set && i < rules->order_count; i++) {
        order = value_order(&key->cells[i], &cells[rules->order[i]]);
        if (order != 0)
            break;
    }
    if (order >= 0)
        return 1;
    arena_reset(&key->texts);
    for (size_t i = 0; i < rules->order_count; i++) {
        struct value *copy = &key->cells[i];

        *copy = cells[rules->order[i]];
        if (copy->text == NULL)
            continue;
        copy->text = arena_strdup(&key->texts, copy->text);
        if (copy->text == NULL)
            return error_no_memory(err);
    }
    key->set = true;
    return 0;
}

static bool same_values(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    for (; *a != NULL && *b != NULL; a++, b++) {
        if (strcmp(*a, *b) != 0)
            return false;
    }
    return *a == *b;
}

/* A CSV's header, and so its schema, may be in another case. */
static bool same_column(const struct column *old, const struct column *now)
{
    return strcasecmp(old->name, now->name) == 0 && old->type == now->type &&
           old->length == now->length && old->key == now->key &&
           old->nullable == now->nullable &&
           same_values(old->values, now->values);
}

static bool same_schema(const struct manifest_resource *old,
                        const struct rules *rules)
{
    if (old->schema.count != rules->schema.count ||
        old->order_count != rules->order_count)
        return false;
    for (size_t i = 0; i < old->schema.count; i++) {
        if (!same_column(&old->schema.columns[i], &rules->schema.columns[i]))
            return false;
    }
    for (size_t i = 0; i < old->order_count; i++) {
        if (old->order[i] != rules->order[i])
            return false;
    }
    return true;
}

/* A time without its day says nothing. */
static bool times_are_lost(const struct manifest_resource *old)
{
    const char *format = old->dialect.time_format;

    if (strcmp(old->format, "csv") != 0 ||
        (strstr(format, "%Y") != NULL && strstr(format, "%m") != NULL &&
         strstr(format, "%d") != NULL))
        return false;
    for (size_t i = 0; i < old->schema.count; i++) {
        if (old->schema.columns[i].type == VALUE_TIMESTAMP)
            return true;
    }
    return false;
}

/* Why no row can be compared with a run that is not damaged; NULL: it can. */
static const char *no_baseline(const struct changes *changes)
{
    const struct previous *previous = changes->options->previous;
    const struct manifest_resource *old;

    if (!previous->found)
        return "no run was published before";
    old = past_first(&previous->manifest, changes->rules->schema.name);
    if (old == NULL)
        return "the run before has no such dataset";
    if (!same_schema(old, changes->rules))
        return "the run before has other columns";
    return times_are_lost(old) ? "the run before has times without a day"
                               : NULL;
}

static struct past *open_past(const struct changes *changes,
                              struct error *err)
{
    const struct previous *previous = changes->options->previous;
    struct past *past = past_open(&previous->manifest, previous->dir_fd,
                                  &changes->rules->schema);

    if (past == NULL)
        error_no_memory(err);
    return past;
}

/* Reads all of it: 0 when every row is there, in order and as written. */
static int check_past(const struct changes *changes, struct error *err)
{
    struct past *past = open_past(changes, err);
    struct change_key key = {0};
    struct past_row row;
    int found = -1, behind = 0;

    if (past == NULL)
        return -1;
    arena_init(&key.texts);
    while (behind == 0 && (found = past_next(past, &row, err)) > 0)
        behind = changes_note_key(changes->rules, &key, row.cells, err);
    if (behind > 0)
        error_set(err, ERROR_DATA, "%s: a row does not come after the one "
                  "above it in the order of keys",
                  changes->rules->schema.name);
    arena_release(&key.texts);
    past_close(past);
    return found == 0 && behind == 0 ? 0 : -1;
}

/* The guard trips, or every row becomes an insert. */
static int refuse(struct changes *changes, const struct error *damage,
                  struct error *err)
{
    const struct changes_options *options = changes->options;
    const struct previous *previous = options->previous;
    const char *name = changes->rules->changes->schema.name;
    struct error tripped = {0};

    changes->facts.reason = "the run before is damaged";
    if (guard_maximum(options->report, GUARD_CHANGES_BASELINE, 1, 0,
                      &tripped) == 0) {
        log_line(options->log, LOG_WARN, "changes", "%s: every row is an "
                 "insert, because the run before is damaged: %s", name,
                 damage->text);
        return 0;
    }
    error_set(err, ERROR_DATA, "guard " GUARD_CHANGES_BASELINE ": %s cannot be "
              "told, because the run before is damaged: %s%s%s", name,
              previous->found ? previous->manifest.run_id : "",
              previous->found ? ": " : "", damage->text);
    return error_hint(err, "nothing is published; bring that run's files back, "
                      "or make every row an insert in one run with "
                      "--accept-guard " GUARD_CHANGES_BASELINE);
}

static void tell(const struct changes *changes)
{
    const char *name = changes->rules->changes->schema.name;
    const struct log *log = changes->options->log;

    if (changes->facts.baseline != NULL)
        log_line(log, LOG_INFO, "changes", "%s: since run %s", name,
                 changes->facts.baseline);
    else
        log_line(log, changes->options->previous->found ? LOG_WARN : LOG_INFO,
                 "changes", "%s: every row is an insert: %s", name,
                 changes->facts.reason);
}

int changes_find_baseline(struct changes *changes, struct error *err)
{
    const struct changes_options *options = changes->options;
    const struct previous *previous = options->previous;
    struct error damage = {0};

    changes->facts.of = changes->rules->schema.name;
    if (previous->damaged) {
        error_set(&damage, ERROR_DATA, "its manifest cannot be read");
        return refuse(changes, &damage, err);
    }
    changes->facts.reason = no_baseline(changes);
    if (changes->facts.reason == NULL && check_past(changes, &damage) != 0) {
        if (damage.kind == ERROR_DATA || damage.kind == ERROR_NO_INPUT)
            return refuse(changes, &damage, err);
        *err = damage;
        return -1;
    }
    if (guard_maximum(options->report, GUARD_CHANGES_BASELINE, 0, 0, err) != 0)
        return -1;
    if (changes->facts.reason == NULL) {
        changes->facts.baseline = previous->manifest.run_id;
        changes->past = open_past(changes, err);
        if (changes->past == NULL || changes_next_old(changes, err) != 0)
            return -1;
    }
    tell(changes);
    return 0;
}
