#include "strmap.h"

#include <stdlib.h>
#include <string.h>

enum { STRMAP_FIRST_ROOM = 32, STRMAP_FIRST_CAPACITY = 64 };

/* Eight bytes at a time, each folded in by a multiplication. Keys come from
 * the site that is read, which has nothing to gain from collisions. */
uint32_t strmap_hash(const char *text)
{
    size_t left = strlen(text);
    uint64_t hash = left;

    while (left > 0) {
        size_t bytes = left < sizeof(uint64_t) ? left : sizeof(uint64_t);
        uint64_t word = 0;

        memcpy(&word, text, bytes);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
        text += bytes;
        left -= bytes;
    }
    return (uint32_t)hash;
}

void strmap_release(struct strmap *map)
{
    free(map->slots);
    free(map->hashes);
    free(map->table);
    memset(map, 0, sizeof(*map));
}

void strmap_clear(struct strmap *map)
{
    if (map->table != NULL)
        memset(map->table, 0, map->capacity * sizeof(*map->table));
    map->count = 0;
}

/* Where the key's number stands in the table, or the free place for it. */
static uint32_t *find(const struct strmap *map, const char *key, uint32_t hash)
{
    size_t i = hash & (map->capacity - 1);

    for (; map->table[i] != 0; i = (i + 1) & (map->capacity - 1)) {
        size_t slot = map->table[i] - 1;

        if (map->hashes[slot] == hash &&
            strcmp(map->slots[slot].key, key) == 0)
            break;
    }
    return &map->table[i];
}

/* Keys are all different, so only a free place is looked for. */
static void fill_table(struct strmap *map)
{
    for (size_t slot = 0; slot < map->count; slot++) {
        size_t i = map->hashes[slot] & (map->capacity - 1);

        while (map->table[i] != 0)
            i = (i + 1) & (map->capacity - 1);
        map->table[i] = (uint32_t)slot + 1;
    }
}

static int grow_table(struct strmap *map)
{
    size_t capacity = map->capacity ? map->capacity * 2 : STRMAP_FIRST_CAPACITY;
    uint32_t *table = calloc(capacity, sizeof(*table));

    if (table == NULL)
        return -1;
    free(map->table);
    map->table = table;
    map->capacity = capacity;
    fill_table(map);
    return 0;
}

static int grow_slots(struct strmap *map)
{
    size_t room = map->room ? map->room + map->room / 2 : STRMAP_FIRST_ROOM;
    struct strmap_slot *slots = realloc(map->slots, room * sizeof(*slots));
    uint32_t *hashes;

    if (slots == NULL)
        return -1;
    map->slots = slots;
    hashes = realloc(map->hashes, room * sizeof(*hashes));
    if (hashes == NULL)
        return -1;
    map->hashes = hashes;
    map->room = room;
    return 0;
}

void *strmap_get_hashed(const struct strmap *map, const char *key,
                        uint32_t hash)
{
    uint32_t number;

    if (map->count == 0)
        return NULL;
    number = *find(map, key, hash);
    return number != 0 ? map->slots[number - 1].value : NULL;
}

void *strmap_get(const struct strmap *map, const char *key)
{
    return map->count != 0 ? strmap_get_hashed(map, key, strmap_hash(key))
                           : NULL;
}

int strmap_put(struct strmap *map, const char *key, void *value)
{
    return strmap_put_hashed(map, key, strmap_hash(key), value);
}

int strmap_put_hashed(struct strmap *map, const char *key, uint32_t hash,
                      void *value)
{
    uint32_t *number;

    if ((map->count + 1) * 4 > map->capacity * 3 && grow_table(map) != 0)
        return -1;
    if (map->count == map->room && grow_slots(map) != 0)
        return -1;
    number = find(map, key, hash);
    if (*number != 0) {
        map->slots[*number - 1].value = value;
        return 0;
    }
    map->slots[map->count] = (struct strmap_slot){key, value};
    map->hashes[map->count] = hash;
    *number = (uint32_t)++map->count;
    return 0;
}

const struct strmap_slot *strmap_next(const struct strmap *map,
                                      size_t *position)
{
    return *position < map->count ? &map->slots[(*position)++] : NULL;
}
