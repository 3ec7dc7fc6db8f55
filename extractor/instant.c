#include "instant.h"

#include <stdio.h>
#include <string.h>

struct civil {
    int year, month, day, hour, minute, second, ms;
};

static const int64_t instant_min = -62135596800000; /* 0001-01-01T00:00:00Z */
static const int64_t instant_max = 253402300799999; /* 9999-12-31T23:59:59.999 */

/* Days from civil date and back: Howard Hinnant's "chrono-Compatible Low-Level
 * Date Algorithms", proleptic Gregorian calendar. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
                         year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, struct civil *c)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c->year = (int)(yoe + era * 400 + (c->month <= 2));
}

static void civil_from_instant(int64_t instant, struct civil *c)
{
    int64_t days = instant / INSTANT_DAY;
    int64_t rest = instant % INSTANT_DAY;

    if (rest < 0) {
        rest += INSTANT_DAY;
        days--;
    }
    civil_from_days(days, c);
    c->hour = (int)(rest / INSTANT_HOUR);
    c->minute = (int)(rest / INSTANT_MINUTE % 60);
    c->second = (int)(rest / INSTANT_SECOND % 60);
    c->ms = (int)(rest % INSTANT_SECOND);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool civil_valid(const struct civil *c)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};

    if (c->year < 1 || c->month < 1 || c->month > 12 || c->day < 1)
        return false;
    if (c->day > month_days[c->month - 1] +
                     (c->month == 2 && is_leap(c->year) ? 1 : 0))
        return false;
    return c->hour < 24 && c->minute < 60 && c->second <= 60;
}

static int civil_to_instant(struct civil c, int offset_minutes, int64_t *out)
{
    int64_t instant;

    if (!civil_valid(&c))
        return -1;
    if (c.second == 60) {
        c.second = 59;
        c.ms = 999;
    }
    instant = days_from_civil(c.year, c.month, c.day) * INSTANT_DAY +
              (int64_t)c.hour * INSTANT_HOUR +
              (int64_t)(c.minute - offset_minutes) * INSTANT_MINUTE +
              (int64_t)c.second * INSTANT_SECOND + c.ms;
    if (instant < instant_min || instant > instant_max)
        return -1;
    *out = instant;
    return 0;
}

/* Reads exactly `digits` digits, or min..max when they differ. */
static bool take_digits(const char **p, int min, int max, int *out)
{
    int value = 0, count = 0;

    while (count < max && **p >= '0' && **p <= '9') {
        value = value * 10 + (*(*p)++ - '0');
        count++;
    }
    *out = value;
    return count >= min;
}

