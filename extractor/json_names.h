/*
 * json_names: the member names of objects that came before. Private to
 * json*.c.
 *
 * The records of a page have the same members in the same order, some of them
 * left out. So a name is first compared with the one that stood at its place,
 * as a whole and with its quotes and colon: where it ends, and which selection
 * it is, need not be found out again. A name that is another than expected is
 * read like any.
 *
 * Calling order: names_init(); for each object names_of() and a place of 0;
 * for each of its names names_match(), and when that finds nothing, and the
 * name has been read and is plain and followed by its colon at once,
 * names_learn(). What is remembered points into the text, which must not change
 * there: names are remembered of objects whose names become no nodes.
 */
#ifndef ROLLCALL_JSON_NAMES_H
#define ROLLCALL_JSON_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "json_bytes.h"
#include "json_select.h"

enum {
    NAMES_KINDS = 16, /* kinds of objects; a power of two */
    NAMES_OF_ONE = 24,
    NAMES_BYTES = 32, /* of a name with its quotes and colon, at most */
    NAMES_AHEAD = 4   /* members that may be left out one after another */
};

struct known_name {
    const char *text; /* from its opening quote; NAMES_BYTES can be read */
    uint32_t mask;    /* a bit for each of its bytes */
    uint32_t len;
    const struct json_select *select; /* what it selects; NULL: nothing */
};

/* Of the objects at one depth of one selection. */
struct known_names {
    const struct json_select *of;
    size_t depth;
    struct known_name names[NAMES_OF_ONE + NAMES_AHEAD];
};

#define NAMES_FREE SIZE_MAX /* the depth of kinds that were not met yet */

struct names {
    struct known_names kinds[NAMES_KINDS];
};

static inline void names_init(struct names *names)
{
    for (size_t i = 0; i < NAMES_KINDS; i++)
        names->kinds[i].depth = NAMES_FREE;
}

/* Where objects of a kind are looked for first. */
static inline size_t names_home(const struct json_select *of, size_t depth)
{
    return ((uintptr_t)of / sizeof(max_align_t) + depth) % NAMES_KINDS;
}

/* The same as names_of(), wherever they are. */
struct known_names *names_of_kind(struct names *names,
                                  const struct json_select *of, size_t depth);

/* Those of the objects that stand in `of` (NULL: nowhere) at that depth. */
static inline struct known_names *
names_of(struct names *names, const struct json_select *of, size_t depth)
{
    struct known_names *known = &names->kinds[names_home(of, depth)];

    return known->depth == depth && known->of == of
               ? known
               : names_of_kind(names, of, depth);
}

/* The name of len bytes at text, seen at place or soon behind. */
void names_learn(struct known_names *known, size_t *place, const char *text,
                 size_t len, const struct json_select *select);

static inline bool names_same(const struct known_name *name, const char *at)
{
#ifdef __SSE2__
    __m128i low = _mm_cmpeq_epi8(bytes_load(name->text), bytes_load(at));
    __m128i high = _mm_cmpeq_epi8(bytes_load(name->text + sizeof(low)),
                                  bytes_load(at + sizeof(low)));
    uint32_t same = (uint32_t)_mm_movemask_epi8(low) |
                    (uint32_t)_mm_movemask_epi8(high) << sizeof(low);

    return (~same & name->mask) == 0;
#else
    return memcmp(name->text, at, name->len) == 0;
#endif
}

/* The name at `at`, if it is the one known for the place or, the next one
 * being left out, for the place behind; the place moves behind it. */
static inline const struct known_name *
names_match(const struct known_names *known, size_t *place, const char *at)
{
    const struct known_name *name = &known->names[*place];

    if (!names_same(name, at) && !names_same(++name, at))
        return NULL;
    *place = (size_t)(name - known->names) + 1;
    return name;
}

#endif
