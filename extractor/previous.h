/*
 * previous: the run published before this one.
 *
 * previous_open() looks at OUT/latest. A run with this run's own id (published
 * again with --force) leads to the run it had superseded, so that the same
 * input gives the same output; a run of the same or a later as-of time is no
 * predecessor.
 * Nothing usable is not an error: found stays false and the log says why;
 * damaged tells a run that is there and cannot be read from none.
 * Trouble that says nothing about the run (ERROR_IO, out of memory) is one,
 * because without its predecessor a run would publish other rows.
 */
#ifndef ROLLCALL_PREVIOUS_H
#define ROLLCALL_PREVIOUS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "log.h"
#include "manifest.h"

struct previous {
    bool found;
    bool damaged;
    int dir_fd;
    struct manifest manifest;
};

int previous_open(struct previous *previous, int out_fd, const char *run_id,
                  int64_t as_of, const struct log *log, struct error *err);
void previous_close(struct previous *previous);

#endif
