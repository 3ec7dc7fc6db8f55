/*
 * Spark and Databricks: a schema as StructType.fromJson() takes it, and a
 * Python function that reads a run's files with it.
 *
 * By default a backslash escapes, "" and an empty field are both null, and a
 * row of other length is padded or cut. An empty field is null when the
 * parser's null value is something that no file of rollcall's holds: U+0001,
 * since controls are replaced in CSV. FAILFAST and enforceSchema false stop at
 * what does not fit. Sources:
 * spark.apache.org/docs/latest/sql-data-sources-csv.html
 */
#include <string.h>

#include "jsonw.h"
#include "target_parts.h"

#define NO_TEXT "\x01"

static const struct target_mask mask = {
    .year = "yyyy",
    .month = "MM",
    .day = "dd",
    .hour = "HH",
    .minute = "mm",
    .second = "ss",
    .milli = "SSS",
    .special = "[]{}#",
    .open = "'",
    .close = "'",
};

static const char *const types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = "string",       [VALUE_INTEGER] = "long",
    [VALUE_NUMBER] = "double",       [VALUE_BOOLEAN] = "boolean",
    [VALUE_TIMESTAMP] = "timestamp", [VALUE_DATE] = "date",
};

/* One line without indentation serves as a text of the Python as well. */
static void put_schema(const struct schema *schema, int indent, struct buf *out)
{
    struct jsonw w;

    jsonw_init(&w, out, indent);
    jsonw_object(&w, NULL);
    jsonw_text(&w, "type", "struct");
    jsonw_array(&w, "fields");
    for (size_t i = 0; i < schema->count; i++) {
        const struct column *column = &schema->columns[i];

        jsonw_object(&w, NULL);
        jsonw_text(&w, "name", column->name);
        jsonw_text(&w, "type", types[column->type]);
        jsonw_bool(&w, "nullable", column->nullable);
        jsonw_object(&w, "metadata");
        if (column->description != NULL)
            jsonw_text(&w, "comment", column->description);
        jsonw_object_end(&w);
        jsonw_object_end(&w);
    }
    jsonw_array_end(&w);
    jsonw_object_end(&w);
}

static int write_schema(const struct target_table *table, struct buf *out,
                        struct error *err)
{
    (void)err;
    put_schema(table->schema, 2, out);
    buf_putc(out, '\n');
    return 0;
}

/* JSON's escapes are Python's too. */
static void put_text(struct buf *out, const char *text)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    jsonw_text(&w, NULL, text);
}

static void put_option(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "            .option(\"%s\", ", name);
    put_text(out, value);
    buf_puts(out, ")\n");
}

static void put_options(const struct csv_dialect *dialect, bool columns_named,
                        struct buf *out)
{
    const char delimiter[] = {dialect->delimiter, '\0'};
    const char quote[] = {dialect->quote, '\0'};
    const bool has_null = dialect->null_text[0] != '\0';
    struct buf times;

    buf_init(&times, TARGET_TEXT_MAX);
    if (target_time_mask(dialect->time_format, &mask, &times) != 0 ||
        !buf_ok(&times))
        out->failed = true;
    put_option(out, "header", dialect->header ? "true" : "false");
    put_option(out, "enforceSchema", columns_named ? "false" : "true");
    put_option(out, "mode", "FAILFAST");
    put_option(out, "encoding", "UTF-8");
    put_option(out, "sep", delimiter);
    put_option(out, "quote", quote);
    put_option(out, "escape", quote);
    put_option(out, "nullValue", has_null ? dialect->null_text : NO_TEXT);
    put_option(out, "emptyValue", "");
    put_option(out, "ignoreLeadingWhiteSpace", "false");
    put_option(out, "ignoreTrailingWhiteSpace", "false");
    put_option(out, "maxCharsPerColumn", "-1");
    put_option(out, "dateFormat", "yyyy-MM-dd");
    put_option(out, "timestampFormat", times.data);
    put_option(out, "timeZone", "UTC");
    buf_release(&times);
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;
    struct buf text;

    (void)err;
    buf_init(&text, TARGET_TEXT_MAX);
    put_schema(table->schema, 0, &text);
    buf_puts(out, "import json\n\n"
                  "from pyspark.sql.types import StructType\n\nSCHEMA = ");
    put_text(out, text.data);
    if (!buf_ok(&text))
        out->failed = true;
    buf_reset(&text);
    target_glob(&text, table);
    buf_puts(out, "\nFILES = ");
    put_text(out, text.data);
    buf_puts(out, "\n\n\ndef load(spark, files=FILES):\n"
                  "    schema = StructType.fromJson(json.loads(SCHEMA))\n"
                  "    return (spark.read.schema(schema)\n");
    put_options(dialect,
                dialect->header && dialect->header_case != CSV_HEADER_UPPER,
                out);
    buf_puts(out, "            .csv(files))\n");
    if (!buf_ok(&text))
        out->failed = true;
    buf_release(&text);
    return 0;
}

static const struct target_part parts[] = {
    {.name = "schema", .suffix = "json", .write = write_schema},
    {.name = "load",
     .suffix = "py",
     .loads = true,
     .located = true,
     .write = write_load},
    {0},
};

const struct target_format target_spark = {
    .name = "spark",
    .title = "Spark",
    .reads = READS_CRLF | READS_BOM | READS_QUOTE,
    .mask = &mask,
    .parts = parts,
};
