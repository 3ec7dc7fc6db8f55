/*
 * PostgreSQL: a table, and a COPY that reads stdin.
 *
 * COPY … CSV takes an unquoted null text for null and "" for empty text, and
 * backslashes are plain. HEADER MATCH (15 and later) refuses columns that
 * stand in another order. A time without zone is read in the session's zone,
 * so that is set. postgresql.org/docs/15/sql-copy.html
 */
#include <string.h>

#include "target_parts.h"

enum { VARCHAR_MAX = 10485760 }; /* characters */

/* A backslash must not depend on standard_conforming_strings. */
static void literal(struct buf *out, const char *text)
{
    if (strpbrk(text, "\\\t") == NULL) {
        target_literal(out, text);
        return;
    }
    buf_putc(out, 'E');
    target_escaped_literal(out, text);
}

static void put_type(struct buf *out, const struct column *column)
{
    static const char *const types[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = "text",
        [VALUE_INTEGER] = "bigint",
        [VALUE_NUMBER] = "numeric",
        [VALUE_BOOLEAN] = "boolean",
        [VALUE_TIMESTAMP] = "timestamp with time zone",
        [VALUE_DATE] = "date",
    };

    if (column->type == VALUE_STRING && column->length > 0 &&
        column->length <= VARCHAR_MAX)
        buf_printf(out, "varchar(%zu)", column->length);
    else
        buf_puts(out, types[column->type]);
}

static const struct target_sql sql = {.type = put_type, .literal = literal};

static int write_table(const struct target_table *table, struct buf *out,
                       struct error *err)
{
    (void)err;
    target_create_table(table, &sql, out);
    return 0;
}

static const char *header(const struct csv_dialect *dialect)
{
    if (!dialect->header)
        return "false";
    return dialect->header_case == CSV_HEADER_UPPER ? "true" : "MATCH";
}

static void put_char(struct buf *out, const char *name, char c)
{
    const char text[] = {c, '\0'};

    buf_printf(out, ",\n    %s ", name);
    literal(out, text);
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;

    (void)err;
    target_comment(out, "the rows follow on stdin: rollcall cat RUN");
    buf_puts(out, "SET TIME ZONE 'UTC';\nCOPY ");
    target_table_name(out, &sql, table->table);
    buf_puts(out, " (");
    target_column_list(out, &sql, table->schema);
    buf_printf(out,
               ")\nFROM STDIN WITH (FORMAT csv,\n    HEADER %s,\n"
               "    ENCODING 'UTF8'",
               header(dialect));
    put_char(out, "DELIMITER", dialect->delimiter);
    put_char(out, "QUOTE", dialect->quote);
    put_char(out, "ESCAPE", dialect->quote);
    buf_puts(out, ",\n    NULL ");
    literal(out, dialect->null_text);
    buf_puts(out, ");\n");
    return 0;
}

static const struct target_part parts[] = {
    {.name = "table", .suffix = "sql", .write = write_table},
    {.name = "load", .suffix = "sql", .loads = true, .write = write_load},
    {0},
};

const struct target_format target_postgres = {
    .name = "postgres",
    .title = "PostgreSQL",
    .joins = true,
    .reads = READS_CRLF | READS_NULL_TEXT | READS_QUOTE,
    .parts = parts,
};
