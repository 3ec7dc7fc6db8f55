#include "mapping_read.h"

#include <stdint.h>
#include <string.h>

#include "instant.h"
#include "secret_ref.h"
#include "transform.h"

enum {
    TRUNCATE_MAX = 1000 * 1000,
    OFFSET_LENGTH = 6, /* "+02:00" */
    OFFSET_HOURS_MAX = 14,
    SAMPLE_MAX = 256 /* bytes of a formatted date */
};

static void read_characters(struct spec *spec, const struct spec_node *node,
                            void *out)
{
    static const struct spec_field field = {
        .kind = SPEC_INTEGER, .min = 1, .max = TRUNCATE_MAX};
    struct transform *transform = out;
    int64_t characters = 0;

    spec_value(spec, node, &field, &characters);
    if (characters > 0)
        transform->characters = (size_t)characters;
}

/* Empty text is a fair argument: replace_newlines with nothing. */
static void read_text(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct transform *transform = out;

    transform->text = spec_any_text(spec, node);
}

static void read_after(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct transform *transform = out;

    transform->after = spec_any_text(spec, node);
}

static struct strmap *own_table(struct spec *spec, struct transform *transform)
{
    struct mapping_resource *resource = mapping_add_resource(spec);

    if (resource == NULL)
        return NULL;
    resource->table = &transform->table;
    return resource->table;
}

static void read_map(struct spec *spec, const struct spec_node *node, void *out)
{
    struct strmap *table = own_table(spec, out);

    if (table == NULL || !spec_is_container(spec, node, JSON_OBJECT))
        return;
    if (json_size(node->json) == 0)
        spec_problem(spec, node, "must not be empty");
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        const char *from = spec_copy(spec, json_key(item));
        const char *to = spec_any_text(spec, &child);

        if (from == NULL || to == NULL)
            continue;
        if (strmap_put(table, from, (void *)(uintptr_t)to) != 0)
            spec->no_memory = true;
    }
}

static void read_file(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct strmap *table = own_table(spec, out);

    if (table != NULL)
        mapping_read_lookup(spec, node, table);
}

static const struct spec_field lookup_fields[] = {
    {.key = "file", .kind = SPEC_CUSTOM, .required = true, .read = read_file},
    {0},
};

static void read_lookup(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    spec_object(spec, node, lookup_fields, out);
}

static const struct spec_field concat_fields[] = {
    {.key = "before", .kind = SPEC_CUSTOM, .read = read_text},
    {.key = "after", .kind = SPEC_CUSTOM, .read = read_after},
    {0},
};

static void read_concat(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct transform *transform = out;

    transform->text = transform->after = "";
    if (spec_object(spec, node, concat_fields, out) &&
        json_size(node->json) == 0)
        spec_problem(spec, node, "expected before, after or both");
}

static void read_format(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct transform *transform = out;
    char sample[SAMPLE_MAX];

    transform->text = spec_text(spec, node);
    if (transform->text != NULL &&
        instant_format(0, transform->text, 0, sample, sizeof(sample)) != 0)
        spec_problem(spec, node,
                     "is no time format; possible are %%Y %%m %%d %%H %%M "
                     "%%S %%f %%%%");
}

static bool two_digits(const char *text, int max, int *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return *out <= max;
}

static bool parse_offset(const char *text, int *minutes)
{
    int hour, minute;

    if (strlen(text) != OFFSET_LENGTH || strchr("+-", text[0]) == NULL ||
        text[3] != ':' || !two_digits(text + 1, OFFSET_HOURS_MAX, &hour) ||
        !two_digits(text + 4, 59, &minute))
        return false;
    *minutes = (hour * 60 + minute) * (text[0] == '-' ? -1 : 1);
    return true;
}

static void read_offset(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct transform *transform = out;
    const char *text = spec_text(spec, node);

    if (text != NULL && !parse_offset(text, &transform->offset_minutes))
        spec_problem(spec, node, "expected an offset such as \"+02:00\"");
}

static const struct spec_field format_fields[] = {
    {.key = "format",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = read_format},
    {.key = "offset", .kind = SPEC_CUSTOM, .read = read_offset},
    {0},
};

