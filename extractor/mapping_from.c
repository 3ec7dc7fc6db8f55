#include "mapping_read.h"

#include <string.h>

#include "instant.h"

enum { DATE_LENGTH = 10 }; /* YYYY-MM-DD */

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool whole_number(const struct json *json, struct value *out)
{
    out->present =
        json_type(json) == JSON_NUMBER && json_int64(json, &out->integer) == 0;
    return out->present;
}

static bool boolean(const struct json *json, struct value *out)
{
    if (json_type(json) != JSON_BOOLEAN)
        return false;
    *out = value_bool(json_bool(json));
    return true;
}

static bool time_or_date(const struct json *json, struct value *out)
{
    const char *text;
    int status;

    if (json_type(json) != JSON_STRING)
        return false;
    text = json_text(json);
    if (out->type == VALUE_TIMESTAMP)
        status = instant_parse(text, INSTANT_ISO8601, &out->integer);
    else
        status = strlen(text) == DATE_LENGTH
                     ? instant_parse_lenient(text, &out->integer)
                     : -1;
    out->present = status == 0;
    return out->present;
}

static bool text_or_number(struct spec *spec, const struct json *json,
                           struct value *out)
{
    bool text = out->type == VALUE_STRING;

    if (json_type(json) != (text ? JSON_STRING : JSON_NUMBER))
        return false;
    out->text =
        spec_copy(spec, text ? json_text(json) : json_number_text(json));
    out->present = out->text != NULL;
    return true;
}

/* A constant, by the type it must have. */
static bool read_constant(struct spec *spec, const struct spec_node *node,
                          enum value_type type, struct value *out)
{
    bool good;

    *out = value_null(type);
    switch (type) {
    case VALUE_INTEGER:
        good = whole_number(node->json, out);
        break;
    case VALUE_BOOLEAN:
        good = boolean(node->json, out);
        break;
    case VALUE_TIMESTAMP:
    case VALUE_DATE:
        good = time_or_date(node->json, out);
        break;
    default:
        good = text_or_number(spec, node->json, out);
    }
    if (!good)
        spec_problem(spec, node, "expected a constant of type %s%s",
                     mapping_type_words[type],
                     type == VALUE_TIMESTAMP
                         ? ", such as \"2026-11-23T02:00:00Z\""
                         : "");
    return good;
}

static bool in_values(const char *const *values, const char *text,
                      struct nearest *nearest)
{
    nearest_start(nearest, text);
    for (; *values != NULL; values++) {
        if (strcmp(*values, text) == 0)
            return true;
        nearest_offer(nearest, *values);
    }
    return false;
}

/* With transforms the text may still change, so nothing is said about it. */
static void check_text(struct spec *spec, const struct spec_node *node,
                       const struct mapping_column *reader, const char *text)
{
    const struct column *column = &reader->column;
    struct nearest nearest;

    if (reader->has_transforms || column->type != VALUE_STRING)
        return;
    if (column->values != NULL && !in_values(column->values, text, &nearest))
        spec_unknown(spec, node, "value for this column", &nearest);
    if (reader->length != 0 && characters(text) > (size_t)reader->length)
        spec_problem(spec, node, "\"%s\" is longer than the column", text);
}

static void check_ref(struct spec *spec, const struct spec_node *node,
                      const struct mapping_column *reader,
                      const struct ref *ref)
{
    enum value_type type = mapping_ref_type(ref);
    const char *const *words;
    bool as_date = !reader->has_transforms && type == VALUE_TIMESTAMP &&
                   reader->input == VALUE_DATE;

    if (type != reader->input && !as_date) {
        spec_problem(spec, node, "%s is a %s, but %s %s", json_text(node->json),
                     mapping_type_words[type],
                     reader->has_transforms
                         ? "the alternatives before it are of type"
                         : "the column's type is",
                     mapping_type_words[reader->input]);
        return;
    }
    words = mapping_ref_words(ref);
    for (; words != NULL && *words != NULL; words++)
        check_text(spec, node, reader, *words);
}

