/* "x-rollcall": what the run was, did, and let pass. */
#include "manifest_parts.h"

struct named_count {
    const char *name;
    uint64_t count;
};

static void put_counts(struct jsonw *w, const struct named_count *counts,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        manifest_put_count(w, counts[i].name, counts[i].count);
}

static void put_writer(struct jsonw *w, const struct writer_report *writer)
{
    const struct named_count counts[] = {
        {"parts", writer->part_count},
        {"rows", writer->rows},
        {"newlinesReplaced", writer->newlines_replaced},
        {"controlsReplaced", writer->controls_replaced},
    };

    jsonw_object(w, NULL);
    jsonw_text(w, "format", writer->format);
    put_counts(w, counts, sizeof(counts) / sizeof(counts[0]));
    jsonw_object_end(w);
}

static void put_changes(struct jsonw *w, const struct changes_report *changes)
{
    const struct named_count counts[] = {
        {"inserts", changes->inserts},
        {"updates", changes->updates},
        {"deletes", changes->deletes},
    };

    jsonw_object(w, "changes");
    jsonw_text(w, "of", changes->of);
    jsonw_text_or_null(w, "baseline", changes->baseline);
    if (changes->baseline == NULL)
        jsonw_text(w, "reason", changes->reason);
    put_counts(w, counts, sizeof(counts) / sizeof(counts[0]));
    jsonw_object_end(w);
}

static void put_span(struct jsonw *w, const char *name, bool there,
                     int64_t from, int64_t to)
{
    if (!there) {
        jsonw_null(w, name);
        return;
    }
    jsonw_object(w, name);
    jsonw_instant(w, "from", from);
    jsonw_instant(w, "to", to);
    jsonw_object_end(w);
}

static void put_log(struct jsonw *w, const struct log_report *log)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "source", log->source);
    put_span(w, "before", log->has_before, log->before.from, log->before.to);
    put_span(w, "known", log->has_after, log->after.from, log->after.to);
    if (log->has_oldest)
        jsonw_instant(w, "oldest", log->oldest);
    jsonw_array(w, "gaps");
    if (log->has_gap)
        put_span(w, NULL, true, log->gap.from, log->gap.to);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

