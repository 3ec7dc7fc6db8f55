/*
 * sheet_parts: what sheet.c (the file), sheet_header.c (its columns) and
 * sheet_row.c (a row) share. Private to sheet*.c.
 */
#ifndef ROLLCALL_SHEET_PARTS_H
#define ROLLCALL_SHEET_PARTS_H

#include "arena.h"
#include "buf.h"
#include "sheet.h"

/* A column of the file. */
struct sheet_column {
    const char *header;
    const char *member; /* in the objects; NULL: it is left out */
};

struct sheet {
    const struct sheet_options *options;
    struct sheet_facts *facts;
    struct arena arena; /* names of the columns */
    struct sheet_column *columns; /* NULL: the header is not read yet */
    size_t column_count;
    struct buf text; /* of the row at hand, as JSON */
    struct buf joined;
    uint64_t number; /* of the row at hand */
};

/* Appends a name to a list of at most SHEET_NAMES_MAX bytes. */
void sheet_list(char list[SHEET_NAMES_MAX], const char *name);

int sheet_take_header(struct sheet *sheet, const char *const *cells,
                      size_t count, struct error *err);
int sheet_take_row(struct sheet *sheet, const char *const *cells, size_t count,
                   struct error *err);

#endif
