/*
 * value: one typed cell of a row.
 *
 * text belongs to whoever made the value (an arena, a table) and outlives the
 * row. Numbers keep the digits of their source, so nothing is rounded.
 */
#ifndef ROLLCALL_VALUE_H
#define ROLLCALL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum value_type {
    VALUE_STRING,
    VALUE_INTEGER,
    VALUE_NUMBER,
    VALUE_BOOLEAN,
    VALUE_TIMESTAMP,
    VALUE_DATE,
    VALUE_TYPE_COUNT
};

struct value {
    bool present;         /* false: null, whatever the type */
    enum value_type type;
    const char *text;     /* VALUE_STRING (UTF-8), VALUE_NUMBER (digits) */
    int64_t integer;      /* VALUE_INTEGER, VALUE_BOOLEAN (0, 1),
                             VALUE_TIMESTAMP and VALUE_DATE (an instant) */
};

const char *value_type_name(enum value_type type); /* "string", … */

struct value value_null(enum value_type type);
struct value value_text(const char *text); /* NULL gives null */
struct value value_instant(int64_t instant);
struct value value_bool(bool flag);

#endif
