/*
 * join_parts: what join.c (rows) and join_event.c (events and their people)
 * share. Private to join*.c.
 */
#ifndef ROLLCALL_JOIN_PARTS_H
#define ROLLCALL_JOIN_PARTS_H

#include "join.h"

struct value join_subject_value(const struct joined *joined,
                                enum subject_part part);
struct value join_actor_value(const struct joined *joined,
                              enum actor_part part);

#endif
