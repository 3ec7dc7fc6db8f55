#include "command.h"

#include <inttypes.h>
#include <stdio.h>

#include "command_sites.h"
#include "deliver.h"
#include "gather.h"
#include "outlook.h"
#include "prepare.h"
#include "publish.h"
#include "put.h"

/* Requests that are certain before anything is known of the site. */
static int64_t least_requests(const struct setup *setup,
                              const struct setup_source *entry,
                              const struct recall *recall)
{
    int64_t probe = (entry->source.probe_path != NULL &&
                     entry->source.probe_expect != NULL) +
                    (entry->source.actions_path != NULL);

    if (entry->skipped != NULL || entry->source.file != NULL ||
        entry->source.each)
        return 0;
    if (entry->source.kind == SOURCE_EVENTS)
        return probe +
               (int64_t)outlook_log(recall, entry, &setup->job).windows;
    for (size_t i = 0; i < setup->user_count; i++) {
        if (setup->users[i] == entry)
            return probe + 1 + entry->source.paging.past_end;
    }
    return 0;
}

static void print_files(const struct setup_source *entry,
                        const struct request_window *window)
{
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    for (size_t i = 0; i < entry->files->count; i++) {
        printf("source    %s: file %s", entry->source.name,
               entry->files->paths[i].path);
        if (entry->source.kind == SOURCE_EVENTS) {
            instant_rfc3339(window->from, from);
            instant_rfc3339(window->to, to);
            printf(", %s to %s", from, to);
        }
        printf("; no requests\n");
    }
}

static void print_spans(const struct setup *setup,
                        const struct setup_source *entry,
                        const struct recall *recall)
{
    const struct outlook_log log = outlook_log(recall, entry, &setup->job);

    fputs(", ", stdout);
    outlook_print(&log, stdout);
}

static void print_source(const struct setup *setup,
                         const struct setup_source *entry,
                         const struct recall *recall,
                         const struct request_window *window)
{
    const struct source *source = &entry->source;

    if (entry->skipped != NULL) {
        if (!entry->is_fallback)
            printf("source    %s: skipped: %s\n", source->name,
                   entry->skipped);
        return;
    }
    if (source->file != NULL) {
        print_files(entry, window);
        return;
    }
    printf("source    %s: %s %s%s, ", source->name, source->method,
           entry->endpoint->url, source->request_path);
    if (source->each)
        printf("one account a request");
    else if (source->batch_parameter != NULL)
        printf("%" PRId64 " names a request", source->batch_size);
    else
        printf("%" PRId64 " items a page", source->paging.size);
    if (source->kind == SOURCE_EVENTS)
        print_spans(setup, entry, recall);
    if (source->each)
        printf(", only for accounts that may have a row and of which no source "
               "before it tells the same");
    else if (source->batch_parameter != NULL)
        printf(", only for names that are still open");
    else if (entry->is_fallback)
        printf(", only where the form before it is not offered");
    else
        printf("; at least %" PRId64 " requests",
               least_requests(setup, entry, recall));
    if (entry->endpoint->rate_count > 0)
        printf(", at most %" PRId64 " in %" PRId64 " ms",
               entry->endpoint->rate_count, entry->endpoint->rate_per_ms);
    putchar('\n');
}

static void print_unused(const struct setup *setup)
{
    for (size_t i = 0; i < setup->job.file_count; i++) {
        if (!setup_uses_file(setup, &setup->job.files[i]))
            printf("file      %s: no source of the run reads it\n",
                   setup->job.files[i].name);
    }
}

static void print_file(const struct job *job, const struct schema *schema,
                       const char *format)
{
    printf("file      %s-00001.%s%s, further parts above %" PRIu64
           " bytes\n", schema->name, format,
           job->output.compression == COMPRESSION_GZIP ? ".gz" : "",
           job->output.part_size);
}

static void print_dataset(const struct setup *setup, size_t index,
                          const struct schema *schema)
{
    printf("dataset   %s: %zu columns, from %s\n", schema->name, schema->count,
           setup->mappings[index].path);
    if (setup->job.output.csv)
        print_file(&setup->job, schema, "csv");
    if (setup->job.output.jsonl)
        print_file(&setup->job, schema, "jsonl");
}

/* How many accounts will be asked about is known only once the lists were
 * read. */
static void print_each(const struct setup_source *entry)
{
    const struct endpoint *endpoint = entry->endpoint;

    if (entry->skipped != NULL || !entry->source.each)
        return;
    printf("requests  %s: at most one for each row and for each account whose "
           "row depends on it; those of a run that was stopped are not asked "
           "again\n", entry->source.name);
    if (endpoint->rate_count > 0)
        printf("time      %s: %" PRId64 " s for each 1000 of them at the "
               "configured rate\n", entry->source.name,
               1000 * endpoint->rate_per_ms / endpoint->rate_count /
                   INSTANT_SECOND);
    else
        printf("time      %s: not known; limits.rate.%s is not set\n",
               entry->source.name, endpoint->name);
}

