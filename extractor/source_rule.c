#include "source_read.h"

#include <string.h>

/* Text, or for a boolean field true or false; checked against the type. */
static const char *read_target(struct spec *spec, const struct spec_node *node)
{
    const struct source_reader *reader = spec->owner;
    const char *text;

    if (json_type(node->json) == JSON_BOOLEAN &&
        reader->field_type == VALUE_BOOLEAN)
        return json_bool(node->json) ? "true" : "false";
    text = spec_text(spec, node);
    if (text != NULL && reader->field_type == VALUE_BOOLEAN &&
        strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        spec_problem(spec, node, "expected true or false, found \"%.*s\"",
                     SPEC_PATH_MAX, text);
        return NULL;
    }
    return text;
}

static void read_constant(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct field_rule *rule = out;

    rule->constant = spec_text(spec, node);
}

static void read_map(struct spec *spec, const struct spec_node *node, void *out)
{
    struct field_rule *rule = out;
    struct name_value *map;
    size_t count = 0;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return;
    map = spec_alloc(spec, json_size(node->json) + 1, sizeof(*map));
    if (map == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);

        map[count].name = spec_copy(spec, json_key(item));
        map[count++].value = read_target(spec, &child);
    }
    rule->map = map;
}

static void read_prefix(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    const char **list;

    if (json_type(node->json) == JSON_ARRAY) {
        *(const char *const **)out = spec_texts(spec, node, 1);
        return;
    }
    list = spec_alloc(spec, 2, sizeof(*list));
    if (list != NULL)
        list[0] = spec_text(spec, node);
    *(const char *const **)out = list;
}

static const struct spec_field newest_fields[] = {
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct newest_rule, items),
     .read = source_read_pointer},
    {.key = "prefix",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct newest_rule, prefix),
     .read = read_prefix},
    {.key = "at",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct newest_rule, at),
     .read = source_read_pointers},
    {0},
};

static const char *const place_itself[] = {"", NULL};

static void read_newest(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct field_rule *rule = out;
    struct newest_rule *newest = spec_alloc(spec, 1, sizeof(*newest));

    if (newest == NULL)
        return;
    newest->at = place_itself;
    spec_object(spec, node, newest_fields, newest);
    rule->newest = newest;
}

static const struct spec_field list_fields[] = {
    {.key = "items",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct list_rule, items),
     .read = source_read_pointer},
    {.key = "at",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct list_rule, at),
     .read = source_read_pointers},
    {0},
};

static void read_list(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const struct source_reader *reader = spec->owner;
    struct field_rule *rule = out;
    struct list_rule *list = spec_alloc(spec, 1, sizeof(*list));

    if (list == NULL)
        return;
    spec_object(spec, node, list_fields, list);
    if (reader->field_type != VALUE_STRING)
        spec_problem(spec, node, "only a text field can be a list");
    rule->list = list;
}

static const char *const time_words[] = {"iso8601", "epoch_ms", "d_mon_yyyy",
                                         "iso8601_utc", "iso8601_date",
                                         NULL};

static void read_times(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    unsigned *times = out;
    size_t index = 0;

    if (json_type(node->json) != JSON_ARRAY) {
        int word = spec_word(spec, node, time_words);

        *times = word >= 0 ? 1u << word : 0;
        return;
    }
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        int word = spec_word(spec, &child, time_words);

        *times |= word >= 0 ? 1u << word : 0;
    }
    if (index == 0)
        spec_problem(spec, node, "must not be empty");
}

static const struct spec_field rule_fields[] = {
    {.key = "at",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct field_rule, at),
     .read = source_read_pointers},
    {.key = "newest", .kind = SPEC_CUSTOM, .read = read_newest},
    {.key = "list", .kind = SPEC_CUSTOM, .read = read_list},
    {.key = "never",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct field_rule, never),
     .min = 1},
    {.key = "time",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct field_rule, times),
     .read = read_times},
    {.key = "map", .kind = SPEC_CUSTOM, .read = read_map},
    {.key = "constant", .kind = SPEC_CUSTOM, .read = read_constant},
    {.key = "required",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct field_rule, required)},
    {.key = "placeholders",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct field_rule, placeholders),
     .min = 1},
    {.key = "present",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct field_rule, when_present)},
    {.key = "absent",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct field_rule, when_absent)},
    {0},
};

