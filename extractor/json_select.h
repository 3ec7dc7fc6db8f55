/*
 * json_select: which members of a document anybody will look at.
 *
 * A zeroed struct selects nothing; json_select_add() for each pointer (RFC
 * 6901) that will be followed; then json_parse_selected(). A selected value is
 * whole, with all that is in it. What is not selected is checked as strictly,
 * but leaves no node and is not repaired. In arrays every element is treated
 * alike, so the index in "/emails/0/value" selects that member of them all.
 * A container that few records are asked for may be selected for later: it is
 * checked, and becomes nodes when somebody looks into it.
 * Nodes live in the arena, and the pointers must live as long: the last name
 * in a pointer, unless it has an escape, becomes the key of the nodes it
 * selects, the text itself and no copy. So json_at() with that very pointer
 * finds them without comparing texts. Equal pointers of a source are one text
 * (spec.h).
 */
#ifndef ROLLCALL_JSON_SELECT_H
#define ROLLCALL_JSON_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"

enum {
    JSON_SELECT_COUNTED = 64,
    JSON_SELECT_PLACES = 32,
    JSON_SELECT_SLOTS = 32 /* an object of more selected members has none */
};

struct json_select {
    const char *name; /* of a member; its nodes have this very text as key */
    size_t len;       /* of the name */
    bool whole;
    bool later;
    unsigned number;   /* among its siblings, from 0 */
    unsigned children; /* how many */
    /* What is selected in it, by json_select_place() of the name, and the next
     * sibling of the same place. */
    struct json_select *places[JSON_SELECT_PLACES], *next;
};

/* Most names that nobody selected have a place without any. */
static inline size_t json_select_place(const char *name, size_t len)
{
    return (len * 5 + (len > 0 ? (unsigned char)name[0] : 0)) %
           JSON_SELECT_PLACES;
}

/* The selected member of that name, which needs no NUL; NULL: not selected. */
static inline const struct json_select *
json_select_find(const struct json_select *select, const char *name, size_t len)
{
    const struct json_select *child =
        select->places[json_select_place(name, len)];

    while (child != NULL &&
           (child->len != len || memcmp(child->name, name, len) != 0))
        child = child->next;
    return child;
}

/* base may be NULL: none. The value at pointer below base is selected. Returns
 * 0, or -1 when memory is out. */
int json_select_add(struct json_select *select, struct arena *arena,
                    const char *base, const char *pointer);

/* The same pointers: a container there is read when it is looked into. */
int json_select_later(struct json_select *select, struct arena *arena,
                      const char *base, const char *pointer);

/* For json_slot(), once all is selected: which member the pointer is of the
 * objects at `at`, which is NULL at the top. 0: there is no such slot, because
 * the pointer has several names or leads to nothing selected. */
unsigned json_select_slot(const struct json_select *select, const char *at,
                          const char *pointer);

/* Lends its name to a value that is selected because of what is in it. */
int json_select_name(struct json_select *select, struct arena *arena,
                     const char *base, const char *pointer);

#endif
