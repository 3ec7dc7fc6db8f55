/*
 * emit_parts: what emit.c (choosing, guards), emit_rows.c (sorting and
 * writing) and emit_events.c (rows of events) share. Private to emit*.c.
 */
#ifndef ROLLCALL_EMIT_PARTS_H
#define ROLLCALL_EMIT_PARTS_H

#include "emit.h"
#include "writers.h"

struct chosen {
    const struct account *account;
    const struct value *sort; /* cells of the order columns */
    size_t sort_count;
};

/* Where the rows of one dataset go. */
struct emit_output {
    struct emission *emission;
    struct dataset_rows *rows;
    struct dataset_report *report;
    struct writers writers;
    const struct column *status; /* how much is known of a fact, or NULL */
    size_t status_index;
    struct join_notes notes;
    struct arena arena; /* of one row; reset before the next is joined */
};

/* Makes the row's cells and writes them, or refuses it. */
int emit_row(struct emit_output *out, const struct joined *joined,
             struct error *err);

/* All rows of a mapping of events, from the spool. */
int emit_events(struct emit_output *out, struct error *err);

#endif
