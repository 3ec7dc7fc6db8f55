#include "source_read.h"

#include <string.h>

/* A pointer is "" or begins with '/'; '~' is followed by 0 or 1. */
static bool is_pointer(const char *text)
{
    if (text[0] != '\0' && text[0] != '/')
        return false;
    for (text = strchr(text, '~'); text != NULL; text = strchr(text + 1, '~')) {
        if (text[1] != '0' && text[1] != '1')
            return false;
    }
    return true;
}

const char *source_pointer(struct spec *spec, const struct spec_node *node)
{
    const char *text = spec_any_text(spec, node);

    if (text == NULL || is_pointer(text))
        return text;
    spec_problem(spec, node,
                 "expected a JSON pointer such as \"/values\", found "
                 "\"%.*s\"",
                 SPEC_PATH_MAX, text);
    return NULL;
}

static const char *const *pointer_list(struct spec *spec,
                                       const struct spec_node *node)
{
    size_t count = 0, index = 0;
    const char **list =
        spec_alloc(spec, json_size(node->json) + 1, sizeof(*list));

    if (list == NULL)
        return NULL;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, index++);
        const char *pointer = source_pointer(spec, &child);

        if (pointer != NULL)
            list[count++] = pointer;
    }
    if (index == 0)
        spec_problem(spec, node, "must not be empty");
    return list;
}

const char *const *source_pointers(struct spec *spec,
                                   const struct spec_node *node)
{
    const char **list;

    if (json_type(node->json) == JSON_ARRAY)
        return pointer_list(spec, node);
    list = spec_alloc(spec, 2, sizeof(*list));
    if (list != NULL)
        list[0] = source_pointer(spec, node);
    return list;
}

void source_read_pointer(struct spec *spec, const struct spec_node *node,
                         void *out)
{
    *(const char **)out = source_pointer(spec, node);
}

void source_read_pointers(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    *(const char *const **)out = source_pointers(spec, node);
}

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

static const char *const time_words[] = {"iso8601", "epoch_ms", "d_mon_yyyy",
                                         NULL};

static const struct spec_field rule_fields[] = {
    {.key = "at",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct field_rule, at),
     .read = source_read_pointers},
    {.key = "time",
     .kind = SPEC_ENUM,
     .offset = offsetof(struct field_rule, time),
     .words = time_words},
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
    if (rule->when_absent != NULL && rule->required)
        spec_problem_at(spec, node, "absent", "the field is required");
}

static void check_rule(struct spec *spec, const struct spec_node *node,
                       const struct field_rule *rule)
{
    const struct source_reader *reader = spec->owner;
    bool timestamp = reader->field_type == VALUE_TIMESTAMP;

    if ((json_member(node->json, "at") == NULL) ==
        (json_member(node->json, "constant") == NULL))
        spec_problem(spec, node, "expected either \"at\" or \"constant\"");
    if (!timestamp && json_member(node->json, "time") != NULL)
        spec_problem_at(spec, node, "time", "this field is no timestamp");
    if (timestamp && rule->map != NULL)
        spec_problem_at(spec, node, "map", "a timestamp cannot be mapped");
    if (reader->field_type != VALUE_STRING && rule->constant != NULL)
        spec_problem_at(spec, node, "constant",
                        "only a text field can be constant");
    if (reader->field_type == VALUE_BOOLEAN && rule->placeholders != NULL)
        spec_problem_at(spec, node, "placeholders",
                        "a true or false field has none");
    check_presence(spec, node, rule);
}

static void read_rule(struct spec *spec, const struct spec_node *node,
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

/* Items are told apart and placed in time by these: never optional, except
 * for accounts that an e-mail address can stand for (may_lack). */
static void need_identity(struct spec *spec, const struct spec_node *node,
                          const char *name, struct field_rule *rule,
                          bool may_lack)
{
    const struct json *json = json_member(node->json, name);
    const struct json *required;

    if (!rule->used) {
        spec_problem_at(spec, node, name, "missing");
        return;
    }
    if (rule->when_present != NULL || rule->when_absent != NULL)
        spec_problem_at(spec, node, name,
                        "has neither \"present\" nor \"absent\"");
    required = json_member(json, "required");
    if (required != NULL && !rule->required && may_lack)
        return;
    if (required != NULL && !rule->required)
        spec_problem_at(spec, node, name, "is always required");
    rule->required = true;
}

struct field_table {
    const struct item_field *fields;
    int count;
    int (*find)(const char *name);
};

static const struct field_table user_table = {user_fields, USER_FIELD_COUNT,
                                              user_field_find};
static const struct field_table event_table = {event_fields, EVENT_FIELD_COUNT,
                                               event_field_find};

static void report_unknown(struct spec *spec, const struct spec_node *node,
                           const struct field_table *table)
{
    struct nearest nearest;

    nearest_start(&nearest, node->key);
    for (int i = 0; i < table->count; i++)
        nearest_offer(&nearest, table->fields[i].name);
    spec_unknown(spec, node, "field", &nearest);
}

void source_read_fields(struct spec *spec, const struct spec_node *node,
                        void *out)
{
    struct source_reader *reader = spec->owner;
    struct source *source = out;
    bool events = source->kind == SOURCE_EVENTS;
    const struct field_table *table = events ? &event_table : &user_table;
    struct field_rule *rules =
        events ? source->event_fields : source->user_fields;

    if (!reader->kind_known || !spec_is_container(spec, node, JSON_OBJECT))
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, 0);
        int index = table->find(json_key(item));

        if (index < 0) {
            report_unknown(spec, &child, table);
            continue;
        }
        reader->field_type = table->fields[index].type;
        read_rule(spec, &child, &rules[index]);
    }
    if (events) {
        need_identity(spec, node, "id", &rules[EVENT_ID], false);
        need_identity(spec, node, "at", &rules[EVENT_AT], false);
    } else {
        need_identity(spec, node, "account_id", &rules[USER_ACCOUNT_ID],
                      source->kind == SOURCE_USERS && rules[USER_EMAIL].used);
    }
}

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
    {0},
};

/* NULL and a problem when it is no list. */
static const struct subject_rule *read_rules(struct spec *spec,
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
