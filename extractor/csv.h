/*
 * csv: comma separated values, both ways. Sole owner of libcsv.
 *
 * Writing: csv_put_*() append to a buf according to a dialect; call
 * csv_row_start() before the first cell of a row and csv_row_end() after the
 * last. A null cell is the dialect's null text, unquoted (default: nothing);
 * empty text is `""`; other text is quoted only when it must be: it holds the
 * delimiter, the quote, CR or LF, begins or ends with a blank, equals the
 * null text, is \. (PostgreSQL's end of data), or begins like a byte order
 * mark, which readers take from the start of a file. RFC 4180 doubling. A row of
 * a single empty cell would be a blank line, which readers skip: see
 * csv_dialect_problem(). The byte order mark is the writer of the file's
 * business: CSV_BOM.
 *
 * Reading: strict (libcsv CSV_STRICT | CSV_STRICT_FINI). csv_reader_feed()
 * pushes bytes; each complete row reaches the callback with its cells; a cell
 * that was unquoted and empty is NULL, a quoted empty one is "". Unquoted
 * edge blanks are kept out by libcsv, which is right for files we wrote. A
 * byte order mark before the first row and blank lines are skipped. A cell
 * above CSV_CELL_MAX, a row above CSV_COLUMNS_MAX cells or CSV_ROW_MAX bytes,
 * and a NUL are ERROR_DATA. Errors name the row's number (the header is row
 * 1); the caller prefixes the file.
 */
#ifndef ROLLCALL_CSV_H
#define ROLLCALL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "error.h"

enum {
    CSV_CELL_MAX = 1024 * 1024,     /* bytes of one cell */
    CSV_ROW_MAX = 16 * 1024 * 1024, /* bytes of one row's cells */
    CSV_COLUMNS_MAX = 512
};

#define CSV_BOM "\xef\xbb\xbf"

enum csv_header_case { CSV_HEADER_AS_IS, CSV_HEADER_UPPER, CSV_HEADER_LOWER };

struct csv_dialect {
    char delimiter;          /* ',' */
    char quote;              /* '"' */
    bool header;             /* true */
    bool crlf;               /* false: rows end with LF */
    const char *null_text;   /* "" */
    const char *time_format; /* "%Y-%m-%d %H:%M:%S", see instant_format() */
    char decimal;            /* '.' */
    enum csv_header_case header_case;
    bool excel_safe; /* a text cell that starts with = + - @ TAB or CR
                        gets a leading apostrophe */
    bool bom;        /* false */
};

/* The default dialect, or a named preset ("rfc4180", "powercenter", "excel",
 * "postgres"); false when there is none of that name. */
bool csv_preset(const char *name, struct csv_dialect *out);
const char *csv_preset_names(void); /* "rfc4180, powercenter, …" */

/* What makes a dialect unreadable for a table of so many columns, or NULL.
 * The text names the setting first ("delimiter is also the quote"). */
const char *csv_dialect_problem(const struct csv_dialect *dialect,
                                size_t columns);

struct csv_writer {
    struct buf *out;
    const struct csv_dialect *dialect;
    bool first; /* no delimiter before the next cell */
};

void csv_row_start(struct csv_writer *w);
void csv_put_null(struct csv_writer *w);
void csv_put_text(struct csv_writer *w, const char *text);
/* A number, boolean, time or column name: quoted where needed, but never
 * given excel_safe's apostrophe. */
void csv_put_plain(struct csv_writer *w, const char *text);
/* What csv_put_text() puts before this text: "'" or "". */
const char *csv_text_prefix(const struct csv_dialect *dialect,
                            const char *text);
void csv_row_end(struct csv_writer *w);

struct csv_reader;
/* Returns 0 to go on, -1 (with *err set) to stop. */
typedef int csv_row_fn(void *context, const char *const *cells, size_t count,
                       struct error *err);

struct csv_reader *csv_reader_new(char delimiter, char quote, csv_row_fn *row,
                                  void *context); /* NULL: memory is out */
int csv_reader_feed(struct csv_reader *reader, const char *data, size_t len,
                    struct error *err);
int csv_reader_finish(struct csv_reader *reader, struct error *err);
void csv_reader_free(struct csv_reader *reader); /* NULL allowed */

#endif
