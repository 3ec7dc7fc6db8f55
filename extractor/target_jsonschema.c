/*
 * JSON Schema, draft 2020-12: one row of the JSONL files. maxLength counts
 * characters, as a column's length does. json-schema.org/draft/2020-12
 */
#include "jsonw.h"
#include "target_parts.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static const struct {
    const char *type, *format;
} types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = {"string", NULL},
    [VALUE_INTEGER] = {"integer", NULL},
    [VALUE_NUMBER] = {"number", NULL},
    [VALUE_BOOLEAN] = {"boolean", NULL},
    [VALUE_TIMESTAMP] = {"string", "date-time"},
    [VALUE_DATE] = {"string", "date"},
};

static void put_type(struct jsonw *w, const struct column *column)
{
    if (!column->nullable) {
        jsonw_text(w, "type", types[column->type].type);
        return;
    }
    jsonw_array(w, "type");
    jsonw_text(w, NULL, types[column->type].type);
    jsonw_text(w, NULL, "null");
    jsonw_array_end(w);
}

static void put_values(struct jsonw *w, const struct column *column)
{
    if (column->values == NULL)
        return;
    jsonw_array(w, "enum");
    for (const char *const *value = column->values; *value != NULL; value++)
        jsonw_text(w, NULL, *value);
    if (column->nullable)
        jsonw_null(w, NULL);
    jsonw_array_end(w);
}

static void put_column(struct jsonw *w, const struct column *column)
{
    jsonw_object(w, column->name);
    if (column->description != NULL)
        jsonw_text(w, "description", column->description);
    put_type(w, column);
    if (types[column->type].format != NULL)
        jsonw_text(w, "format", types[column->type].format);
    if (column->type == VALUE_STRING && column->length > 0)
        jsonw_int(w, "maxLength", (int64_t)column->length);
    put_values(w, column);
    jsonw_object_end(w);
}

static int write_schema(const struct target_table *table, struct buf *out,
                        struct error *err)
{
    const struct schema *schema = table->schema;
    struct jsonw w;

    (void)err;
    jsonw_init(&w, out, 2);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "$schema", DIALECT);
    jsonw_text(&w, "title",
               schema->title != NULL ? schema->title : schema->name);
    jsonw_text(&w, "type", "object");
    jsonw_object(&w, "properties");
    for (size_t i = 0; i < schema->count; i++)
        put_column(&w, &schema->columns[i]);
    jsonw_object_end(&w);
    jsonw_array(&w, "required");
    for (size_t i = 0; i < schema->count; i++)
        jsonw_text(&w, NULL, schema->columns[i].name);
    jsonw_array_end(&w);
    jsonw_bool(&w, "additionalProperties", false);
    jsonw_object_end(&w);
    buf_putc(out, '\n');
    return 0;
}

static const struct target_part parts[] = {
    {.name = "schema", .suffix = "json", .write = write_schema},
    {0},
};

const struct target_format target_jsonschema = {
    .name = "jsonschema",
    .title = "JSON Schema",
    .parts = parts,
};
