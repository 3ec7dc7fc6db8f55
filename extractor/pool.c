#include "pool.h"

void pool_init(struct pool *pool, struct arena *arena, size_t most)
{
    *pool = (struct pool){.arena = arena, .most = most};
}

void pool_release(struct pool *pool)
{
    strmap_release(&pool->texts);
}

const char *pool_keep(struct pool *pool, const char *text)
{
    char *copy = strmap_get(&pool->texts, text);

    if (copy != NULL)
        return copy;
    copy = arena_strdup(pool->arena, text);
    if (copy == NULL || strmap_put(&pool->texts, copy, copy) != 0)
        return NULL;
    return copy;
}

const char *pool_text(struct pool *pool, const char *text)
{
    if (pool->texts.count < pool->most)
        return pool_keep(pool, text);
    return strmap_get(&pool->texts, text);
}
