/* The status for a program; the members are told in status.h. */
#include "jsonw.h"
#include "status_parts.h"

static void put_instant(struct jsonw *w, const char *name, bool known,
                        int64_t at)
{
    if (known)
        jsonw_instant(w, name, at);
    else
        jsonw_null(w, name);
}

static void put_int(struct jsonw *w, const char *name, bool known,
                    int64_t value)
{
    if (known)
        jsonw_int(w, name, value);
    else
        jsonw_null(w, name);
}

static void put_lock(struct jsonw *w, bool held, const char *holder)
{
    jsonw_object(w, "lock");
    jsonw_bool(w, "held", held);
    jsonw_text_or_null(w, "holder", held ? holder : NULL);
    jsonw_object_end(w);
}

static void put_dataset(struct jsonw *w, const char *name, int64_t rows)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "name", name);
    jsonw_int(w, "rows", rows);
    jsonw_object_end(w);
}

static void put_run(struct jsonw *w, const struct status *status,
                    const struct runs_entry *entry)
{
    bool known = entry->problem == NULL;

    jsonw_object(w, NULL);
    jsonw_text(w, "run", entry->name);
    put_instant(w, "as_of", known, entry->as_of);
    put_int(w, "age_ms", known, status->options.now - entry->as_of);
    jsonw_text(w, "verdict", status_verdict(entry));
    jsonw_text_or_null(w, "problem", entry->problem);
    put_int(w, "bytes", known, (int64_t)entry->bytes);
    put_int(w, "accounts", known, (int64_t)entry->users);
    jsonw_array(w, "datasets");
    for (size_t i = 0; i < entry->dataset_count; i++)
        put_dataset(w, entry->datasets[i].name,
                    (int64_t)entry->datasets[i].rows);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_span(struct jsonw *w, const char *name,
                     const struct status_span *span)
{
    jsonw_object(w, name);
    jsonw_instant(w, "from", span->from);
    jsonw_instant(w, "to", span->to);
    jsonw_object_end(w);
}

static void put_source(struct jsonw *w, const struct status_source *source)
{
    bool read = source->windows > 0;

    jsonw_object(w, NULL);
    jsonw_text(w, "name", source->name);
    jsonw_text(w, "kind", source->kind);
    jsonw_text_or_null(w, "skipped", source->skipped);
    jsonw_bool(w, "no_access", source->no_access);
    jsonw_int(w, "windows", (int64_t)source->windows);
    put_instant(w, "from", read, source->span.from);
    put_instant(w, "to", read, source->span.to);
    put_instant(w, "oldest", source->has_oldest, source->oldest);
    put_instant(w, "newest", source->has_newest, source->newest);
    jsonw_array(w, "gaps");
    for (size_t i = 0; i < source->gap_count; i++)
        put_span(w, NULL, &source->gaps[i]);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_known(struct jsonw *w, const struct status_known *known)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "dataset", known->dataset);
    jsonw_text(w, "source", known->source);
    jsonw_instant(w, "from", known->span.from);
    jsonw_instant(w, "to", known->span.to);
    put_instant(w, "oldest", known->has_oldest, known->oldest);
    jsonw_object_end(w);
}

static void put_next(struct jsonw *w, const struct status_log *log)
{
    jsonw_object(w, NULL);
    jsonw_text(w, "source", log->source);
    jsonw_array(w, "spans");
    for (size_t i = 0; i < log->next.count; i++) {
        const struct status_span span = {log->next.spans[i].from,
                                         log->next.spans[i].to};

        put_span(w, NULL, &span);
    }
    jsonw_array_end(w);
    jsonw_int(w, "windows", (int64_t)log->next.windows);
    jsonw_bool(w, "reads_all", log->next.reads_all);
    jsonw_object_end(w);
}

