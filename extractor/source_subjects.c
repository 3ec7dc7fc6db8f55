#include "source_read.h"

static const struct spec_field test_fields[] = {
    {.key = "at",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct member_test, at),
     .read = source_read_pointer},
    {.key = "equals",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct member_test, equals)},
    {0},
};

static void read_when(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct subject_rule *rule = out;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    if (json_size(node->json) > SUBJECT_TESTS_MAX) {
        spec_problem(spec, node, "at most %d tests are possible",
                     SUBJECT_TESTS_MAX);
        return;
    }
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);

        spec_object(spec, &child, test_fields, &rule->when[index++]);
    }
    rule->when_count = index;
}

static const struct spec_field subject_fields[] = {
    {.key = "when", .kind = SPEC_CUSTOM, .read = read_when},
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct subject_rule, items),
     .read = source_read_pointer},
    {.key = "item",
     .kind = SPEC_OBJECT,
     .offset = offsetof(struct subject_rule, item),
     .object = test_fields},
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct subject_rule, name),
     .read = source_read_pointers},
    {.key = "email",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct subject_rule, email),
     .read = source_read_pointers},
    {.key = "otherwise",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct subject_rule, otherwise)},
    {.key = "optional",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct subject_rule, optional)},
    {0},
};

/* NULL and a problem when it is no list. */
static struct subject_rule *read_rules(struct spec *spec,
                                       const struct spec_node *node,
                                       const struct spec_field *fields,
                                       size_t *count)
{
    struct subject_rule *rules;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return NULL;
    rules = spec_alloc(spec, json_size(node->json) + 1, sizeof(*rules));
    if (rules == NULL)
        return NULL;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);

        spec_object(spec, &child, fields, &rules[index++]);
    }
    *count = index;
    return rules;
}

void source_read_subjects(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct source *source = out;

    source->subjects =
        read_rules(spec, node, subject_fields, &source->subject_count);
}

static const struct spec_field object_fields[] = {
    {.key = "type",
     .kind = SPEC_TEXT,
     .required = true,
     .offset = offsetof(struct subject_rule, type)},
    {.key = "when", .kind = SPEC_CUSTOM, .read = read_when},
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct subject_rule, items),
     .read = source_read_pointer},
    {.key = "item",
     .kind = SPEC_OBJECT,
     .offset = offsetof(struct subject_rule, item),
     .object = test_fields},
    {.key = "id",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct subject_rule, id),
     .read = source_read_pointers},
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct subject_rule, name),
     .read = source_read_pointers},
    {0},
};

void source_read_objects(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    struct source *source = out;

    source->objects =
        read_rules(spec, node, object_fields, &source->object_count);
}

#define ACTOR_POINTER(name, need, member)                                      \
    {                                                                          \
        .key = name, .kind = SPEC_CUSTOM, .required = need,                    \
        .offset = offsetof(struct actor_rule, member),                         \
        .read = source_read_pointer                                            \
    }

static const struct spec_field actor_fields[] = {
    ACTOR_POINTER("at", true, at),
    ACTOR_POINTER("id", true, id),
    ACTOR_POINTER("name", false, name),
    ACTOR_POINTER("email", false, email),
    {0},
};

void source_read_actors(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct source *source = out;
    struct actor_rule *rules;
    size_t index = 0;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    rules = spec_alloc(spec, json_size(node->json) + 1, sizeof(*rules));
    if (rules == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index);

        spec_object(spec, &child, actor_fields, &rules[index++]);
    }
    source->actors = rules;
    source->actor_count = index;
}
