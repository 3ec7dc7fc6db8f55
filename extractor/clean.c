#include "clean.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clean_parts.h"
#include "instant.h"
#include "publish.h"
#include "sink.h"

#define HOLDER "clean" /* in place of a run, in the lock file */

int clean_add(struct clean *clean, const struct clean_item *item,
              struct error *err)
{
    struct clean_item *copy;

    if (clean->count == clean->capacity) {
        size_t capacity = clean->capacity ? clean->capacity * 2 : 64;
        struct clean_item *grown =
            realloc(clean->items, capacity * sizeof(*grown));

        if (grown == NULL)
            return error_no_memory(err);
        clean->items = grown;
        clean->capacity = capacity;
    }
    copy = &clean->items[clean->count];
    *copy = *item;
    copy->name = arena_strdup(&clean->arena, item->name);
    if (item->reason != NULL)
        copy->reason = arena_strdup(&clean->arena, item->reason);
    if (copy->name == NULL || (item->reason != NULL && copy->reason == NULL))
        return error_no_memory(err);
    clean->count++;
    return 0;
}

/* The newest run stands in for a "latest" that names none. */
static bool is_needed(const struct runs *runs, const struct runs_entry *entry)
{
    const struct runs_entry *named =
        runs->named != NULL ? runs->named : &runs->entries[0];

    return entry == named || entry == runs_before(runs, named);
}

static int take_run(struct clean *clean, const struct runs *runs, size_t index,
                    struct error *err)
{
    const struct clean_options *options = &clean->options;
    const struct runs_entry *entry = &runs->entries[index];
    struct clean_item item = {.kind = CLEAN_RUN,
                              .name = entry->name,
                              .reason = entry->problem,
                              .as_of = entry->as_of,
                              .bytes = entry->bytes};

    if (entry->problem == NULL &&
        (index < options->keep || is_needed(runs, entry) ||
         options->now - entry->as_of < options->older_than_ms)) {
        clean->kept++;
        return 0;
    }
    if (item.reason == NULL &&
        clean_look_at_run(clean, entry->name, &item.reason, err) != 0)
        return -1;
    if (item.reason != NULL)
        item.kind = CLEAN_SKIPPED;
    return clean_add(clean, &item, err);
}

static int decide(struct clean *clean, struct error *err)
{
    struct runs runs;
    int result = 0;

    if (runs_load(&runs, clean->out_fd, err) != 0)
        return -1;
    for (size_t i = 0; i < runs.leftover_count && result == 0; i++) {
        const struct clean_item item = {.kind = CLEAN_LEFTOVER,
                                        .name = runs.leftovers[i]};

        result = clean_add(clean, &item, err);
    }
    for (size_t i = runs.count; i > 0 && result == 0; i--)
        result = take_run(clean, &runs, i - 1, err);
    runs_free(&runs);
    return result == 0 ? clean_find_done(clean, err) : -1;
}

/* A dry run takes no lock, because a run that starts meanwhile would have to
 * try later. */
static int take_lock(struct clean *clean, struct error *err)
{
    char holder[PUBLISH_HOLDER_MAX];

    if (!clean->options.dry_run) {
        clean->lock_fd = publish_hold(clean->out_fd, HOLDER, err);
        return clean->lock_fd < 0 ? -1 : 0;
    }
    if (!publish_holder(clean->out_fd, holder))
        return 0;
    error_set(err, ERROR_TRY_LATER, "%s: another run holds the lock: %s",
              PUBLISH_LOCK_NAME, holder);
    return error_hint(err, "wait until it ends");
}

int clean_plan(struct clean *clean, const struct clean_options *options,
               struct error *err)
{
    memset(clean, 0, sizeof(*clean));
    arena_init(&clean->arena);
    clean->options = *options;
    clean->lock_fd = -1;
    clean->out_fd = runs_open_out(options->out_dir, err);
    if (clean->out_fd < 0)
        return -1;
    if (take_lock(clean, err) != 0 || decide(clean, err) != 0)
        return error_prefix(err, "%s", options->out_dir);
    return 0;
}

static int remove_done(const struct clean *clean, const char *name,
                       struct error *err)
{
    return unlinkat(clean->out_fd, name, 0) == 0 ? 0
                                                 : file_write_error(err, name);
}

static int remove_item(struct clean *clean, struct clean_item *item,
                       struct error *err)
{
    const struct clean_options *options = &clean->options;
    int result = 0;

    if (options->stop != NULL && *options->stop != 0)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (item->kind == CLEAN_RUN)
        result = publish_retire(clean->out_fd, item->name, err);
    else if (item->kind == CLEAN_DONE)
        result = remove_done(clean, item->name, err);
    if (result != 0)
        return error_prefix(err, "%s", options->out_dir);
    item->removed = true;
    return 0;
}

int clean_apply(struct clean *clean, struct error *err)
{
    if (clean->options.dry_run)
        return 0;
    if (publish_sweep(clean->out_fd, err) != 0)
        return error_prefix(err, "%s", clean->options.out_dir);
    for (size_t i = 0; i < clean->count; i++) {
        struct clean_item *item = &clean->items[i];

        if (item->kind != CLEAN_SKIPPED && remove_item(clean, item, err) != 0)
            return -1;
    }
    return 0;
}

void clean_release(struct clean *clean)
{
    if (clean->lock_fd >= 0)
        close(clean->lock_fd);
    if (clean->out_fd >= 0)
        close(clean->out_fd);
    free(clean->items);
    arena_release(&clean->arena);
}
