/*
 * changes_parts: what changes.c (rows) and changes_baseline.c (the run they
 * are compared with) share. Private to changes*.c.
 */
#ifndef ROLLCALL_CHANGES_PARTS_H
#define ROLLCALL_CHANGES_PARTS_H

#include "arena.h"
#include "buf.h"
#include "changes.h"
#include "past.h"
#include "writers.h"

/* Key cells of a row that is gone, in the order of the dataset. */
struct change_key {
    bool set;
    struct value cells[SCHEMA_COLUMNS_MAX];
    struct arena texts;
};

struct changes {
    const struct changes_options *options;
    const struct rules *rules;
    struct changes_options kept;
    struct changes_report facts;
    struct past *past;    /* of the baseline; NULL: there is none */
    struct past_row old;  /* first row not yet dealt with */
    bool has_old;
    struct change_key last; /* of the newest row */
    struct writers writers;
    bool started;
    struct value *cells;  /* of a row of changes */
    struct buf names, before;
};

/* Fills changes->facts; opens changes->past on its first row. */
int changes_find_baseline(struct changes *changes, struct error *err);

/* The next old row, if any, into changes->old. */
int changes_next_old(struct changes *changes, struct error *err);

/* Notes the key of a row. 1: it does not come after the key noted before. */
int changes_note_key(const struct rules *rules, struct change_key *key,
                     const struct value *cells, struct error *err);

#endif
