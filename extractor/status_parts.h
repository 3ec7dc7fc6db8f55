/*
 * status_parts: what the files of status share. Private to status*.c.
 */
#ifndef ROLLCALL_STATUS_PARTS_H
#define ROLLCALL_STATUS_PARTS_H

#include "status.h"

/* status_logs.c: the sources of the last run, from its manifest. */
int status_read_sources(struct status *status, int out_fd, struct error *err);

/* status_state.c: what the job's state knows; what keeps it from being told
 * is a warning. */
int status_read_state(struct status *status, struct error *err);

int status_warn(struct status *status, struct error *err, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

/* How the text and the JSON call a run's state. */
const char *status_verdict(const struct runs_entry *entry);

/* Rows of a dataset; 0 and *found false when the run lacks it. */
uint64_t status_rows(const struct runs_entry *entry, const char *dataset,
                     bool *found);

#endif
