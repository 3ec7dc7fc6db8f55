#include "spec.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

void *spec_alloc(struct spec *spec, size_t count, size_t size)
{
    void *memory = NULL;

    if (size != 0 && count <= SIZE_MAX / size)
        memory = arena_alloc(spec->arena, count * size);
    if (memory == NULL)
        spec->no_memory = true;
    return memory;
}

const char *spec_copy(struct spec *spec, const char *text)
{
    const char *copy = pool_keep(&spec->texts, text);

    if (copy == NULL)
        spec->no_memory = true;
    return copy;
}

const char *spec_absolute(struct spec *spec, const char *path)
{
    const char *root = strcmp(spec->folder, "/") == 0 ? "" : spec->folder;
    const char *absolute;

    if (path == NULL || path[0] == '/')
        return path;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    absolute = arena_printf(spec->arena, "%s/%s", root, path);
    if (absolute == NULL)
        spec->no_memory = true;
    return absolute;
}

const char *spec_any_text(struct spec *spec, const struct spec_node *node)
{
    if (!spec_is(spec, node, JSON_STRING))
        return NULL;
    return spec_copy(spec, json_text(node->json));
}

const char *spec_text(struct spec *spec, const struct spec_node *node)
{
    if (json_type(node->json) == JSON_STRING &&
        json_text(node->json)[0] == '\0') {
        spec_problem(spec, node, "must not be empty");
        return NULL;
    }
    return spec_any_text(spec, node);
}

int spec_word(struct spec *spec, const struct spec_node *node,
              const char *const *words)
{
    struct nearest nearest;

    if (!spec_is(spec, node, JSON_STRING))
        return -1;
    nearest_start(&nearest, json_text(node->json));
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], json_text(node->json)) == 0)
            return i;
        nearest_offer(&nearest, words[i]);
    }
    spec_unknown(spec, node, "word", &nearest);
    return -1;
}

static bool repeated(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return false;
}

const char *const *spec_texts(struct spec *spec, const struct spec_node *node,
                              size_t fewest)
{
    const char **texts;
    size_t count = 0, index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return NULL;
    texts = spec_alloc(spec, json_size(node->json) + 1, sizeof(*texts));
    if (texts == NULL)
        return NULL;
    if (json_size(node->json) < fewest)
        spec_problem(spec, node, "must not be empty");
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        const char *text = spec_text(spec, &child);

        if (text == NULL)
            continue;
        if (repeated(texts, count, text))
            spec_problem(spec, &child, "given twice");
        else
            texts[count++] = text;
    }
    return texts;
}

static void read_whole(struct spec *spec, const struct spec_node *node,
                       const struct spec_field *field, int64_t *out)
{
    if (!spec_is(spec, node, JSON_NUMBER))
        return;
    if (json_int64(node->json, out) != 0 || *out < field->min ||
        *out > field->max)
        spec_problem(spec, node,
                     "expected a whole number from %" PRId64 " to %" PRId64
                     ", found %s",
                     field->min, field->max, json_number_text(node->json));
}

static int parse_size(const char *text, int64_t *out)
{
    uint64_t bytes;

    if (units_size(text, &bytes) != 0 || bytes > INT64_MAX)
        return -1;
    *out = (int64_t)bytes;
    return 0;
}

static const struct quantity {
    int (*parse)(const char *text, int64_t *out);
    const char *expected;
    const char *unit; /* of the range in an error text */
} quantities[] = {
    [SPEC_DURATION] = {units_duration, "a time span such as \"15m\"",
                       "milliseconds"},
    [SPEC_PERCENT] = {units_percent, "a share such as \"20%\"",
                      "parts per million"},
    [SPEC_SIZE] = {parse_size, "a size such as \"200MiB\"", "bytes"},
};

static bool read_quantity(struct spec *spec, const struct spec_node *node,
                          const struct spec_field *field, int64_t *out)
{
    const struct quantity *quantity = &quantities[field->kind];
    const char *text = spec_text(spec, node);
    int64_t value;

    if (text == NULL)
        return false;
    if (quantity->parse(text, &value) != 0) {
        spec_problem(spec, node, "expected %s, found \"%.*s\"",
                     quantity->expected, SPEC_PATH_MAX, text);
        return false;
    }
    if (value < field->min || value > field->max) {
        spec_problem(spec, node,
                     "\"%s\" is out of range; expected %" PRId64 " to %" PRId64
                     " %s",
                     text, field->min, field->max, quantity->unit);
        return false;
    }
    *out = value;
    return true;
}

static void read_number(struct spec *spec, const struct spec_node *node,
                        const struct spec_field *field, void *out)
{
    int64_t value = 0;

    switch (field->kind) {
    case SPEC_INT:
        read_whole(spec, node, field, &value);
        *(int *)out = (int)value;
        break;
    case SPEC_INTEGER:
        read_whole(spec, node, field, out);
        break;
    case SPEC_SIZE:
        if (read_quantity(spec, node, field, &value))
            *(uint64_t *)out = (uint64_t)value;
        break;
    default:
        read_quantity(spec, node, field, out);
    }
}

/* gcc and clang give an enum that has no negative value the type unsigned. */
static void read_enum(struct spec *spec, const struct spec_node *node,
                      const struct spec_field *field, void *out)
{
    int word = spec_word(spec, node, field->words);

    if (word >= 0)
        *(unsigned *)out = (unsigned)word;
}

void spec_value(struct spec *spec, const struct spec_node *node,
                const struct spec_field *field, void *out)
{
    switch (field->kind) {
    case SPEC_TEXT:
        *(const char **)out = spec_text(spec, node);
        break;
    case SPEC_PATH:
        *(const char **)out = spec_absolute(spec, spec_text(spec, node));
        break;
    case SPEC_BOOL:
        if (spec_is(spec, node, JSON_BOOLEAN))
            *(bool *)out = json_bool(node->json);
        break;
    case SPEC_ENUM:
        read_enum(spec, node, field, out);
        break;
    case SPEC_TEXTS:
        *(const char *const **)out = spec_texts(spec, node, (size_t)field->min);
        break;
    default:
        read_number(spec, node, field, out);
    }
}
