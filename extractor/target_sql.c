/* What all SQL has in common: names, and the table. */
#include <string.h>

#include "target_parts.h"

static void put_name(struct buf *out, const struct target_sql *sql,
                     const char *name, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        bool lower = name[i] >= 'a' && name[i] <= 'z';

        if (name[i] == '"')
            buf_putc(out, '"');
        buf_putc(out,
                 sql->upper && lower ? (char)(name[i] - 'a' + 'A') : name[i]);
    }
    buf_putc(out, '"');
}

void target_identifier(struct buf *out, const struct target_sql *sql,
                       const char *name)
{
    put_name(out, sql, name, strlen(name));
}

void target_table_name(struct buf *out, const struct target_sql *sql,
                       const char *table)
{
    for (;;) {
        size_t len = strcspn(table, ".");

        put_name(out, sql, table, len);
        if (table[len] == '\0')
            return;
        buf_putc(out, '.');
        table += len + 1;
    }
}

void target_column_list(struct buf *out, const struct target_sql *sql,
                        const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (i > 0)
            buf_puts(out, ", ");
        target_identifier(out, sql, schema->columns[i].name);
    }
}

static void put_primary_key(struct buf *out, const struct target_sql *sql,
                            const struct schema *schema)
{
    size_t keys = 0;

    for (size_t i = 0; i < schema->count; i++) {
        if (!schema->columns[i].key)
            continue;
        buf_puts(out, keys++ == 0 ? ",\n    PRIMARY KEY (" : ", ");
        target_identifier(out, sql, schema->columns[i].name);
    }
    if (keys > 0)
        buf_putc(out, ')');
}

/* column NULL: on the table. */
static void comment_on(const struct target_table *table,
                       const struct target_sql *sql,
                       const struct column *column, const char *text,
                       struct buf *out)
{
    if (text == NULL)
        return;
    buf_puts(out, column != NULL ? "COMMENT ON COLUMN " : "COMMENT ON TABLE ");
    target_table_name(out, sql, table->table);
    if (column != NULL) {
        buf_putc(out, '.');
        target_identifier(out, sql, column->name);
    }
    buf_puts(out, " IS ");
    sql->literal(out, text);
    buf_puts(out, ";\n");
}

void target_create_table(const struct target_table *table,
                         const struct target_sql *sql, struct buf *out)
{
    const struct schema *schema = table->schema;

    buf_puts(out, "CREATE TABLE ");
    target_table_name(out, sql, table->table);
    buf_puts(out, " (");
    for (size_t i = 0; i < schema->count; i++) {
        buf_puts(out, i == 0 ? "\n    " : ",\n    ");
        target_identifier(out, sql, schema->columns[i].name);
        buf_putc(out, ' ');
        sql->type(out, &schema->columns[i]);
        if (!schema->columns[i].nullable)
            buf_puts(out, " NOT NULL");
    }
    put_primary_key(out, sql, schema);
    buf_puts(out, "\n);\n");
    comment_on(table, sql, NULL, schema->title, out);
    for (size_t i = 0; i < schema->count; i++)
        comment_on(table, sql, &schema->columns[i],
                   schema->columns[i].description, out);
}
