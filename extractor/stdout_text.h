/*
 * stdout_text: what a command says, and whether it could be said. stdout_put()
 * writes a whole text or, where memory was out or its limit was met, nothing of
 * it; stdout_flush() is for what was printed already. Both return 0, or -1
 * with ERROR_IO or that of the text.
 */
#ifndef ROLLCALL_STDOUT_TEXT_H
#define ROLLCALL_STDOUT_TEXT_H

#include "buf.h"
#include "error.h"

int stdout_put(const struct buf *text, struct error *err);
int stdout_flush(struct error *err);

#endif
