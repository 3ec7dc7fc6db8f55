/* Dialect and schema of one resource, read back. */
#include <string.h>

#include "manifest_parts.h"

enum { COLUMN_NAME_MAX = 128 };

int manifest_read_dialect(const struct manifest_object *resource,
                          size_t columns, struct csv_dialect *out)
{
    static const char *const ends[] = {"\n", "\r\n"};
    struct manifest_object o;
    const char *problem;
    size_t end, header_case;

    if (manifest_child(resource, "dialect", &o) != 0 ||
        manifest_bool(&o, "header", &out->header) != 0 ||
        manifest_char(&o, "delimiter", &out->delimiter) != 0 ||
        manifest_choice(&o, "lineTerminator", ends, 2, &end) != 0 ||
        manifest_char(&o, "quoteChar", &out->quote) != 0 ||
        manifest_text(&o, "nullSequence", &out->null_text) != 0 ||
        manifest_choice(&o, "x-headerCase", manifest_header_cases, 3,
                        &header_case) != 0 ||
        manifest_text(&o, "x-timeFormat", &out->time_format) != 0 ||
        manifest_char(&o, "x-decimalChar", &out->decimal) != 0 ||
        manifest_bool(&o, "x-excelSafe", &out->excel_safe) != 0 ||
        manifest_bool(&o, "x-byteOrderMark", &out->bom) != 0)
        return -1;
    out->crlf = end == 1;
    out->header_case = (enum csv_header_case)header_case;
    problem = csv_dialect_problem(out, columns);
    return problem == NULL ? 0 : manifest_bad(resource, "dialect", problem);
}

static bool name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t len = strlen(name);

    return len > 0 && len < COLUMN_NAME_MAX && strspn(name, allowed) == len &&
           strchr("0123456789_", name[0]) == NULL;
}

static int read_values(const struct manifest_object *o, const struct json *list,
                       struct column *column)
{
    const struct json *node;
    const char **values;
    size_t count = 0;

    if (json_type(list) != JSON_ARRAY)
        return manifest_bad(o, "enum", "must be a list");
    values = arena_alloc(&o->manifest->arena,
                         (json_size(list) + 1) * sizeof(*values));
    if (values == NULL)
        return error_no_memory(o->err);
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        if (json_type(node) != JSON_STRING)
            return manifest_bad(o, "enum", "must hold texts");
        values[count++] = json_text(node);
    }
    column->values = values;
    return 0;
}

static int read_constraints(const struct manifest_object *field,
                            struct column *column)
{
    struct manifest_object o;
    const struct json *list;
    uint64_t length = 0;
    bool required = false;

    column->nullable = true;
    if (json_member(field->node, "constraints") == NULL)
        return 0;
    if (manifest_child(field, "constraints", &o) != 0 ||
        (json_member(o.node, "required") != NULL &&
         manifest_bool(&o, "required", &required) != 0) ||
        (json_member(o.node, "maxLength") != NULL &&
         manifest_count(&o, "maxLength", &length) != 0))
        return -1;
    column->nullable = !required;
    column->length = (size_t)length;
    list = json_member(o.node, "enum");
    return list == NULL ? 0 : read_values(&o, list, column);
}

static int read_fields(const struct manifest_object *schema,
                       struct manifest_resource *out)
{
    const struct json *list, *node;
    struct column *columns;
    size_t count = 0, type;

    if (manifest_list(schema, "fields", &list) != 0)
        return -1;
    if (json_size(list) == 0 || json_size(list) > SCHEMA_COLUMNS_MAX)
        return manifest_bad(schema, "fields", "has no sensible length");
    columns = arena_alloc(&schema->manifest->arena,
                          json_size(list) * sizeof(*columns));
    if (columns == NULL)
        return error_no_memory(schema->err);
    out->schema.columns = columns;
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        struct column *column = &columns[count];
        struct manifest_object o;

        if (manifest_element(schema, "fields", node, count, &o) != 0 ||
            manifest_text(&o, "name", &column->name) != 0)
            return -1;
        if (!name_valid(column->name))
            return manifest_bad(&o, "name", "is no column name");
        if (json_member(node, "description") != NULL &&
            manifest_text(&o, "description", &column->description) != 0)
            return -1;
        if (manifest_choice(&o, "type", manifest_field_types, VALUE_TYPE_COUNT,
                            &type) != 0 ||
            read_constraints(&o, column) != 0)
            return -1;
        if (json_member(o.node, "description") != NULL &&
            manifest_text(&o, "description", &column->description) != 0)
            return -1;
        column->type = (enum value_type)type;
        count++;
    }
    out->schema.count = count;
    return 0;
}

/* The indexes of the columns that a list of names stands for. */
static int read_names(const struct manifest_object *schema, const char *name,
                      const struct manifest_resource *r, size_t *indexes,
                      size_t *count)
{
    const struct json *list, *node;

    *count = 0;
    if (manifest_list(schema, name, &list) != 0)
        return -1;
    if (json_size(list) > r->schema.count)
        return manifest_bad(schema, name, "is longer than the fields");
    for (node = json_first(list); node != NULL; node = json_next(node)) {
        size_t i = 0;

        if (json_type(node) != JSON_STRING)
            return manifest_bad(schema, name, "must hold texts");
        while (i < r->schema.count &&
               strcmp(r->schema.columns[i].name, json_text(node)) != 0)
            i++;
        if (i == r->schema.count)
            return manifest_bad(schema, name, "names an unknown field");
        indexes[(*count)++] = i;
    }
    return 0;
}

static int check_unique(const struct manifest_object *schema,
                        const struct manifest_resource *r)
{
    for (size_t i = 0; i < r->schema.count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(r->schema.columns[i].name, r->schema.columns[k].name) ==
                0)
                return manifest_bad(schema, "fields", "has a name twice");
        }
    }
    return 0;
}

int manifest_read_schema(const struct manifest_object *resource,
                         struct manifest_resource *out)
{
    struct manifest_object schema;
    size_t keys[SCHEMA_COLUMNS_MAX], key_count;
    struct column *columns;
    size_t *order;

    if (manifest_child(resource, "schema", &schema) != 0 ||
        (json_member(schema.node, "title") != NULL &&
         manifest_text(&schema, "title", &out->schema.title) != 0) ||
        read_fields(&schema, out) != 0 || check_unique(&schema, out) != 0 ||
        read_names(&schema, "primaryKey", out, keys, &key_count) != 0)
        return -1;
    columns = (struct column *)(uintptr_t)out->schema.columns;
    for (size_t i = 0; i < key_count; i++)
        columns[keys[i]].key = true;
    order = arena_alloc(&resource->manifest->arena,
                        out->schema.count * sizeof(*order));
    if (order == NULL)
        return error_no_memory(resource->err);
    out->order = order;
    return read_names(&schema, "x-order", out, order, &out->order_count);
}
