#include "value.h"

#include <stddef.h>

const char *value_type_name(enum value_type type)
{
    static const char *const names[VALUE_TYPE_COUNT] = {
        [VALUE_STRING] = "string",       [VALUE_INTEGER] = "integer",
        [VALUE_NUMBER] = "number",       [VALUE_BOOLEAN] = "boolean",
        [VALUE_TIMESTAMP] = "timestamp", [VALUE_DATE] = "date",
    };

    return names[type];
}

struct value value_null(enum value_type type)
{
    return (struct value){.type = type};
}

struct value value_text(const char *text)
{
    return (struct value){
        .present = text != NULL, .type = VALUE_STRING, .text = text};
}

struct value value_instant(int64_t instant)
{
    return (struct value){
        .present = true, .type = VALUE_TIMESTAMP, .integer = instant};
}

struct value value_bool(bool flag)
{
    return (struct value){
        .present = true, .type = VALUE_BOOLEAN, .integer = flag};
}
