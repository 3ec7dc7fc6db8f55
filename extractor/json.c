#include "json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

/* struct json is never defined: a node is a cJSON behind another name. */
static const cJSON *node_of(const struct json *json)
{
    return (const cJSON *)(const void *)json;
}

static const struct json *json_of(const cJSON *node)
{
    return (const struct json *)(const void *)node;
}

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
    struct json_scan scan = {.text = text,
                             .len = len,
                             .comments = (flags & JSON_COMMENTS) != 0,
                             .secret = (flags & JSON_SECRET) != 0};
    enum json_scan_result result = json_scan(&scan);
    const char *end;
    cJSON *tree;

    memset(doc, 0, sizeof(*doc));
    if (result != JSON_SCAN_OK) {
        scan_error(&scan, result, name, kind, err);
        goto fail;
    }
    /* The scan leaves nothing for cJSON to refuse but a lack of memory. */
    tree =
        cJSON_ParseWithLengthOpts(scan.copy.data, scan.copy.len + 1, &end, 1);
    if (tree == NULL) {
        error_no_memory(err);
        goto fail;
    }
    doc->tree = tree;
    doc->root = json_of(tree);
    doc->repairs = scan.repairs;
    doc->secret = scan.secret;
    json_scan_release(&scan);
    return 0;
fail:
    json_scan_release(&scan);
    return -1;
}

/* As deep as JSON_DEPTH_MAX at most. */
static void wipe(cJSON *node)
{
    for (; node != NULL; node = node->next) {
        if (node->valuestring != NULL)
            explicit_bzero(node->valuestring, strlen(node->valuestring));
        wipe(node->child);
    }
}

void json_free(struct json_doc *doc)
{
    if (doc->secret)
        wipe(doc->tree);
    cJSON_Delete(doc->tree);
    doc->tree = NULL;
    doc->root = NULL;
}

static bool is_number(const cJSON *node)
{
    return (unsigned char)node->valuestring[0] == JSON_NUMBER_MARK;
}

enum json_type json_type(const struct json *json)
{
    const cJSON *node = node_of(json);

    if (cJSON_IsObject(node))
        return JSON_OBJECT;
    if (cJSON_IsArray(node))
        return JSON_ARRAY;
    if (cJSON_IsString(node))
        return is_number(node) ? JSON_NUMBER : JSON_STRING;
    return cJSON_IsBool(node) ? JSON_BOOLEAN : JSON_NULL;
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

const struct json *json_member(const struct json *object, const char *name)
{
    if (json_type(object) != JSON_OBJECT)
        return NULL;
    return json_of(cJSON_GetObjectItemCaseSensitive(node_of(object), name));
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

static const cJSON *child_at(const cJSON *node, const char *token, size_t len)
{
    const cJSON *child = NULL;
    size_t index;

    if (cJSON_IsObject(node)) {
        cJSON_ArrayForEach(child, node)
        {
            if (token_is(token, len, child->string))
                return child;
        }
    } else if (cJSON_IsArray(node) && token_index(token, len, &index)) {
        cJSON_ArrayForEach(child, node)
        {
            if (index-- == 0)
                return child;
        }
    }
    return NULL;
}

const struct json *json_at(const struct json *json, const char *pointer)
{
    const cJSON *node = node_of(json);

    while (*pointer != '\0' && node != NULL) {
        size_t len;

        if (*pointer++ != '/')
            return NULL;
        len = strcspn(pointer, "/");
        node = child_at(node, pointer, len);
        pointer += len;
    }
    return json_of(node);
}

const struct json *json_first(const struct json *json)
{
    return json_of(node_of(json)->child);
}

const struct json *json_next(const struct json *child)
{
    return json_of(node_of(child)->next);
}

const char *json_key(const struct json *child)
{
    return node_of(child)->string;
}

size_t json_size(const struct json *json)
{
    return (size_t)cJSON_GetArraySize(node_of(json));
}

bool json_bool(const struct json *json)
{
    assert(json_type(json) == JSON_BOOLEAN);
    return cJSON_IsTrue(node_of(json));
}

const char *json_text(const struct json *json)
{
    assert(json_type(json) == JSON_STRING);
    return node_of(json)->valuestring;
}

const char *json_number_text(const struct json *json)
{
    assert(json_type(json) == JSON_NUMBER);
    return node_of(json)->valuestring + 1;
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
