/*
 * past: the rows of one dataset of a published run, one after the other.
 *
 * Calling order: past_open(); past_next() until it gives 0, then all was read
 * and every hash and count of the manifest held; past_close(). JSONL parts
 * are read, or else the CSV parts. What is missing, damaged or not of the
 * schema is ERROR_DATA or ERROR_NO_INPUT that names the file. Order and keys
 * are the caller's to check.
 * Memory: the rows that end within PAST_CHUNK_BYTES, and the longest row.
 *
 * A CSV tells less than the row that was written: line breaks are blanks,
 * times are cut to its format, the null text may have been a text. So rows
 * are compared as the file holds them, see past_same().
 */
#ifndef ROLLCALL_PAST_H
#define ROLLCALL_PAST_H

#include "error.h"
#include "manifest.h"
#include "schema.h"
#include "value.h"

enum { PAST_CHUNK_BYTES = 16 * 1024 };

struct past_row {
    const struct value *cells; /* as many as the schema has */
    const char *const *texts;  /* CSV: as the file has them, NULL: null */
};

struct past;

/* schema: of the dataset; column names are not looked at. All arguments must
 * outlive the past. NULL when memory is out. */
struct past *past_open(const struct manifest *manifest, int dir_fd,
                       const struct schema *schema);
/* 1 and a row that lives until the next call; 0: no more; -1 with *err. */
int past_next(struct past *past, struct past_row *row, struct error *err);
void past_close(struct past *past); /* NULL allowed */

/* Whether writing `now` into the file the row comes from would give the cell
 * that is there: 1 or 0; -1 with *err when memory is out. */
int past_same(const struct past *past, const struct past_row *row,
              size_t column, const struct value *now, struct error *err);

/* Whether a cell comes back from that file as it is: what does not cannot be
 * a key to compare by. 1, 0 or -1 in the same way. */
int past_keeps(const struct past *past, const struct value *cell,
               struct error *err);

/* The first part of the dataset that past_open() would read; NULL: none. */
const struct manifest_resource *past_first(const struct manifest *manifest,
                                           const char *dataset);

#endif
