#include "transform.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "digest.h"
#include "instant.h"

enum { FORMATTED_DATE_MAX = 256 }; /* bytes, with the NUL */

static int no_memory_if_null(const struct value *value, struct error *err)
{
    return value->text == NULL ? error_no_memory(err) : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int apply_trim(const struct transform *transform, struct value *value,
                      struct arena *arena, struct error *err)
{
    const char *start = value->text;
    size_t len;

    (void)transform;
    while (is_blank(*start))
        start++;
    len = strlen(start);
    while (len > 0 && is_blank(start[len - 1]))
        len--;
    value->text = arena_strndup(arena, start, len);
    return no_memory_if_null(value, err);
}

/* ASCII only: the result must not depend on a locale. */
static int change_case(struct value *value, char first, char last,
                       struct arena *arena, struct error *err)
{
    char *copy = arena_strdup(arena, value->text);

    value->text = copy;
    if (copy == NULL)
        return error_no_memory(err);
    for (; *copy != '\0'; copy++) {
        if (*copy >= first && *copy <= last)
            *copy = (char)(*copy ^ ('a' ^ 'A'));
    }
    return 0;
}

static int apply_lower(const struct transform *transform, struct value *value,
                       struct arena *arena, struct error *err)
{
    (void)transform;
    return change_case(value, 'A', 'Z', arena, err);
}

static int apply_upper(const struct transform *transform, struct value *value,
                       struct arena *arena, struct error *err)
{
    (void)transform;
    return change_case(value, 'a', 'z', arena, err);
}

static int apply_truncate(const struct transform *transform,
                          struct value *value, struct arena *arena,
                          struct error *err)
{
    size_t left = transform->characters;
    const char *p = value->text;

    for (; *p != '\0'; p++) {
        if (((unsigned char)*p & 0xC0) != 0x80 && left-- == 0)
            break;
    }
    if (*p == '\0')
        return 0;
    value->text = arena_strndup(arena, value->text, (size_t)(p - value->text));
    return no_memory_if_null(value, err);
}

static size_t count_newlines(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n' || *text == '\r';
    return count;
}

static int apply_replace_newlines(const struct transform *transform,
                                  struct value *value, struct arena *arena,
                                  struct error *err)
{
    size_t with = strlen(transform->text);
    size_t count = count_newlines(value->text);
    const char *from = value->text;
    char *to;

    if (count == 0)
        return 0;
    to = arena_alloc(arena, strlen(from) + count * with + 1);
    value->text = to;
    if (to == NULL)
        return error_no_memory(err);
    for (; *from != '\0'; from++) {
        if (*from != '\n' && *from != '\r') {
            *to++ = *from;
            continue;
        }
        memcpy(to, transform->text, with);
        to += with;
        from += from[0] == '\r' && from[1] == '\n';
    }
    return 0;
}

static int apply_default(const struct transform *transform, struct value *value,
                         struct arena *arena, struct error *err)
{
    (void)arena;
    (void)err;
    if (!value->present)
        *value = value_text(transform->text);
    return 0;
}

static int apply_map(const struct transform *transform, struct value *value,
                     struct arena *arena, struct error *err)
{
    const char *found = strmap_get(&transform->table, value->text);

    (void)arena;
    (void)err;
    if (found != NULL)
        value->text = found;
    return 0;
}

static int apply_lookup(const struct transform *transform, struct value *value,
                        struct arena *arena, struct error *err)
{
    (void)arena;
    (void)err;
    *value = value_text(strmap_get(&transform->table, value->text));
    return 0;
}

static int apply_concat(const struct transform *transform, struct value *value,
                        struct arena *arena, struct error *err)
{
    const char *before = transform->text != NULL ? transform->text : "";
    const char *after = transform->after != NULL ? transform->after : "";

    value->text = arena_printf(arena, "%s%s%s", before, value->text, after);
    return no_memory_if_null(value, err);
}

static int apply_format_date(const struct transform *transform,
                             struct value *value, struct arena *arena,
                             struct error *err)
{
    char text[FORMATTED_DATE_MAX];

    if (instant_format(value->integer, transform->text,
                       transform->offset_minutes, text, sizeof(text)) != 0) {
        error_set(err, ERROR_CONFIG,
                  "format_date: no text of the date can be made with '%s'",
                  transform->text);
        return error_usual(err, "see \"format\" of it in the mapping, and "
                                "whether the year of the date has four digits");
    }
    *value = value_text(arena_strdup(arena, text));
    return no_memory_if_null(value, err);
}

static int sha256_hex(const char *salt, const char *text,
                      char hex[DIGEST_HEX_SIZE])
{
    struct digest *digest = digest_new();
    int status;

    if (digest == NULL)
        return -1;
    digest_update(digest, salt, strlen(salt));
    digest_update(digest, text, strlen(text));
    status = digest_final(digest, hex);
    digest_free(digest);
    return status;
}

static int apply_sha256(const struct transform *transform, struct value *value,
                        struct arena *arena, struct error *err)
{
    const char *salt = transform->text != NULL ? transform->text : "";
    char hex[DIGEST_HEX_SIZE];

    if (sha256_hex(salt, value->text, hex) != 0)
        return error_set(err, ERROR_BUG, "sha256: libcrypto failed");
    value->text = arena_strdup(arena, hex);
    return no_memory_if_null(value, err);
}

typedef int apply_fn(const struct transform *transform, struct value *value,
                     struct arena *arena, struct error *err);

enum takes { TAKES_TEXT, TAKES_INSTANT };

static const struct {
    const char *name;
    enum takes takes;
    enum value_type gives;
    bool takes_null;
    apply_fn *apply;
} table[TRANSFORM_KIND_COUNT] = {
    [TRANSFORM_TRIM] = {"trim", TAKES_TEXT, VALUE_STRING, false, apply_trim},
    [TRANSFORM_LOWER] = {"lower", TAKES_TEXT, VALUE_STRING, false, apply_lower},
    [TRANSFORM_UPPER] = {"upper", TAKES_TEXT, VALUE_STRING, false, apply_upper},
    [TRANSFORM_TRUNCATE] = {"truncate", TAKES_TEXT, VALUE_STRING, false,
                            apply_truncate},
    [TRANSFORM_REPLACE_NEWLINES] = {"replace_newlines", TAKES_TEXT,
                                    VALUE_STRING, false,
                                    apply_replace_newlines},
    [TRANSFORM_DEFAULT] = {"default", TAKES_TEXT, VALUE_STRING, true,
                           apply_default},
    [TRANSFORM_MAP] = {"map", TAKES_TEXT, VALUE_STRING, false, apply_map},
    [TRANSFORM_LOOKUP] = {"lookup", TAKES_TEXT, VALUE_STRING, false,
                          apply_lookup},
    [TRANSFORM_CONCAT] = {"concat", TAKES_TEXT, VALUE_STRING, false,
                          apply_concat},
    [TRANSFORM_FORMAT_DATE] = {"format_date", TAKES_INSTANT, VALUE_STRING,
                               false, apply_format_date},
    [TRANSFORM_SHA256] = {"sha256", TAKES_TEXT, VALUE_STRING, false,
                          apply_sha256},
};

int transform_find(const char *name)
{
    for (int i = 0; i < TRANSFORM_KIND_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0)
            return i;
    }
    return -1;
}

const char *transform_name(enum transform_kind kind)
{
    return table[kind].name;
}

int transform_type(enum transform_kind kind, enum value_type in)
{
    bool instant = in == VALUE_TIMESTAMP || in == VALUE_DATE;
    bool taken =
        table[kind].takes == TAKES_INSTANT ? instant : in == VALUE_STRING;

    return taken ? (int)table[kind].gives : -1;
}

int transform_apply(const struct transform *transform, struct value *value,
                    struct arena *arena, struct error *err)
{
    assert(transform_type(transform->kind, value->type) >= 0);
    if (!value->present && !table[transform->kind].takes_null) {
        value->type = table[transform->kind].gives;
        return 0;
    }
    return table[transform->kind].apply(transform, value, arena, err);
}
