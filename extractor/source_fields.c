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
                        "must not have \"present\" or \"absent\"");
    if (rule->newest != NULL)
        spec_problem_at(spec, node, name, "cannot be the newest of several");
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
        source_read_rule(spec, &child, &rules[index]);
    }
    if (events) {
        need_identity(spec, node, "id", &rules[EVENT_ID], false);
        need_identity(spec, node, "at", &rules[EVENT_AT], false);
    } else if (!source->each || rules[USER_ACCOUNT_ID].used) {
        need_identity(spec, node, "account_id", &rules[USER_ACCOUNT_ID],
                      source->kind == SOURCE_USERS && rules[USER_EMAIL].used);
    }
}
