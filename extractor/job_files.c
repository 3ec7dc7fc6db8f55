#include "job_read.h"

#include <string.h>

enum { FILES_MAX = 32, PATHS_MAX = 64 };

static bool ends_in(const char *text, const char *suffix)
{
    size_t len = strlen(text), end = strlen(suffix);

    return len > end && strcmp(text + len - end, suffix) == 0;
}

static void read_path(struct spec *spec, const struct spec_node *node,
                      struct job_file *file)
{
    const char *given = spec_text(spec, node);

    if (given == NULL)
        return;
    if (!ends_in(given, ".csv") && !ends_in(given, ".csv.gz")) {
        spec_problem(spec, node,
                     "expected the path of a file ending in .csv or .csv.gz, "
                     "found \"%.*s\"",
                     SPEC_PATH_MAX, given);
        return;
    }
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->paths[i].given, given) == 0)
            spec_problem(spec, node, "names %.*s twice", SPEC_PATH_MAX, given);
    }
    file->paths[file->count].given = given;
    file->paths[file->count++].path = spec_absolute(spec, given);
}

static void read_file(struct spec *spec, const struct spec_node *node,
                      struct job_file *file)
{
    bool list = json_type(node->json) == JSON_ARRAY;
    size_t size = list ? json_size(node->json) : 1, index = 0;

    file->name = spec_copy(spec, node->key);
    if (size == 0 || size > PATHS_MAX) {
        spec_problem(spec, node, "expected 1 to %d paths", PATHS_MAX);
        return;
    }
    file->paths = spec_alloc(spec, size, sizeof(*file->paths));
    if (file->paths == NULL)
        return;
    if (!list) {
        read_path(spec, node, file);
        return;
    }
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);

        read_path(spec, &child, file);
    }
}

void job_read_files(struct spec *spec, const struct spec_node *node, void *out)
{
    struct job *job = out;
    size_t size = json_size(node->json);

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (size == 0 || size > FILES_MAX) {
        spec_problem(spec, node, "expected 1 to %d files", FILES_MAX);
        return;
    }
    job->files = spec_alloc(spec, size, sizeof(*job->files));
    if (job->files == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);

        read_file(spec, &child, &job->files[job->file_count++]);
    }
}

const struct job_file *job_file(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->file_count; i++) {
        if (strcmp(job->files[i].name, name) == 0)
            return &job->files[i];
    }
    return NULL;
}
