#include "span.h"

#include <stdlib.h>
#include <string.h>

void span_release(struct span_set *set)
{
    free(set->spans);
    *set = (struct span_set){0};
}

/* Puts `fresh` spans in the place of `old` ones, from index `at` on. */
static int replace(struct span_set *set, size_t at, size_t old,
                   const struct span *fresh, size_t count)
{
    size_t needed = set->count - old + count;

    if (needed > set->capacity) {
        size_t capacity = needed * 2;
        struct span *grown =
            realloc(set->spans, capacity * sizeof(*set->spans));

        if (grown == NULL)
            return -1;
        set->spans = grown;
        set->capacity = capacity;
    }
    if (set->count > at + old)
        memmove(&set->spans[at + count], &set->spans[at + old],
                (set->count - at - old) * sizeof(*set->spans));
    if (count > 0)
        memcpy(&set->spans[at], fresh, count * sizeof(*fresh));
    set->count = needed;
    return 0;
}

int span_add(struct span_set *set, struct span span)
{
    size_t at = 0, end;

    if (span.from >= span.to)
        return 0;
    while (at < set->count && set->spans[at].to < span.from)
        at++;
    for (end = at; end < set->count && set->spans[end].from <= span.to;
         end++) {
        if (set->spans[end].from < span.from)
            span.from = set->spans[end].from;
        if (set->spans[end].to > span.to)
            span.to = set->spans[end].to;
    }
    return replace(set, at, end - at, &span, 1);
}

int span_remove(struct span_set *set, struct span span)
{
    size_t at = 0, end, count = 0;
    struct span left[2];

    if (span.from >= span.to)
        return 0;
    while (at < set->count && set->spans[at].to <= span.from)
        at++;
    for (end = at; end < set->count && set->spans[end].from < span.to; end++) {
        struct span old = set->spans[end];

        if (old.from < span.from)
            left[count++] = (struct span){old.from, span.from};
        if (old.to > span.to)
            left[count++] = (struct span){span.to, old.to};
    }
    return replace(set, at, end - at, left, count);
}

bool span_holds(const struct span_set *set, int64_t at)
{
    for (size_t i = 0; i < set->count; i++) {
        if (at >= set->spans[i].from && at < set->spans[i].to)
            return true;
    }
    return false;
}
