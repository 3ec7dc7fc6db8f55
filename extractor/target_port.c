/*
 * The columns of a PowerCenter source: names, types and precisions.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "target_parts.h"

enum {
    BOOLEAN_LENGTH = 5, /* "false" */
    DATE_LENGTH = 10,   /* "2026-11-23" */
    BIGINT_DIGITS = 19,
    DOUBLE_DIGITS = 15,
    DATETIME_DIGITS = 29, /* to the nanosecond */
    DATETIME_SCALE = 9
};

/* Of the flat file's usual targets (Oracle's list) and of PowerCenter's own
 * transformation language. In order. */
static const char *const reserved[] = {
    "ABORT",      "ACCESS",     "ADD",        "ALL",       "ALTER",
    "AND",        "ANY",        "AS",         "ASC",       "AUDIT",
    "BETWEEN",    "BY",         "CHAR",       "CHECK",     "CLUSTER",
    "COLUMN",     "COMMENT",    "COMPRESS",   "CONNECT",   "CREATE",
    "CURRENT",    "DATE",       "DECIMAL",    "DEFAULT",   "DELETE",
    "DESC",       "DISTINCT",   "DROP",       "ELSE",      "ERROR",
    "EXCLUSIVE",  "EXISTS",     "FALSE",      "FILE",      "FLOAT",
    "FOR",        "FROM",       "GRANT",      "GROUP",     "HAVING",
    "IDENTIFIED", "IMMEDIATE",  "IN",         "INCREMENT", "INDEX",
    "INITIAL",    "INSERT",     "INTEGER",    "INTERSECT", "INTO",
    "IS",         "LEVEL",      "LIKE",       "LOCK",      "LONG",
    "MAXEXTENTS", "MINUS",      "MLSLABEL",   "MODE",      "MODIFY",
    "NOAUDIT",    "NOCOMPRESS", "NOT",        "NOWAIT",    "NULL",
    "NUMBER",     "OF",         "OFFLINE",    "ON",        "ONLINE",
    "OPTION",     "OR",         "ORDER",      "PCTFREE",   "PRIOR",
    "PRIVILEGES", "PUBLIC",     "RAW",        "RENAME",    "RESOURCE",
    "REVOKE",     "ROW",        "ROWID",      "ROWNUM",    "ROWS",
    "SELECT",     "SESSION",    "SET",        "SHARE",     "SIZE",
    "SMALLINT",   "START",      "SUCCESSFUL", "SYNONYM",   "SYSDATE",
    "TABLE",      "THEN",       "TO",         "TRIGGER",   "TRUE",
    "UID",        "UNION",      "UNIQUE",     "UPDATE",    "USER",
    "VALIDATE",   "VALUES",     "VARCHAR",    "VARCHAR2",  "VIEW",
    "WHENEVER",   "WHERE",      "WITH",
};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], name) == 0)
            return true;
    }
    return false;
}

void target_port_name(struct buf *out, const char *text)
{
    if (isdigit((unsigned char)*text))
        buf_putc(out, '_');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 'a' && c <= 'z')
            buf_putc(out, (char)(c - 'a' + 'A'));
        else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            buf_putc(out, (char)c);
        else
            buf_putc(out, '_');
    }
}

static bool is_taken(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcasecmp(schema->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The column's name; a reserved word gets underscores until it is none and
 * no other column is called so. */
static void put_port(struct buf *out, const struct schema *schema,
                     const char *name)
{
    struct buf port;

    buf_init(&port, TARGET_TEXT_MAX);
    target_port_name(&port, name);
    if (is_reserved(port.data)) {
        do
            buf_putc(&port, '_');
        while (buf_ok(&port) && is_taken(schema, port.data));
    }
    if (!buf_ok(&port))
        out->failed = true;
    target_attribute(out, "NAME", port.data);
    buf_release(&port);
}

struct port {
    const char *type;
    size_t precision, scale, length;
};

static size_t longest_value(const char *const *values)
{
    size_t longest = 1;

    for (; *values != NULL; values++) {
        size_t characters = 0;

        for (const char *p = *values; *p != '\0'; p++)
            characters += ((unsigned char)*p & 0xc0) != 0x80;
        if (characters > longest)
            longest = characters;
    }
    return longest;
}

static size_t text_length(const struct column *column)
{
    if (column->length > 0)
        return column->length;
    return column->values != NULL ? longest_value(column->values)
                                  : CSV_CELL_MAX;
}

static struct port port_of(const struct column *column)
{
    switch (column->type) {
    case VALUE_INTEGER:
        return (struct port){"bigint", BIGINT_DIGITS, 0, BIGINT_DIGITS};
    case VALUE_NUMBER:
        return (struct port){"double", DOUBLE_DIGITS, 0, DOUBLE_DIGITS};
    case VALUE_TIMESTAMP:
        return (struct port){"datetime", DATETIME_DIGITS, DATETIME_SCALE,
                             DATETIME_DIGITS};
    case VALUE_BOOLEAN:
        return (struct port){"string", BOOLEAN_LENGTH, 0, BOOLEAN_LENGTH};
    case VALUE_DATE:
        return (struct port){"string", DATE_LENGTH, 0, DATE_LENGTH};
    default:
        return (struct port){"string", text_length(column), 0,
                             text_length(column)};
    }
}

void target_port(struct buf *out, const struct schema *schema, size_t index,
                 size_t *offset)
{
    const struct column *column = &schema->columns[index];
    const struct port port = port_of(column);

    buf_puts(out, "        <SOURCEFIELD BUSINESSNAME=\"\"");
    target_attribute(out, "DATATYPE", port.type);
    target_attribute(out, "DESCRIPTION",
                     column->description != NULL ? column->description : "");
    target_attribute_number(out, "FIELDNUMBER", index + 1);
    buf_puts(out, " FIELDPROPERTY=\"0\" FIELDTYPE=\"ELEMITEM\" HIDDEN=\"NO\" "
                  "KEYTYPE=\"NOT A KEY\"");
    target_attribute_number(out, "LENGTH", port.length);
    buf_puts(out, " LEVEL=\"0\"");
    put_port(out, schema, column->name);
    buf_puts(out, " NULLABLE=\"NULL\" OCCURS=\"0\"");
    target_attribute_number(out, "OFFSET", *offset);
    target_attribute_number(out, "PHYSICALLENGTH", port.length);
    target_attribute_number(out, "PHYSICALOFFSET", *offset);
    buf_puts(out, " PICTURETEXT=\"\"");
    target_attribute_number(out, "PRECISION", port.precision);
    target_attribute_number(out, "SCALE", port.scale);
    buf_puts(out, " USAGE_FLAGS=\"\"/>\n");
    *offset += port.length;
}
