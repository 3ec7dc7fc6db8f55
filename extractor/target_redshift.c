/*
 * Amazon Redshift: a table, and a COPY of the files that a manifest of
 * entries lists, so that no other file of the folder is read and a missing
 * one stops the load. docs.aws.amazon.com/redshift: COPY.
 *
 * CSV as a format excludes ESCAPE, so backslashes are plain. An empty field of
 * a text column is empty text unless EMPTYASNULL is said; whether "" is then
 * null as well is not documented, so a job that needs the difference sets
 * "null" to a word. A varchar counts bytes, up to 4 of them a character.
 */
#include <string.h>

#include "target_parts.h"

enum { VARCHAR_MAX = 65535, CHARACTER_MAX = 4 }; /* bytes */

static const struct target_mask mask = {
    .year = "YYYY",
    .month = "MM",
    .day = "DD",
    .hour = "HH24",
    .minute = "MI",
    .second = "SS",
};

static void put_type(struct buf *out, const struct column *column)
{
    static const char *const types[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = "VARCHAR",          [VALUE_INTEGER] = "BIGINT",
        [VALUE_NUMBER] = "DOUBLE PRECISION", [VALUE_BOOLEAN] = "BOOLEAN",
        [VALUE_TIMESTAMP] = "TIMESTAMP",     [VALUE_DATE] = "DATE",
    };
    size_t bytes = VARCHAR_MAX;

    buf_puts(out, types[column->type]);
    if (column->type != VALUE_STRING)
        return;
    if (column->length > 0 && column->length <= VARCHAR_MAX / CHARACTER_MAX)
        bytes = column->length * CHARACTER_MAX;
    buf_printf(out, "(%zu)", bytes);
}

static const struct target_sql sql = {.type = put_type,
                                      .literal = target_escaped_literal};

static int write_table(const struct target_table *table, struct buf *out,
                       struct error *err)
{
    (void)err;
    target_create_table(table, &sql, out);
    return 0;
}

/* Fractions have no name in its masks, but 'auto' reads ISO 8601 with them;
 * a column without zone keeps the time as it stands, which is UTC. */
static void put_times(struct buf *out, const char *format)
{
    struct buf text;

    buf_puts(out, "\n    TIMEFORMAT ");
    buf_init(&text, TARGET_TEXT_MAX);
    if (target_time_mask(format, &mask, &text) == 0)
        target_escaped_literal(out, text.data);
    else
        buf_puts(out, "'auto'");
    if (!buf_ok(&text))
        out->failed = true;
    buf_release(&text);
}

/* The list that a run makes of its parts bears the run's name, so it may be
 * named as the location itself. */
static void put_manifest(const struct target_table *table, struct buf *out)
{
    static const char suffix[] = ".manifest";
    size_t len = strlen(table->location), end = sizeof(suffix) - 1;

    buf_puts(out, table->location);
    if (len <= end || strcmp(table->location + len - end, suffix) != 0)
        buf_printf(out, "/%s.csv%s", table->schema->name, suffix);
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;
    struct buf from;

    (void)err;
    buf_init(&from, TARGET_TEXT_MAX);
    put_manifest(table, &from);
    buf_puts(out, "COPY ");
    target_table_name(out, &sql, table->table);
    buf_puts(out, " (");
    target_column_list(out, &sql, table->schema);
    buf_puts(out, ")\n    FROM ");
    target_escaped_literal(out, from.data);
    if (!buf_ok(&from))
        out->failed = true;
    buf_release(&from);
    buf_puts(out, "\n    IAM_ROLE default\n    MANIFEST\n    FORMAT CSV\n"
                  "    QUOTE AS ");
    target_escaped_char(out, dialect->quote);
    buf_puts(out, "\n    DELIMITER AS ");
    target_escaped_char(out, dialect->delimiter);
    if (table->gzip)
        buf_puts(out, "\n    GZIP");
    if (dialect->header)
        buf_puts(out, "\n    IGNOREHEADER 1");
    if (dialect->null_text[0] == '\0') {
        buf_puts(out, "\n    EMPTYASNULL");
    } else {
        buf_puts(out, "\n    NULL AS ");
        target_escaped_literal(out, dialect->null_text);
    }
    buf_puts(out, "\n    ENCODING UTF8\n    DATEFORMAT 'YYYY-MM-DD'");
    put_times(out, dialect->time_format);
    buf_puts(out, "\n    MAXERROR 0;\n");
    return 0;
}

static const struct target_part parts[] = {
    {.name = "table", .suffix = "sql", .write = write_table},
    {.name = "load",
     .suffix = "sql",
     .loads = true,
     .located = true,
     .write = write_load},
    {0},
};

const struct target_format target_redshift = {
    .name = "redshift",
    .title = "Amazon Redshift",
    .joins = true,
    .reads = READS_CRLF | READS_BOM | READS_NULL_TEXT | READS_QUOTE |
             READS_ISO_TIMES,
    .mask = &mask,
    .parts = parts,
};
