#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"

void tally_init(struct tally *tally, size_t most)
{
    memset(tally, 0, sizeof(*tally));
    tally->most = most;
    arena_init(&tally->arena);
}

void tally_release(struct tally *tally)
{
    free(tally->items);
    strmap_release(&tally->map);
    arena_release(&tally->arena);
    memset(tally, 0, sizeof(*tally));
}

static int grow(struct tally *tally)
{
    size_t capacity = tally->capacity ? tally->capacity * 2 : 16;
    struct tally_item **grown;

    if (tally->count < tally->capacity)
        return 0;
    grown = realloc(tally->items, capacity * sizeof(*grown));
    if (grown == NULL)
        return -1;
    tally->items = grown;
    tally->capacity = capacity;
    return 0;
}

static int add_item(struct tally *tally, const char *key, const char *label)
{
    struct tally_item *item = arena_alloc(&tally->arena, sizeof(*item));

    if (item == NULL || grow(tally) != 0)
        return -1;
    item->key = arena_strdup(&tally->arena, key);
    item->label = label == NULL ? item->key : arena_strdup(&tally->arena, label);
    item->count = 1;
    if (item->key == NULL || item->label == NULL ||
        strmap_put(&tally->map, item->key, item) != 0)
        return -1;
    tally->items[tally->count++] = item;
    return 0;
}

int tally_add(struct tally *tally, const char *key, const char *label)
{
    struct tally_item *item;
    size_t bytes;

    tally->total++;
    if (key == NULL) {
        tally->absent++;
        return 0;
    }
    item = strmap_get(&tally->map, key);
    if (item != NULL) {
        item->count++;
        return 0;
    }
    bytes = strlen(key) + (label != NULL ? strlen(label) : 0);
    if (tally->count >= tally->most ||
        bytes > tally->most * TALLY_MEAN_BYTES - tally->bytes) {
        tally->others++;
        return 0;
    }
    tally->bytes += bytes;
    return add_item(tally, key, label);
}

static int by_count(const void *left, const void *right)
{
    const struct tally_item *a = *(const struct tally_item *const *)left;
    const struct tally_item *b = *(const struct tally_item *const *)right;
    int order;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    order = strcmp(a->label, b->label);
    return order != 0 ? order : strcmp(a->key, b->key);
}

void tally_rank(struct tally *tally)
{
    if (tally->count > 0)
        qsort(tally->items, tally->count, sizeof(struct tally_item *),
              by_count);
    for (size_t i = 0; i < tally->count; i++)
        tally->items[i]->rank = i;
}

const struct tally_item *tally_find(const struct tally *tally, const char *key)
{
    return strmap_get(&tally->map, key);
}

static int64_t month_of(int64_t instant)
{
    char text[INSTANT_TEXT_MAX];

    /* Years have four digits, see instant.h. */
    if (instant_format(instant, "%Y%m", 0, text, sizeof(text)) != 0)
        return 0;
    return ((text[0] - '0') * 1000 + (text[1] - '0') * 100 +
            (text[2] - '0') * 10 + (text[3] - '0')) * 12 +
           (text[4] - '0') * 10 + (text[5] - '0') - 1;
}

void months_init(struct months *months, int64_t last_instant)
{
    memset(months, 0, sizeof(*months));
    months->last = month_of(last_instant);
}

void months_add(struct months *months, bool present, int64_t instant)
{
    int64_t back = present ? months->last - month_of(instant) : 0;

    months->total++;
    if (!present)
        months->absent++;
    else if (back < 0)
        months->later++;
    else if (back >= TALLY_MONTHS_MAX)
        months->earlier++;
    else
        months->counts[TALLY_MONTHS_MAX - 1 - back]++;
}

size_t months_first(const struct months *months, size_t least)
{
    size_t first = 0;

    while (first + least < TALLY_MONTHS_MAX && months->counts[first] == 0)
        first++;
    return first;
}

void months_name(const struct months *months, size_t index, char out[16])
{
    int64_t month = months->last - (TALLY_MONTHS_MAX - 1 - (int64_t)index);

    if (month < 0)
        month = 0;
    snprintf(out, 16, "%04d-%02d", (int)(month / 12 % 10000),
             (int)(month % 12) + 1);
}
