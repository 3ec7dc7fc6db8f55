/* The status for a person. */
#include <inttypes.h>
#include <stdio.h>

#include "instant.h"
#include "status_parts.h"

enum { AGE_TEXT_MAX = 32 };

static const char *age(int64_t ms, char out[AGE_TEXT_MAX])
{
    int64_t hours = ms / INSTANT_HOUR;

    if (hours >= 48)
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " d old",
                 hours / 24);
    else if (hours >= 1)
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " h old", hours);
    else
        snprintf(out, AGE_TEXT_MAX, "%" PRId64 " min old",
                 ms / INSTANT_MINUTE);
    return out;
}

static void print_datasets(const struct runs_entry *entry, FILE *out)
{
    for (size_t i = 0; i < entry->dataset_count; i++)
        fprintf(out, "%s%s %" PRIu64, i > 0 ? ", " : "  ",
                entry->datasets[i].name, entry->datasets[i].rows);
}

static void print_runs(const struct status *status, FILE *out)
{
    for (size_t i = 0; i < status->runs.count; i++) {
        const struct runs_entry *entry = &status->runs.entries[i];
        char at[INSTANT_TEXT_MAX], old[AGE_TEXT_MAX];

        if (entry->problem != NULL) {
            fprintf(out, "run       %s  unreadable\n", entry->name);
            continue;
        }
        instant_rfc3339(entry->as_of, at);
        fprintf(out, "run       %s  as of %s, %s  %s", entry->name, at,
                age(status->options.now - entry->as_of, old),
                status_verdict(entry));
        print_datasets(entry, out);
        fputc('\n', out);
    }
}

static void print_source(const struct status_source *source, FILE *out)
{
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    if (source->skipped != NULL || source->no_access) {
        fprintf(out, "source    %s: not read: %s\n", source->name,
                source->skipped != NULL ? source->skipped : "no permission");
        return;
    }
    if (source->windows == 0)
        return;
    instant_rfc3339(source->span.from, from);
    instant_rfc3339(source->span.to, to);
    fprintf(out, "log       %s: read from %s to %s in %zu windows",
            source->name, from, to, source->windows);
    if (source->has_oldest) {
        instant_rfc3339(source->oldest, from);
        fprintf(out, ", oldest record %s", from);
    }
    fputs(source->gap_count == 0 ? ", no gap\n" : "\n", out);
    for (size_t i = 0; i < source->gap_count; i++) {
        instant_rfc3339(source->gaps[i].from, from);
        instant_rfc3339(source->gaps[i].to, to);
        fprintf(out, "gap       %s: from %s to %s\n", source->name, from, to);
    }
}

static void print_known(const char *label, const struct status_known *known,
                        FILE *out)
{
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    instant_rfc3339(known->span.from, from);
    instant_rfc3339(known->span.to, to);
    fprintf(out, "%s%s of %s: from %s to %s", label, known->dataset,
            known->source, from, to);
    if (known->has_oldest) {
        instant_rfc3339(known->oldest, from);
        fprintf(out, ", oldest record %s", from);
    }
    fputc('\n', out);
}

static void print_unfinished(const struct status_state *state, FILE *out)
{
    const struct state_unfinished *unfinished = &state->unfinished;
    char as_of[INSTANT_TEXT_MAX], begun[INSTANT_TEXT_MAX];

    if (!state->has_unfinished)
        return;
    instant_rfc3339(unfinished->run.as_of, as_of);
    instant_rfc3339(unfinished->started_at, begun);
    fprintf(out, "begun     %s  as of %s, begun at %s, not finished; ",
            unfinished->run.run_id, as_of, begun);
    if (state->unused == NULL)
        fputs("a run now goes on with it\n", out);
    else
        fprintf(out, "a run now does not use it: %s\n", state->unused);
    for (size_t i = 0; i < state->finished_count; i++)
        fprintf(out, "finished  %s: %zu window%s\n", state->finished[i].source,
                state->finished[i].windows,
                state->finished[i].windows == 1 ? "" : "s");
}

static void print_state(const struct status_state *state, FILE *out)
{
    char as_of[INSTANT_TEXT_MAX];

    if (state->absent)
        fputs("state     no state yet\n", out);
    if (state->file == NULL)
        return;
    fprintf(out, "state     %s", state->file);
    if (state->has_published) {
        instant_rfc3339(state->published.as_of, as_of);
        fprintf(out, ", has learned from %s, as of %s",
                state->published.run_id, as_of);
    }
    fprintf(out, "%s%s\n", state->held ? ", held by " : "",
            state->held ? state->holder : "");
    for (size_t i = 0; i < state->cursor_count; i++)
        print_known("cursor    ", &state->cursors[i], out);
    for (size_t i = 0; i < state->log_count; i++) {
        fprintf(out, "next      %s: ", state->logs[i].source);
        outlook_print(&state->logs[i].next, out);
        fputc('\n', out);
    }
    print_unfinished(state, out);
}

/* A number, and by how much it changed. */
static void print_count(const struct status *status, const char *name,
                        uint64_t now, uint64_t before, bool known, FILE *out)
{
    fprintf(out, "%s %" PRIu64, name, now);
    if (known)
        fprintf(out, " (%+" PRId64 " since %s)",
                (int64_t)now - (int64_t)before, status->before->name);
    fputc('\n', out);
}

static void print_counts(const struct status *status, FILE *out)
{
    const struct runs_entry *last = status->last, *before = status->before;

    if (last == NULL)
        return;
    print_count(status, "accounts ", last->users,
                before != NULL ? before->users : 0, before != NULL, out);
    for (size_t i = 0; i < last->dataset_count; i++) {
        bool found = false;
        uint64_t rows = 0;

        if (before != NULL)
            rows = status_rows(before, last->datasets[i].name, &found);
        fputs("rows      ", out);
        print_count(status, last->datasets[i].name, last->datasets[i].rows,
                    rows, found, out);
    }
}

static void print_leftovers(const struct status *status, FILE *out)
{
    for (size_t i = 0; i < status->runs.leftover_count; i++)
        fprintf(out, "%s  %s\n", status->held ? "running " : "leftover",
                status->runs.leftovers[i]);
}

void status_print_text(const struct status *status, FILE *out)
{
    const char *latest = status->runs.latest;
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];

    fprintf(out, "output    %s\n", status->options.out_dir);
    fprintf(out, "latest    %s\n", latest != NULL ? latest : "-");
    fprintf(out, "lock      %s%s\n", status->held ? "held by " : "free",
            status->held ? status->holder : "");
    print_runs(status, out);
    print_leftovers(status, out);
    for (size_t i = 0; i < status->source_count; i++)
        print_source(&status->sources[i], out);
    for (size_t i = 0; i < status->known_count; i++)
        print_known("known     ", &status->known[i], out);
    print_state(&status->state, out);
    if (status->has_next && status->state.file == NULL) {
        instant_rfc3339(status->next.from, from);
        instant_rfc3339(status->next.to, to);
        fprintf(out, "next      a run now reads the logs from %s to %s\n",
                from, to);
    }
    print_counts(status, out);
    for (size_t i = 0; i < status->warning_count; i++)
        fprintf(out, "warning   %s\n", status->warnings[i]);
}
