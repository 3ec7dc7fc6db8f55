/*
 * put: what a verb says on stdout, whole or as an error.
 *
 * put_text() writes a text and flushes; of one that found no memory or met its
 * ceiling nothing is written. put_flush() is for what was printed already.
 * Both return 0, or -1 with the cause told.
 */
#ifndef ROLLCALL_PUT_H
#define ROLLCALL_PUT_H

#include "buf.h"
#include "error.h"

int put_text(const struct buf *text, struct error *err);
int put_flush(struct error *err);

#endif