static void read_format_date(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    spec_object(spec, node, format_fields, out);
}

/* No command here: only a job named with -c may start one. */
static void read_salt(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct transform *transform = out;
    struct mapping_resource *resource;
    struct secret *secret;
    struct secret_ref ref;
    struct error err = {0};

    if (!secret_ref_read(spec, node, false, &ref))
        return;
    resource = mapping_add_resource(spec);
    secret = spec_alloc(spec, 1, sizeof(*secret));
    if (resource == NULL || secret == NULL)
        return;
    if (secret_load(secret, &ref, NULL, &err) != 0) {
        spec_failed(spec, node, &err);
        return;
    }
    resource->secret = secret;
    transform->text = secret->text;
}

static const struct spec_field sha256_fields[] = {
    {.key = "salt", .kind = SPEC_CUSTOM, .required = true, .read = read_salt},
    {0},
};

static void read_sha256(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    spec_object(spec, node, sha256_fields, out);
}

/* Readers of the arguments; NULL: the transform takes none. */
static spec_read_fn *const argument_readers[TRANSFORM_KIND_COUNT] = {
    [TRANSFORM_TRUNCATE] = read_characters,
    [TRANSFORM_REPLACE_NEWLINES] = read_text,
    [TRANSFORM_DEFAULT] = read_text,
    [TRANSFORM_MAP] = read_map,
    [TRANSFORM_LOOKUP] = read_lookup,
    [TRANSFORM_CONCAT] = read_concat,
    [TRANSFORM_FORMAT_DATE] = read_format_date,
    [TRANSFORM_SHA256] = read_sha256,
};

/* Index of the transform, or -1 and a problem. */
static int find_kind(struct spec *spec, const struct spec_node *node,
                     const char *name)
{
    struct nearest nearest;
    int kind = transform_find(name);

    if (kind >= 0)
        return kind;
    nearest_start(&nearest, name);
    for (int i = 0; i < TRANSFORM_KIND_COUNT; i++)
        nearest_offer(&nearest, transform_name((enum transform_kind)i));
    spec_unknown(spec, node, "transform", &nearest);
    return -1;
}

/* "NAME" for those without an argument, {"NAME": argument} for the rest. */
static bool read_transform(struct spec *spec, const struct spec_node *node,
                           struct transform *out)
{
    bool bare = json_type(node->json) == JSON_STRING;
    const struct json *argument = bare ? NULL : json_first(node->json);
    struct spec_node child;
    const char *name;
    int kind;

    if (!bare &&
        (json_type(node->json) != JSON_OBJECT || json_size(node->json) != 1)) {
        spec_problem(spec, node, "expected \"NAME\" or {\"NAME\": argument}");
        return false;
    }
    name = bare ? json_text(node->json) : json_key(argument);
    kind = find_kind(spec, node, name);
    if (kind < 0)
        return false;
    out->kind = (enum transform_kind)kind;
    if (bare == (argument_readers[kind] != NULL)) {
        spec_problem(spec, node, "\"%s\" %s", name,
                     bare ? "needs an argument: {\"NAME\": argument}"
                          : "takes no argument");
        return false;
    }
    if (bare)
        return true;
    child = spec_child(node, argument, 0);
    argument_readers[kind](spec, &child, out);
    return true;
}

bool mapping_read_transforms(struct spec *spec, const struct spec_node *node,
                             enum value_type *type, struct column_rule *rule)
{
    size_t count = json_size(node->json), index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return false;
    rule->transforms = spec_alloc(spec, count + 1, sizeof(*rule->transforms));
    if (rule->transforms == NULL)
        return false;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);
        struct transform *transform = &rule->transforms[index++];
        int result;

        if (!read_transform(spec, &child, transform))
            return false;
        result = transform_type(transform->kind, *type);
        if (result < 0) {
            spec_problem(spec, &child, "\"%s\" cannot be used on a %s",
                         transform_name(transform->kind),
                         value_type_name(*type));
            return false;
        }
        *type = (enum value_type)result;
    }
    rule->transform_count = index;
    return true;
}
