/*
 * DuckDB: a table, and an INSERT that reads a run's files.
 *
 * By default read_csv() takes "" for null as well: allow_quoted_nulls tells
 * them apart. Nothing is left to its sniffer, and a line that does not fit
 * stops the load. duckdb.org/docs/stable/data/csv/overview
 */
#include "target_parts.h"

static const struct target_mask mask = {
    .year = "%Y",
    .month = "%m",
    .day = "%d",
    .hour = "%H",
    .minute = "%M",
    .second = "%S",
    .milli = "%g",
    .letters_plain = true,
};

/* A number is as exact as its source, which no DECIMAL of a fixed scale is;
 * DOUBLE holds 15 digits. */
static const char *const types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = "VARCHAR",      [VALUE_INTEGER] = "BIGINT",
    [VALUE_NUMBER] = "DOUBLE",       [VALUE_BOOLEAN] = "BOOLEAN",
    [VALUE_TIMESTAMP] = "TIMESTAMP", [VALUE_DATE] = "DATE",
};

static void put_type(struct buf *out, const struct column *column)
{
    buf_puts(out, types[column->type]);
}

static const struct target_sql sql = {.type = put_type,
                                      .literal = target_literal};

static int write_table(const struct target_table *table, struct buf *out,
                       struct error *err)
{
    (void)err;
    target_create_table(table, &sql, out);
    return 0;
}

static void put_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\n    %s = ", name);
    target_literal(out, text);
}

static void put_char(struct buf *out, const char *name, char c)
{
    const char text[] = {c, '\0'};

    put_text(out, name, text);
}

static void put_columns(struct buf *out, const struct schema *schema)
{
    buf_puts(out, ",\n    columns = {");
    for (size_t i = 0; i < schema->count; i++) {
        buf_puts(out, i == 0 ? "\n        " : ",\n        ");
        target_literal(out, schema->columns[i].name);
        buf_printf(out, ": '%s'", types[schema->columns[i].type]);
    }
    buf_puts(out, "}");
}

static void put_times(struct buf *out, const char *format)
{
    struct buf text;

    buf_init(&text, TARGET_TEXT_MAX);
    if (target_time_mask(format, &mask, &text) != 0 || !buf_ok(&text))
        out->failed = true;
    put_text(out, "timestampformat", text.data);
    buf_release(&text);
}

static int write_load(const struct target_table *table, struct buf *out,
                      struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;
    struct buf glob;

    (void)err;
    buf_init(&glob, TARGET_TEXT_MAX);
    target_glob(&glob, table);
    buf_puts(out, "INSERT INTO ");
    target_table_name(out, &sql, table->table);
    buf_puts(out, "\nSELECT * FROM read_csv(");
    target_literal(out, glob.data);
    if (!buf_ok(&glob))
        out->failed = true;
    buf_release(&glob);
    buf_printf(out,
               ",\n    auto_detect = false,\n    header = %s,\n"
               "    compression = '%s'",
               dialect->header ? "true" : "false",
               table->gzip ? "gzip" : "none");
    put_char(out, "delim", dialect->delimiter);
    put_char(out, "quote", dialect->quote);
    put_char(out, "escape", dialect->quote);
    put_text(out, "nullstr", dialect->null_text);
    buf_puts(out, ",\n    allow_quoted_nulls = false,\n"
                  "    null_padding = false,\n    ignore_errors = false,\n"
                  "    max_line_size = 33554432");
    put_char(out, "decimal_separator", dialect->decimal);
    put_text(out, "dateformat", "%Y-%m-%d");
    put_times(out, dialect->time_format);
    put_columns(out, table->schema);
    buf_puts(out, ");\n");
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

const struct target_format target_duckdb = {
    .name = "duckdb",
    .title = "DuckDB",
    .joins = true,
    .reads = READS_CRLF | READS_BOM | READS_DECIMAL_COMMA | READS_NULL_TEXT |
             READS_QUOTE,
    .mask = &mask,
    .parts = parts,
};
