/* The questions of probe.h to sources that are files. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "normalise.h"
#include "probe.h"
#include "sheet.h"

/* One reading of all files of a source. */
struct reading {
    const struct setup_source *entry;
    struct probe_files *found;
    struct event *event; /* of the row at hand: large */
    const char *given;   /* the file at hand */
};

static void note_refusal(struct reading *reading, uint64_t number,
                         const struct item_notes *notes)
{
    struct probe_files *found = reading->found;

    if (found->refused++ == 0)
        snprintf(found->refusal, sizeof(found->refusal),
                 "%s row %" PRIu64 ": %s %s", reading->given, number,
                 notes->field, notes->reason);
}

static int take_row(void *context, const struct json *item, uint64_t number,
                    struct error *err)
{
    struct reading *reading = context;
    const struct source *source = &reading->entry->source;
    struct probe_files *found = reading->found;
    struct item_notes notes = {0};
    struct user user;
    int64_t at;

    (void)err;
    found->rows++;
    if (source->kind == SOURCE_USERS) {
        if (normalise_user(source, item, &user, &notes) == ITEM_REFUSED)
            note_refusal(reading, number, &notes);
        return 0;
    }
    if (normalise_event(source, item, reading->event, &notes) == ITEM_REFUSED) {
        note_refusal(reading, number, &notes);
        return 0;
    }
    at = reading->event->fields[EVENT_AT].integer;
    if (!found->has_oldest || at < found->oldest)
        found->oldest = at;
    found->has_oldest = true;
    return 0;
}

static int read_path(struct reading *reading, const struct setup *setup,
                     const struct job_path *path, int64_t as_of,
                     struct error *err)
{
    const struct sheet_options options = {
        .source = &reading->entry->source,
        .path = path->path,
        .row = take_row,
        .context = reading,
    };
    struct probe_files *found = reading->found;
    struct sheet_facts facts;

    reading->given = path->given;
    if (sheet_read(&options, &facts, err) != 0)
        return error_prefix(err, "files.%s", reading->entry->files->name);
    found->columns += facts.columns;
    found->unknown_columns += facts.unknown_columns;
    return probe_file_facts(setup, reading->entry, path->given, facts.modified,
                            facts.rows, as_of, err);
}

int probe_files(const struct setup *setup, const struct setup_source *entry,
                int64_t as_of, struct probe_files *found, struct error *err)
{
    struct reading reading = {.entry = entry, .found = found};
    int result = 0;

    memset(found, 0, sizeof(*found));
    reading.event = calloc(1, sizeof(*reading.event));
    if (reading.event == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < entry->files->count && result == 0; i++)
        result =
            read_path(&reading, setup, &entry->files->paths[i], as_of, err);
    free(reading.event);
    if (result != 0 || (int64_t)found->refused <= setup->job.guards.max_rejects)
        return result;
    error_set(err, ERROR_DATA,
              "files.%s: %" PRIu64 " rows are refused; the "
              "first: %s",
              entry->files->name, found->refused, found->refusal);
    return error_hint(err,
                      "see what the file holds, edit %s, or raise "
                      "guards.max_rejects in the job",
                      entry->source.path);
}

/* A schedule that nobody feeds any more would publish the same rows for ever
 * and look well. */
static int check_age(const struct setup *setup,
                     const struct setup_source *entry, const char *given,
                     int64_t modified, int64_t as_of, struct error *err)
{
    int64_t limit = setup->job.guards.max_export_age_ms;
    int64_t age = as_of - modified;
    char at[INSTANT_TEXT_MAX];

    if (age <= limit)
        return 0;
    instant_rfc3339(modified, at);
    error_set(err, ERROR_DATA,
              "guard max_export_age: files.%s: %s is of %s, "
              "%" PRId64 " hours before the run's time; the limit is %" PRId64,
              entry->files->name, given, at, age / INSTANT_HOUR,
              limit / INSTANT_HOUR);
    return error_hint(err, "export it anew; if it comes less often, raise "
                           "guards.max_export_age in the job, such as \"8d\"");
}

int probe_file_facts(const struct setup *setup,
                     const struct setup_source *entry, const char *given,
                     int64_t modified, uint64_t rows, int64_t as_of,
                     struct error *err)
{
    if (check_age(setup, entry, given, modified, as_of, err) != 0)
        return -1;
    if (rows > 0 || setup->job.guards.min_users == 0)
        return 0;
    error_set(err, ERROR_DATA, "files.%s: %s has a header and no rows",
              entry->files->name, given);
    return error_hint(err, "export it anew; if there is nothing to export, "
                           "set guards.min_users to 0 in the job");
}
