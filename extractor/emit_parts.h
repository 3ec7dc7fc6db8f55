/*
 * emit_parts: what emit.c (choosing, guards) and emit_rows.c (sorting and
 * writing) share. Private to emit*.c.
 */
#ifndef ROLLCALL_EMIT_PARTS_H
#define ROLLCALL_EMIT_PARTS_H

#include "emit.h"

struct chosen {
    const struct account *account;
    const struct value *sort; /* cells of the order columns */
    size_t sort_count;
};

#endif
