/* Members of the manifest's objects, each of exactly the type it must have. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "manifest_parts.h"

static const char *dot(const struct manifest_object *object)
{
    return object->place[0] == '\0' ? "" : ".";
}

int manifest_bad(const struct manifest_object *object, const char *name,
                 const char *what)
{
    error_set(object->err, ERROR_DATA, "%s: %s%s%s: %s", object->manifest->file,
              object->place, dot(object), name, what);
    return error_usual(object->err, "it is not as rollcall wrote it: bring it "
                                    "back, or extract the run anew");
}

static const struct json *member(const struct manifest_object *object,
                                 const char *name, enum json_type type,
                                 const char *what)
{
    const struct json *node = json_member(object->node, name);

    if (node == NULL)
        manifest_bad(object, name, "is missing");
    else if (json_type(node) != type)
        manifest_bad(object, name, what);
    else
        return node;
    return NULL;
}

int manifest_text(const struct manifest_object *object, const char *name,
                  const char **out)
{
    const struct json *node =
        member(object, name, JSON_STRING, "must be a text");

    if (node == NULL)
        return -1;
    *out = json_text(node);
    return 0;
}

int manifest_count(const struct manifest_object *object, const char *name,
                   uint64_t *out)
{
    static const char what[] = "must be a whole number from 0";
    const struct json *node = member(object, name, JSON_NUMBER, what);
    int64_t count;

    if (node == NULL)
        return -1;
    if (json_int64(node, &count) != 0 || count < 0)
        return manifest_bad(object, name, what);
    *out = (uint64_t)count;
    return 0;
}

int manifest_bool(const struct manifest_object *object, const char *name,
                  bool *out)
{
    const struct json *node =
        member(object, name, JSON_BOOLEAN, "must be true or false");

    if (node == NULL)
        return -1;
    *out = json_bool(node);
    return 0;
}

int manifest_char(const struct manifest_object *object, const char *name,
                  char *out)
{
    const char *text;

    if (manifest_text(object, name, &text) != 0)
        return -1;
    if (strlen(text) != 1)
        return manifest_bad(object, name, "must be one ASCII character");
    *out = text[0];
    return 0;
}

int manifest_choice(const struct manifest_object *object, const char *name,
                    const char *const *names, size_t count, size_t *out)
{
    const char *text;

    if (manifest_text(object, name, &text) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    return manifest_bad(object, name, "has an unknown value");
}

int manifest_hash(const struct manifest_object *object, const char *name,
                  const char **out)
{
    static const char prefix[] = "sha256:";
    const size_t skip = sizeof(prefix) - 1;
    const char *text;

    if (manifest_text(object, name, &text) != 0)
        return -1;
    if (strncmp(text, prefix, skip) != 0 ||
        strlen(text + skip) != DIGEST_HEX_SIZE - 1 ||
        strspn(text + skip, "0123456789abcdef") != DIGEST_HEX_SIZE - 1)
        return manifest_bad(object, name, "is no \"sha256:\" and 64 digits");
    *out = text + skip;
    return 0;
}

static void __attribute__((format(printf, 4, 5)))
enter(const struct manifest_object *object, const struct json *node,
      struct manifest_object *child, const char *format, ...)
{
    va_list args;

    child->node = node;
    child->manifest = object->manifest;
    child->err = object->err;
    va_start(args, format);
    vsnprintf(child->place, sizeof(child->place), format, args);
    va_end(args);
}

int manifest_child(const struct manifest_object *object, const char *name,
                   struct manifest_object *child)
{
    const struct json *node =
        member(object, name, JSON_OBJECT, "must be an object");

    if (node == NULL)
        return -1;
    enter(object, node, child, "%s%s%s", object->place, dot(object), name);
    return 0;
}

int manifest_list(const struct manifest_object *object, const char *name,
                  const struct json **out)
{
    *out = member(object, name, JSON_ARRAY, "must be a list");
    return *out == NULL ? -1 : 0;
}

int manifest_element(const struct manifest_object *object, const char *name,
                     const struct json *node, size_t index,
                     struct manifest_object *child)
{
    enter(object, node, child, "%s%s%s[%zu]", object->place, dot(object), name,
          index);
    if (json_type(node) != JSON_OBJECT) {
        error_set(object->err, ERROR_DATA, "%s: %s: must be an object",
                  object->manifest->file, child->place);
        return error_usual(object->err, "it is not as rollcall wrote it: bring "
                                        "it back, or extract the run anew");
    }
    return 0;
}
