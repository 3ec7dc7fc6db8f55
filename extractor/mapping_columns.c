#include "mapping_read.h"

#include <string.h>

enum {
    COLUMN_NAME_MAX = 63, /* bytes; what PostgreSQL keeps of a name */
    COLUMN_LENGTH_MAX = 1000 * 1000
};

/* In the order of enum value_type. */
const char *const mapping_type_words[] = {
    "string", "integer", "number", "boolean", "timestamp", "date", NULL};

bool mapping_is_name(const char *text)
{
    size_t len = strlen(text);

    return len != 0 && len <= COLUMN_NAME_MAX && *text >= 'a' && *text <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static void read_name(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    const char *name = spec_text(spec, node);

    *(const char **)out = name;
    if (name != NULL && !mapping_is_name(name))
        spec_problem(spec, node,
                     "a column's name begins with a-z and goes on with a-z, "
                     "0-9 or '_', at most %d characters",
                     COLUMN_NAME_MAX);
}

static void read_type(struct spec *spec, const struct spec_node *node,
                      void *out)
{
    struct mapping_column *reader = out;
    int word = spec_word(spec, node, mapping_type_words);

    if (word < 0)
        return;
    reader->column.type = (enum value_type)word;
    reader->type_known = true;
}

static void read_transforms(struct spec *spec, const struct spec_node *node,
                            void *out)
{
    struct mapping_column *reader = out;
    enum value_type type = reader->input;

    if (!reader->type_known ||
        !mapping_read_transforms(spec, node, &type, &reader->rule))
        return;
    if (reader->has_transforms && type != reader->column.type)
        spec_problem(spec, node, "give a %s, but the column's type is %s",
                     mapping_type_words[type],
                     mapping_type_words[reader->column.type]);
}

static void read_over_length(struct spec *spec, const struct spec_node *node,
                             void *out)
{
    struct column_rule *rule = out;
    int word = spec_word(spec, node, mapping_over_length_words);

    rule->has_over_length = word >= 0;
    if (word >= 0)
        rule->over_length = (enum over_length)word;
}

static const struct spec_field column_fields[] = {
    {.key = "name",
     .kind = SPEC_CUSTOM,
     .required = true,
     .offset = offsetof(struct mapping_column, column.name),
     .read = read_name},
    {.key = "description",
     .kind = SPEC_TEXT,
     .offset = offsetof(struct mapping_column, column.description)},
    {.key = "type", .kind = SPEC_CUSTOM, .required = true, .read = read_type},
    {.key = "length",
     .kind = SPEC_INTEGER,
     .offset = offsetof(struct mapping_column, length),
     .min = 1,
     .max = COLUMN_LENGTH_MAX},
    {.key = "key",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct mapping_column, column.key)},
    {.key = "nullable",
     .kind = SPEC_BOOL,
     .offset = offsetof(struct mapping_column, column.nullable)},
    {.key = "values",
     .kind = SPEC_TEXTS,
     .offset = offsetof(struct mapping_column, column.values),
     .min = 1},
    {.key = "over_length",
     .kind = SPEC_CUSTOM,
     .offset = offsetof(struct mapping_column, rule),
     .read = read_over_length},
    {.key = "from",
     .kind = SPEC_CUSTOM,
     .required = true,
     .read = mapping_read_from},
    {.key = "transforms", .kind = SPEC_CUSTOM, .read = read_transforms},
    {0},
};

static void check_over_length(struct spec *spec, const struct spec_node *node,
                              const struct mapping_column *reader)
{
    if (!reader->rule.has_over_length)
        return;
    if (reader->length == 0)
        spec_problem_at(spec, node, "over_length", "the column has no length");
    if (reader->column.key && reader->rule.over_length == OVER_LENGTH_TRUNCATE)
        spec_problem_at(spec, node, "over_length",
                        "a key is never cut, because two of them could become "
                        "one; use reject or fail");
}

static void check_column(struct spec *spec, const struct spec_node *node,
                         struct mapping_column *reader)
{
    struct column *column = &reader->column;

    column->length = (size_t)reader->length;
    if (column->key && json_member(node->json, "nullable") == NULL)
        column->nullable = false;
    if (column->key && column->nullable)
        spec_problem_at(spec, node, "nullable",
                        "a key column cannot be nullable");
    check_over_length(spec, node, reader);
    if (!reader->type_known || column->type == VALUE_STRING)
        return;
    if (reader->length != 0)
        spec_problem_at(spec, node, "length", "only a string has a length");
    if (column->values != NULL)
        spec_problem_at(spec, node, "values",
                        "only a string has a list of values");
}

static void check_unique(struct spec *spec, const struct spec_node *node,
                         const struct column *columns, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (columns[i].name != NULL && columns[index].name != NULL &&
            strcmp(columns[i].name, columns[index].name) == 0)
            spec_problem_at(spec, node, "name",
                            "column \"%s\" is there already", columns[i].name);
    }
}

static void read_column(struct spec *spec, const struct spec_node *node,
                        struct column *column, struct column_rule *rule)
{
    const struct json *transforms = json_member(node->json, "transforms");
    struct mapping_column reader = {.column.nullable = true};

    reader.has_transforms =
        transforms != NULL && json_first(transforms) != NULL;
    if (spec_object(spec, node, column_fields, &reader))
        check_column(spec, node, &reader);
    *column = reader.column;
    *rule = reader.rule;
}

void mapping_read_columns(struct spec *spec, const struct spec_node *node,
                          void *out)
{
    struct mapping_reader *reader = spec->owner;
    struct rules *rules = out;
    size_t count = json_size(node->json), keys = 0;
    struct column_rule *column_rules;

    if (!spec_is(spec, node, JSON_ARRAY))
        return;
    if (count == 0 || count > SCHEMA_COLUMNS_MAX) {
        spec_problem(spec, node, "expected 1 to %d columns",
                     SCHEMA_COLUMNS_MAX);
        return;
    }
    reader->columns = spec_alloc(spec, count, sizeof(*reader->columns));
    column_rules = spec_alloc(spec, count, sizeof(*column_rules));
    if (reader->columns == NULL || column_rules == NULL)
        return;
    for (const struct json *item = json_first(node->json); item != NULL;
         item = json_next(item)) {
        size_t i = reader->column_count++;
        struct spec_node child = spec_child(node, item, i);

        read_column(spec, &child, &reader->columns[i], &column_rules[i]);
        check_unique(spec, &child, reader->columns, i);
        keys += reader->columns[i].key;
    }
    if (keys == 0)
        spec_problem(spec, node,
                     "no column has \"key\": true; set it on those that tell "
                     "rows apart");
    rules->schema.columns = reader->columns;
    rules->schema.count = count;
    rules->columns = column_rules;
}
