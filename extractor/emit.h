/*
 * emit: from what was gathered to the rows of each dataset.
 *
 * Calling order: emit_prepare(), after which the datasets can be asked about
 * accounts; emit_choose() picks the accounts of every dataset and collects the
 * actors they will show; after resolve_actors(), emit_check() holds the guards
 * against the outcome; emit_open_changes() settles what each dataset of changes
 * counts from; emit_write() sorts, makes the rows and
 * writes every format; emit_release().
 * Rows are made one at a time; what is kept is one pointer per account chosen
 * and the cells it is sorted by. Of a mapping of events nothing is kept: its
 * rows are made from the spool, and sorted there unless they ascend as it does.
 */
#ifndef ROLLCALL_EMIT_H
#define ROLLCALL_EMIT_H

#include "changes.h"
#include "error.h"
#include "gather.h"
#include "join.h"
#include "observed.h"
#include "resolve.h"

struct chosen; /* one account of a dataset and its sort cells */

struct dataset_rows {
    struct join_input input;
    struct observed observed;
    const char *observed_column; /* NULL: the dataset keeps no observation */
    const char *key_column;      /* name of its single key, or NULL */
    struct chosen *rows;
    size_t count, capacity;
    uint64_t fresh;              /* chosen, and not in the run before */
    uint64_t undecided;          /* not chosen, for want of knowledge */
    struct value *cells;         /* of one row */
    struct value *sort_cells;    /* of all rows */
    struct arena arena;          /* texts of sort cells */
    struct changes *changes;     /* NULL: the mapping asks for none */
};

struct emission {
    const struct gather_options *options;
    struct gathered *gathered;
    struct resolved *resolved;
    struct dataset_rows datasets[SETUP_MAPPINGS_MAX];
    size_t count;
    struct strmap actors; /* raw actors that rows will show */
    struct arena arena;
};

/* previous_fd: directory of the run published before; -1: none. */
int emit_prepare(struct emission *emission, struct gathered *gathered,
                 struct resolved *resolved,
                 const struct gather_options *options, int previous_fd,
                 struct error *err);

int emit_choose(struct emission *emission, struct error *err);

/* ERROR_DATA when a guard trips; values and limits go to the report. The lists
 * can be checked before rows are chosen; emit_check() does both. */
int emit_check_lists(struct emission *emission, struct error *err);
int emit_check(struct emission *emission, struct error *err);

/* Once the run is known to be published; previous as it was opened. */
int emit_open_changes(struct emission *emission,
                      const struct previous *previous, struct error *err);

/* Datasets of changes are added to the report, which must have room. */
int emit_write(struct emission *emission, int dir_fd, struct error *err);

/* What the run published before tells of first observations: account id ->
 * int64_t*; NULL when it tells nothing. */
const struct strmap *emit_first_observed(const struct emission *emission);

void emit_release(struct emission *emission);

#endif
