#include "strmap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STRMAP_FIRST_ROOM = 32, STRMAP_FIRST_CAPACITY = 64 };

/* Keys come from the site that is read, which has nothing to gain from
 * collisions. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* Eight bytes at a time; the last ones may be read twice. */
uint32_t strmap_hash(const char *text)
{
    size_t len = strlen(text), at = 0;
    uint64_t hash = len, word = 0;

    for (; len - at > sizeof(word); at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        hash = mix(hash, word);
    }
    if (len >= sizeof(word)) {
        memcpy(&word, text + len - sizeof(word), sizeof(word));
        return (uint32_t)mix(hash, word);
    }
    for (word = 0; at < len; at++)
        word = word << 8 | (unsigned char)text[at];
    return (uint32_t)mix(hash, word);
}

void strmap_release(struct strmap *map)
{
    free(map->slots);
    free(map->table);
    memset(map, 0, sizeof(*map));
}

void strmap_clear(struct strmap *map)
{
    if (map->table != NULL)
        memset(map->table, 0, map->capacity * sizeof(*map->table));
    map->count = 0;
}

/* Where the key stands in the table, or the free place for it. */
static struct strmap_place *find(const struct strmap *map, const char *key,
                                 uint32_t hash)
{
    size_t i = hash & (map->capacity - 1);

    for (; map->table[i].number != 0; i = (i + 1) & (map->capacity - 1)) {
        if (map->table[i].hash == hash &&
            strcmp(map->slots[map->table[i].number - 1].key, key) == 0)
            break;
    }
    return &map->table[i];
}

/* Keys are all different, so only a free place is looked for. */
static void move_places(const struct strmap *from, struct strmap *to)
{
    for (size_t old = 0; old < from->capacity; old++) {
        size_t i = from->table[old].hash & (to->capacity - 1);

        if (from->table[old].number == 0)
            continue;
        while (to->table[i].number != 0)
            i = (i + 1) & (to->capacity - 1);
        to->table[i] = from->table[old];
    }
}

static int grow_table(struct strmap *map)
{
    struct strmap grown = {.capacity = map->capacity ? map->capacity * 2
                                                     : STRMAP_FIRST_CAPACITY};

    grown.table = calloc(grown.capacity, sizeof(*grown.table));
    if (grown.table == NULL)
        return -1;
    move_places(map, &grown);
    free(map->table);
    map->table = grown.table;
    map->capacity = grown.capacity;
    return 0;
}

static int grow_slots(struct strmap *map)
{
    size_t room = map->room ? map->room + map->room / 2 : STRMAP_FIRST_ROOM;
    struct strmap_slot *slots = realloc(map->slots, room * sizeof(*slots));

    if (slots == NULL)
        return -1;
    map->slots = slots;
    map->room = room;
    return 0;
}

void *strmap_get_hashed(const struct strmap *map, const char *key,
                        uint32_t hash)
{
    uint32_t number;

    if (map->count == 0)
        return NULL;
    number = find(map, key, hash)->number;
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

/* Places next to each other are looked at faster than one elsewhere, so the
 * table may be rather full. */
static bool is_full(const struct strmap *map)
{
    return map->count + 1 > map->capacity - map->capacity / 8;
}

int strmap_put_hashed(struct strmap *map, const char *key, uint32_t hash,
                      void *value)
{
    struct strmap_place *place;

    if (is_full(map) && grow_table(map) != 0)
        return -1;
    if (map->count == map->room && grow_slots(map) != 0)
        return -1;
    place = find(map, key, hash);
    if (place->number != 0) {
        map->slots[place->number - 1].value = value;
        return 0;
    }
    map->slots[map->count] = (struct strmap_slot){key, value};
    *place = (struct strmap_place){(uint32_t)++map->count, hash};
    return 0;
}

const struct strmap_slot *strmap_next(const struct strmap *map,
                                      size_t *position)
{
    return *position < map->count ? &map->slots[(*position)++] : NULL;
}