static bool take_two(const char **p, int *out)
{
    unsigned tens = (unsigned)(**p - '0'), ones;

    if (tens > 9)
        return false;
    ones = (unsigned)((*p)[1] - '0');
    if (ones > 9)
        return false;
    *out = (int)(tens * 10 + ones);
    *p += 2;
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool take_date(const char **p, struct civil *c)
{
    int century, rest;

    if (!take_two(p, &century) || !take_two(p, &rest))
        return false;
    c->year = century * 100 + rest;
    return take_char(p, '-') && take_two(p, &c->month) && take_char(p, '-') &&
           take_two(p, &c->day);
}

static bool take_fraction(const char **p, int *ms)
{
    static const int scale[] = {100, 10, 1};
    int count = 0;

    for (*ms = 0; count < 9 && **p >= '0' && **p <= '9'; count++, (*p)++) {
        if (count < 3)
            *ms += (**p - '0') * scale[count];
    }
    return count > 0;
}

static bool take_time(const char **p, struct civil *c)
{
    if (!take_two(p, &c->hour) || !take_char(p, ':') ||
        !take_two(p, &c->minute))
        return false;
    if (!take_char(p, ':'))
        return true;
    if (!take_two(p, &c->second))
        return false;
    return !take_char(p, '.') || take_fraction(p, &c->ms);
}

static bool take_zone(const char **p, int *offset_minutes)
{
    int sign, hours, minutes = 0;

    if (take_char(p, 'Z') || take_char(p, 'z')) {
        *offset_minutes = 0;
        return true;
    }
    if (**p != '+' && **p != '-')
        return false;
    sign = *(*p)++ == '-' ? -1 : 1;
    if (!take_two(p, &hours))
        return false;
    if (take_char(p, ':') || (**p >= '0' && **p <= '9')) {
        if (!take_two(p, &minutes))
            return false;
    }
    *offset_minutes = sign * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static int parse_iso8601(const char *text, bool lenient, int64_t *out)
{
    struct civil c = {0};
    const char *p = text;
    int offset = 0;

    if (!take_date(&p, &c))
        return -1;
    if (lenient && *p == '\0')
        return civil_to_instant(c, 0, out);
    if (!take_char(&p, 'T') && !take_char(&p, 't') && !take_char(&p, ' '))
        return -1;
    if (!take_time(&p, &c))
        return -1;
    if (!(lenient && *p == '\0') && !take_zone(&p, &offset))
        return -1;
    return *p == '\0' ? civil_to_instant(c, offset, out) : -1;
}

static int parse_epoch_ms(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    int64_t value = 0;
    const char *p = text + negative;

    if (*p == '\0')
        return -1;
    for (; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || value > instant_max)
            return -1;
        value = value * 10 + (*p - '0');
    }
    value = negative ? -value : value;
    if (value < instant_min || value > instant_max)
        return -1;
    *out = value;
    return 0;
}

static int parse_day_mon_year(const char *text, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil c = {0};
    const char *p = text;

    if (!take_digits(&p, 1, 2, &c.day) || !take_char(&p, ' '))
        return -1;
    while (c.month < 12 && strncmp(p, months + 3 * c.month, 3) != 0)
        c.month++;
    if (c.month++ == 12)
        return -1;
    p += 3;
    if (!take_char(&p, ' ') || !take_digits(&p, 4, 4, &c.year))
        return -1;
    if (take_char(&p, ' ') && !take_time(&p, &c))
        return -1;
    return *p == '\0' ? civil_to_instant(c, 0, out) : -1;
}

int instant_parse(const char *text, enum instant_format format, int64_t *out)
{
    switch (format) {
    case INSTANT_ISO8601:
        return parse_iso8601(text, false, out);
    case INSTANT_EPOCH_MS:
        return parse_epoch_ms(text, out);
    case INSTANT_DAY_MON_YEAR:
        return parse_day_mon_year(text, out);
    case INSTANT_UTC:
        return parse_iso8601(text, true, out);
    case INSTANT_ISO8601_DATE:
        return parse_iso8601(text, strlen(text) == strlen("2026-11-23"), out);
    case INSTANT_FORMAT_COUNT:
        break;
    }
    return -1;
}

int instant_parse_lenient(const char *text, int64_t *out)
{
    return parse_iso8601(text, true, out);
}

/* The part a conversion stands for; NULL: none. */
static int *civil_part(char conversion, struct civil *c, int *digits)
{
    *digits = conversion == 'Y' ? 4 : conversion == 'f' ? 3 : 2;
    switch (conversion) {
    case 'Y':
        return &c->year;
    case 'm':
        return &c->month;
    case 'd':
        return &c->day;
    case 'H':
        return &c->hour;
    case 'M':
        return &c->minute;
    case 'S':
        return &c->second;
    case 'f':
        return &c->ms;
    default:
        return NULL;
    }
}

int instant_parse_format(const char *text, const char *format, int64_t *out)
{
    struct civil c = {.year = 1970, .month = 1, .day = 1};

    for (; *format != '\0'; format++) {
        int digits, *part;

        if (*format != '%' || format[1] == '%') {
            format += *format == '%';
            if (*text++ != *format)
                return -1;
            continue;
        }
        part = civil_part(*++format, &c, &digits);
        if (part == NULL || !take_digits(&text, digits, digits, part))
            return -1;
    }
    return *text == '\0' ? civil_to_instant(c, 0, out) : -1;
}

void instant_rfc3339_ms(int64_t instant, char out[INSTANT_TEXT_MAX])
{
    instant_format(instant, "%Y-%m-%dT%H:%M:%S.%fZ", 0, out, INSTANT_TEXT_MAX);
}

void instant_rfc3339(int64_t instant, char out[INSTANT_TEXT_MAX])
{
    if (instant % INSTANT_SECOND != 0)
        instant_rfc3339_ms(instant, out);
    else
        instant_format(instant, "%Y-%m-%dT%H:%M:%SZ", 0, out,
                       INSTANT_TEXT_MAX);
}

void instant_compact(int64_t instant, char out[INSTANT_TEXT_MAX])
{
    instant_format(instant, "%Y%m%dT%H%M%SZ", 0, out, INSTANT_TEXT_MAX);
}

/* Writes one conversion at out; the count, 0 when it does not fit with a NUL,
 * or -1 when it is not known or has more digits. By hand: a row has a dozen
 * times. */
static int format_one(char letter, struct civil *c, char *out, size_t size)
{
    int digits, value;
    const int *part = civil_part(letter, c, &digits);

    if (part == NULL)
        return -1;
    if ((size_t)digits >= size)
        return 0;
    value = *part;
    for (int digit = digits; digit-- > 0; value /= 10)
        out[digit] = (char)('0' + value % 10);
    return value == 0 ? digits : -1;
}

static int fail_format(char *out, size_t size)
{
    if (size > 0)
        out[0] = '\0';
    return -1;
}

int instant_format(int64_t instant, const char *format, int offset_minutes,
                   char *out, size_t size)
{
    struct civil c;
    size_t used = 0;

    civil_from_instant(instant + (int64_t)offset_minutes * INSTANT_MINUTE, &c);
    for (; *format != '\0'; format++) {
        bool literal = *format != '%' || *++format == '%';
        int written = literal ? (used + 1 < size)
                              : format_one(*format, &c, out + used,
                                           size - used);

        if (written <= 0)
            return fail_format(out, size);
        if (literal)
            out[used] = *format;
        used += (size_t)written;
    }
    if (used >= size)
        return fail_format(out, size);
    out[used] = '\0';
    return 0;
}
