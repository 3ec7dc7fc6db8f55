/*
 * Snowflake: a table, a named file format, a stage, and a COPY INTO.
 *
 * Its defaults take a backslash in unquoted text for an escape and \N for
 * null, so both are switched off; with EMPTY_FIELD_AS_NULL and an enclosing
 * quote an unquoted empty field is null and "" is empty text
 * (docs.snowflake.com: CREATE FILE FORMAT; data unloading considerations). A
 * backslash escapes in its literals too. PATTERN keeps the JSONL files of the
 * same folder out. A file that was loaded once is skipped for 64 days, so
 * every run's path has its own name.
 */
#include <string.h>

#include "target_parts.h"

enum { VARCHAR_MAX = 16777216 }; /* characters */

static const struct target_mask mask = {
    .year = "YYYY",
    .month = "MM",
    .day = "DD",
    .hour = "HH24",
    .minute = "MI",
    .second = "SS",
    .milli = "FF3",
    .open = "\"",
    .close = "\"",
};

static void put_type(struct buf *out, const struct column *column)
{
    static const char *const types[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = "VARCHAR",
        [VALUE_INTEGER] = "NUMBER(19, 0)",
        [VALUE_NUMBER] = "DOUBLE",
        [VALUE_BOOLEAN] = "BOOLEAN",
        [VALUE_TIMESTAMP] = "TIMESTAMP_NTZ(3)",
        [VALUE_DATE] = "DATE",
    };

    if (column->type == VALUE_STRING && column->length > 0 &&
        column->length <= VARCHAR_MAX)
        buf_printf(out, "VARCHAR(%zu)", column->length);
    else
        buf_puts(out, types[column->type]);
}

static const struct target_sql sql = {
    .upper = true, .type = put_type, .literal = target_escaped_literal};

static int write_table(const struct target_table *table, struct buf *out,
                       struct error *err)
{
    (void)err;
    target_create_table(table, &sql, out);
    return 0;
}

/* SCHEMA.TABLE_suffix, beside the table. */
static void put_beside(struct buf *out, const struct target_table *table,
                       const char *suffix)
{
    struct buf name;

    buf_init(&name, TARGET_TEXT_MAX);
    buf_printf(&name, "%s%s", table->table, suffix);
    target_table_name(out, &sql, name.data);
    if (!buf_ok(&name))
        out->failed = true;
    buf_release(&name);
}

static void put_time_format(struct buf *out, const char *format)
{
    struct buf text;

    buf_init(&text, TARGET_TEXT_MAX);
    if (target_time_mask(format, &mask, &text) != 0 || !buf_ok(&text))
        out->failed = true;
    buf_puts(out, "\n    TIMESTAMP_FORMAT = ");
    target_escaped_literal(out, text.data);
    buf_release(&text);
}

static int write_format(const struct target_table *table, struct buf *out,
                        struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;

    (void)err;
    buf_puts(out, "CREATE OR REPLACE FILE FORMAT ");
    put_beside(out, table, "_csv");
    buf_printf(out, "\n    TYPE = CSV\n    COMPRESSION = %s",
               table->gzip ? "GZIP" : "NONE");
    buf_puts(out, "\n    FIELD_DELIMITER = ");
    target_escaped_char(out, dialect->delimiter);
    buf_printf(out, "\n    RECORD_DELIMITER = '%s'\n    SKIP_HEADER = %d",
               dialect->crlf ? "\\r\\n" : "\\n", dialect->header ? 1 : 0);
    buf_puts(out, "\n    FIELD_OPTIONALLY_ENCLOSED_BY = ");
    target_escaped_char(out, dialect->quote);
    buf_puts(out, "\n    ESCAPE = NONE\n    ESCAPE_UNENCLOSED_FIELD = NONE"
                  "\n    NULL_IF = ()\n    EMPTY_FIELD_AS_NULL = TRUE"
                  "\n    TRIM_SPACE = FALSE"
                  "\n    ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE"
                  "\n    REPLACE_INVALID_CHARACTERS = FALSE"
                  "\n    SKIP_BYTE_ORDER_MARK = TRUE\n    ENCODING = 'UTF8'"
                  "\n    DATE_FORMAT = 'YYYY-MM-DD'");
    put_time_format(out, dialect->time_format);
    buf_puts(out, ";\n");
    return 0;
}

/* An external stage where the location is a URL; files of this machine are
 * put into an internal one. */
static int write_stage(const struct target_table *table, struct buf *out,
                       struct error *err)
{
    struct buf from;

    (void)err;
    buf_puts(out, "CREATE OR REPLACE STAGE ");
    put_beside(out, table, "_stage");
    if (strstr(table->location, "://") != NULL) {
        buf_puts(out, "\n    URL = ");
        buf_init(&from, TARGET_TEXT_MAX);
        buf_printf(&from, "%s/", table->location);
        target_escaped_literal(out, from.data);
        buf_puts(out, "\n    /* STORAGE_INTEGRATION = the one of your account "
                      "*/;\n");
    } else {
        buf_puts(out, ";\nPUT ");
        buf_init(&from, TARGET_TEXT_MAX);
        buf_puts(&from, "file://");
        target_glob(&from, table);
        target_escaped_literal(out, from.data);
        buf_puts(out, " @");
        put_beside(out, table, "_stage");
        buf_puts(out, "\n    AUTO_COMPRESS = FALSE OVERWRITE = FALSE;\n");
    }
    if (!buf_ok(&from))
        out->failed = true;
    buf_release(&from);
    return 0;
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    (void)err;
    buf_puts(out, "COPY INTO ");
    target_table_name(out, &sql, table->table);
    buf_puts(out, " (");
    target_column_list(out, &sql, table->schema);
    buf_puts(out, ")\n    FROM @");
    put_beside(out, table, "_stage");
    buf_printf(out, "\n    PATTERN = '.*%s-[0-9]{5,}[.]csv%s'",
               table->schema->name, table->gzip ? "[.]gz" : "");
    buf_puts(out, "\n    FILE_FORMAT = (FORMAT_NAME = ");
    put_beside(out, table, "_csv");
    buf_puts(out, ")\n    ON_ERROR = ABORT_STATEMENT;\n");
    return 0;
}

static const struct target_part parts[] = {
    {.name = "table", .suffix = "sql", .write = write_table},
    {.name = "format", .suffix = "sql", .loads = true, .write = write_format},
    {.name = "stage", .suffix = "sql", .located = true, .write = write_stage},
    {.name = "load", .suffix = "sql", .loads = true, .write = write_load},
    {0},
};

const struct target_format target_snowflake = {
    .name = "snowflake",
    .title = "Snowflake",
    .joins = true,
    .reads = READS_CRLF | READS_BOM,
    .mask = &mask,
    .parts = parts,
};
