#include "units.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1},          {"s", 1000},         {"m", 60 * 1000},
    {"h", 3600 * 1000}, {"d", 86400 * 1000}, {"w", 7 * 86400 * (int64_t)1000},
    {NULL, 0},
};

static const struct unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"KiB", 1024},
    {"MiB", 1024 * 1024},
    {"GiB", 1024 * 1024 * 1024},
    {"TiB", 1024 * (int64_t)(1024 * 1024 * 1024)},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000 * 1000},
    {"GB", 1000 * 1000 * 1000},
    {"TB", 1000 * (int64_t)(1000 * 1000 * 1000)},
    {NULL, 0},
};

static const struct unit periods[] = {
    {"/s", 1000},
    {"/min", 60 * 1000},
    {"/h", 3600 * 1000},
    {NULL, 0},
};

/* At least one digit, no sign, no overflow. */
static bool take_number(const char **p, int64_t *out)
{
    const char *start = *p;
    int64_t value = 0;

    for (; **p >= '0' && **p <= '9'; (*p)++) {
        int digit = **p - '0';

        if (value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return *p > start;
}

static const struct unit *find(const struct unit *units, const char *name)
{
    while (units->name != NULL && strcmp(units->name, name) != 0)
        units++;
    return units->name != NULL ? units : NULL;
}

static int quantity(const char *text, const struct unit *units, int64_t *out)
{
    const struct unit *unit;
    int64_t value;

    if (!take_number(&text, &value))
        return -1;
    unit = find(units, text);
    if (unit == NULL || value > INT64_MAX / unit->factor)
        return -1;
    *out = value * unit->factor;
    return 0;
}

int units_duration(const char *text, int64_t *ms)
{
    return quantity(text, durations, ms);
}

int units_size(const char *text, uint64_t *bytes)
{
    int64_t value;

    if (quantity(text, sizes, &value) != 0)
        return -1;
    *bytes = (uint64_t)value;
    return 0;
}

int units_rate(const char *text, int64_t *count, int64_t *per_ms)
{
    const struct unit *period;
    int64_t value;

    if (!take_number(&text, &value) || value == 0)
        return -1;
    period = find(periods, text);
    if (period == NULL)
        return -1;
    *count = value;
    *per_ms = period->factor;
    return 0;
}

int units_percent(const char *text, int64_t *ppm)
{
    enum { PPM_PER_PERCENT = 10000 };
    int64_t whole, part = 0;
    int scale = PPM_PER_PERCENT;

    if (!take_number(&text, &whole))
        return -1;
    if (*text == '.') {
        if (*++text < '0' || *text > '9')
            return -1;
        for (; *text >= '0' && *text <= '9' && scale > 1; text++) {
            scale /= 10;
            part += (*text - '0') * scale;
        }
    }
    if (strcmp(text, "%") != 0 || whole > INT64_MAX / PPM_PER_PERCENT - 1)
        return -1;
    *ppm = whole * PPM_PER_PERCENT + part;
    return 0;
}
