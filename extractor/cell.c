#include "cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"

const char *cell_from_json(enum value_type type, const struct json *node,
                           struct value *out)
{
    enum json_type found = json_type(node);
    const char *text = found == JSON_STRING ? json_text(node) : "";

    *out = (struct value){.present = true, .type = type};
    switch (type) {
    case VALUE_INTEGER:
        return found == JSON_NUMBER && json_int64(node, &out->integer) == 0
                   ? NULL
                   : "is no integer";
    case VALUE_NUMBER:
        if (found != JSON_NUMBER)
            return "is no number";
        out->text = json_number_text(node);
        return NULL;
    case VALUE_BOOLEAN:
        if (found != JSON_BOOLEAN)
            return "is not true or false";
        out->integer = json_bool(node);
        return NULL;
    case VALUE_TIMESTAMP:
        return instant_parse(text, INSTANT_ISO8601, &out->integer) == 0
                   ? NULL
                   : "is no time";
    case VALUE_DATE:
        return instant_parse_format(text, "%Y-%m-%d", &out->integer) == 0
                   ? NULL
                   : "is no date";
    default:
        out->text = text;
        return found == JSON_STRING ? NULL : "is no text";
    }
}

static bool parse_integer(const char *text, int64_t *out)
{
    char again[32];
    char *end;

    *out = strtoll(text, &end, 10);
    snprintf(again, sizeof(again), "%lld", (long long)*out);
    return *end == '\0' && strcmp(again, text) == 0;
}

/* Plain decimals only: digits, one decimal sign, no exponent. */
static bool is_decimal(const char *text, char decimal)
{
    const char *p = text + (*text == '-');
    size_t whole = strspn(p, "0123456789"), rest = 0;

    p += whole;
    if (*p == decimal) {
        rest = strspn(++p, "0123456789");
        if (rest == 0)
            return false;
        p += rest;
    }
    return whole != 0 && *p == '\0';
}

static bool parse_boolean(const char *text, int64_t *out)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

/* excel_safe's apostrophe is no part of the text. */
static const char *without_prefix(const struct csv_dialect *dialect,
                                  const char *text)
{
    if (dialect->excel_safe && text[0] == '\'' &&
        *csv_text_prefix(dialect, text + 1) != '\0')
        return text + 1;
    return text;
}

const char *cell_from_csv(const struct csv_dialect *dialect,
                          enum value_type type, const char *text,
                          struct value *out)
{
    *out = (struct value){.present = true, .type = type};
    switch (type) {
    case VALUE_INTEGER:
        return parse_integer(text, &out->integer) ? NULL : "is no integer";
    case VALUE_NUMBER:
        out->text = text;
        return is_decimal(text, dialect->decimal) ? NULL
                                                  : "is no plain number";
    case VALUE_BOOLEAN:
        return parse_boolean(text, &out->integer) ? NULL
                                                  : "is not true or false";
    case VALUE_TIMESTAMP:
        return instant_parse_format(text, dialect->time_format,
                                    &out->integer) == 0
                   ? NULL
                   : "is no time of the dialect's format";
    case VALUE_DATE:
        return instant_parse_format(text, "%Y-%m-%d", &out->integer) == 0
                   ? NULL
                   : "is no date";
    default:
        out->text = without_prefix(dialect, text);
        return NULL;
    }
}
