/*
 * reference_json: what another reader makes of a text, written so that two
 * readers can be compared: the repairs, then each value with its kind (k key,
 * n number, s string, 0 t f, { and [ closed by }); or else its error text.
 */
#ifndef ROLLCALL_TEST_REFERENCE_JSON_H
#define ROLLCALL_TEST_REFERENCE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* 0, or -1 when the text is refused. */
int reference_json(const char *text, size_t len, bool comments,
                   struct buf *out);

#endif
