#include "recent.h"

void recent_init(struct recent *recent, size_t span)
{
    *recent = (struct recent){.span = span};
    arena_init(&recent->arenas[0]);
    arena_init(&recent->arenas[1]);
}

void recent_release(struct recent *recent)
{
    for (int i = 0; i < 2; i++) {
        strmap_release(&recent->maps[i]);
        arena_release(&recent->arenas[i]);
    }
}

int recent_add(struct recent *recent, const char *id, bool *seen)
{
    struct strmap *map = &recent->maps[recent->present];
    struct strmap *past = &recent->maps[!recent->present];
    uint32_t hash = strmap_hash(id);
    char *copy;

    *seen = strmap_get_hashed(map, id, hash) != NULL ||
            strmap_get_hashed(past, id, hash) != NULL;
    if (*seen)
        return 0;
    if (map->count >= recent->span) {
        recent->present = !recent->present;
        map = &recent->maps[recent->present];
        strmap_clear(map);
        arena_reset(&recent->arenas[recent->present]);
    }
    copy = arena_strdup(&recent->arenas[recent->present], id);
    return copy == NULL ? -1 : strmap_put_hashed(map, copy, hash, copy);
}