static void print_datasets(const struct setup *setup, size_t index)
{
    const struct rules *rules = &setup->mappings[index].rules;

    print_dataset(setup, index, &rules->schema);
    if (rules->changes != NULL)
        print_dataset(setup, index, &rules->changes->schema);
}

/* How long the certain requests take where a rate is set. */
static void print_time(const struct setup *setup,
                       const struct recall *recall)
{
    int64_t requests = 0, longest_ms = 0;

    for (size_t i = 0; i < setup->source_count; i++) {
        const struct setup_source *entry = &setup->sources[i];
        int64_t count = least_requests(setup, entry, recall);

        requests += count;
        if (count > 0 && entry->endpoint->rate_count > 0)
            longest_ms += count * entry->endpoint->rate_per_ms /
                          entry->endpoint->rate_count;
    }
    if (requests == 0) {
        printf("requests  none\n");
        return;
    }
    printf("requests  at least %" PRId64 "; every full page of accounts or "
           "records adds one\n", requests);
    if (longest_ms > 0)
        printf("time      at least %" PRId64 " s at the configured rate\n",
               (longest_ms + 999) / 1000);
}

static void print_targets(const struct job *job)
{
    char address[DELIVER_ADDRESS_MAX];

    for (size_t i = 0; i < job->target_count; i++) {
        deliver_address(&job->targets[i], address);
        printf("deliver   %s: %s\n", job->targets[i].name, address);
    }
}

static void print_hive(const struct prepared *prepared,
                       const struct schema *schema)
{
    char path[PUBLISH_HIVE_PATH_MAX];

    if (publish_hive_path(schema->name, prepared->as_of, prepared->run_id,
                          path) == 0)
        printf("layout    %s/%s\n", prepared->setup.out_dir, path);
}

static void print_layout(const struct prepared *prepared)
{
    const struct setup *setup = &prepared->setup;

    if (setup->job.output.layout != LAYOUT_HIVE)
        return;
    for (size_t i = 0; i < setup->mapping_count; i++) {
        const struct rules *rules = &setup->mappings[i].rules;

        print_hive(prepared, &rules->schema);
        if (rules->changes != NULL)
            print_hive(prepared, &rules->changes->schema);
    }
}

static void print_plan(const struct prepared *prepared,
                       const struct recall *recall)
{
    const struct setup *setup = &prepared->setup;
    const struct request_window window =
        gather_window(&setup->job, prepared->as_of);
    char as_of[INSTANT_TEXT_MAX];

    instant_rfc3339(prepared->as_of, as_of);
    printf("run       %s, as of %s\n", prepared->run_id, as_of);
    printf("directory %s/%s\n", setup->out_dir, prepared->run_id);
    for (size_t i = 0; i < setup->mapping_count; i++)
        print_datasets(setup, i);
    print_layout(prepared);
    for (size_t i = 0; i < setup->source_count; i++)
        print_source(setup, &setup->sources[i], recall, &window);
    print_unused(setup);
    print_targets(&setup->job);
    print_time(setup, recall);
    for (size_t i = 0; i < setup->source_count; i++)
        print_each(&setup->sources[i]);
}

/* NULL with *err set. What the state knows decides which spans are asked. */
static struct recall *look(const struct command *command,
                           const struct prepared *prepared,
                           struct state *state, struct error *err)
{
    const struct outlook_options options = {
        .setup = &prepared->setup,
        .state = state,
        .as_of = prepared->as_of,
        .run_id = prepared->run_id,
        .backfill = prepared->backfill,
        .full = command->cli->values[OPTION_FULL] != NULL,
        .log = command->log,
    };

    return outlook_open(&options, err);
}

int command_plan(const struct command *command, struct error *err)
{
    struct prepared *prepared = prepare(command, err);
    struct recall *recall = NULL;
    struct state *state;

    if (prepared == NULL)
        return -1;
    if (setup_has_sites(&prepared->setup)) {
        int result = command_each_site(command, &prepared->setup.job,
                                       command_plan, err);

        prepared_free(prepared);
        return result;
    }
    state = state_open_reader(prepared->setup.job.state, command->log, err);
    if (state != NULL || err->kind == ERROR_NONE)
        recall = look(command, prepared, state, err);
    if (recall != NULL)
        print_plan(prepared, recall);
    recall_free(recall);
    state_close(state);
    prepared_free(prepared);
    if (recall == NULL)
        return -1;
    return put_flush(err);
}
