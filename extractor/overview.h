/*
 * overview: one HTML page about a published run, for people.
 *
 * Calling order: overview_open() finds the run and reads its manifest;
 * overview_read() reads the rows of the dataset, and those of the run before
 * beside them; overview_write() reads the rows once more and writes the page;
 * overview_free(). The same run, beside the same older runs, gives the same
 * bytes; runs of a later as-of time are not looked at.
 *
 * The page holds all it needs and asks for nothing: its style and script are
 * in it and named by their hashes in a Content-Security-Policy that forbids
 * everything else. Its table is drawn by the script from the rows, which are
 * in the page once, as JSON:
 *   {"dataset", "columns": [{"name", "title", "about", "type": "text" |
 *    "time" | "date" | "number" | "boolean", "shown", "person", "values":
 *    [texts]}], "rows": [[cells]]}
 * A cell of a column with values is an index into them; a time is seconds
 * since 1970; one cell more, 1, marks a row that the run before did not have.
 *
 * Each part that is read is held against the manifest: one that is missing,
 * damaged or of other columns is ERROR_DATA or ERROR_NO_INPUT, as past.h has
 * it, and there is no page. A damaged run before only leaves the comparison
 * out, and the page says so.
 *
 * With mask, people have codes (mask.h) under a key that is made of the
 * manifest, so codes of two runs cannot be compared. Names, e-mails and ids
 * are masked by what their columns are called; of other texts only those stay
 * that are known to tell of no person (closed lists of values, actions,
 * sources …), the rest, numbers too, reads "masked"; times, dates and booleans
 * stay. Folders and files of the machine are
 * not named, with or without it.
 *
 * Memory: OVERVIEW_* below; it does not grow with rows.
 */
#ifndef ROLLCALL_OVERVIEW_H
#define ROLLCALL_OVERVIEW_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "html.h"

enum {
    OVERVIEW_PEOPLE_MAX = 10000, /* counted singly in a panel */
    OVERVIEW_VALUES_MAX = 500,   /* texts that a column's list may have */
    OVERVIEW_GONE_MAX = 200,     /* rows shown that only the run before has */
    OVERVIEW_RUNS_MAX = 30,      /* older runs shown */
    OVERVIEW_SPANS_MAX = 400     /* windows drawn singly, a log */
};

struct overview_options {
    const char *path;    /* as verify_open_run() takes it */
    const char *dataset; /* NULL: the run's first */
    const char *title;   /* NULL: made of the dataset */
    bool mask;
    uint64_t rows_max;   /* in the table; the figures are always of all */
    const volatile sig_atomic_t *stop; /* not 0: end with ERROR_INTERRUPTED */
};

struct overview;

/* options and what they name must outlive the overview. NULL with *err. */
struct overview *overview_open(const struct overview_options *options,
                               struct error *err);
const char *overview_run_id(const struct overview *overview);
int overview_run_fd(const struct overview *overview);

int overview_read(struct overview *overview, struct error *err);

/* base: the run's folder as a relative URL that ends with "/", for links to
 * its files; NULL: they are named and not linked. */
int overview_write(struct overview *overview, struct html *h, const char *base,
                   struct error *err);
void overview_free(struct overview *overview); /* NULL allowed */

#endif
