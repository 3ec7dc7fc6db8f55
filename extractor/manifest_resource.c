/* "resources": one per part, with dialect and schema. */
#include <stdio.h>
#include <string.h>

#include "manifest_parts.h"

const char *const manifest_header_cases[3] = {
    [CSV_HEADER_AS_IS] = "asIs",
    [CSV_HEADER_UPPER] = "upper",
    [CSV_HEADER_LOWER] = "lower",
};

const char *const manifest_field_types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = "string",      [VALUE_INTEGER] = "integer",
    [VALUE_NUMBER] = "number",      [VALUE_BOOLEAN] = "boolean",
    [VALUE_TIMESTAMP] = "datetime", [VALUE_DATE] = "date",
};

static void put_char(struct jsonw *w, const char *name, char c)
{
    const char text[] = {c, '\0'};

    jsonw_text(w, name, text);
}

void manifest_put_dialect(struct jsonw *w, const struct csv_dialect *dialect)
{
    jsonw_object(w, "dialect");
    jsonw_text(w, "$schema", DATA_PACKAGE_PROFILES "tabledialect.json");
    jsonw_bool(w, "header", dialect->header);
    put_char(w, "delimiter", dialect->delimiter);
    jsonw_text(w, "lineTerminator", dialect->crlf ? "\r\n" : "\n");
    put_char(w, "quoteChar", dialect->quote);
    jsonw_bool(w, "doubleQuote", true);
    jsonw_text(w, "nullSequence", dialect->null_text);
    jsonw_bool(w, "skipInitialSpace", false);
    jsonw_text(w, "x-headerCase", manifest_header_cases[dialect->header_case]);
    jsonw_text(w, "x-timeFormat", dialect->time_format);
    put_char(w, "x-decimalChar", dialect->decimal);
    jsonw_bool(w, "x-excelSafe", dialect->excel_safe);
    jsonw_bool(w, "x-byteOrderMark", dialect->bom);
    jsonw_object_end(w);
}

/* A field is called as the file calls it. */
static void put_name(struct jsonw *w, const char *member, const char *name,
                     const struct csv_dialect *csv)
{
    char text[128];
    struct buf out;

    if (csv == NULL) {
        jsonw_text(w, member, name);
        return;
    }
    buf_init(&out, sizeof(text));
    if (writer_csv_name(csv, name, &out) == 0)
        jsonw_text(w, member, out.data);
    else
        w->out->failed = true;
    buf_release(&out);
}

static void put_constraints(struct jsonw *w, const struct column *column)
{
    bool listed = column->values != NULL && column->type == VALUE_STRING;

    if (column->nullable && column->length == 0 && !listed)
        return;
    jsonw_object(w, "constraints");
    if (!column->nullable)
        jsonw_bool(w, "required", true);
    if (column->length != 0)
        manifest_put_count(w, "maxLength", column->length);
    if (listed) {
        jsonw_array(w, "enum");
        for (size_t i = 0; column->values[i] != NULL; i++)
            jsonw_text(w, NULL, column->values[i]);
        jsonw_array_end(w);
    }
    jsonw_object_end(w);
}

static void put_field(struct jsonw *w, const struct column *column,
                      const struct csv_dialect *csv)
{
    jsonw_object(w, NULL);
    put_name(w, "name", column->name, csv);
    jsonw_text(w, "type", manifest_field_types[column->type]);
    if (column->description != NULL)
        jsonw_text(w, "description", column->description);
    if (csv != NULL && column->type == VALUE_TIMESTAMP)
        jsonw_text(w, "format", csv->time_format);
    if (csv != NULL && column->type == VALUE_NUMBER)
        put_char(w, "decimalChar", csv->decimal);
    if (column->type == VALUE_TIMESTAMP)
        jsonw_text(w, "x-timezone", "UTC");
    put_constraints(w, column);
    jsonw_object_end(w);
}

