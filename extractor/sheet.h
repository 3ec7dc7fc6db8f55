/*
 * sheet: a CSV file that somebody exported by hand, row by row.
 *
 * sheet_read() reads a whole file (.csv, or .csv.gz by its suffix) and gives
 * each row to a callback as the JSON object that the source's "csv" describes
 * (source.h). One row is in memory at a time.
 *
 * Read strictly, because nobody asks for a bad page again: text that is not
 * UTF-8, quotes out of place, a column that is required and not there, one
 * that is there twice, a row with fewer cells than the header (or more, unless
 * the source allows it), a cut or damaged gzip stream, a web page, workbook or
 * other thing under the name of a CSV file, and a file that changed while it
 * was read are ERROR_DATA, with the path and, where there is one, the row; the
 * header is row 1. A missing file is ERROR_NO_INPUT.
 *
 * The facts are filled as far as they are known, also on failure.
 */
#ifndef ROLLCALL_SHEET_H
#define ROLLCALL_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "json.h"
#include "sink.h"
#include "source.h"

enum { SHEET_NAMES_MAX = 256 }; /* bytes of a list of columns, cut with "…" */

struct sheet_facts {
    struct sink_facts file;
    int64_t modified;       /* of the file, an instant */
    uint64_t rows;          /* below the header */
    uint64_t extra_cells;   /* beyond the header, as the source allows */
    size_t columns;         /* of the header that the source knows */
    size_t unknown_columns; /* and those it does not */
    char unknown[SHEET_NAMES_MAX]; /* their names */
};

struct sheet_options {
    const struct source *source;
    const char *path;
    /* number: of the row, from 2. Returns 0, or -1 with *err set. */
    int (*row)(void *context, const struct json *item, uint64_t number,
               struct error *err);
    void *context;
};

int sheet_read(const struct sheet_options *options, struct sheet_facts *facts,
               struct error *err);

#endif
