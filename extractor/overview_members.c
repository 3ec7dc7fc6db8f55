/* What the manifest says that manifest.h has no member for. */
#include "overview_parts.h"

const char *overview_member_text(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);

    return node != NULL && json_type(node) == JSON_STRING ? json_text(node)
                                                          : NULL;
}

uint64_t overview_member_count(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);
    int64_t count;

    return node != NULL && json_type(node) == JSON_NUMBER &&
                   json_int64(node, &count) == 0 && count > 0
               ? (uint64_t)count
               : 0;
}

bool overview_member_true(const struct json *object, const char *name)
{
    const struct json *node = json_member(object, name);

    return node != NULL && json_type(node) == JSON_BOOLEAN && json_bool(node);
}

bool overview_member_time(const struct json *object, const char *name,
                          int64_t *out)
{
    const char *text = overview_member_text(object, name);

    return text != NULL && instant_parse(text, INSTANT_ISO8601, out) == 0;
}

const struct json *overview_member_first(const struct json *object,
                                         const char *name)
{
    const struct json *node = json_member(object, name);

    return node != NULL && json_type(node) == JSON_ARRAY ? json_first(node)
                                                         : NULL;
}
