/* What the last run read of each source, and what is missing in between. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instant.h"
#include "status_parts.h"

static const char *text_of(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

static bool instant_of(const struct json *object, const char *name,
                       int64_t *out)
{
    const char *text = text_of(object, name);

    return text != NULL && instant_parse(text, INSTANT_ISO8601, out) == 0;
}

static int by_start(const void *left, const void *right)
{
    const struct status_span *a = left, *b = right;

    return (a->from > b->from) - (a->from < b->from);
}

/* spans ascend; what no span covers between the first and the last. */
static int find_gaps(struct status *status, struct status_source *source,
                     const struct status_span *spans)
{
    int64_t covered = spans[0].to;

    source->span = spans[0];
    source->gaps =
        arena_alloc(&status->arena, STATUS_GAPS_MAX * sizeof(*source->gaps));
    if (source->gaps == NULL)
        return -1;
    for (size_t i = 1; i < source->windows; i++) {
        if (spans[i].from > covered && source->gap_count < STATUS_GAPS_MAX)
            source->gaps[source->gap_count++] =
                (struct status_span){covered, spans[i].from};
        if (spans[i].to > covered)
            covered = spans[i].to;
    }
    source->span.to = covered;
    return 0;
}

static int read_windows(struct status *status, struct status_source *source,
                        const struct json *list)
{
    struct status_span *spans;
    int result = 0;

    if (list == NULL || json_type(list) != JSON_ARRAY || json_size(list) == 0)
        return 0;
    spans = calloc(json_size(list), sizeof(*spans));
    if (spans == NULL)
        return -1;
    for (const struct json *node = json_first(list); node != NULL;
         node = json_next(node)) {
        struct status_span *span = &spans[source->windows];

        source->windows += instant_of(node, "from", &span->from) &&
                           instant_of(node, "to", &span->to);
    }
    if (source->windows > 0) {
        qsort(spans, source->windows, sizeof(*spans), by_start);
        result = find_gaps(status, source, spans);
    }
    free(spans);
    return result;
}

static int read_source(struct status *status, struct status_source *source,
                       const struct json *node)
{
    const struct json *no_access = json_member(node, "noAccess");
    const char *name = text_of(node, "name"), *kind = text_of(node, "kind");
    const char *skipped = text_of(node, "skipped");

    source->name = arena_strdup(&status->arena, name != NULL ? name : "");
    source->kind = arena_strdup(&status->arena, kind != NULL ? kind : "");
    if (skipped != NULL)
        source->skipped = arena_strdup(&status->arena, skipped);
    source->no_access = no_access != NULL &&
                        json_type(no_access) == JSON_BOOLEAN &&
                        json_bool(no_access);
    source->has_oldest = instant_of(node, "oldest", &source->oldest);
    source->has_newest = instant_of(node, "newest", &source->newest);
    if (source->name == NULL || source->kind == NULL ||
        (skipped != NULL && source->skipped == NULL))
        return -1;
    return read_windows(status, source, json_member(node, "windows"));
}

static int read_list(struct status *status, const struct json *list)
{
    if (list == NULL || json_type(list) != JSON_ARRAY)
        return 0;
    status->sources = arena_alloc(
        &status->arena, (json_size(list) + 1) * sizeof(*status->sources));
    if (status->sources == NULL)
        return -1;
    for (const struct json *node = json_first(list); node != NULL;
         node = json_next(node)) {
        if (read_source(status, &status->sources[status->source_count++],
                        node) != 0)
            return -1;
    }
    return 0;
}

/* "knowledge" of a dataset: the logs its facts come from. */
static int read_known(struct status *status, const char *dataset,
                      const struct json *log)
{
    struct status_known *known = &status->known[status->known_count];
    const struct json *span = json_member(log, "known");
    const char *source = text_of(log, "source");

    if (dataset == NULL || source == NULL || span == NULL ||
        !instant_of(span, "from", &known->span.from) ||
        !instant_of(span, "to", &known->span.to))
        return 0;
    known->has_oldest = instant_of(log, "oldest", &known->oldest);
    known->dataset = arena_strdup(&status->arena, dataset);
    known->source = arena_strdup(&status->arena, source);
    status->known_count++;
    return known->dataset != NULL && known->source != NULL ? 0 : -1;
}

static const struct json *logs_of(const struct json *dataset)
{
    const struct json *list = json_at(dataset, "/knowledge/logs");

    return list != NULL && json_type(list) == JSON_ARRAY ? list : NULL;
}

static int read_knowledge(struct status *status, const struct json *datasets)
{
    size_t count = 0;

    if (datasets == NULL || json_type(datasets) != JSON_ARRAY)
        return 0;
    for (const struct json *node = json_first(datasets); node != NULL;
         node = json_next(node))
        count += logs_of(node) != NULL ? json_size(logs_of(node)) : 0;
    status->known =
        arena_alloc(&status->arena, (count + 1) * sizeof(*status->known));
    if (status->known == NULL)
        return -1;
    for (const struct json *node = json_first(datasets); node != NULL;
         node = json_next(node)) {
        const struct json *list = logs_of(node);

        for (const struct json *log = list != NULL ? json_first(list) : NULL;
             log != NULL; log = json_next(log)) {
            if (read_known(status, text_of(node, "name"), log) != 0)
                return -1;
        }
    }
    return 0;
}

int status_read_sources(struct status *status, int out_fd, struct error *err)
{
    struct manifest manifest;
    int result, fd = openat(out_fd, status->last->name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return error_system(err, ERROR_IO, errno,
                            "%s: cannot be opened any more",
                            status->last->name);
    if (manifest_load(&manifest, fd, err) != 0) {
        close(fd);
        return error_prefix(err, "%s", status->last->name);
    }
    result = read_list(status,
                       json_at(manifest.doc.root, "/x-rollcall/sources"));
    if (result == 0)
        result = read_knowledge(
            status, json_at(manifest.doc.root, "/x-rollcall/datasets"));
    manifest_free(&manifest);
    close(fd);
    return result == 0 ? 0 : error_no_memory(err);
}
