/*
 * writers: the rows of one dataset in every format the job asks for.
 *
 * Calling order: writers_open(); writers_row() for each row; writers_close(),
 * which with `result` 0 finishes all files and fills the dataset's report, and
 * else drops them. See writer.h.
 */
#ifndef ROLLCALL_WRITERS_H
#define ROLLCALL_WRITERS_H

#include "error.h"
#include "job.h"
#include "report.h"
#include "writer.h"

enum { WRITERS_MAX = 2 }; /* formats */

struct writers {
    struct writer *items[WRITERS_MAX];
    size_t count;
    struct dataset_report *report;
};

/* worker compresses, or may be NULL. report: its schema is written; it gets the
 * writers' reports. On -1 writers_close() is not needed. */
int writers_open(struct writers *writers, const struct job *job, int dir_fd,
                 struct worker *worker, struct dataset_report *report,
                 struct error *err);
int writers_row(struct writers *writers, const struct value *cells,
                struct error *err);
/* -1 when result was, or something could not be finished. */
int writers_close(struct writers *writers, int result, struct error *err);

#endif
