/*
 * lock: a file that says who is at work, and keeps a second run out.
 *
 * lock_take() makes the file when it is missing, locks it (flock) and writes
 * the holder's pid and run into it. Closing the descriptor releases the lock;
 * it goes with the process, the file stays. Held by another: ERROR_TRY_LATER,
 * naming that holder.
 */
#ifndef ROLLCALL_LOCK_H
#define ROLLCALL_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

enum { LOCK_HOLDER_MAX = 128 };

/* Leaves the first line of what a holder wrote, and only plain characters of
 * it, because it is shown. */
void lock_plain_line(char *text);

/* The descriptor, or -1. name, relative to dir_fd, stands in error texts. */
int lock_take(int dir_fd, const char *name, const char *run_id, mode_t mode,
              struct error *err);

/* Whether a process holds it, and what it wrote about itself; looks without
 * locking. */
bool lock_holder(int dir_fd, const char *name, char text[LOCK_HOLDER_MAX]);

#endif
