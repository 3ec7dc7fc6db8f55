/*
 * pool: texts that repeat, each kept once.
 *
 * pool_init() over an arena, which owns the texts; pool_text() gives the one
 * copy; pool_release() before the arena's. At most `most` texts are kept, so
 * that a column thought to repeat cannot fill memory twice.
 */
#ifndef ROLLCALL_POOL_H
#define ROLLCALL_POOL_H

#include <stddef.h>

#include "arena.h"
#include "strmap.h"

struct pool {
    struct arena *arena;
    size_t most;
    struct strmap texts;
};

void pool_init(struct pool *pool, struct arena *arena, size_t most);
void pool_release(struct pool *pool);

/* NULL when the pool is full or memory is out: the caller keeps a copy of its
 * own. */
const char *pool_text(struct pool *pool, const char *text);

/* The same however full the pool is; NULL when memory is out. */
const char *pool_keep(struct pool *pool, const char *text);

#endif
