#include "recent.h"

#include <stdlib.h>
#include <string.h>

enum {
    NUMBERS_FIRST = 64,
    NUMBERS_A_LINE = 8,
    NUMBER_DIGITS = 19 /* fit in 64 bits */
};

void recent_init(struct recent *recent, size_t span)
{
    *recent = (struct recent){.span = span};
    for (int i = 0; i < 2; i++)
        arena_init(&recent->halves[i].arena);
}

void recent_release(struct recent *recent)
{
    for (int i = 0; i < 2; i++) {
        strmap_release(&recent->halves[i].texts);
        arena_release(&recent->halves[i].arena);
        free(recent->halves[i].numbers);
    }
}

/* The number of which id is the shortest text; 0: there is none. */
static uint64_t number_of(const char *id)
{
    uint64_t number = 0;
    size_t digits = 0;

    if (*id == '0')
        return 0;
    for (; id[digits] >= '0' && id[digits] <= '9'; digits++) {
        if (digits == NUMBER_DIGITS)
            return 0;
        number = number * 10 + (uint64_t)(id[digits] - '0');
    }
    return id[digits] == '\0' ? number : 0;
}

/* Where the number stands, or the free place for it; NULL: there is no place
 * yet. Most ids follow each other, and eight of those are in one line of the
 * cache. */
static uint64_t *place_of(const struct recent_half *half, uint64_t number)
{
    uint64_t line = (number / NUMBERS_A_LINE * 0x9E3779B97F4A7C15u) >> 32;
    size_t at = (size_t)(line * NUMBERS_A_LINE + number % NUMBERS_A_LINE);

    if (half->capacity == 0)
        return NULL;
    while (half->numbers[at & (half->capacity - 1)] != 0 &&
           half->numbers[at & (half->capacity - 1)] != number)
        at++;
    return &half->numbers[at & (half->capacity - 1)];
}

static bool has_number(const struct recent_half *half, uint64_t number)
{
    const uint64_t *place = place_of(half, number);

    return place != NULL && *place == number;
}

static int grow(struct recent_half *half)
{
    struct recent_half grown = {
        .capacity = half->capacity ? half->capacity * 2 : NUMBERS_FIRST};

    grown.numbers = calloc(grown.capacity, sizeof(*grown.numbers));
    if (grown.numbers == NULL)
        return -1;
    for (size_t i = 0; i < half->capacity; i++) {
        if (half->numbers[i] != 0)
            *place_of(&grown, half->numbers[i]) = half->numbers[i];
    }
    free(half->numbers);
    half->numbers = grown.numbers;
    half->capacity = grown.capacity;
    return 0;
}

static int keep_number(struct recent_half *half, uint64_t number)
{
    if ((half->count + 1) * 2 > half->capacity && grow(half) != 0)
        return -1;
    *place_of(half, number) = number;
    half->count++;
    return 0;
}

static int keep_text(struct recent_half *half, const char *id, uint32_t hash)
{
    char *copy = arena_strdup(&half->arena, id);

    if (copy == NULL || strmap_put_hashed(&half->texts, copy, hash, copy) != 0)
        return -1;
    half->count++;
    return 0;
}

/* The present half, with room for one more. */
static struct recent_half *present(struct recent *recent)
{
    struct recent_half *half = &recent->halves[recent->present];

    if (half->count < recent->span)
        return half;
    recent->present = !recent->present;
    half = &recent->halves[recent->present];
    half->count = 0;
    strmap_clear(&half->texts);
    arena_reset(&half->arena);
    if (half->numbers != NULL)
        memset(half->numbers, 0, half->capacity * sizeof(*half->numbers));
    return half;
}

int recent_add(struct recent *recent, const char *id, bool *seen)
{
    const struct recent_half *halves = recent->halves;
    uint64_t number = number_of(id);
    uint32_t hash;

    if (number != 0) {
        *seen = has_number(&halves[0], number) ||
                has_number(&halves[1], number);
        return *seen ? 0 : keep_number(present(recent), number);
    }
    hash = strmap_hash(id);
    *seen = strmap_get_hashed(&halves[0].texts, id, hash) != NULL ||
            strmap_get_hashed(&halves[1].texts, id, hash) != NULL;
    return *seen ? 0 : keep_text(present(recent), id, hash);
}
