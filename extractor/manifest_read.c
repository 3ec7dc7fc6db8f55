#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "manifest_parts.h"
#include "sink.h"
#include "strmap.h"

enum { PATH_TEXT_MAX = 95 }; /* bytes of a part's name, see part_report */

static bool ends_in(const char *path, const char *suffix)
{
    size_t len = strlen(path), end = strlen(suffix);

    return len > end && strcmp(path + len - end, suffix) == 0;
}

/* A plain name in the run's own folder, and none that hides or leads out. */
static bool path_valid(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
    size_t len = strlen(path);

    return len <= PATH_TEXT_MAX && strspn(path, allowed) == len &&
           path[0] != '.' && path[0] != '-' &&
           (ends_in(path, ".gz") || ends_in(path, ".csv") ||
            ends_in(path, ".jsonl"));
}

bool manifest_run_id_valid(const char *run_id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
    size_t len = strlen(run_id);

    return len > 0 && len <= MANIFEST_RUN_ID_MAX &&
           strspn(run_id, allowed) == len && strchr("._-", run_id[0]) == NULL;
}

static int read_file(const struct manifest_object *o,
                     struct manifest_resource *r)
{
    static const char *const formats[] = {"csv", "jsonl"};
    size_t format;

    if (manifest_text(o, "path", &r->path) != 0)
        return -1;
    if (!path_valid(r->path))
        return manifest_bad(o, "path",
                            "is no name of a gz, csv or jsonl file in this "
                            "folder");
    if (manifest_choice(o, "format", formats, 2, &format) != 0 ||
        manifest_text(o, "x-dataset", &r->dataset) != 0 ||
        manifest_count(o, "x-part", &r->part) != 0 ||
        manifest_count(o, "bytes", &r->bytes) != 0 ||
        manifest_hash(o, "hash", &r->sha256) != 0 ||
        manifest_count(o, "x-rows", &r->rows) != 0 ||
        manifest_count(o, "x-uncompressedBytes", &r->plain_bytes) != 0 ||
        manifest_hash(o, "x-uncompressedHash", &r->plain_sha256) != 0 ||
        manifest_count(o, "x-maxRecordBytes", &r->longest) != 0)
        return -1;
    r->format = formats[format];
    return 0;
}

static int read_resource(const struct manifest_object *o,
                         struct manifest_resource *r)
{
    if (read_file(o, r) != 0)
        return -1;
    if (strcmp(r->dataset, REJECTS_DATASET) == 0) {
        if (strcmp(r->format, "jsonl") != 0)
            return manifest_bad(o, "format", "must be \"jsonl\"");
        return 0;
    }
    r->schema.name = r->dataset;
    if (manifest_read_schema(o, r) != 0)
        return -1;
    if (strcmp(r->format, "csv") == 0)
        return manifest_read_dialect(o, r->schema.count, &r->dialect);
    return 0;
}

static int fill_resources(const struct manifest_object *root,
                          const struct json *list, struct strmap *paths)
{
    struct manifest *manifest = root->manifest;
    const struct json *node = json_first(list);

    for (; node != NULL; node = json_next(node)) {
        size_t index = manifest->resource_count;
        struct manifest_resource *r = &manifest->resources[index];
        struct manifest_object o;

        if (manifest_element(root, "resources", node, index, &o) != 0 ||
            read_resource(&o, r) != 0)
            return -1;
        if (strmap_get(paths, r->path) != NULL)
            return manifest_bad(&o, "path", "stands for two resources");
        if (strmap_put(paths, r->path, r) != 0)
            return error_no_memory(root->err);
        manifest->resource_count++;
    }
    return 0;
}

static int read_resources(const struct manifest_object *root)
{
    struct manifest *manifest = root->manifest;
    struct strmap paths = {0};
    const struct json *list;
    size_t count;
    int result;

    if (manifest_list(root, "resources", &list) != 0)
        return -1;
    count = json_size(list);
    if (count == 0 || count > MANIFEST_RESOURCES_MAX)
        return manifest_bad(root, "resources", "has no sensible length");
    manifest->resources =
        arena_alloc(&manifest->arena, count * sizeof(*manifest->resources));
    if (manifest->resources == NULL)
        return error_no_memory(root->err);
    result = fill_resources(root, list, &paths);
    strmap_release(&paths);
    return result;
}

static int read_datasets(const struct manifest_object *run)
{
    struct manifest *manifest = run->manifest;
    const struct json *list, *node;

    if (manifest_list(run, "datasets", &list) != 0)
        return -1;
    manifest->datasets = arena_alloc(
        &manifest->arena, (json_size(list) + 1) * sizeof(*manifest->datasets));
    if (manifest->datasets == NULL)
        return error_no_memory(run->err);
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        struct manifest_dataset *d =
            &manifest->datasets[manifest->dataset_count];
        struct manifest_object o;

        if (manifest_element(run, "datasets", node, manifest->dataset_count,
                             &o) != 0 ||
            manifest_text(&o, "name", &d->name) != 0 ||
            manifest_count(&o, "rows", &d->rows) != 0)
            return -1;
        d->changes = json_member(o.node, "changes") != NULL;
        manifest->dataset_count++;
    }
    return 0;
}

