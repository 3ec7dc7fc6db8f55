/*
 * recent: was this id seen lately? Bounded memory, whatever comes.
 *
 * Remembers at least the last `span` ids and at most twice as many. Used for
 * the records of a log window, where a duplicate can only lie a few pages
 * back.
 */
#ifndef ROLLCALL_RECENT_H
#define ROLLCALL_RECENT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "strmap.h"

struct recent {
    size_t span;
    struct arena arenas[2]; /* of the present and the past half */
    struct strmap maps[2];
    int present;
};

void recent_init(struct recent *recent, size_t span);
void recent_release(struct recent *recent);

/* *seen says whether id was remembered; it is now. -1: memory is out. */
int recent_add(struct recent *recent, const char *id, bool *seen);

#endif
