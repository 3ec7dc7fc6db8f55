/*
 * target: what a system that loads a dataset is to be told about it: tables,
 * source definitions, load statements, in that system's own words.
 *
 * A system is one `struct target_format` (target_parts.h), one file, and one
 * line in the table of target.c. Its texts are parts: "table", "load", ….
 * Calling order: target_find(); target_part() or target_parts(); fill a
 * struct target_table; target_write() for each part wanted.
 *
 * The load parts carry the job's CSV dialect, and whatever else makes null and
 * empty text, quotes, backslashes and times come out as they went in. Where a
 * system cannot read a dialect back, target_write() says which setting stands
 * in the way (ERROR_CONFIG) rather than write what loads wrong. Times are UTC
 * in every system. Identifiers are quoted always, so that no column name is a
 * reserved word, in the case in which that system reads unquoted ones.
 *
 * Column names are [a-z][a-z0-9_]* (schema.h); descriptions, table names and
 * locations are any text and are quoted by the rules of the system.
 */
#ifndef ROLLCALL_TARGET_H
#define ROLLCALL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "csv.h"
#include "error.h"
#include "schema.h"

enum { TARGET_TEXT_MAX = 16 * 1024 * 1024 }; /* bytes of one part */

struct target_table {
    const struct schema *schema;
    const struct csv_dialect *dialect;
    bool csv;             /* the job writes CSV */
    bool gzip;            /* and its files are compressed */
    const char *table;    /* "NAME" or "SCHEMA.NAME" in the system */
    const char *location; /* folder or URL of a run's files, no '/' at its
                             end; NULL: not known */
    /* Of PowerCenter's repository: its version, and, for the control file,
     * its name and the folder to import into; those two may be NULL. */
    const char *repository_version, *repository, *folder;
    int64_t created; /* the time that a source definition bears */
};

struct target_part {
    const char *name;   /* "table"; NULL ends a list */
    const char *suffix; /* of its file: "sql" */
    bool loads;         /* reads the CSV files, so the dialect matters */
    bool located;       /* names the location, which must be known */
    int (*write)(const struct target_table *table, struct buf *out,
                 struct error *err);
};

struct target_format;

/* NULL with *err set (ERROR_USAGE) when there is none of that name. */
const struct target_format *target_find(const char *name, struct error *err);
const char *target_names(void); /* "powercenter|postgres|…" */

/* In the order in which they are used. */
const struct target_part *target_parts(const struct target_format *format);
/* NULL with *err set (ERROR_USAGE) when the system has no such part. */
const struct target_part *target_part(const struct target_format *format,
                                      const char *name, struct error *err);
/* Whether all its parts, one after another, are one text. */
bool target_joins(const struct target_format *format);

/* Appends the text of one part. */
int target_write(const struct target_format *format,
                 const struct target_part *part,
                 const struct target_table *table, struct buf *out,
                 struct error *err);

#endif
