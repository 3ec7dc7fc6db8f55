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
        return error_set(err, kind, "%s: is empty, expected JSON", name);
    if (result == JSON_SCAN_NO_MEMORY)
        return error_no_memory(err);
    return error_set(err, kind, "%s:%zu:%zu: %s", name, scan->line,
                     scan->column, scan->reason);
}

static struct json_scan *scan_of(struct json_doc *doc)
{
    if (doc->scan == NULL)
        doc->scan = calloc(1, sizeof(*doc->scan));
    return doc->scan;
}

static int scan_room(struct json_doc *doc, enum json_scan_result result,
                     const char *name, enum error_kind kind, struct error *err)
{
    doc->root = result == JSON_SCAN_OK ? doc->scan->nodes : NULL;
    return result == JSON_SCAN_OK
               ? 0
               : scan_error(doc->scan, result, name, kind, err);
}

int json_parse(struct json_doc *doc, const char *text, size_t len,
               unsigned flags, const char *name, enum error_kind kind,
               struct error *err)
{
    struct json_scan *scan;
    char *room;

    memset(doc, 0, sizeof(*doc));
    scan = scan_of(doc);
    if (scan == NULL)
        return error_no_memory(err);
    scan->text = text;
    scan->comments = (flags & JSON_COMMENTS) != 0;
    scan->secret = (flags & JSON_SECRET) != 0;
    scan->unique = (flags & JSON_UNIQUE) != 0;
    room = json_scan_room(scan, len);
    if (room != NULL)
        memcpy(room, text, len);
    if (scan_room(doc, room != NULL ? json_scan(scan) : JSON_SCAN_NO_MEMORY,
                  name, kind, err) == 0) {
        scan->text = NULL; /* the caller's, who may free it */
        return 0;
    }
    json_free(doc);
    return -1;
}

char *json_room(struct json_doc *doc, size_t len)
{
    struct json_scan *scan = scan_of(doc);

    return scan != NULL ? json_scan_room(scan, len) : NULL;
}

int json_parse_room(struct json_doc *doc, const struct json_select *select,
                    const char *name, enum error_kind kind, struct error *err)
{
    doc->scan->select = select;
    doc->scan->unique = true;
    return scan_room(doc, json_scan(doc->scan), name, kind, err);
}

void json_free(struct json_doc *doc)
{
    if (doc->scan != NULL)
        json_scan_release(doc->scan);
    free(doc->scan);
    doc->scan = NULL;
    doc->root = NULL;
}

size_t json_repairs(const struct json_doc *doc)
{
    return doc->scan->repairs;
}

int json_check(const struct json_doc *doc, const char *name,
               enum error_kind kind, struct error *err)
{
    const struct json_scan *scan = doc->scan;

    if (!scan->failed)
        return 0;
    return scan_error(scan,
                      scan->reason[0] != '\0' ? JSON_SCAN_WRONG
                                              : JSON_SCAN_NO_MEMORY,
                      name, kind, err);
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

/* The container itself, read now if it was left for later; NULL when it cannot
 * be, which json_check() tells. Nodes are the document's own to change. */
static const struct json *read_container(const struct json *json)
{
    return json->state == JSON_READ
               ? json
               : json_scan_open((struct json *)(uintptr_t)json);
}

const struct json *json_first(const struct json *json)
{
    if (json->type < JSON_ARRAY)
        return NULL;
    json = read_container(json);
    return json != NULL && json->size > 0 ? json + 1 + json->cells : NULL;
}

const struct json *json_next(const struct json *child)
{
    return child->skip > 0 ? child + child->skip : NULL;
}

void json_expect(const struct json *json)
{
    const struct json *child =
        json->type >= JSON_ARRAY && json->state == JSON_READ
            ? json_first(json)
            : NULL;

    for (; child != NULL; child = json_next(child)) {
        if (child->type == JSON_STRING)
            __builtin_prefetch(child->text);
    }
}

const char *json_key(const struct json *child)
{
    return child->key;
}

size_t json_size(const struct json *json)
{
    if (json->type < JSON_ARRAY)
        return 0;
    json = read_container(json);
    return json != NULL ? json->size : 0;
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

static const struct json *element_at(const struct json *array,
                                     const char *token, size_t len)
{
    const struct json *child = json_first(array);
    size_t index;

    if (!token_index(token, len, &index))
        return NULL;
    while (child != NULL && index-- > 0)
        child = json_next(child);
    return child;
}

/* Most tokens have no escape, and most names differ in their first byte. */
static const struct json *member_at(const struct json *object,
                                    const char *token, size_t len)
{
    bool plain = memchr(token, '~', len) == NULL;
    const struct json *child = json_first(object);

    for (; child != NULL; child = json_next(child)) {
        const char *key = child->key;

        if (!plain ? token_is(token, len, key)
                   : (len == 0 || *key == *token) &&
                         strncmp(key, token, len) == 0 && key[len] == '\0')
            break;
    }
    return child;
}

/* The member whose key is the pointer's only name, the same text at the same
 * place (json_select.h). */
static const struct json *named_by(const struct json *json, const char *pointer)
{
    const struct json *child = json->type == JSON_OBJECT && *pointer != '\0'
                                   ? json_first(json)
                                   : NULL;

    while (child != NULL && child->key != pointer + 1)
        child = json_next(child);
    return child;
}

const struct json *json_slot(const struct json *json, unsigned slot,
                             const char *pointer)
{
    const struct json *object =
        slot != 0 && json->type == JSON_OBJECT ? read_container(json) : NULL;
    uint16_t place;

    if (object == NULL || !object->slotted)
        return json_at(json, pointer);
    slot--;
    place = object[1 + slot / JSON_CELL_SLOTS].slots[slot % JSON_CELL_SLOTS];
    return place != 0 ? object + place : NULL;
}

const struct json *json_at(const struct json *json, const char *pointer)
{
    const struct json *found = json != NULL ? named_by(json, pointer) : NULL;

    if (found != NULL)
        return found;
    while (*pointer != '\0' && json != NULL) {
        const char *token = pointer + 1;
        size_t len;

        if (*pointer != '/')
            return NULL;
        pointer = strchrnul(token, '/');
        len = (size_t)(pointer - token);
        json = json->type == JSON_ARRAY ? element_at(json, token, len)
                                        : member_at(json, token, len);
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