/* "present" and "absent" stand for what is there or not, so they leave no
 * room for other ways to the value. */
static void check_presence(struct spec *spec, const struct spec_node *node,
                           const struct field_rule *rule)
{
    const struct source_reader *reader = spec->owner;
    const char *key = rule->when_present != NULL ? "present" : "absent";

    if (rule->when_present == NULL && rule->when_absent == NULL)
        return;
    if (reader->field_type != VALUE_STRING)
        spec_problem_at(spec, node, key, "only a text field can have one");
    if (rule->constant != NULL)
        spec_problem_at(spec, node, key, "a constant field has none");
    if (rule->when_present != NULL &&
        (rule->map != NULL || rule->placeholders != NULL))
        spec_problem_at(spec, node, "present",
                        "leaves nothing to \"map\" or \"placeholders\"");
    if (rule->when_absent != NULL && rule->required && rule->newest == NULL)
        spec_problem_at(spec, node, "absent",
                        "a required field cannot have it");
}

/* Of several places only the newest instant counts, and whether there is
 * one. */
static void check_newest(struct spec *spec, const struct spec_node *node,
                         const struct field_rule *rule)
{
    const struct source_reader *reader = spec->owner;

    if (rule->newest == NULL) {
        if (rule->never != NULL)
            spec_problem_at(spec, node, "never", "belongs to \"newest\"");
        return;
    }
    if (reader->field_type != VALUE_TIMESTAMP &&
        reader->field_type != VALUE_STRING)
        spec_problem_at(spec, node, "newest",
                        "only a timestamp or a text field can have one");
    if (reader->field_type == VALUE_STRING && rule->when_present == NULL)
        spec_problem_at(spec, node, "present",
                        "missing; a text field with \"newest\" needs it");
    if (rule->map != NULL || rule->placeholders != NULL)
        spec_problem_at(spec, node, "newest",
                        "leaves nothing to \"map\" or \"placeholders\"");
}

/* A value is looked for in one way. */
static void check_ways(struct spec *spec, const struct spec_node *node)
{
    static const char *const ways[] = {"at", "constant", "newest", "list"};
    unsigned count = 0;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        count += json_member(node->json, ways[i]) != NULL;
    if (count != 1)
        spec_problem(spec, node,
                     "expected one of \"at\", \"constant\", \"newest\" and "
                     "\"list\"");
}

static void check_rule(struct spec *spec, const struct spec_node *node,
                       const struct field_rule *rule)
{
    const struct source_reader *reader = spec->owner;
    bool timestamp = reader->field_type == VALUE_TIMESTAMP;

    check_ways(spec, node);
    check_newest(spec, node, rule);
    if (!timestamp && rule->newest == NULL &&
        json_member(node->json, "time") != NULL)
        spec_problem_at(spec, node, "time", "only a timestamp has it");
    if (timestamp && rule->map != NULL)
        spec_problem_at(spec, node, "map", "a timestamp cannot be mapped");
    if (reader->field_type != VALUE_STRING && rule->constant != NULL)
        spec_problem_at(spec, node, "constant",
                        "only a text field can be constant");
    if (reader->field_type == VALUE_BOOLEAN && rule->placeholders != NULL)
        spec_problem_at(spec, node, "placeholders",
                        "a true or false field has none");
    if (rule->list != NULL &&
        (rule->map != NULL || rule->placeholders != NULL ||
         rule->when_present != NULL || rule->when_absent != NULL))
        spec_problem_at(spec, node, "list",
                        "has no \"map\", \"placeholders\", \"present\" or "
                        "\"absent\"");
    check_presence(spec, node, rule);
}

void source_read_rule(struct spec *spec, const struct spec_node *node,
                      struct field_rule *rule)
{
    rule->used = true;
    if (json_type(node->json) != JSON_OBJECT) {
        rule->at = source_pointers(spec, node);
        return;
    }
    spec_object(spec, node, rule_fields, rule);
    check_rule(spec, node, rule);
}