void manifest_put_schema(struct jsonw *w, const struct dataset_report *dataset,
                         const struct csv_dialect *csv)
{
    const struct schema *schema = dataset->schema;

    jsonw_object(w, "schema");
    jsonw_text(w, "$schema", DATA_PACKAGE_PROFILES "tableschema.json");
    if (schema->title != NULL)
        jsonw_text(w, "title", schema->title);
    jsonw_array(w, "fields");
    for (size_t i = 0; i < schema->count; i++)
        put_field(w, &schema->columns[i], csv);
    jsonw_array_end(w);
    jsonw_array(w, "missingValues");
    if (csv != NULL)
        jsonw_text(w, NULL, csv->null_text);
    jsonw_array_end(w);
    jsonw_array(w, "primaryKey");
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].key)
            put_name(w, NULL, schema->columns[i].name, csv);
    }
    jsonw_array_end(w);
    jsonw_array(w, "x-order");
    for (size_t i = 0; i < dataset->order_count; i++)
        put_name(w, NULL, schema->columns[dataset->order[i]].name, csv);
    jsonw_array_end(w);
    jsonw_object_end(w);
}

static void put_hash(struct jsonw *w, const char *name, const char *hex)
{
    char text[sizeof("sha256:") + DIGEST_HEX_SIZE];

    snprintf(text, sizeof(text), "sha256:%s", hex);
    jsonw_text(w, name, text);
}

/* What every file has; its name in the package is the file's without .gz. */
static void put_file(struct jsonw *w, const struct part_report *part,
                     const char *format)
{
    char name[sizeof(part->name)];
    size_t len = strlen(part->name), end = sizeof(".gz") - 1;
    const bool gzip = len > end && strcmp(part->name + len - end, ".gz") == 0;

    snprintf(name, sizeof(name), "%.*s", (int)(gzip ? len - end : len),
             part->name);
    jsonw_text(w, "$schema", DATA_PACKAGE_PROFILES "dataresource.json");
    jsonw_text(w, "name", name);
    jsonw_text(w, "path", part->name);
    jsonw_text(w, "format", format);
    jsonw_text(w, "mediatype",
               strcmp(format, "csv") == 0 ? "text/csv" : "application/jsonl");
    if (gzip)
        jsonw_text(w, "compression", "gz");
    jsonw_text(w, "encoding", "utf-8");
    manifest_put_count(w, "bytes", part->facts.bytes);
    put_hash(w, "hash", part->facts.sha256);
    manifest_put_count(w, "x-rows", part->rows);
    manifest_put_count(w, "x-uncompressedBytes", part->facts.plain_bytes);
    put_hash(w, "x-uncompressedHash", part->facts.plain_sha256);
    manifest_put_count(w, "x-maxRecordBytes", part->longest);
}

static void put_part(struct jsonw *w, const struct dataset_report *dataset,
                     const struct writer_report *writer, size_t index,
                     const struct csv_dialect *csv)
{
    jsonw_object(w, NULL);
    put_file(w, &writer->parts[index], writer->format);
    jsonw_text(w, "x-dataset", dataset->schema->name);
    manifest_put_count(w, "x-part", index + 1);
    jsonw_text(w, "type", "table");
    if (csv != NULL)
        manifest_put_dialect(w, csv);
    manifest_put_schema(w, dataset, csv);
    jsonw_object_end(w);
}

static void put_dataset(struct jsonw *w, const struct dataset_report *dataset,
                        const struct csv_dialect *dialect)
{
    for (size_t i = 0; i < dataset->writer_count; i++) {
        const struct writer_report *writer = &dataset->writers[i];
        bool csv = strcmp(writer->format, "csv") == 0;

        for (size_t k = 0; k < writer->part_count; k++)
            put_part(w, dataset, writer, k, csv ? dialect : NULL);
    }
}

void manifest_put_resources(struct jsonw *w, const struct run_report *report)
{
    jsonw_array(w, "resources");
    for (size_t i = 0; i < report->dataset_count; i++)
        put_dataset(w, &report->datasets[i], report->dialect);
    if (report->has_rejects) {
        jsonw_object(w, NULL);
        put_file(w, &report->rejects, "jsonl");
        jsonw_text(w, "x-dataset", REJECTS_DATASET);
        manifest_put_count(w, "x-part", 1);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}
