#include "verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "publish.h"
#include "strmap.h"
#include "verify_parts.h"

struct table {
    const char *dataset, *format;
    uint64_t rows;
    char hex[DIGEST_HEX_SIZE];
};

struct tables {
    struct table *items; /* at most one a resource */
    size_t count;
};

void verify_found(struct verify *v, const char *file, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    v->summary->findings++;
    v->finding(v->context, file, text);
}

void verify_found_error(struct verify *v, const char *file,
                        const struct error *err)
{
    size_t len = strlen(file);
    const char *text = err->text;

    if (strncmp(text, file, len) == 0)
        text += len + strspn(text + len, ": ");
    verify_found(v, file, "%s", text);
}

static bool expected(const struct strmap *paths, const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
           strmap_get(paths, name) != NULL;
}

int verify_strays(struct verify *v, int dir_fd, const char *folder,
                  const struct strmap *paths, struct error *err)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (list == NULL) {
        error_system(err, ERROR_IO, errno, "run: cannot list");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while ((entry = readdir(list)) != NULL) {
        char name[PATH_MAX];

        if (expected(paths, entry->d_name))
            continue;
        snprintf(name, sizeof(name), "%s%s", folder, entry->d_name);
        verify_found(v, name, "is not in the manifest");
    }
    closedir(list);
    return 0;
}

static int check_strays(struct verify *v, struct error *err)
{
    const struct manifest *m = &v->manifest;
    struct strmap paths = {0};
    char seal[SEAL_NAME_MAX];
    int result = 0;

    for (size_t i = 0; i < m->resource_count && result == 0; i++)
        result = strmap_put(&paths, m->resources[i].path, &m->resources[i]);
    if (result == 0)
        result = strmap_put(&paths, m->file, v);
    seal_name(m->file, seal);
    if (result == 0)
        result = strmap_put(&paths, seal, v);
    if (result == 0 && verify_is_part(m))
        result = strmap_put(&paths, PUBLISH_SUCCESS_NAME, v);
    result = result == 0 ? verify_strays(v, v->run_fd, "", &paths, err)
                         : error_no_memory(err);
    strmap_release(&paths);
    return result;
}

static const struct table *find(const struct tables *tables,
                                const char *dataset, const char *format)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (strcmp(tables->items[i].dataset, dataset) == 0 &&
            strcmp(tables->items[i].format, format) == 0)
            return &tables->items[i];
    }
    return NULL;
}

static int read_tables(struct verify *v, struct tables *tables,
                       struct error *err)
{
    const struct manifest *m = &v->manifest;
    size_t parts = 0;

    for (size_t i = 0; i < m->resource_count; i += parts) {
        struct table *t = &tables->items[tables->count];

        t->dataset = m->resources[i].dataset;
        t->format = m->resources[i].format;
        if (find(tables, t->dataset, t->format) != NULL)
            verify_found(v, v->manifest.file, "%s: parts are not together",
                         m->resources[i].path);
        if (verify_table(v, i, &parts, &t->rows, t->hex, err) != 0)
            return -1;
        tables->count++;
    }
    return 0;
}

static bool known_dataset(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->dataset_count; i++) {
        if (strcmp(m->datasets[i].name, name) == 0)
            return true;
    }
    return false;
}

static void compare_rows(struct verify *v,
                         const struct manifest_dataset *dataset,
                         const struct table *t)
{
    if (t != NULL && t->rows != dataset->rows)
        verify_found(v, v->manifest.file,
                     "%s: %llu rows stated, its %s parts hold %llu",
                     dataset->name, (unsigned long long)dataset->rows,
                     t->format, (unsigned long long)t->rows);
}

static void check_datasets(struct verify *v, const struct tables *tables)
{
    const struct manifest *m = &v->manifest;

    for (size_t i = 0; i < m->dataset_count; i++) {
        const struct manifest_dataset *d = &m->datasets[i];
        const struct table *csv = find(tables, d->name, "csv");
        const struct table *jsonl = find(tables, d->name, "jsonl");

        if (csv == NULL && jsonl == NULL)
            verify_found(v, v->manifest.file, "%s: dataset without a part",
                         d->name);
        compare_rows(v, d, csv);
        compare_rows(v, d, jsonl);
        if (csv != NULL && jsonl != NULL && strcmp(csv->hex, jsonl->hex) != 0)
            verify_found(v, v->manifest.file,
                         "%s: CSV and JSONL do not hold the same rows",
                         d->name);
        v->summary->rows += jsonl != NULL ? jsonl->rows
                            : csv != NULL ? csv->rows
                                          : 0;
    }
    for (size_t i = 0; i < tables->count; i++) {
        const char *name = tables->items[i].dataset;

        if (strcmp(name, REJECTS_DATASET) != 0 && !known_dataset(m, name))
            verify_found(v, v->manifest.file, "%s: parts of an unlisted dataset",
                         name);
    }
}

static int check_run(struct verify *v, struct error *err)
{
    struct tables tables = {0};
    int result;

    tables.items = calloc(v->manifest.resource_count, sizeof(*tables.items));
    if (tables.items == NULL)
        return error_no_memory(err);
    result = check_strays(v, err);
    if (result == 0 && v->public_key == NULL)
        result = verify_signature(v, v->run_fd, "", v->manifest.file, err);
    if (result == 0)
        result = read_tables(v, &tables, err);
    if (result == 0) {
        check_datasets(v, &tables);
        result = verify_markers(v, err);
    }
    free(tables.items);
    return result;
}

/* A manifest that cannot be read is, but for its signature, the one finding
 * there is. */
static int load(struct verify *v, struct error *err)
{
    const char *name = verify_manifest_name(v->run_fd);
    struct error local = {0};

    if (v->public_key != NULL &&
        verify_signature(v, v->run_fd, "", name, err) != 0)
        return -1;
    if (verify_load(&v->manifest, v->run_fd, &local) == 0) {
        snprintf(v->summary->run_id, sizeof(v->summary->run_id), "%s",
                 v->manifest.run_id);
        v->summary->missing = v->manifest.missing_count;
        return 0;
    }
    if (local.kind == ERROR_DATA)
        verify_found_error(v, name, &local);
    *err = local;
    return -1;
}

int verify_run(const char *path, const struct signature_key *public_key,
               verify_finding_fn *finding, void *context,
               struct verify_summary *summary, struct error *err)
{
    struct verify v = {
        .finding = finding, .context = context, .summary = summary,
        .public_key = public_key};
    int result;

    memset(summary, 0, sizeof(*summary));
    v.run_fd = verify_open_run(path, err);
    if (v.run_fd < 0)
        return -1;
    result = load(&v, err);
    if (result == 0) {
        result = check_run(&v, err);
        manifest_free(&v.manifest);
    }
    close(v.run_fd);
    if (result == 0 && summary->findings != 0)
        result = error_set(err, ERROR_DATA, "%s: %llu findings", path,
                           (unsigned long long)summary->findings);
    return result;
}
