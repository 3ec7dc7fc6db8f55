#include "json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

static int scan_error(const struct json_scan *scan,
                      enum json_scan_result result, const char *name,
                      enum error_kind kind, struct error *err)
{
    if (result == JSON_SCAN_EMPTY)
        return error_set(err, kind, "%s is empty, expected JSON", name);
    if (result == JSON_SCAN_NO_MEMORY)
        return error_no_memory(err);
    return error_set(err, kind, "%s:%zu:%zu: %s", name, scan->line,
                     scan->column, scan->reason);
}

int json_parse(struct json_doc *doc, const char *text, size_t len,
               unsigned flags, const char *name, enum error_kind kind,
               struct error *err)
{
    struct json_scan *scan = calloc(1, sizeof(*scan));
    enum json_scan_result result;

    memset(doc, 0, sizeof(*doc));
    if (scan == NULL)
        return error_no_memory(err);
    scan->text = text;
    scan->len = len;
    scan->comments = (flags & JSON_COMMENTS) != 0;
    scan->secret = (flags & JSON_SECRET) != 0;
    scan->unique = (flags & JSON_UNIQUE) != 0;
    result = json_scan(scan);
    doc->scan = scan;
    if (result != JSON_SCAN_OK) {
        scan_error(scan, result, name, kind, err);
        json_free(doc);
        return -1;
    }
    doc->root = scan->nodes;
    doc->repairs = scan->repairs;
    return 0;
}

void json_free(struct json_doc *doc)
{
    if (doc->scan != NULL)
        json_scan_release(doc->scan);
    free(doc->scan);
    doc->scan = NULL;
    doc->root = NULL;
}

enum json_type json_type(const struct json *json)
{
    return (enum json_type)json->type;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOLEAN] = "boolean",
        [JSON_NUMBER] = "number", [JSON_STRING] = "string",
        [JSON_ARRAY] = "array",   [JSON_OBJECT] = "object",
    };

    return names[type];
}

const struct json *json_first(const struct json *json)
{
    return json->type >= JSON_ARRAY && json->size > 0 ? json + 1 : NULL;
}

const struct json *json_next(const struct json *child)
{
    return child->skip > 0 ? child + child->skip : NULL;
}

const char *json_key(const struct json *child)
{
    return child->key;
}

size_t json_size(const struct json *json)
{
    return json->type >= JSON_ARRAY ? json->size : 0;
}

const struct json *json_member(const struct json *object, const char *name)
{
    const struct json *child =
        object->type == JSON_OBJECT ? json_first(object) : NULL;

    while (child != NULL && strcmp(child->key, name) != 0)
        child = json_next(child);
    return child;
}

/* Whether a reference token of a pointer, "~1" and "~0" decoded, is key. */
static bool token_is(const char *token, size_t len, const char *key)
{
    size_t i;

    for (i = 0; i < len; i++, key++) {
        char c = token[i];

        if (c == '~') {
            if (++i == len || (token[i] != '0' && token[i] != '1'))
                return false;
            c = token[i] == '0' ? '~' : '/';
        }
        if (*key != c || c == '\0')
            return false;
    }
    return *key == '\0';
}

/* RFC 6901 §4: digits without a leading zero. */
static bool token_index(const char *token, size_t len, size_t *index)
{
    *index = 0;
    if (len == 0 || (len > 1 && token[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (token[i] < '0' || token[i] > '9' || *index > SIZE_MAX / 10 - 1)
            return false;
        *index = *index * 10 + (size_t)(token[i] - '0');
    }
    return true;
}

static const struct json *child_at(const struct json *json, const char *token,
                                   size_t len)
{
    const struct json *child = json_first(json);
    size_t index = 0;

    if (json->type == JSON_ARRAY && !token_index(token, len, &index))
        return NULL;
    for (; child != NULL; child = json_next(child)) {
        if (json->type == JSON_OBJECT ? token_is(token, len, child->key)
                                      : index-- == 0)
            return child;
    }
    return NULL;
}

const struct json *json_at(const struct json *json, const char *pointer)
{
    while (*pointer != '\0' && json != NULL) {
        size_t len;

        if (*pointer++ != '/')
            return NULL;
        len = strcspn(pointer, "/");
        json = child_at(json, pointer, len);
        pointer += len;
    }
    return json;
}

bool json_bool(const struct json *json)
{
    assert(json_type(json) == JSON_BOOLEAN);
    return json->flag;
}

const char *json_text(const struct json *json)
{
    assert(json_type(json) == JSON_STRING);
    return json->text;
}

const char *json_number_text(const struct json *json)
{
    assert(json_type(json) == JSON_NUMBER);
    return json->text;
}

int json_int64(const struct json *json, int64_t *out)
{
    const char *digits;
    char *end;
    long long value;

    if (json_type(json) != JSON_NUMBER)
        return -1;
    digits = json_number_text(json);
    errno = 0;
    value = strtoll(digits, &end, 10);
    if (errno != 0 || *end != '\0')
        return -1;
    *out = value;
    return 0;
}