static void put_unfinished(struct jsonw *w, const struct status_state *state)
{
    if (!state->has_unfinished) {
        jsonw_null(w, "unfinished");
        return;
    }
    jsonw_object(w, "unfinished");
    jsonw_text(w, "run", state->unfinished.run.run_id);
    jsonw_instant(w, "as_of", state->unfinished.run.as_of);
    jsonw_instant(w, "begun", state->unfinished.started_at);
    jsonw_bool(w, "used", state->unused == NULL);
    jsonw_text_or_null(w, "unused", state->unused);
    jsonw_array(w, "finished");
    for (size_t i = 0; i < state->finished_count; i++) {
        jsonw_object(w, NULL);
        jsonw_text(w, "source", state->finished[i].source);
        jsonw_int(w, "windows", (int64_t)state->finished[i].windows);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_published(struct jsonw *w, const struct status_state *state)
{
    if (!state->has_published) {
        jsonw_null(w, "published");
        return;
    }
    jsonw_object(w, "published");
    jsonw_text(w, "run", state->published.run_id);
    jsonw_instant(w, "as_of", state->published.as_of);
    jsonw_object_end(w);
}

static void put_state(struct jsonw *w, const struct status_state *state)
{
    if (state->file == NULL) {
        jsonw_null(w, "state");
        return;
    }
    jsonw_object(w, "state");
    jsonw_text(w, "file", state->file);
    put_lock(w, state->held, state->holder);
    put_published(w, state);
    jsonw_array(w, "cursors");
    for (size_t i = 0; i < state->cursor_count; i++)
        put_known(w, &state->cursors[i]);
    jsonw_array_end(w);
    jsonw_array(w, "next");
    for (size_t i = 0; i < state->log_count; i++)
        put_next(w, &state->logs[i]);
    jsonw_array_end(w);
    put_unfinished(w, state);
    jsonw_object_end(w);
}

static void put_change(struct jsonw *w, const struct status *status)
{
    const struct runs_entry *last = status->last, *before = status->before;

    if (before == NULL) {
        jsonw_null(w, "change");
        return;
    }
    jsonw_object(w, "change");
    jsonw_text(w, "since", before->name);
    jsonw_int(w, "accounts", (int64_t)last->users - (int64_t)before->users);
    jsonw_array(w, "datasets");
    for (size_t i = 0; i < last->dataset_count; i++) {
        const struct manifest_dataset *dataset = &last->datasets[i];
        bool found;
        uint64_t rows = status_rows(before, dataset->name, &found);

        if (found)
            put_dataset(w, dataset->name,
                        (int64_t)dataset->rows - (int64_t)rows);
    }
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_last(struct jsonw *w, const struct status *status)
{
    const struct runs_entry *last = status->last;
    bool known = last != NULL;

    jsonw_text(w, "verdict", status->stale               ? "stale"
                             : status->warning_count > 0 ? "warning"
                                                         : "ok");
    jsonw_text_or_null(w, "last", known ? last->name : NULL);
    put_instant(w, "last_as_of", known, known ? last->as_of : 0);
    put_int(w, "age_ms", known, known ? status->options.now - last->as_of : 0);
    jsonw_int(w, "max_age_ms", status->options.max_age_ms);
    jsonw_text_or_null(w, "latest", status->runs.latest);
    put_lock(w, status->held, status->holder);
}

static void put_texts(struct jsonw *w, const char *name,
                      const char *const *texts, size_t count)
{
    jsonw_array(w, name);
    for (size_t i = 0; i < count; i++)
        jsonw_text(w, NULL, texts[i]);
    jsonw_array_end(w);
}

void status_print_json(const struct status *status, struct buf *out)
{
    const struct runs *runs = &status->runs;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "out", status->options.out_dir);
    jsonw_instant(&w, "now", status->options.now);
    put_last(&w, status);
    jsonw_array(&w, "runs");
    for (size_t i = 0; i < runs->count; i++)
        put_run(&w, status, &runs->entries[i]);
    jsonw_array_end(&w);
    put_texts(&w, "leftovers", runs->leftovers, runs->leftover_count);
    jsonw_array(&w, "sources");
    for (size_t i = 0; i < status->source_count; i++)
        put_source(&w, &status->sources[i]);
    jsonw_array_end(&w);
    jsonw_array(&w, "known");
    for (size_t i = 0; i < status->known_count; i++)
        put_known(&w, &status->known[i]);
    jsonw_array_end(&w);
    put_state(&w, &status->state);
    if (status->has_next)
        put_span(&w, "next", &status->next);
    else
        jsonw_null(&w, "next");
    put_change(&w, status);
    put_texts(&w, "warnings", status->warnings, status->warning_count);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
}
