#include "outlook.h"

#include "gather.h"
#include "instant.h"

struct recall *outlook_open(const struct outlook_options *options,
                            struct error *err)
{
    const struct request_window window =
        gather_window(&options->setup->job, options->as_of);
    const struct recall_options recall = {
        .setup = options->setup,
        .state = options->state,
        .as_of = options->as_of,
        .run_id = options->run_id,
        .window = {window.from, window.to},
        .backfill = options->backfill,
        .full = options->full,
        .read_all = setup_makes_event_rows(options->setup),
        .look_only = true,
        .log = options->log,
    };

    return recall_open(&recall, err);
}

struct outlook_log outlook_log(const struct recall *recall,
                               const struct setup_source *entry,
                               const struct job *job)
{
    const struct span_set *todo = recall_todo(recall, entry);
    struct outlook_log log = {.spans = todo->spans,
                              .count = todo->count,
                              .reads_all = recall_reads_all(recall, entry)};

    for (size_t i = 0; i < todo->count; i++)
        log.windows += gather_windows_of(&entry->source, &todo->spans[i],
                                         job);
    return log;
}

void outlook_print(const struct outlook_log *log, FILE *out)
{
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    for (size_t i = 0; i < log->count; i++) {
        instant_rfc3339(log->spans[i].from, from);
        instant_rfc3339(log->spans[i].to, to);
        fprintf(out, "%s%s to %s", i > 0 ? " and " : "", from, to);
    }
    if (log->count == 0)
        fputs("nothing that is not known", out);
    else
        fprintf(out, " in %zu window%s", log->windows,
                log->windows == 1 ? "" : "s");
    if (!log->reads_all)
        fputs(", the rest is known", out);
}
