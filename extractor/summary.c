#include "summary.h"

#include <stdio.h>
#include <string.h>

static void collect_sources(struct summary *summary,
                            const struct run_report *report)
{
    for (size_t i = 0; i < report->source_count; i++) {
        const struct source_report *source = &report->sources[i];

        summary->requests += source->exchange.requests;
        summary->retries += source->exchange.retries;
        summary->waited_ms += source->exchange.waited_ms;
        summary->wire_bytes += source->exchange.wire_bytes;
        summary->pages += source->pages;
        if (source->no_access && summary->no_access_count < SETUP_SOURCES_MAX)
            summary->no_access[summary->no_access_count++] = source->name;
    }
}

static void collect_files(struct summary *summary,
                          const struct run_report *report)
{
    for (size_t i = 0; i < report->dataset_count; i++) {
        const struct dataset_report *dataset = &report->datasets[i];

        for (size_t w = 0; w < dataset->writer_count; w++) {
            for (size_t p = 0; p < dataset->writers[w].part_count; p++) {
                summary->files++;
                summary->bytes += dataset->writers[w].parts[p].facts.bytes;
            }
        }
    }
    if (!report->has_rejects)
        return;
    summary->files++;
    summary->bytes += report->rejects.facts.bytes;
}

/* An account that was chosen and then refused counts as here: it has not left
 * the list of those the mapping selects. */
static void compare(struct summary_dataset *dataset,
                    const struct dataset_rows *rows,
                    const struct manifest *previous)
{
    dataset->before = manifest_rows(previous, dataset->name,
                                    &dataset->has_before);
    if (!dataset->has_before || rows == NULL || !rows->observed.loaded ||
        rows->observed.by_id.count != dataset->before ||
        rows->count < rows->fresh ||
        dataset->before < rows->count - rows->fresh)
        return;
    dataset->compared = true;
    dataset->fresh = rows->fresh;
    dataset->gone = dataset->before - (rows->count - rows->fresh);
}

static void collect_dataset(struct summary_dataset *dataset,
                            const struct dataset_report *report)
{
    dataset->name = report->schema->name;
    dataset->rows = report->rows;
    dataset->rejected = report->rejected;
    dataset->undecided = report->undecided;
    dataset->is_changes = report->changes.of != NULL;
    dataset->inserts = report->changes.inserts;
    dataset->updates = report->changes.updates;
    dataset->deletes = report->changes.deletes;
    for (size_t i = 0; i < report->status_count; i++)
        dataset->statuses[i] = report->statuses[i];
    dataset->status_count = report->status_count;
}

void summary_collect(struct summary *summary, const struct run_report *report,
                     const struct emission *emission,
                     const struct previous *previous)
{
    memset(summary, 0, sizeof(*summary));
    snprintf(summary->run_id, sizeof(summary->run_id), "%s", report->run_id);
    if (previous->found)
        snprintf(summary->previous, sizeof(summary->previous), "%s",
                 previous->manifest.run_id);
    summary->as_of = report->as_of;
    summary->elapsed_ms = report->ended - report->started;
    summary->users = report->users;
    summary->keys = report->keys.unresolved;
    summary->emails = report->keys.emails_unresolved;
    collect_sources(summary, report);
    collect_files(summary, report);
    for (size_t i = 0; i < report->guard_count; i++) {
        if (report->guards[i].accepted)
            summary->accepted[summary->accepted_count++] =
                report->guards[i].name;
    }
    for (size_t i = 0; i < report->dataset_count; i++) {
        struct summary_dataset *dataset = &summary->datasets[i];

        collect_dataset(dataset, &report->datasets[i]);
        if (previous->found && !dataset->is_changes)
            compare(dataset,
                    i < emission->count ? &emission->datasets[i] : NULL,
                    &previous->manifest);
    }
    summary->dataset_count = report->dataset_count;
}

static void put_dataset(const struct summary_dataset *dataset, struct jsonw *w)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "name", dataset->name);
    jsonw_int(w, "rows", (int64_t)dataset->rows);
    jsonw_int(w, "rejected", (int64_t)dataset->rejected);
    jsonw_int(w, "undecided", (int64_t)dataset->undecided);
    if (dataset->has_before)
        jsonw_int(w, "before", (int64_t)dataset->before);
    if (dataset->compared) {
        jsonw_int(w, "new", (int64_t)dataset->fresh);
        jsonw_int(w, "gone", (int64_t)dataset->gone);
    }
    if (dataset->is_changes) {
        jsonw_int(w, "inserts", (int64_t)dataset->inserts);
        jsonw_int(w, "updates", (int64_t)dataset->updates);
        jsonw_int(w, "deletes", (int64_t)dataset->deletes);
    }
    if (dataset->status_count > 0) {
        jsonw_object(w, "last_change");
        for (size_t i = 0; i < dataset->status_count; i++)
            jsonw_int(w, dataset->statuses[i].name,
                      (int64_t)dataset->statuses[i].count);
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
}

static void put_figures(const struct summary *summary, struct jsonw *w)
{
    jsonw_text_or_null(w, "previous",
                       *summary->previous != '\0' ? summary->previous : NULL);
    jsonw_int(w, "accounts", (int64_t)summary->users);
    jsonw_int(w, "requests", (int64_t)summary->requests);
    jsonw_int(w, "retries", (int64_t)summary->retries);
    jsonw_int(w, "pages", (int64_t)summary->pages);
    jsonw_int(w, "waited_ms", summary->waited_ms);
    jsonw_int(w, "elapsed_ms", summary->elapsed_ms);
    jsonw_int(w, "unresolved_keys", (int64_t)summary->keys);
    jsonw_int(w, "unresolved_emails", (int64_t)summary->emails);
    jsonw_int(w, "warnings", (int64_t)summary->warnings);
    jsonw_int(w, "files", (int64_t)summary->files);
    jsonw_int(w, "bytes", (int64_t)summary->bytes);
}

void summary_json(const struct summary *summary, struct jsonw *w)
{
    jsonw_array(w, "datasets");
    for (size_t i = 0; summary != NULL && i < summary->dataset_count; i++)
        put_dataset(&summary->datasets[i], w);
    jsonw_array_end(w);
    if (summary != NULL)
        put_figures(summary, w);
}
