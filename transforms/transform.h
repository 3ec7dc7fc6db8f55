/*
 * transform: the column transforms, one table row each.
 *
 * A transform takes a value and gives a value; null stays null except through
 * "default". Text it makes lives in the caller's arena. No file, network or
 * clock: a lookup table is loaded by the caller, a secret salt is passed in.
 *
 * | name             | argument                | does                        |
 * | trim             | -                       | blanks off both ends        |
 * | lower, upper     | -                       | ASCII letters only          |
 * | truncate         | characters              | cut to so many characters   |
 * | replace_newlines | text                    | each CR LF, CR, LF -> text  |
 * | default          | text                    | instead of null             |
 * | map              | {from: to}              | other texts stay            |
 * | lookup           | {"file": CSV}           | first column -> second;     |
 * |                  |                         | texts not found: null       |
 * | concat           | {"before", "after"}     | text around the value       |
 * | format_date      | {"format", "offset"}    | instant -> text             |
 * | sha256           | {"salt": secret}        | hex of salt + value         |
 */
#ifndef ROLLCALL_TRANSFORM_H
#define ROLLCALL_TRANSFORM_H

#include <stddef.h>

#include "arena.h"
#include "error.h"
#include "strmap.h"
#include "value.h"

enum transform_kind {
    TRANSFORM_TRIM,
    TRANSFORM_LOWER,
    TRANSFORM_UPPER,
    TRANSFORM_TRUNCATE,
    TRANSFORM_REPLACE_NEWLINES,
    TRANSFORM_DEFAULT,
    TRANSFORM_MAP,
    TRANSFORM_LOOKUP,
    TRANSFORM_CONCAT,
    TRANSFORM_FORMAT_DATE,
    TRANSFORM_SHA256,
    TRANSFORM_KIND_COUNT
};

struct transform {
    enum transform_kind kind;
    const char *text;    /* replace_newlines, default, concat before,
                            format_date format, sha256 salt */
    const char *after;   /* concat */
    size_t characters;   /* truncate */
    int offset_minutes;  /* format_date */
    struct strmap table; /* map, lookup: value is const char * */
};

/* Index in the table of names, or -1. */
int transform_find(const char *name);
const char *transform_name(enum transform_kind kind);

/* The type a value of type `in` has after this transform, or -1 when the
 * transform does not take that type (format_date wants an instant, the text
 * transforms want a string). */
int transform_type(enum transform_kind kind, enum value_type in);

/* Returns 0, or -1 when memory is out or the digest failed. */
int transform_apply(const struct transform *transform, struct value *value,
                    struct arena *arena, struct error *err);

#endif
