#include "mapping_read.h"

#include <string.h>

#include "instant.h"
#include "units.h"

enum { CONDITION_DEPTH_MAX = 16 };

static bool read_condition(struct spec *spec, const struct spec_node *node,
                           struct condition *out);

static bool read_children(struct spec *spec, const struct spec_node *node,
                          struct condition *out)
{
    size_t count = json_size(node->json);
    bool good = true;

    if (!spec_is(spec, node, JSON_ARRAY))
        return false;
    if (count == 0) {
        spec_problem(spec, node, "must not be empty");
        return false;
    }
    out->children = spec_alloc(spec, count, sizeof(*out->children));
    if (out->children == NULL)
        return false;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, out->child_count);

        good &=
            read_condition(spec, &child, &out->children[out->child_count++]);
    }
    return good;
}

static bool read_not(struct spec *spec, const struct spec_node *node,
                     struct condition *out)
{
    out->children = spec_alloc(spec, 1, sizeof(*out->children));
    if (out->children == NULL)
        return false;
    out->child_count = 1;
    return read_condition(spec, node, out->children);
}

static const char *boolean_operand(struct spec *spec,
                                   const struct spec_node *node)
{
    if (!spec_is(spec, node, JSON_BOOLEAN))
        return NULL;
    return json_bool(node->json) ? "true" : "false";
}

/* In the form in which instants are compared. */
static const char *instant_operand(struct spec *spec,
                                   const struct spec_node *node)
{
    const char *text = spec_text(spec, node);
    char normal[INSTANT_TEXT_MAX];
    int64_t instant;

    if (text == NULL)
        return NULL;
    if (instant_parse(text, INSTANT_ISO8601, &instant) != 0) {
        spec_problem(spec, node,
                     "expected a time with a zone such as "
                     "\"2026-11-23T02:00:00Z\"");
        return NULL;
    }
    instant_rfc3339(instant, normal);
    return spec_copy(spec, normal);
}

/* What a reference is compared with, by its type; NULL and a problem. */
static const char *read_operand(struct spec *spec, const struct spec_node *node,
                                const struct ref *ref)
{
    switch (mapping_ref_type(ref)) {
    case VALUE_BOOLEAN:
        return boolean_operand(spec, node);
    case VALUE_TIMESTAMP:
        return instant_operand(spec, node);
    default:
        break;
    }
    if (mapping_ref_words(ref) != NULL &&
        spec_word(spec, node, mapping_ref_words(ref)) < 0)
        return NULL;
    return spec_any_text(spec, node);
}

static bool read_equals(struct spec *spec, const struct spec_node *node,
                        struct condition *out)
{
    const char **texts = spec_alloc(spec, 1, sizeof(*texts));

    if (texts == NULL)
        return false;
    texts[0] = read_operand(spec, node, &out->ref);
    out->texts = texts;
    out->text_count = 1;
    return texts[0] != NULL;
}

static bool read_in(struct spec *spec, const struct spec_node *node,
                    struct condition *out)
{
    const char **texts;
    bool good = true;

    if (!spec_is(spec, node, JSON_ARRAY))
        return false;
    if (json_size(node->json) == 0) {
        spec_problem(spec, node, "must not be empty");
        return false;
    }
    texts = spec_alloc(spec, json_size(node->json), sizeof(*texts));
    if (texts == NULL)
        return false;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        struct spec_node child = spec_child(node, item, out->text_count);

        texts[out->text_count] = read_operand(spec, &child, &out->ref);
        good &= texts[out->text_count++] != NULL;
    }
    out->texts = texts;
    return good;
}

static bool compile(struct spec *spec, const struct spec_node *node,
                    struct pattern *pattern, const char *text)
{
    char reason[PATTERN_REASON_MAX];

    switch (pattern_compile(pattern, text, reason)) {
    case PATTERN_GOOD:
        return true;
    case PATTERN_NO_MEMORY:
        spec->no_memory = true;
        return false;
    case PATTERN_WRONG:
        break;
    }
    spec_problem(spec, node, "expected an extended regular expression: %s",
                 reason);
    return false;
}

static bool read_matches(struct spec *spec, const struct spec_node *node,
                         struct condition *out)
{
    const struct mapping_reader *reader = spec->owner;
    const char *text = spec_text(spec, node);
    struct mapping_resource *resource;

    if (text == NULL)
        return false;
    if (mapping_ref_type(&out->ref) != VALUE_STRING) {
        spec_problem(spec, node, "only text can be matched, the field is a %s",
                     value_type_name(mapping_ref_type(&out->ref)));
        return false;
    }
    out->pattern = spec_alloc(spec, 1, sizeof(*out->pattern));
    resource = mapping_add_resource(spec);
    if (out->pattern == NULL || resource == NULL)
        return false;
    resource->pattern = out->pattern;
    out->no_memory = &reader->mapping->no_memory;
    return compile(spec, node, out->pattern, text);
}

static bool read_present(struct spec *spec, const struct spec_node *node,
                         struct condition *out)
{
    if (!spec_is(spec, node, JSON_BOOLEAN))
        return false;
    out->flag = json_bool(node->json);
    return true;
}

static bool read_older(struct spec *spec, const struct spec_node *node,
                       struct condition *out)
{
    const struct mapping_reader *reader = spec->owner;
    const char *text = spec_text(spec, node);

