/*
 * prompt: a question on the terminal and its answer.
 *
 * The question goes to stderr, the answer is read from stdin byte by byte, so
 * that nothing is taken that a later reader of stdin is to have. Not for
 * secrets: what is typed is shown.
 */
#ifndef ROLLCALL_PROMPT_H
#define ROLLCALL_PROMPT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* Whether a person can be asked: stdin and stderr are terminals. */
bool prompt_possible(void);

/* Reads one line, without its end, into line; what does not fit is cut. 1 for
 * a line, 0 at the end of the input, -1 with *err set: ERROR_INTERRUPTED as
 * soon as *stop is not 0, or ERROR_IO. */
int prompt_line(const volatile sig_atomic_t *stop, char *line, size_t size,
                struct error *err);

#endif
