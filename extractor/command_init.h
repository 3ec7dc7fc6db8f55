/*
 * command_init: what the files of `rollcall init` share. Private to
 * command_init*.c.
 */
#ifndef ROLLCALL_COMMAND_INIT_H
#define ROLLCALL_COMMAND_INIT_H

#include <stdbool.h>

#include "error.h"

/* Writes a new job file, 0600, in one step: a temporary file beside it, read
 * back as a run would read it, then renamed. Errors name path, and leave
 * nothing behind; ERROR_CANT_CREATE when there is a file already and over is
 * not set. */
int command_init_write(const char *path, const char *text, bool over,
                       struct error *err);

/* The error of a file that is there already. Returns -1. */
int command_init_exists(const char *path, struct error *err);

#endif
