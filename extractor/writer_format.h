/*
 * writer_format: what writer.c needs from one format. Private to writer*.c.
 *
 * Both functions append one or more whole lines to `record`; a passed ceiling
 * of record or cell is found by writer.c.
 */
#ifndef ROLLCALL_WRITER_FORMAT_H
#define ROLLCALL_WRITER_FORMAT_H

#include "buf.h"
#include "writer.h"

struct writer_line {
    const struct writer_options *options;
    struct buf record;            /* the line being made */
    struct buf cell;              /* for the text of one cell */
    struct writer_report *counts; /* of what was replaced */
};

struct writer_format {
    const char *name; /* also the first suffix of its parts */
    const char *mark; /* bytes before the first line, or NULL: none */
    /* The header line; NULL: the format has none. */
    void (*head)(struct writer_line *line);
    /* One row. The index of the column that could not be written, or -1. */
    int (*row)(struct writer_line *line, const struct value *cells);
};

extern const struct writer_format writer_csv;
extern const struct writer_format writer_jsonl;

#endif
