/*
 * schema: the columns of a dataset, as writers, manifest and verify see them.
 */
#ifndef ROLLCALL_SCHEMA_H
#define ROLLCALL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "value.h"

enum { SCHEMA_COLUMNS_MAX = 256 };

struct column {
    const char *name;        /* [a-z][a-z0-9_]*, unique in its schema */
    const char *description; /* may be NULL */
    enum value_type type;
    size_t length;           /* VALUE_STRING: most characters; 0: no limit */
    bool key;                /* part of the primary key */
    bool nullable;
    const char *const *values; /* closed list of texts, NULL terminated, or
                                  NULL when any text may occur */
};

struct schema {
    const char *name;  /* of the dataset: [a-z][a-z0-9_]* */
    const char *title; /* may be NULL */
    const struct column *columns;
    size_t count;
};

#endif