/* How far the dataset's facts reach, and whence they come. */
static void put_knowledge(struct jsonw *w, const struct dataset_report *dataset)
{
    jsonw_object(w, "knowledge");
    jsonw_text(w, "facts", dataset->continues ? "continued" : "read anew");
    jsonw_text_or_null(w, "reason", dataset->continues ? NULL : dataset->anew);
    jsonw_array(w, "logs");
    for (size_t i = 0; i < dataset->log_count; i++)
        put_log(w, &dataset->logs[i]);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

/* Of every column that a text was too long for, refused or cut. */
static void put_over_length(struct jsonw *w,
                            const struct dataset_report *dataset)
{
    if (dataset->over_length_count == 0)
        return;
    jsonw_object(w, "overLength");
    for (size_t i = 0; i < dataset->over_length_count; i++)
        manifest_put_count(w, dataset->over_length[i].name,
                           dataset->over_length[i].count);
    jsonw_object_end(w);
}

static void put_dataset(struct jsonw *w, const struct dataset_report *dataset)
{
    const struct named_count counts[] = {
        {"rows", dataset->rows},
        {"rejected", dataset->rejected},
        {"truncated", dataset->truncated},
        {"undecided", dataset->undecided},
    };

    jsonw_object(w, NULL);
    jsonw_text(w, "name", dataset->schema->name);
    jsonw_text_or_null(w, "mapping", dataset->mapping_path);
    jsonw_text_or_null(w, "mappingSha256", dataset->mapping_sha256);
    put_counts(w, counts, sizeof(counts) / sizeof(counts[0]));
    put_over_length(w, dataset);
    jsonw_array(w, "formats");
    for (size_t i = 0; i < dataset->writer_count; i++)
        put_writer(w, &dataset->writers[i]);
    jsonw_array_end(w);
    jsonw_object(w, "statuses");
    for (size_t i = 0; i < dataset->status_count; i++)
        manifest_put_count(w, dataset->statuses[i].name,
                           dataset->statuses[i].count);
    jsonw_object_end(w);
    if (dataset->changes.of != NULL)
        put_changes(w, &dataset->changes);
    else if (!dataset->merged)
        put_knowledge(w, dataset);
    jsonw_object_end(w);
}

static void put_window(struct jsonw *w, const struct window_report *window)
{
    jsonw_object(w, NULL);
    jsonw_instant(w, "from", window->from);
    jsonw_instant(w, "to", window->to);
    manifest_put_count(w, "pages", window->pages);
    manifest_put_count(w, "records", window->records);
    if (window->resumed)
        jsonw_bool(w, "resumed", true);
    if (window->has_oldest)
        jsonw_instant(w, "oldest", window->oldest);
    if (window->has_total)
        jsonw_int(w, "claimedTotal", window->total);
    jsonw_object_end(w);
}

static void put_actions(struct jsonw *w, const struct source_report *source)
{
    jsonw_array(w, "actions");
    for (size_t i = 0; i < source->action_count; i++) {
        const struct action_report *action = &source->actions[i];

        jsonw_object(w, NULL);
        jsonw_text(w, "id", action->id);
        jsonw_text_or_null(w, "name", action->name);
        manifest_put_count(w, "events", action->events);
        jsonw_bool(w, "known", action->known);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

static void put_file(struct jsonw *w, const struct file_report *file)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "path", file->path);
    manifest_put_count(w, "bytes", file->bytes);
    jsonw_text(w, "sha256", file->sha256);
    jsonw_instant(w, "modified", file->modified);
    manifest_put_count(w, "rows", file->rows);
    manifest_put_count(w, "unknownColumns", file->unknown_columns);
    manifest_put_count(w, "extraCells", file->extra_cells);
    jsonw_object_end(w);
}

static void put_files(struct jsonw *w, const struct source_report *source)
{
    jsonw_array(w, "files");
    for (size_t i = 0; i < source->file_count; i++)
        put_file(w, &source->files[i]);
    jsonw_array_end(w);
}

static void put_each(struct jsonw *w, const struct source_report *source)
{
    manifest_put_count(w, "asked", source->asked);
    manifest_put_count(w, "reused", source->reused);
    manifest_put_count(w, "unknown", source->unknown);
    if (source->reused > 0)
        jsonw_instant(w, "oldestAnswer", source->oldest_answer);
}

static void put_source(struct jsonw *w, const struct source_report *source)
{
    const struct named_count counts[] = {
        {"requests", source->exchange.requests},
        {"retries", source->exchange.retries},
        {"wireBytes", source->exchange.wire_bytes},
        {"bodyBytes", source->exchange.body_bytes},
        {"walks", source->walks},
        {"pages", source->pages},
        {"items", source->items},
        {"duplicates", source->duplicates},
        {"rejected", source->rejected},
        {"placeholders", source->placeholders},
        {"repairs", source->repairs},
    };

    jsonw_object(w, NULL);
    jsonw_text(w, "name", source->name);
    jsonw_text_or_null(w, "kind", source->kind);
    jsonw_text_or_null(w, "definition", source->path);
    jsonw_text_or_null(w, "definitionSha256", source->sha256);
    put_counts(w, counts, sizeof(counts) / sizeof(counts[0]));
    jsonw_int(w, "waitedMs", source->exchange.waited_ms);
    jsonw_bool(w, "noAccess", source->no_access);
    if (source->skipped != NULL)
        jsonw_text(w, "skipped", source->skipped);
    if (source->fallback != NULL)
        jsonw_text(w, "fallback", source->fallback);
    if (source->each)
        put_each(w, source);
    if (source->unmatched > 0)
        manifest_put_count(w, "unmatched", source->unmatched);
    if (source->has_span) {
        jsonw_instant(w, "oldest", source->oldest);
        jsonw_instant(w, "newest", source->newest);
    }
    jsonw_array(w, "windows");
    for (size_t i = 0; i < source->window_count; i++)
        put_window(w, &source->windows[i]);
    jsonw_array_end(w);
    if (source->file_count > 0)
        put_files(w, source);
    if (source->actions != NULL)
        put_actions(w, source);
    jsonw_object_end(w);
}

static void put_keys(struct jsonw *w, const struct key_report *keys)
{
    const struct named_count counts[] = {
        {"asked", keys->asked},
        {"alreadyIds", keys->already_ids},
        {"mapped", keys->mapped},
        {"learned", keys->learned},
        {"remembered", keys->remembered},
        {"lookedUp", keys->looked_up},
        {"unresolved", keys->unresolved},
        {"unresolvedActors", keys->unresolved_actors},
        {"emails", keys->emails},
        {"emailsUnresolved", keys->emails_unresolved},
    };

    jsonw_object(w, "keys");
    put_counts(w, counts, sizeof(counts) / sizeof(counts[0]));
    jsonw_object_end(w);
}

static void put_guard(struct jsonw *w, const struct guard_report *guard)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "name", guard->name);
    jsonw_int(w, "value", guard->value);
    jsonw_int(w, "limit", guard->limit);
    jsonw_text(w, "unit", guard->ppm ? "ppm" : "count");
    jsonw_bool(w, "accepted", guard->accepted);
    jsonw_object_end(w);
}

