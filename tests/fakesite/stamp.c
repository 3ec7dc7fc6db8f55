#include "stamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MS_PER_S = 1000, S_PER_MIN = 60, S_PER_H = 3600 };

int64_t stamp_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / 1000000;
}

/* Exactly COUNT digits at *P, or -1. */
static int digits(const char **p, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)**p))
            return -1;
        value = value * 10 + (*(*p)++ - '0');
    }
    return value;
}

static bool date_time(const char **p, struct tm *tm)
{
    static const struct {
        int digits;
        char after;
    } parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, '\0'}};
    int values[6];

    for (int i = 0; i < 6; i++) {
        values[i] = digits(p, parts[i].digits);
        if (values[i] < 0)
            return false;
        if (parts[i].after != '\0' && *(*p)++ != parts[i].after)
            return false;
    }
    *tm = (struct tm){.tm_year = values[0] - 1900,
                      .tm_mon = values[1] - 1,
                      .tm_mday = values[2],
                      .tm_hour = values[3],
                      .tm_min = values[4],
                      .tm_sec = values[5]};
    return values[1] >= 1 && values[1] <= 12 && values[2] >= 1 &&
           values[2] <= 31 && values[3] <= 23 && values[4] <= 59 &&
           values[5] <= 59;
}

static bool fraction(const char **p, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (**p != '.')
        return true;
    (*p)++;
    if (!isdigit((unsigned char)**p))
        return false;
    for (; isdigit((unsigned char)**p); (*p)++) {
        *ms += (**p - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool zone_offset(const char **p, int *seconds, enum stamp_zone *zone)
{
    int sign = **p == '-' ? -1 : 1;
    int hours;
    int minutes;

    *seconds = 0;
    *zone = **p == '\0' ? STAMP_ZONE_NONE : STAMP_ZONE_GIVEN;
    if (**p == '\0')
        return true;
    if (**p == 'Z') {
        (*p)++;
        return true;
    }
    if (**p != '+' && **p != '-')
        return false;
    (*p)++;
    hours = digits(p, 2);
    if (**p == ':')
        (*p)++;
    minutes = digits(p, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *seconds = sign * (hours * S_PER_H + minutes * S_PER_MIN);
    return true;
}

bool stamp_parse(const char *text, int64_t *ms, enum stamp_zone *zone)
{
    struct tm tm;
    int day;
    int millis;
    int offset;

    if (!date_time(&text, &tm) || !fraction(&text, &millis) ||
        !zone_offset(&text, &offset, zone) || *text != '\0')
        return false;
    day = tm.tm_mday;
    *ms = ((int64_t)timegm(&tm) - offset) * MS_PER_S + millis;
    return tm.tm_mday == day; /* timegm moves 31 April into May */
}

static void format(char out[STAMP_BYTES], int64_t ms, const char *pattern)
{
    time_t seconds = (time_t)(ms / MS_PER_S);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    if (strftime(out, STAMP_BYTES, pattern, &tm) == 0)
        out[0] = '\0';
}

static void with_millis(char out[STAMP_BYTES], int64_t ms, const char *zone)
{
    size_t len;

    format(out, ms, "%Y-%m-%dT%H:%M:%S");
    len = strlen(out);
    snprintf(out + len, STAMP_BYTES - len, ".%03d%s", (int)(ms % MS_PER_S),
             zone);
}

void stamp_jira(char out[STAMP_BYTES], int64_t ms)
{
    with_millis(out, ms, "+0000");
}

void stamp_utc(char out[STAMP_BYTES], int64_t ms)
{
    with_millis(out, ms, "Z");
}

void stamp_minute(char out[STAMP_BYTES], int64_t ms)
{
    format(out, ms, "%Y-%m-%dT%H:%MZ");
}

void stamp_http(char out[STAMP_BYTES], int64_t ms)
{
    format(out, ms, "%a, %d %b %Y %H:%M:%S GMT");
}
