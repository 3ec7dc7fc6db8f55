/*
 * writer: the rows of one dataset into parts, one writer per format.
 *
 * A format is one `struct writer_format` (csv, jsonl) and one line in the
 * table of writer.c. Calling order: writer_open(); writer_row() for each row in
 * final order; writer_close(), which finishes the last part and fills the
 * report; or writer_abort(). Parts are NAME-00001.csv.gz, …; a part is closed
 * at the first row after its size in the file reached part_size, and an empty
 * dataset still has one part. Cells arrive in schema order with the column's
 * type or null.
 *
 * CSV: CR LF, CR or LF in text become one blank and are counted; other C0
 * control characters but TAB become blanks; NUL cannot occur. Numbers are
 * plain decimals, never in exponent form; booleans are true and false; dates
 * YYYY-MM-DD. JSONL: one object a line, members in schema order, real nulls,
 * text unchanged, instants as RFC 3339 with Z, dates as YYYY-MM-DD.
 *
 * A cell above CSV_CELL_MAX or a record above WRITER_RECORD_MAX is ERROR_DATA;
 * a cell of another type than its column, or null where the column is not
 * nullable, ERROR_BUG: rows are checked before they come here. The texts of
 * errors name row number and column, never a value.
 */
#ifndef ROLLCALL_WRITER_H
#define ROLLCALL_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "csv.h"
#include "error.h"
#include "jsonw.h"
#include "schema.h"
#include "sink.h"
#include "value.h"

enum {
    WRITER_PARTS_MAX = 10000,
    WRITER_RECORD_MAX = 16 * 1024 * 1024, /* bytes of one line */
    /* Measured on a dataset of 23,370 rows: less than half the time of 6, the
     * usual one, for 15 % more bytes; 5 saves a fifth for 3 %, and below 3
     * there is no more to be had. */
    WRITER_GZIP_LEVEL = 3
};

struct part_report {
    char name[96]; /* file name inside the run's directory */
    uint64_t rows;
    uint64_t longest; /* bytes of the longest line, header and line end
                         included, byte order mark not */
    struct sink_facts facts;
};

struct writer_report {
    const char *format;        /* "csv", "jsonl" */
    struct part_report *parts; /* owned: writer_report_release() */
    size_t part_count;
    uint64_t rows;
    uint64_t newlines_replaced; /* CSV only */
    uint64_t controls_replaced; /* CSV only */
};

struct writer_options {
    int dir_fd; /* the run's directory being built */
    const struct schema *schema;
    const struct csv_dialect *dialect;
    uint64_t part_size; /* bytes as the file has them */
    bool plain;         /* not compressed: no .gz at the end of the names */
    mode_t mode;
    struct worker *worker; /* of the sinks; may be NULL */
};

struct writer;

struct writer *writer_open(const char *format,
                           const struct writer_options *options,
                           struct error *err);
int writer_row(struct writer *writer, const struct value *cells,
               struct error *err);
/* A line that a writer of this format made, line end included, behind `head`:
 * what merging adds to it. It is one row. */
int writer_line(struct writer *writer, const char *head, const char *line,
                size_t len, struct error *err);
/* Frees the writer always. */
int writer_close(struct writer *writer, struct writer_report *report,
                 struct error *err);
void writer_abort(struct writer *writer); /* NULL allowed */
void writer_report_release(struct writer_report *report);

/* The text of a present cell as a CSV of this dialect holds it, before
 * excel_safe and quoting; what was replaced in it is added to *counts. Both
 * formats of a dataset are compared in this form. -1: not a number, or the
 * buf's ceiling was passed. */
int writer_csv_text(const struct csv_dialect *dialect,
                    const struct value *value, struct buf *out,
                    struct writer_report *counts);

/* A present value as a member of a JSONL row. -1: a date that has no text. */
int writer_json_value(struct jsonw *w, const char *name,
                      const struct value *value);

/* The column's name in a CSV header. */
int writer_csv_name(const struct csv_dialect *dialect, const char *name,
                    struct buf *out);

#endif
