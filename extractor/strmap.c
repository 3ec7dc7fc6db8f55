#include "strmap.h"

#include <stdlib.h>
#include <string.h>

enum { STRMAP_FIRST_CAPACITY = 64 };

/* FNV-1a, 64 bit. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text != '\0'; text++) {
        hash ^= (unsigned char)*text;
        hash *= 1099511628211u;
    }
    return hash;
}

void strmap_release(struct strmap *map)
{
    free(map->slots);
    memset(map, 0, sizeof(*map));
}

void strmap_clear(struct strmap *map)
{
    if (map->slots != NULL)
        memset(map->slots, 0, map->capacity * sizeof(*map->slots));
    map->count = 0;
}

static struct strmap_slot *find(const struct strmap *map, const char *key,
                                uint64_t hash)
{
    size_t i = hash & (map->capacity - 1);

    while (map->slots[i].key != NULL) {
        if (map->slots[i].hash == hash && strcmp(map->slots[i].key, key) == 0)
            break;
        i = (i + 1) & (map->capacity - 1);
    }
    return &map->slots[i];
}

static int grow(struct strmap *map)
{
    struct strmap old = *map;
    size_t capacity = old.capacity ? old.capacity * 2 : STRMAP_FIRST_CAPACITY;

    map->slots = calloc(capacity, sizeof(*map->slots));
    if (map->slots == NULL) {
        *map = old;
        return -1;
    }
    map->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].key != NULL)
            *find(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    }
    free(old.slots);
    return 0;
}

void *strmap_get(const struct strmap *map, const char *key)
{
    if (map->count == 0)
        return NULL;
    return find(map, key, hash_text(key))->value;
}

int strmap_put(struct strmap *map, const char *key, void *value)
{
    uint64_t hash = hash_text(key);
    struct strmap_slot *slot;

    if ((map->count + 1) * 4 > map->capacity * 3 && grow(map) != 0)
        return -1;
    slot = find(map, key, hash);
    if (slot->key == NULL) {
        map->count++;
        slot->key = key;
        slot->hash = hash;
    }
    slot->value = value;
    return 0;
}

const struct strmap_slot *strmap_next(const struct strmap *map,
                                      size_t *position)
{
    while (*position < map->capacity) {
        const struct strmap_slot *slot = &map->slots[(*position)++];
        if (slot->key != NULL)
            return slot;
    }
    return NULL;
}
