#include "spec.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "sink.h"

enum { PROBLEM_TEXT_MAX = 800 };

/* Absolute folder of the file; realpath also follows links, so that a linked
 * job still finds what lies beside it. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char real[PATH_MAX];
    char *folder;

    if (slash == NULL)
        folder = arena_strdup(arena, ".");
    else if (slash == path)
        folder = arena_strdup(arena, "/");
    else
        folder = arena_strndup(arena, path, (size_t)(slash - path));
    if (folder == NULL || realpath(folder, real) == NULL)
        return NULL;
    return arena_strdup(arena, real);
}

int spec_open(struct spec *spec, const char *path, struct arena *arena,
              struct error *err)
{
    char *text;
    size_t len;

    memset(spec, 0, sizeof(*spec));
    spec->arena = arena;
    pool_init(&spec->texts, arena, SIZE_MAX);
    problems_init(&spec->problems);
    text = read_whole_file(AT_FDCWD, path, SPEC_FILE_MAX, &len, err);
    if (text == NULL)
        goto err0;
    spec->path = arena_strdup(arena, path);
    spec->folder = folder_of(arena, path);
    if (spec->path == NULL || spec->folder == NULL ||
        digest_hex(text, len, spec->sha256) != 0) {
        error_no_memory(err);
        goto err1;
    }
    if (json_parse(&spec->doc, text, len, JSON_COMMENTS, path, ERROR_CONFIG,
                   err) != 0)
        goto err1;
    free(text);
    if (json_repairs(&spec->doc) != 0) {
        struct spec_node root = spec_root(spec);

        spec_problem(spec, &root,
                     "holds text that is not valid UTF-8; save it as UTF-8");
    }
    return 0;
err1:
    free(text);
err0:
    pool_release(&spec->texts);
    problems_release(&spec->problems);
    return -1;
}

int spec_close(struct spec *spec, struct error *err)
{
    int result;

    if (spec->no_memory)
        result = error_no_memory(err);
    else
        result = problems_error(&spec->problems, ERROR_CONFIG, err);
    if (result != 0)
        error_prefix(err, "%s", spec->path);
    json_free(&spec->doc);
    pool_release(&spec->texts);
    problems_release(&spec->problems);
    return result;
}

bool spec_is_file(const char *name_or_file)
{
    size_t len = strlen(name_or_file), end = strlen(".json");

    return strchr(name_or_file, '/') != NULL ||
           (len > end && strcmp(name_or_file + len - end, ".json") == 0);
}

struct spec_node spec_root(const struct spec *spec)
{
    return (struct spec_node){.json = spec->doc.root};
}

struct spec_node spec_child(const struct spec_node *up, const struct json *json,
                            size_t index)
{
    return (struct spec_node){
        .json = json, .up = up, .key = json_key(json), .index = index};
}

/* "columns[3].from", written from the root down; cut to the size. */
static size_t write_path(const struct spec_node *node, char *out, size_t size)
{
    size_t used;
    int wrote;

    if (node->up == NULL) {
        out[0] = '\0';
        return 0;
    }
    used = write_path(node->up, out, size);
    if (node->key != NULL)
        wrote = snprintf(out + used, size - used, "%s%s", used ? "." : "",
                         node->key);
    else
        wrote = snprintf(out + used, size - used, "[%zu]", node->index);
    used += wrote > 0 ? (size_t)wrote : 0;
    return used < size ? used : size - 1;
}

static void add_problem(struct spec *spec, const struct spec_node *node,
                        const char *format, va_list args)
{
    char where[SPEC_PATH_MAX], text[PROBLEM_TEXT_MAX];

    if (spec->mute)
        return;
    write_path(node, where, sizeof(where));
    vsnprintf(text, sizeof(text), format, args);
    problems_add(&spec->problems, "%s%s%s", where, where[0] != '\0' ? ": " : "",
                 text);
}

void spec_problem(struct spec *spec, const struct spec_node *node,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_problem(spec, node, format, args);
    va_end(args);
}

void spec_failed(struct spec *spec, const struct spec_node *node,
                 const struct error *cause)
{
    if (cause->kind == ERROR_BUG)
        spec->no_memory = true;
    else
        spec_problem(spec, node, "%s", cause->text);
}

void spec_problem_at(struct spec *spec, const struct spec_node *node,
                     const char *key, const char *format, ...)
{
    struct spec_node member = {.up = node, .key = key};
    va_list args;

    va_start(args, format);
    add_problem(spec, &member, format, args);
    va_end(args);
}

void spec_unknown(struct spec *spec, const struct spec_node *node,
                  const char *what, const struct nearest *nearest)
{
    char advice[NEAREST_ADVICE_MAX];

    nearest_advice(nearest, advice, sizeof(advice));
    spec_problem(spec, node, "unknown %s \"%.*s\"; %s", what, SPEC_PATH_MAX,
                 nearest->word, advice);
}

bool spec_is(struct spec *spec, const struct spec_node *node,
             enum json_type type)
{
    if (json_type(node->json) == type)
        return true;
    spec_problem(spec, node, "expected %s, found %s", json_type_name(type),
                 json_type_name(json_type(node->json)));
    return false;
}

bool spec_is_container(struct spec *spec, const struct spec_node *node,
                       enum json_type type)
{
    bool good = true;

    if (!spec_is(spec, node, type))
        return false;
    if (type != JSON_OBJECT)
        return true;
    for (const struct json *child = json_first(node->json); child != NULL;
         child = json_next(child)) {
        if (json_member(node->json, json_key(child)) == child)
            continue;
        spec_problem_at(spec, node, json_key(child), "given twice");
        good = false;
    }
    return good;
}

static void report_unknown_key(struct spec *spec, const struct spec_node *node,
                               const struct spec_field *fields, const char *key)
{
    struct nearest nearest;

    nearest_start(&nearest, key);
    for (; fields->key != NULL; fields++)
        nearest_offer(&nearest, fields->key);
    spec_unknown(spec, node, "key", &nearest);
}

static bool known_key(const struct spec_field *fields, const char *key)
{
    while (fields->key != NULL && strcmp(fields->key, key) != 0)
        fields++;
    return fields->key != NULL;
}

static void read_field(struct spec *spec, const struct spec_node *node,
                       const struct spec_field *field, void *out)
{
    const struct json *json = json_member(node->json, field->key);
    void *target = (char *)out + field->offset;
    struct spec_node child;

    if (json == NULL) {
        if (field->required)
            spec_problem_at(spec, node, field->key, "missing");
        return;
    }
    child = spec_child(node, json, 0);
    switch (field->kind) {
    case SPEC_OBJECT:
        spec_object(spec, &child, field->object, target);
        break;
    case SPEC_CUSTOM:
        field->read(spec, &child, target);
        break;
    default:
        spec_value(spec, &child, field, target);
    }
}

bool spec_object(struct spec *spec, const struct spec_node *node,
                 const struct spec_field *fields, void *out)
{
    if (json_type(node->json) != JSON_OBJECT)
        return spec_is(spec, node, JSON_OBJECT);
    spec_is_container(spec, node, JSON_OBJECT);
    for (const struct json *child = json_first(node->json); child != NULL;
         child = json_next(child)) {
        if (!known_key(fields, json_key(child)))
            report_unknown_key(spec, node, fields, json_key(child));
    }
    for (; fields->key != NULL; fields++)
        read_field(spec, node, fields, out);
    return true;
}
