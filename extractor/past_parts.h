/*
 * past_parts: what past.c (files and rows) and past_cells.c (cells) share.
 * Private to past*.c.
 */
#ifndef ROLLCALL_PAST_PARTS_H
#define ROLLCALL_PAST_PARTS_H

#include "arena.h"
#include "buf.h"
#include "csv.h"
#include "past.h"
#include "sink.h"

struct past {
    const struct manifest *manifest;
    int dir_fd;
    const struct schema *schema;
    const char *format;
    const struct csv_dialect *dialect; /* CSV; NULL: JSONL */
    size_t next;                       /* resource to look at */
    const struct manifest_resource *part; /* being read, or NULL */
    struct source_file *file;
    struct csv_reader *csv;
    struct buf line;     /* JSONL: begun and not ended */
    bool header;         /* CSV: the next row is the header */
    uint64_t part_rows;
    struct past_row *rows; /* read and not yet given */
    size_t count, given, capacity;
    struct arena arena; /* of these rows */
    char chunk[PAST_CHUNK_BYTES];
};

/* A row at the end of past->rows. */
int past_take_cells(void *past, const char *const *cells, size_t count,
                    struct error *err);
int past_take_line(struct past *past, struct error *err);

#endif
