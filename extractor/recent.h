/*
 * recent: was this id seen lately? Bounded memory, whatever comes.
 *
 * Remembers at least the last `span` ids and at most twice as many. Used for
 * the records of a log window, where a duplicate can only lie a few pages
 * back. Ids that are numbers, as of most logs, are kept as such.
 */
#ifndef ROLLCALL_RECENT_H
#define ROLLCALL_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "strmap.h"

struct recent_half {
    size_t count; /* of all */
    uint64_t *numbers; /* by hash; 0: free */
    size_t capacity;   /* of them: a power of two, or 0 */
    struct strmap texts;
    struct arena arena; /* of the texts */
};

struct recent {
    size_t span;
    struct recent_half halves[2]; /* the present and the past one */
    int present;
};

void recent_init(struct recent *recent, size_t span);
void recent_release(struct recent *recent);

/* *seen says whether id was remembered; it is now. -1: memory is out. */
int recent_add(struct recent *recent, const char *id, bool *seen);

#endif
