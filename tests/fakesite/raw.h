/*
 * raw: JSON as text. Elements are cut out and members replaced without ever
 * decoding the rest, so that a number beyond 2^53, a \u0000 or a lone
 * surrogate reaches the client byte for byte.
 */
#ifndef FAKESITE_RAW_H
#define FAKESITE_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct span {
    const char *at;
    size_t len;
};

struct raw_entry {
    struct span name; /* without quotes; empty in arrays */
    struct span value;
};

struct raw_walk {
    const char *at;
    const char *end;
    bool object;
    bool broken; /* set by raw_next() when the text is not JSON */
};

struct span raw_of(const struct text *text);

/* Walks an array or object; neither of the two: false. */
bool raw_open(struct raw_walk *walk, struct span container);
bool raw_next(struct raw_walk *walk, struct raw_entry *entry);

bool raw_member(struct span object, const char *name, struct span *value);
bool raw_is(struct span value, const char *text);

/* Appends a string's decoded text; U+FFFD for NUL and lone surrogates.
 * Anything but a string appends nothing. */
void raw_decode(struct text *out, struct span value);
/* Member NAME decoded, or "" when absent: owned by the caller. */
char *raw_member_text(struct span object, const char *name);

/* OBJECT without the members whose name begins with '_'. */
void raw_public(struct text *out, struct span object);

/* OBJECT with RAW at the JSON pointer, added when missing; NULL removes. */
void raw_put(struct text *out, struct span object, const char *pointer,
             const char *raw);

/* The same in place. */
void raw_set(struct text *object, const char *pointer, const char *raw);

#endif
