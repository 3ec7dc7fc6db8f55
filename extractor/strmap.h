/*
 * strmap: text to pointer, for account ids, user keys and record ids.
 *
 * Keys are not copied: they must outlive the map (an arena, usually). Insert
 * and look up in O(1); strmap_next() walks in slot order, which depends on the
 * keys and the capacity only, but sort before anything is published.
 * A zeroed struct is a valid empty map. Limit: 2^31 entries.
 */
#ifndef ROLLCALL_STRMAP_H
#define ROLLCALL_STRMAP_H

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
    const char *key; /* NULL: free */
    void *value;
    uint64_t hash;
};

struct strmap {
    struct strmap_slot *slots;
    size_t capacity; /* power of two, or 0 */
    size_t count;
};

void strmap_release(struct strmap *map);
void strmap_clear(struct strmap *map); /* forgets all entries, keeps memory */

/* The value, or NULL when the key is absent. */
void *strmap_get(const struct strmap *map, const char *key);

/* Inserts or replaces. Returns 0, or -1 when memory is out. */
int strmap_put(struct strmap *map, const char *key, void *value);

/* Walks: start with *position = 0; NULL at the end. */
const struct strmap_slot *strmap_next(const struct strmap *map,
                                      size_t *position);

#endif
