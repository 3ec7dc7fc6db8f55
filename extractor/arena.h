/*
 * arena: memory that is released all at once.
 *
 * For parsed configuration and for the account table: many small strings with
 * one life time. arena_init(&a), then arena_alloc/arena_strdup…, then
 * arena_release(&a). Every function returns NULL when memory is out; nothing
 * is freed singly. Pointers stay valid until arena_release().
 */
#ifndef ROLLCALL_ARENA_H
#define ROLLCALL_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *chunks; /* newest first */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Frees all but the newest chunk and starts over in it: for work that is done
 * again and again, such as one row. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
