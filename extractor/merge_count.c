/* What the manifests of the runs count, added up. */
#include <string.h>

#include "merge_parts.h"

/* What a run's manifest says of a dataset; manifest_load() has seen it. */
static const struct json *dataset_node(const struct merge_run *run,
                                       const char *dataset)
{
    const struct json *node = json_first(
        json_at(run->manifest.doc.root, "/x-rollcall/datasets"));

    while (node != NULL &&
           strcmp(json_text(json_member(node, "name")), dataset) != 0)
        node = json_next(node);
    return node;
}

static uint64_t count_of(const struct json *node, const char *member)
{
    const struct json *found =
        node != NULL && json_type(node) == JSON_OBJECT
            ? json_member(node, member)
            : NULL;
    int64_t count = 0;

    if (found == NULL || json_int64(found, &count) != 0 || count < 0)
        return 0;
    return (uint64_t)count;
}

static const char *text_of(const struct json *node, const char *member)
{
    const struct json *found =
        node != NULL && json_type(node) == JSON_OBJECT
            ? json_member(node, member)
            : NULL;

    return found != NULL && json_type(found) == JSON_STRING ? json_text(found)
                                                            : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

/* Adds the counts of an object such as "statuses" to a list, by name. */
static void add_counts(const struct json *object, struct count_report *list,
                       size_t *count, size_t most)
{
    const struct json *node =
        object != NULL && json_type(object) == JSON_OBJECT ? json_first(object)
                                                           : NULL;

    for (; node != NULL; node = json_next(node)) {
        size_t i = 0;

        while (i < *count && strcmp(list[i].name, json_key(node)) != 0)
            i++;
        if (i == most)
            continue;
        if (i == *count)
            list[(*count)++] = (struct count_report){.name = json_key(node)};
        list[i].count += count_of(object, json_key(node));
    }
}

static void add_run(const struct merge_run *run, struct dataset_report *report)
{
    const struct json *node = dataset_node(run, report->schema->name);
    const char *sha256 = text_of(node, "mappingSha256");

    report->rejected += count_of(node, "rejected");
    report->truncated += count_of(node, "truncated");
    report->undecided += count_of(node, "undecided");
    add_counts(json_member(node, "statuses"), report->statuses,
               &report->status_count,
               sizeof(report->statuses) / sizeof(report->statuses[0]));
    add_counts(json_member(node, "overLength"), report->over_length,
               &report->over_length_count, SCHEMA_COLUMNS_MAX);
    if (!same_text(sha256, report->mapping_sha256))
        report->mapping_path = report->mapping_sha256 = NULL;
}

/* Why the changes have no common baseline, or NULL. */
static const char *add_changes(struct merge *merge,
                               struct dataset_report *report)
{
    struct changes_report *sum = &report->changes;

    for (size_t i = 0; i < merge->count; i++) {
        const struct json *node = json_member(
            dataset_node(&merge->runs[i], report->schema->name), "changes");
        const char *baseline = text_of(node, "baseline");

        if (i == 0) {
            sum->of = text_of(node, "of");
            sum->baseline = baseline;
            sum->reason = text_of(node, "reason");
        }
        if (!same_text(baseline, sum->baseline))
            return "the sites' changes count from different runs";
        sum->inserts += count_of(node, "inserts");
        sum->updates += count_of(node, "updates");
        sum->deletes += count_of(node, "deletes");
    }
    return NULL;
}

int merge_count(struct merge *merge, struct dataset_report *report,
                const char **omit, struct error *err)
{
    const struct json *first =
        dataset_node(&merge->runs[0], report->schema->name);

    *omit = NULL;
    report->over_length = arena_alloc(
        &merge->arena, SCHEMA_COLUMNS_MAX * sizeof(*report->over_length));
    if (report->over_length == NULL)
        return error_no_memory(err);
    report->mapping_path = text_of(first, "mapping");
    report->mapping_sha256 = text_of(first, "mappingSha256");
    for (size_t i = 0; i < merge->count; i++)
        add_run(&merge->runs[i], report);
    if (json_member(first, "changes") != NULL)
        *omit = add_changes(merge, report);
    return 0;
}

void merge_count_format(const struct merge *merge, const char *dataset,
                        struct writer_report *report)
{
    for (size_t i = 0; i < merge->count; i++) {
        const struct json *list =
            json_member(dataset_node(&merge->runs[i], dataset), "formats");
        const struct json *node =
            list != NULL && json_type(list) == JSON_ARRAY ? json_first(list)
                                                          : NULL;

        for (; node != NULL; node = json_next(node)) {
            if (!same_text(text_of(node, "format"), report->format))
                continue;
            report->newlines_replaced += count_of(node, "newlinesReplaced");
            report->controls_replaced += count_of(node, "controlsReplaced");
        }
    }
}