    if (text == NULL)
        return false;
    if (reader->scope == SCOPE_FACT) { /* facts outlive the run */
        spec_problem(spec, node, "a fact cannot depend on the run's time");
        return false;
    }
    if (mapping_ref_type(&out->ref) != VALUE_TIMESTAMP) {
        spec_problem(spec, node,
                     "only a timestamp can be older, the field is a %s",
                     value_type_name(mapping_ref_type(&out->ref)));
        return false;
    }
    if (units_duration(text, &out->age_ms) == 0)
        return true;
    spec_problem(spec, node, "expected a time span such as \"90d\"");
    return false;
}

static void read_change_text(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    *(const char **)out = spec_any_text(spec, node);
}

static const struct spec_field change_fields[] = {
    {.key = "field",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct event_change, field),
     .read = read_change_text},
    {.key = "from",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct event_change, from),
     .read = read_change_text},
    {.key = "to",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct event_change, to),
     .read = read_change_text},
    {0},
};

static bool read_change(struct spec *spec, const struct spec_node *node,
                        struct condition *out)
{
    const struct mapping_reader *reader = spec->owner;

    if ((reader->scope & 1u << REF_EVENT) == 0) {
        spec_problem(spec, node,
                     "only the condition of a fact, or of a mapping of "
                     "events, can look at changes");
        return false;
    }
    if (!spec_object(spec, node, change_fields, &out->change))
        return false;
    if (json_size(node->json) != 0)
        return true;
    spec_problem(spec, node, "expected at least one of field, from, to");
    return false;
}

typedef bool form_read_fn(struct spec *spec, const struct spec_node *node,
                          struct condition *out);

static const struct form {
    const char *key;
    enum condition_kind kind;
    bool field; /* goes with "field": REF */
    form_read_fn *read;
} forms[] = {
    {"all", CONDITION_ALL, false, read_children},
    {"any", CONDITION_ANY, false, read_children},
    {"not", CONDITION_NOT, false, read_not},
    {"equals", CONDITION_EQUALS, true, read_equals},
    {"in", CONDITION_IN, true, read_in},
    {"matches", CONDITION_MATCHES, true, read_matches},
    {"present", CONDITION_PRESENT, true, read_present},
    {"older_than", CONDITION_OLDER, true, read_older},
    {"change", CONDITION_CHANGE, false, read_change},
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static const struct form *
find_form(struct spec *spec, const struct spec_node *node, const char *key)
{
    struct nearest nearest;

    nearest_start(&nearest, key);
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].key, key) == 0)
            return &forms[i];
        nearest_offer(&nearest, forms[i].key);
    }
    nearest_offer(&nearest, "field");
    spec_unknown(spec, node, "key", &nearest);
    return NULL;
}

/* The one form of a condition's keys; NULL and a problem otherwise. */
static const struct form *the_form(struct spec *spec,
                                   const struct spec_node *node)
{
    const struct form *form = NULL;

    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        const struct form *found;

        if (strcmp(json_key(item), "field") == 0)
            continue;
        found = find_form(spec, node, json_key(item));
        if (found == NULL)
            return NULL;
        if (form != NULL) {
            spec_problem(spec, node,
                         "holds both \"%s\" and \"%s\"; join two conditions "
                         "with \"all\" or \"any\"",
                         form->key, found->key);
            return NULL;
        }
        form = found;
    }
    if (form == NULL)
        spec_problem(spec, node,
                     "is no condition; expected one of all, any, not, equals, "
                     "in, matches, present, older_than, change");
    return form;
}

static bool read_field(struct spec *spec, const struct spec_node *node,
                       const struct form *form, struct condition *out)
{
    const struct mapping_reader *reader = spec->owner;
    const struct json *json = json_member(node->json, "field");
    struct spec_node child;

    if (!form->field && json == NULL)
        return true;
    if (!form->field || json == NULL) {
        spec_problem_at(spec, node, "field", "%s",
                        form->field ? "missing" : "does not belong here");
        return false;
    }
    child = spec_child(node, json, 0);
    return mapping_read_ref(spec, &child, reader->scope, &out->ref);
}

static bool read_form(struct spec *spec, const struct spec_node *node,
                      struct condition *out)
{
    const struct form *form;
    struct spec_node child;

    if (!spec_is_container(spec, node, JSON_OBJECT))
        return false;
    form = the_form(spec, node);
    if (form == NULL || !read_field(spec, node, form, out))
        return false;
    out->kind = form->kind;
    child = spec_child(node, json_member(node->json, form->key), 0);
    return form->read(spec, &child, out);
}

static bool read_condition(struct spec *spec, const struct spec_node *node,
                           struct condition *out)
{
    struct mapping_reader *reader = spec->owner;
    bool good;

    if (reader->depth == CONDITION_DEPTH_MAX) {
        spec_problem(spec, node,
                     "at most %d conditions can stand in one another",
                     CONDITION_DEPTH_MAX);
        return false;
    }
    reader->depth++;
    good = read_form(spec, node, out);
    reader->depth--;
    return good;
}

struct condition *mapping_read_condition(struct spec *spec,
                                         const struct spec_node *node,
                                         unsigned scope)
{
    struct mapping_reader *reader = spec->owner;
    struct condition *condition = spec_alloc(spec, 1, sizeof(*condition));

    reader->scope = scope;
    if (condition == NULL || !read_condition(spec, node, condition))
        return NULL;
    return condition;
}