static void put_companions(struct jsonw *w, const struct companions *companions)
{
    jsonw_object(w, "companions");
    jsonw_bool(w, "lst", companions->lst);
    jsonw_bool(w, "par", companions->par);
    jsonw_text(w, "section", companions->section);
    jsonw_object_end(w);
}

static void put_identity(struct jsonw *w, const struct run_report *report)
{
    jsonw_int(w, "manifestVersion", MANIFEST_VERSION);
    jsonw_object(w, "tool");
    jsonw_text(w, "name", "rollcall");
    jsonw_text(w, "version", ROLLCALL_VERSION);
    jsonw_object_end(w);
    jsonw_text(w, "runId", report->run_id);
    jsonw_instant(w, "asOf", report->as_of);
    jsonw_text(w, "verdict",
               report->missing_count > 0 ? "partial" : "complete");
    if (report->site != NULL)
        jsonw_text(w, "site", report->site);
    if (report->companions.lst || report->companions.par)
        put_companions(w, &report->companions);
    if (report->hive)
        jsonw_text(w, "layout", MANIFEST_HIVE);
    if (report->is_signed)
        jsonw_text(w, "signature", MANIFEST_SIGNATURE);
    if (report->supersedes != NULL)
        jsonw_text(w, "supersedes", report->supersedes);
    jsonw_text_or_null(w, "jobSha256", report->job_sha256);
    manifest_put_count(w, "users", report->users);
}

void manifest_put_run(struct jsonw *w, const struct run_report *report)
{
    jsonw_object(w, "x-rollcall");
    put_identity(w, report);
    jsonw_array(w, "datasets");
    for (size_t i = 0; i < report->dataset_count; i++)
        put_dataset(w, &report->datasets[i]);
    jsonw_array_end(w);
    jsonw_array(w, "sources");
    for (size_t i = 0; i < report->source_count; i++)
        put_source(w, &report->sources[i]);
    jsonw_array_end(w);
    if (report->sites != NULL)
        manifest_put_sites(w, report);
    else
        put_keys(w, &report->keys);
    jsonw_array(w, "guards");
    for (size_t i = 0; i < report->guard_count; i++)
        put_guard(w, &report->guards[i]);
    jsonw_array_end(w);
    jsonw_object(w, "timings");
    jsonw_instant(w, "started", report->started);
    jsonw_instant(w, "ended", report->ended);
    jsonw_int(w, "elapsedMs", report->ended - report->started);
    jsonw_object_end(w);
    jsonw_object_end(w);
}
