/*
 * secret: turns a secret reference into the secret, and forgets it.
 *
 * Sources: an environment variable; a file, refused when group or others can
 * read it or when it is not a regular file (a link is judged by what it leads
 * to, as container platforms mount secrets as links); the first line of a command's
 * output (no shell), allowed only when the job file was named with -c. One
 * trailing line end is cut; empty text, control characters and more than
 * SECRET_MAX bytes are refused. Errors name the reference, never the text:
 * ERROR_CONFIG for a bad or missing reference, ERROR_AUTH for a failing
 * command. secret_release() wipes the memory.
 */
#ifndef ROLLCALL_SECRET_H
#define ROLLCALL_SECRET_H

#include <stdbool.h>

#include "error.h"
#include "job.h"

enum { SECRET_MAX = 16 * 1024 };

struct secret {
    char *text; /* NUL terminated; NULL when released */
};

/* job: whose commands may be run; they do not see the variables that secrets
 * of that job come from. NULL: no command is run. */
int secret_load(struct secret *secret, const struct secret_ref *ref,
                const struct job *job, struct error *err);
/* The same of a text of several lines, such as a key in PEM: line ends are let
 * be, and all that a command writes is taken. */
int secret_load_lines(struct secret *secret, const struct secret_ref *ref,
                      const struct job *job, struct error *err);
/* What the reference is called in errors. */
const char *secret_name(const struct secret_ref *ref);
/* From an open file, which stays open; path is for the errors. */
int secret_load_fd(struct secret *secret, int fd, const char *path,
                   struct error *err);
/* A copy of a text, held to the same rules; name is for the errors. */
int secret_set(struct secret *secret, const char *text, const char *name,
               struct error *err);
void secret_release(struct secret *secret);

#endif
