/*
 * spool_parts: an event as bytes, for spool.c. Private to spool*.c.
 */
#ifndef ROLLCALL_SPOOL_PARTS_H
#define ROLLCALL_SPOOL_PARTS_H

#include "buf.h"
#include "spool.h"

/* All but time, source and id, behind what out holds; test buf_ok(). */
void spool_pack(const struct event *event, struct buf *out);

/* Texts of the event point into data. -1: it was not packed here. */
int spool_unpack(const void *data, size_t len, struct event *event);

#endif
