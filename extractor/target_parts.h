/*
 * target_parts: what one system says of itself, and what several share.
 * Private to target*.c.
 */
#ifndef ROLLCALL_TARGET_PARTS_H
#define ROLLCALL_TARGET_PARTS_H

#include "target.h"

/* What a system reads besides the default dialect. */
enum target_reads {
    READS_CRLF = 1,          /* lines that end with CR LF */
    READS_BOM = 2,           /* a byte order mark */
    READS_DECIMAL_COMMA = 4, /* numbers such as 1,5 */
    READS_NULL_TEXT = 8,     /* a null text apart from the same text quoted */
    READS_QUOTE = 16,        /* another quote than " */
    READS_ISO_TIMES = 32     /* ISO 8601 times, besides those of its mask */
};

/* How a system writes a time format. Other characters than letters and those
 * of `special` stand for themselves. */
struct target_mask {
    const char *year, *month, *day, *hour, *minute, *second;
    const char *milli;        /* NULL: fractions have no name */
    const char *special;      /* characters that must be quoted too, or NULL */
    const char *open, *close; /* quotes around letters; NULL: not possible */
    bool letters_plain;       /* letters stand for themselves */
};

struct target_format {
    const char *name;  /* "postgres" */
    const char *title; /* "PostgreSQL" */
    bool joins;
    unsigned reads;
    /* Its form of time formats; NULL: it reads ISO 8601 times alone. */
    const struct target_mask *mask;
    const struct target_part *parts;
};

extern const struct target_format target_powercenter;
extern const struct target_format target_postgres;
extern const struct target_format target_duckdb;
extern const struct target_format target_snowflake;
extern const struct target_format target_bigquery;
extern const struct target_format target_redshift;
extern const struct target_format target_spark;
extern const struct target_format target_jsonschema;

/* How one system writes SQL. */
struct target_sql {
    bool upper; /* an unquoted identifier is read in upper case */
    void (*type)(struct buf *out, const struct column *column);
    void (*literal)(struct buf *out, const char *text);
};

/* CREATE TABLE, with keys, and COMMENT ON for each description. */
void target_create_table(const struct target_table *table,
                         const struct target_sql *sql, struct buf *out);
/* "name" with its quotes doubled. */
void target_identifier(struct buf *out, const struct target_sql *sql,
                       const char *name);
/* SCHEMA.TABLE as "SCHEMA"."TABLE". */
void target_table_name(struct buf *out, const struct target_sql *sql,
                       const char *table);
/* "a", "b", … of all columns. */
void target_column_list(struct buf *out, const struct target_sql *sql,
                        const struct schema *schema);

/* 'text' with its apostrophes doubled; backslashes are plain. */
void target_literal(struct buf *out, const char *text);
/* The same where a backslash escapes, so it is doubled too. */
void target_escaped_literal(struct buf *out, const char *text);
/* The same of one character, a tab as \t. */
void target_escaped_char(struct buf *out, char c);
/* -- text, a comment of one line whatever the text. */
void target_comment(struct buf *out, const char *text);
/* LOCATION/NAME-*.csv.gz */
void target_glob(struct buf *out, const struct target_table *table);
/* Of the files: ".csv.gz" or ".csv". */
const char *target_suffix(const struct target_table *table);

/* The dialect's time format in the system's words. -1: it has none for it. */
int target_time_mask(const char *format, const struct target_mask *mask,
                     struct buf *out);
/* %Y-%m-%d %H:%M:%S, with T, .%f, and Z, +00 or +00:00 where wanted. zone: it
 * ends with one. */
bool target_time_is_iso(const char *format, bool *zone);
bool target_has_type(const struct schema *schema, enum value_type type);

/* NAME="text" with a blank before it. A line end stays one; other controls,
 * for which XML 1.0 has no form, become blanks. */
void target_attribute(struct buf *out, const char *name, const char *value);
void target_attribute_number(struct buf *out, const char *name, size_t value);
/* A name as Designer takes it: [A-Z_][A-Z0-9_]*. */
void target_port_name(struct buf *out, const char *text);
/* The SOURCEFIELD of one column; *offset is that of the next after it. */
void target_port(struct buf *out, const struct schema *schema, size_t index,
                 size_t *offset);

/* 0, or -1 with *err set: what of the dialect the system cannot read. */
int target_check_dialect(const struct target_format *format,
                         const struct target_table *table, struct error *err);

#endif
