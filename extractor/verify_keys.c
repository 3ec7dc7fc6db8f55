/* Which keys were seen: an open-addressed set of 128-bit hashes. */
#include <stdlib.h>
#include <string.h>

#include "verify_parts.h"

enum { KEYS_FIRST = 1024 };

/* FNV-1a, started twice with different offsets. */
static uint64_t hash(const unsigned char *p, size_t len, uint64_t h)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3ULL;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 29);
}

int verify_keys_init(struct verify_keys *keys, uint64_t rows)
{
    memset(keys, 0, sizeof(*keys));
    keys->lots = rows / VERIFY_KEYS_MAX + 1;
    keys->capacity = KEYS_FIRST;
    keys->slots = calloc(keys->capacity, sizeof(*keys->slots));
    return keys->slots == NULL ? -1 : 0;
}

static struct verify_key *find(struct verify_key *slots, size_t capacity,
                               struct verify_key key)
{
    size_t at = (size_t)key.b & (capacity - 1);

    while ((slots[at].a != 0 || slots[at].b != 0) &&
           (slots[at].a != key.a || slots[at].b != key.b))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static int grow(struct verify_keys *keys)
{
    size_t capacity = keys->capacity * 2;
    struct verify_key *slots = calloc(capacity, sizeof(*slots));

    if (slots == NULL)
        return -1;
    for (size_t i = 0; i < keys->capacity; i++) {
        if (keys->slots[i].a != 0 || keys->slots[i].b != 0)
            *find(slots, capacity, keys->slots[i]) = keys->slots[i];
    }
    free(keys->slots);
    keys->slots = slots;
    keys->capacity = capacity;
    return 0;
}

int verify_keys_add(struct verify_keys *keys, const void *key, size_t len)
{
    struct verify_key entry = {hash(key, len, 0xcbf29ce484222325ULL),
                               hash(key, len, 0x84222325cbf29ce4ULL)};
    struct verify_key *slot;

    if (entry.a % keys->lots != keys->lot)
        return 0;
    if (keys->count >= keys->capacity / 4 * 3 && grow(keys) != 0)
        return -1;
    slot = find(keys->slots, keys->capacity, entry);
    if (slot->a != 0 || slot->b != 0)
        return 1;
    *slot = entry;
    keys->count++;
    return 0;
}