/* An alternative is a reference, or an object with when and value or from. */
struct alternative_reader {
    struct alternative *alternative;
    struct mapping_column *column;
};

static unsigned column_scope(const struct spec *spec)
{
    const struct mapping_reader *reader = spec->owner;

    return mapping_scope_of_columns(&reader->mapping->rules);
}

static void read_when(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct alternative_reader *reader = out;

    reader->alternative->when =
        mapping_read_condition(spec, node, column_scope(spec));
}

static void read_value(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct alternative_reader *reader = out;
    struct alternative *alternative = reader->alternative;

    alternative->constant = true;
    if (read_constant(spec, node, reader->column->input, &alternative->value) &&
        alternative->value.text != NULL)
        check_text(spec, node, reader->column, alternative->value.text);
}

static void read_ref(struct spec *spec, const struct spec_node *node, void *out)
{
    struct alternative_reader *reader = out;

    if (mapping_read_ref(spec, node, column_scope(spec),
                         &reader->alternative->ref))
        check_ref(spec, node, reader->column, &reader->alternative->ref);
}

static const struct spec_field alternative_fields[] = {
    {.key = "when", .kind = SPEC_CUSTOM, .read = read_when},
    {.key = "value", .kind = SPEC_CUSTOM, .read = read_value},
    {.key = "from", .kind = SPEC_CUSTOM, .read = read_ref},
    {0},
};

static void read_alternative(struct spec *spec, const struct spec_node *node,
                             struct alternative_reader *reader)
{
    if (json_type(node->json) == JSON_STRING) {
        read_ref(spec, node, reader);
        return;
    }
    if (!spec_object(spec, node, alternative_fields, reader))
        return;
    if ((json_member(node->json, "value") == NULL) ==
        (json_member(node->json, "from") == NULL))
        spec_problem(spec, node, "expected either \"value\" or \"from\"");
}

/* Text of the alternative's reference, or NULL. */
static const struct json *ref_of(const struct json *json)
{
    if (json_type(json) == JSON_OBJECT)
        json = json_member(json, "from");
    return json != NULL && json_type(json) == JSON_STRING ? json : NULL;
}

/* What goes into the transforms: the type of the first reference that can be
 * resolved. Nothing is reported here; that is done when it is read. */
static enum value_type chain_input(struct spec *spec,
                                   const struct spec_node *node)
{
    const struct json *item = node->json;
    enum value_type type = VALUE_STRING;
    bool known = false;

    spec->mute = true;
    if (json_type(item) == JSON_ARRAY)
        item = json_first(item);
    for (; item != NULL && !known; item = json_next(item)) {
        struct spec_node child = {.json = ref_of(item), .up = node};
        struct ref ref;

        if (child.json == NULL)
            continue;
        known = mapping_read_ref(spec, &child, column_scope(spec), &ref);
        if (known)
            type = mapping_ref_type(&ref);
        if (json_type(node->json) != JSON_ARRAY)
            break;
    }
    spec->mute = false;
    return type;
}

void mapping_read_from(struct spec *spec, const struct spec_node *node,
                       void *out)
{
    struct mapping_column *reader = out;
    bool list = json_type(node->json) == JSON_ARRAY;
    size_t count = list ? json_size(node->json) : 1, index = 0;
    struct alternative *alternatives;
    const struct json *item = list ? json_first(node->json) : node->json;

    if (!reader->type_known)
        return;
    if (count == 0) {
        spec_problem(spec, node, "must not be empty");
        return;
    }
    reader->input =
        reader->has_transforms ? chain_input(spec, node) : reader->column.type;
    alternatives = spec_alloc(spec, count, sizeof(*alternatives));
    if (alternatives == NULL)
        return;
    for (; item != NULL && index < count; item = json_next(item)) {
        struct spec_node child = list ? spec_child(node, item, index) : *node;
        struct alternative_reader one = {&alternatives[index++], reader};

        read_alternative(spec, &child, &one);
    }
    reader->rule.alternatives = alternatives;
    reader->rule.alternative_count = count;
}
