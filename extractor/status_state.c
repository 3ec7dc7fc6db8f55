/* What the job's state file knows, and what a run started now makes of it. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "state_facts.h"
#include "status_parts.h"

static int take_cursor(void *context, const char *dataset, const char *source,
                       const struct state_cursor *cursor, struct error *err)
{
    struct status *status = context;
    struct status_state *known = &status->state;
    struct status_known *out;

    if (known->cursor_count == known->cursor_capacity) {
        size_t capacity = known->cursor_capacity * 2 + 8;
        struct status_known *grown =
            realloc(known->cursors, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        known->cursors = grown;
        known->cursor_capacity = capacity;
    }
    out = &known->cursors[known->cursor_count];
    *out = (struct status_known){
        .dataset = arena_strdup(&status->arena, dataset),
        .source = arena_strdup(&status->arena, source),
        .span = {cursor->from, cursor->to},
        .has_oldest = cursor->has_oldest,
        .oldest = cursor->oldest};
    if (out->dataset == NULL || out->source == NULL)
        return error_no_memory(err);
    known->cursor_count++;
    return 0;
}

/* They come in order of source. */
static int take_window(void *context, const struct state_window *window,
                       struct error *err)
{
    struct status *status = context;
    struct status_state *known = &status->state;
    size_t count = known->finished_count;

    if (count == 0 ||
        strcmp(known->finished[count - 1].source, window->source) != 0) {
        if (count == SETUP_SOURCES_MAX) {
            error_set(err, ERROR_DATA, "state: holds more than %d logs",
                      SETUP_SOURCES_MAX);
            return error_usual(err,
                               "name another file as \"state\" in the job");
        }
        known->finished[count].source =
            arena_strdup(&status->arena, window->source);
        if (known->finished[count].source == NULL)
            return error_no_memory(err);
        known->finished_count = ++count;
    }
    known->finished[count - 1].windows++;
    return 0;
}

static int take_log(struct status *status, const struct setup *setup,
                    const struct recall *recall,
                    const struct setup_source *entry, struct error *err)
{
    struct status_log *log = &status->state.logs[status->state.log_count];
    struct span *spans;

    log->next = outlook_log(recall, entry, &setup->job);
    log->source = arena_strdup(&status->arena, entry->source.name);
    spans = arena_alloc(&status->arena,
                        (log->next.count + 1) * sizeof(*spans));
    if (log->source == NULL || spans == NULL)
        return error_no_memory(err);
    for (size_t i = 0; i < log->next.count; i++)
        spans[i] = log->next.spans[i];
    log->next.spans = spans;
    status->state.log_count++;
    return 0;
}

/* Of a run that holds the state, the unfinished run is its own. */
static int take_unfinished(struct status *status, struct recall *recall,
                           struct error *err)
{
    struct status_state *known = &status->state;
    const char *unused;

    if (recall_unfinished(recall, &known->unfinished, &unused,
                          &known->has_unfinished, err) != 0)
        return -1;
    if (known->has_unfinished && known->held)
        known->unused =
            arena_printf(&status->arena, "another run holds the state: %s",
                         known->holder);
    else if (unused != NULL)
        known->unused = arena_strdup(&status->arena, unused);
    if (known->unused == NULL && (unused != NULL || known->held) &&
        known->has_unfinished)
        return error_no_memory(err);
    return 0;
}

static int look_ahead(struct status *status, const struct setup *setup,
                      struct state *state, struct error *err)
{
    const struct outlook_options options = {.setup = setup,
                                            .state = state,
                                            .as_of = status->options.now,
                                            .run_id = "",
                                            .log = status->options.log};
    struct recall *recall = outlook_open(&options, err);
    int result = recall != NULL ? take_unfinished(status, recall, err) : -1;

    for (size_t i = 0; i < setup->source_count && result == 0; i++) {
        const struct setup_source *entry = &setup->sources[i];

        if (entry->source.kind == SOURCE_EVENTS && entry->skipped == NULL &&
            entry->source.file == NULL)
            result = take_log(status, setup, recall, entry, err);
    }
    recall_free(recall);
    return result;
}

static int read_state(struct status *status, struct state *state,
                      struct error *err)
{
    const struct state_cursor_target cursors = {take_cursor, status};
    const struct state_window_target windows = {take_window, status};
    struct status_state *known = &status->state;
    struct setup *setup = calloc(1, sizeof(*setup));
    int result = -1;

    if (setup == NULL)
        return error_no_memory(err);
    if (setup_load(setup, status->options.setup, err) == 0 &&
        state_published(state, &known->published, &known->has_published,
                        err) == 0 &&
        state_cursors(state, NULL, &cursors, err) == 0 &&
        state_windows(state, &windows, err) == 0)
        result = look_ahead(status, setup, state, err);
    setup_free(setup);
    free(setup);
    return result;
}

static void find_holder(struct status_state *known, const char *path)
{
    char lock[PATH_MAX];

    if (snprintf(lock, sizeof(lock), "%s.lock", path) < (int)sizeof(lock))
        known->held = lock_holder(AT_FDCWD, lock, known->holder);
}

int status_read_state(struct status *status, struct error *err)
{
    const char *path = status->options.job->state;
    struct error cause = {0};
    struct state *state = state_look(path, &cause);

    if (state == NULL && cause.kind == ERROR_NONE) {
        status->state.absent = true;
        return 0;
    }
    find_holder(&status->state, path);
    if (state != NULL && read_state(status, state, &cause) == 0)
        status->state.file = arena_strdup(&status->arena, path);
    state_close(state);
    if (status->state.file != NULL)
        return 0;
    if (cause.kind == ERROR_NONE)
        return error_no_memory(err);
    return status_warn(status, err, "%s; so what the state knows is not shown",
                       cause.text);
}
