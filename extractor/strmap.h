/*
 * strmap: text to pointer, for account ids, user keys and record ids.
 *
 * Keys are not copied: they must outlive the map (an arena, usually). Insert
 * and look up in O(1); strmap_next() walks in the order of insertion, so sort
 * before anything is published whose order must not depend on arrival.
 * A zeroed struct is a valid empty map. Limit: 2^31 entries.
 *
 * Entries stand close together, 16 bytes each, and a table of their numbers
 * finds them: with a hundred thousand accounts there are half a dozen maps of
 * that size, and entries in a half empty table would be most of their memory.
 * A look-up mostly waits for memory; the hashes stand beside the numbers, so
 * that it reads one place there, then the entry, then its key.
 */
#ifndef ROLLCALL_STRMAP_H
#define ROLLCALL_STRMAP_H

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
    const char *key;
    void *value;
};

struct strmap_place {
    uint32_t number; /* of the slot, + 1; 0: free */
    uint32_t hash;   /* of its key */
};

struct strmap {
    struct strmap_slot *slots; /* in order of insertion */
    size_t count, room;        /* slots in use; slots there are */
    struct strmap_place *table; /* by hash */
    size_t capacity;           /* of the table: power of two, or 0 */
};

void strmap_release(struct strmap *map);
void strmap_clear(struct strmap *map); /* forgets all entries, keeps memory */

/* The value, or NULL when the key is absent. */
void *strmap_get(const struct strmap *map, const char *key);

/* Inserts or replaces. Returns 0, or -1 when memory is out. */
int strmap_put(struct strmap *map, const char *key, void *value);

/* The same with the key's hash at hand, for who asks several maps. */
uint32_t strmap_hash(const char *key);
void *strmap_get_hashed(const struct strmap *map, const char *key,
                        uint32_t hash);
int strmap_put_hashed(struct strmap *map, const char *key, uint32_t hash,
                      void *value);

/* Walks: start with *position = 0; NULL at the end. */
const struct strmap_slot *strmap_next(const struct strmap *map,
                                      size_t *position);

#endif
