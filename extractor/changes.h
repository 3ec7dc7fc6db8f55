/*
 * changes: what became of each row since the run published before, as a
 * dataset of its own (rules.h, struct change_rules), for loaders that merge.
 *
 * Calling order: changes_open() settles against which run, and reads that
 * run's rows once to be sure of them; changes_start() when the dataset's
 * files are begun; changes_row() for each row of the dataset, in its order;
 * changes_finish(); changes_free().
 *
 * Rows: op "insert" and "update" with the row as it is now, "delete" with the
 * row as it was; changed_at is the run's as-of time. Of an update,
 * changed_columns names the columns that differ and before is a JSON object
 * of their old values. Columns that come from run.* differ in every run and
 * make no update. At most one row a key, so the order of loading is free.
 *
 * The run before is the baseline (previous.h). With none, with one that
 * lacks the dataset or has other columns, and with one whose CSV times cannot
 * be read back, every row is an insert, and the report says "baseline" null
 * and why: such a set replaces the loader's table, it is not merged into it.
 * A baseline that is damaged is another matter: nobody knows what a loader
 * has of it, and a wrong delete or a lost one would not show. That trips the
 * guard changes_baseline (ERROR_DATA); accepted, every row is an insert.
 * Where the baseline has only CSV, rows are compared as a CSV holds them, and
 * a key that does not survive that form is ERROR_DATA.
 *
 * Both runs are read side by side in the order of their keys; memory does not
 * grow with rows.
 */
#ifndef ROLLCALL_CHANGES_H
#define ROLLCALL_CHANGES_H

#include "error.h"
#include "job.h"
#include "log.h"
#include "previous.h"
#include "report.h"
#include "rules.h"

struct changes;

struct changes_options {
    const struct rules *rules;         /* with changes */
    const struct previous *previous;
    const struct log *log;
    struct run_report *report;         /* for the guard */
};

/* All arguments must outlive the changes. NULL with *err set. */
struct changes *changes_open(const struct changes_options *options,
                             struct error *err);

/* report: of the dataset of changes; filled here and by changes_finish(). */
int changes_start(struct changes *changes, const struct job *job, int dir_fd,
                  struct dataset_report *report, struct error *err);

/* Two rows of one key are ERROR_DATA. */
int changes_row(struct changes *changes, const struct value *cells,
                struct error *err);

/* With a result other than 0 the files are dropped; -1 then as well. */
int changes_finish(struct changes *changes, int result, struct error *err);

void changes_free(struct changes *changes); /* NULL allowed */

#endif
