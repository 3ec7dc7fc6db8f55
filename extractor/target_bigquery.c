/*
 * BigQuery: a schema file, and the bq command that loads a run's files.
 *
 * It takes an unquoted empty field for null and "" for empty text, unless a
 * null marker is set; a byte order mark is text to it; times without zone are
 * UTC. cloud.google.com/bigquery/docs: loading CSV data.
 */
#include <stdio.h>
#include <string.h>

#include "jsonw.h"
#include "target_parts.h"

enum { DESCRIPTION_MAX = 1024 }; /* characters; more is refused there */

static const char *const types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = "STRING",       [VALUE_INTEGER] = "INTEGER",
    [VALUE_NUMBER] = "BIGNUMERIC",   [VALUE_BOOLEAN] = "BOOLEAN",
    [VALUE_TIMESTAMP] = "TIMESTAMP", [VALUE_DATE] = "DATE",
};

static int write_schema(const struct target_table *table, struct buf *out,
                        struct error *err)
{
    const struct schema *schema = table->schema;
    struct jsonw w;

    (void)err;
    jsonw_init(&w, out, 2);
    jsonw_array(&w, NULL);
    for (size_t i = 0; i < schema->count; i++) {
        const struct column *column = &schema->columns[i];

        jsonw_object(&w, NULL);
        jsonw_text(&w, "name", column->name);
        jsonw_text(&w, "type", types[column->type]);
        jsonw_text(&w, "mode", column->nullable ? "NULLABLE" : "REQUIRED");
        if (column->type == VALUE_STRING && column->length > 0) {
            char length[24];

            snprintf(length, sizeof(length), "%zu", column->length);
            jsonw_text(&w, "maxLength", length);
        }
        if (column->description != NULL &&
            strlen(column->description) <= DESCRIPTION_MAX)
            jsonw_text(&w, "description", column->description);
        jsonw_object_end(&w);
    }
    jsonw_array_end(&w);
    buf_putc(out, '\n');
    return 0;
}

/* One word of a shell command, whatever is in it. */
static void put_word(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static void put_option(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "    --%s=", name);
    put_word(out, value);
    buf_puts(out, " \\\n");
}

static void put_char(struct buf *out, const char *name, char c)
{
    const char text[] = {c, '\0'};

    put_option(out, name, c == '\t' ? "\\t" : text);
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;
    struct buf word;

    (void)err;
    buf_puts(out, "bq load \\\n");
    put_option(out, "source_format", "CSV");
    put_option(out, "encoding", "UTF-8");
    buf_printf(out, "    --skip_leading_rows=%d \\\n", dialect->header ? 1 : 0);
    put_char(out, "field_delimiter", dialect->delimiter);
    put_char(out, "quote", dialect->quote);
    buf_puts(out, "    --max_bad_records=0 \\\n");
    buf_init(&word, TARGET_TEXT_MAX);
    buf_puts(out, "    ");
    put_word(out, table->table);
    buf_puts(out, " \\\n    ");
    target_glob(&word, table);
    put_word(out, word.data);
    buf_puts(out, " \\\n    ");
    if (!buf_ok(&word))
        out->failed = true;
    buf_reset(&word);
    buf_printf(&word, "%s.bigquery.schema.json", table->schema->name);
    put_word(out, word.data);
    buf_putc(out, '\n');
    if (!buf_ok(&word))
        out->failed = true;
    buf_release(&word);
    return 0;
}

static const struct target_part parts[] = {
    {.name = "schema", .suffix = "json", .write = write_schema},
    {.name = "load",
     .suffix = "sh",
     .loads = true,
     .located = true,
     .write = write_load},
    {0},
};

const struct target_format target_bigquery = {
    .name = "bigquery",
    .title = "BigQuery",
    .reads = READS_CRLF | READS_QUOTE,
    .parts = parts,
};
