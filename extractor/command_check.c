#include "command.h"

#include <inttypes.h>
#include <stdio.h>

#include "gather.h"
#include "prepare.h"
#include "probe.h"

/* Long enough for a slow answer, short enough for someone who waits. */
enum { CHECK_RETRY_FOR_MS = 3 * 1000 };

static void print_row(const char *source, const char *verdict,
                      const char *detail, const char *hint)
{
    printf("%-20s %-8s %s\n", source, verdict, detail);
    if (hint != NULL && *hint != '\0')
        printf("%-20s %-8s hint: %s\n", "", "", hint);
}

static void describe(const struct source *source,
                     const struct probe_sample *sample, char *text,
                     size_t size)
{
    char at[INSTANT_TEXT_MAX];

    if (sample->has_at) {
        instant_rfc3339(sample->at, at);
        snprintf(text, size, "readable; %s record in the window %s",
                 source->windows == WINDOWS_ONE ? "a" : "newest", at);
    } else if (source->each) {
        snprintf(text, size, "reachable; whether it tells of an account shows "
                 "when a run asks about one");
    } else if (source->batch_parameter != NULL) {
        snprintf(text, size, "reachable");
    } else if (sample->items == 0) {
        snprintf(text, size, "readable, but it shows nothing");
    } else {
        snprintf(text, size, "readable");
    }
}

/* Each source gets an exchange of its own, because an error ends one. */
static int ask_source(const struct command *command, struct prepared *prepared,
                      const struct setup_source *entry,
                      const struct setup_source **fallback, struct error *err)
{
    const struct exchange_options options = {
        .job = &prepared->setup.job,
        .allow_commands = prepared->allow_commands,
        .log = command->log,
        .clock = command->log->clock,
        .stop = command->stop,
        .seed = (uint64_t)clock_mono(&command->log->clock),
    };
    struct gather_options gather = {
        .setup = &prepared->setup,
        .exchange = exchange_new(&options, err),
        .log = command->log,
        .window = gather_window(&prepared->setup.job, prepared->as_of),
    };
    struct probe_sample sample;
    char text[128];
    int result = -1;

    if (gather.exchange == NULL)
        return -1;
    if ((entry->source.probe_expect == NULL ||
         probe_credential(&gather, entry, err) == 0) &&
        probe_sample(&gather, entry, &sample, err) == 0) {
        if (sample.refused != 0 && !entry->source.each)
            snprintf(text, sizeof(text), "status %d; %s is read instead",
                     sample.refused, entry->source.fallback);
        else
            describe(&entry->source, &sample, text, sizeof(text));
        print_row(entry->source.name, "ok", text, NULL);
        *fallback = sample.refused != 0
                        ? setup_source(&prepared->setup, entry->source.fallback)
                        : NULL;
        result = 0;
    } else {
        print_row(entry->source.name, "failed", err->text, err->hint);
    }
    exchange_free(gather.exchange);
    return result;
}

/* A fallback is asked only where a run would ask it. */
static int check_source(const struct command *command,
                        struct prepared *prepared,
                        const struct setup_source *entry, struct error *err)
{
    const struct setup_source *fallback = NULL;

    if (entry->is_fallback)
        return 0;
    if (entry->skipped != NULL) {
        print_row(entry->source.name, "skipped", entry->skipped, NULL);
        return 0;
    }
    if (ask_source(command, prepared, entry, &fallback, err) != 0)
        return -1;
    return fallback == NULL
               ? 0
               : ask_source(command, prepared, fallback, &fallback, err);
}

int command_check(const struct command *command, struct error *err)
{
    struct prepared *prepared = prepare(command, err);
    size_t failed = 0;

    if (prepared == NULL)
        return -1;
    if (prepared->setup.job.limits.retry_for_ms > CHECK_RETRY_FOR_MS)
        prepared->setup.job.limits.retry_for_ms = CHECK_RETRY_FOR_MS;
    print_row("job", "ok", prepared->setup.job.path, NULL);
    for (size_t i = 0; i < prepared->setup.mapping_count; i++)
        print_row(prepared->setup.mappings[i].rules.schema.name, "ok",
                  prepared->setup.mappings[i].path, NULL);
    for (size_t i = 0; i < prepared->setup.source_count; i++) {
        struct error cause = {0};

        if (check_source(command, prepared, &prepared->setup.sources[i],
                         &cause) == 0)
            continue;
        if (failed++ == 0)
            error_set(err, cause.kind, "check failed: %s", cause.text);
        if (cause.kind == ERROR_INTERRUPTED)
            break;
    }
    prepared_free(prepared);
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_set(err, ERROR_IO, "cannot write to stdout");
    return failed == 0 ? 0 : -1;
}