static int read_companions(const struct manifest_object *run)
{
    struct companions *companions = &run->manifest->companions;
    struct manifest_object o;

    if (json_member(run->node, "companions") == NULL)
        return 0;
    if (manifest_child(run, "companions", &o) != 0 ||
        manifest_bool(&o, "lst", &companions->lst) != 0 ||
        manifest_bool(&o, "par", &companions->par) != 0 ||
        manifest_text(&o, "section", &companions->section) != 0)
        return -1;
    if (strpbrk(companions->section, "[]\r\n") == NULL)
        return 0;
    return manifest_bad(&o, "section", "holds a bracket or a line break");
}

static int read_run(const struct manifest_object *root)
{
    static const char *const verdicts[] = {"complete", "partial"};
    static const char *const layouts[] = {MANIFEST_HIVE};
    static const char *const signatures[] = {MANIFEST_SIGNATURE};
    struct manifest *manifest = root->manifest;
    struct manifest_object run;
    uint64_t version;
    const char *as_of;
    size_t verdict, layout, signature;

    if (manifest_child(root, "x-rollcall", &run) != 0 ||
        manifest_count(&run, "manifestVersion", &version) != 0)
        return -1;
    if (version != MANIFEST_VERSION)
        return manifest_bad(&run, "manifestVersion",
                            "is not one this rollcall reads");
    if (manifest_text(&run, "runId", &manifest->run_id) != 0 ||
        manifest_text(&run, "asOf", &as_of) != 0 ||
        manifest_choice(&run, "verdict", verdicts, 2, &verdict) != 0 ||
        manifest_count(&run, "users", &manifest->users) != 0)
        return -1;
    if (json_member(run.node, "supersedes") != NULL &&
        manifest_text(&run, "supersedes", &manifest->supersedes) != 0)
        return -1;
    if (json_member(run.node, "layout") != NULL) {
        if (manifest_choice(&run, "layout", layouts, 1, &layout) != 0)
            return -1;
        manifest->hive = true;
    }
    if (json_member(run.node, "signature") != NULL) {
        if (manifest_choice(&run, "signature", signatures, 1, &signature) != 0)
            return -1;
        manifest->is_signed = true;
    }
    if (read_companions(&run) != 0 ||
        manifest_read_sites(&run, verdict == 1) != 0)
        return -1;
    if (!manifest_run_id_valid(manifest->run_id))
        return manifest_bad(&run, "runId", "is no run id");
    if (instant_parse(as_of, INSTANT_ISO8601, &manifest->as_of) != 0)
        return manifest_bad(&run, "asOf", "is no time");
    return read_datasets(&run);
}

int manifest_load(struct manifest *manifest, int dir_fd, struct error *err)
{
    return manifest_load_named(manifest, dir_fd, MANIFEST_NAME, err);
}

int manifest_load_named(struct manifest *manifest, int dir_fd,
                        const char *name, struct error *err)
{
    struct manifest_object root = {.manifest = manifest, .err = err};
    size_t len;
    int result;
    char *text = read_whole_file(dir_fd, name, MANIFEST_BYTES_MAX, &len, err);

    if (text == NULL)
        return -1;
    memset(manifest, 0, sizeof(*manifest));
    manifest->file = name;
    result = json_parse(&manifest->doc, text, len, JSON_UNIQUE, name,
                        ERROR_DATA, err);
    free(text);
    if (result != 0)
        return -1;
    arena_init(&manifest->arena);
    root.node = manifest->doc.root;
    if (json_type(root.node) != JSON_OBJECT) {
        error_set(err, ERROR_DATA, "%s: is no JSON object", name);
        error_usual(err, "it is not as rollcall wrote it: bring it back, or "
                         "extract the run anew");
        goto fail;
    }
    if (read_run(&root) != 0 || read_resources(&root) != 0)
        goto fail;
    return 0;

fail:
    manifest_free(manifest);
    return -1;
}

void manifest_free(struct manifest *manifest)
{
    arena_release(&manifest->arena);
    json_free(&manifest->doc);
    memset(manifest, 0, sizeof(*manifest));
}

static uint64_t sum_rows(const struct manifest *manifest, const char *dataset,
                         const char *format, bool *found)
{
    uint64_t sum = 0;

    *found = false;
    for (size_t i = 0; i < manifest->resource_count; i++) {
        const struct manifest_resource *r = &manifest->resources[i];

        if (strcmp(r->dataset, dataset) != 0 || strcmp(r->format, format) != 0)
            continue;
        *found = true;
        sum += r->rows;
    }
    return sum;
}

uint64_t manifest_rows(const struct manifest *manifest, const char *dataset,
                       bool *found)
{
    uint64_t rows = sum_rows(manifest, dataset, "jsonl", found);

    return *found ? rows : sum_rows(manifest, dataset, "csv", found);
}

uint64_t manifest_source_items(const struct manifest *manifest,
                               const char *source, bool *found)
{
    const struct json *list =
        json_at(manifest->doc.root, "/x-rollcall/sources");
    const struct json *node = list == NULL ? NULL : json_first(list);

    *found = false;
    for (; node != NULL; node = json_next(node)) {
        const struct json *name = json_member(node, "name");
        const struct json *items = json_member(node, "items");
        int64_t count;

        if (name == NULL || json_type(name) != JSON_STRING ||
            strcmp(json_text(name), source) != 0 || items == NULL ||
            json_int64(items, &count) != 0 || count < 0)
            continue;
        *found = true;
        return (uint64_t)count;
    }
    return 0;
}
