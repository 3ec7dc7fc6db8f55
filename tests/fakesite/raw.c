#include "raw.h"

#include <string.h>

static const char *blanks(const char *at, const char *end)
{
    while (at < end && strchr(" \t\r\n", *at) != NULL)
        at++;
    return at;
}

/* AT is the opening quote; the result is after the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

static const char *skip_nested(const char *at, const char *end)
{
    int depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (at == NULL)
                return NULL;
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
        if (depth == 0)
            return at;
    }
    return NULL;
}

static const char *skip_value(const char *at, const char *end)
{
    const char *start = at;

    if (at >= end)
        return NULL;
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '{' || *at == '[')
        return skip_nested(at, end);
    while (at < end && strchr(" \t\r\n,:]}", *at) == NULL)
        at++;
    return at == start ? NULL : at;
}

struct span raw_of(const struct text *text)
{
    return (struct span){text->data, text->len};
}

bool raw_open(struct raw_walk *walk, struct span container)
{
    const char *end = container.at + container.len;
    const char *at = blanks(container.at, end);

    if (at >= end || (*at != '{' && *at != '['))
        return false;
    *walk = (struct raw_walk){at + 1, end, *at == '{', false};
    return true;
}

static bool broken(struct raw_walk *walk)
{
    walk->broken = true;
    return false;
}

static bool read_name(struct raw_walk *walk, struct raw_entry *entry)
{
    const char *start = walk->at;
    const char *after;

    if (*start != '"')
        return broken(walk);
    after = skip_string(start, walk->end);
    if (after == NULL)
        return broken(walk);
    entry->name = (struct span){start + 1, (size_t)(after - start) - 2};
    walk->at = blanks(after, walk->end);
    if (walk->at >= walk->end || *walk->at != ':')
        return broken(walk);
    walk->at = blanks(walk->at + 1, walk->end);
    return true;
}

bool raw_next(struct raw_walk *walk, struct raw_entry *entry)
{
    const char *after;

    walk->at = blanks(walk->at, walk->end);
    if (walk->at < walk->end && *walk->at == ',')
        walk->at = blanks(walk->at + 1, walk->end);
    if (walk->at >= walk->end)
        return broken(walk);
    if (*walk->at == (walk->object ? '}' : ']'))
        return false;
    entry->name = (struct span){"", 0};
    if (walk->object && !read_name(walk, entry))
        return false;
    after = skip_value(walk->at, walk->end);
    if (after == NULL)
        return broken(walk);
    entry->value = (struct span){walk->at, (size_t)(after - walk->at)};
    walk->at = after;
    return true;
}

bool raw_is(struct span value, const char *text)
{
    return value.len == strlen(text) && memcmp(value.at, text, value.len) == 0;
}

bool raw_member(struct span object, const char *name, struct span *value)
{
    struct raw_walk walk;
    struct raw_entry entry;

    if (!raw_open(&walk, object) || !walk.object)
        return false;
    while (raw_next(&walk, &entry)) {
        if (raw_is(entry.name, name)) {
            *value = entry.value;
            return true;
        }
    }
    return false;
}

char *raw_member_text(struct span object, const char *name)
{
    struct text out = {0};
    struct span value;

    text_add(&out, "", 0);
    if (raw_member(object, name, &value))
        raw_decode(&out, value);
    return out.data;
}

static void open_like(struct text *out, const struct raw_walk *walk)
{
    text_str(out, walk->object ? "{" : "[");
}

static void close_like(struct text *out, const struct raw_walk *walk)
{
    text_str(out, walk->object ? "}" : "]");
}

/* The comma, and the member's name in an object. */
static void begin_entry(struct text *out, size_t count, bool object,
                        struct span name)
{
    if (count > 0)
        text_str(out, ",");
    if (!object)
        return;
    text_str(out, "\"");
    text_add(out, name.at, name.len);
    text_str(out, "\":");
}

void raw_public(struct text *out, struct span object)
{
    struct raw_walk walk;
    struct raw_entry entry;
    size_t count = 0;

    if (!raw_open(&walk, object))
        return;
    open_like(out, &walk);
    while (raw_next(&walk, &entry)) {
        if (entry.name.len > 0 && entry.name.at[0] == '_')
            continue;
        begin_entry(out, count++, walk.object, entry.name);
        text_add(out, entry.value.at, entry.value.len);
    }
    close_like(out, &walk);
}

/* Does this entry have the name or index TOKEN? */
static bool entry_is(const struct raw_walk *walk, struct span name,
                     size_t index, struct span token)
{
    size_t wanted = 0;

    if (walk->object)
        return name.len == token.len &&
               memcmp(name.at, token.at, name.len) == 0;
    for (size_t i = 0; i < token.len; i++)
        wanted = wanted * 10 + (size_t)(token.at[i] - '0');
    return token.len > 0 && wanted == index;
}

static void put_value(struct text *out, struct span old, const char *rest,
                      const char *raw)
{
    if (*rest == '/')
        raw_put(out, old, rest, raw);
    else
        text_str(out, raw);
}

void raw_put(struct text *out, struct span object, const char *pointer,
             const char *raw)
{
    struct span token = {pointer + 1, strcspn(pointer + 1, "/")};
    const char *rest = token.at + token.len;
    struct raw_walk walk;
    struct raw_entry entry;
    bool found = false;
    size_t count = 0;

    if (!raw_open(&walk, object)) {
        text_str(out, raw == NULL ? "null" : raw);
        return;
    }
    open_like(out, &walk);
    for (size_t i = 0; raw_next(&walk, &entry); i++) {
        bool hit = entry_is(&walk, entry.name, i, token);

        found = found || hit;
        if (hit && raw == NULL && *rest == '\0')
            continue;
        begin_entry(out, count++, walk.object, entry.name);
        if (hit)
            put_value(out, entry.value, rest, raw);
        else
            text_add(out, entry.value.at, entry.value.len);
    }
    if (!found && raw != NULL && *rest == '\0') {
        begin_entry(out, count, walk.object, token);
        text_str(out, raw);
    }
    close_like(out, &walk);
}

void raw_set(struct text *object, const char *pointer, const char *raw)
{
    struct text changed = {0};

    raw_put(&changed, raw_of(object), pointer, raw);
    text_free(object);
    *object = changed;
}
