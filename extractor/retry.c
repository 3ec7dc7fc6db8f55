#include "retry.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"

enum {
    HTTP_DATE_MAX = 40,       /* the longest form has 33 bytes */
    YEARS_AHEAD_IS_PAST = 50, /* RFC 9110 §5.6.7, two-digit years */
    DAYS_A_YEAR = 365
};

static const int64_t century_seconds = 100LL * DAYS_A_YEAR * 24 * 3600;

static const int retried_statuses[] = {408, 409, 425, 429};

bool retry_status_passes(int status)
{
    size_t i;

    for (i = 0; i < sizeof(retried_statuses) / sizeof(int); i++)
        if (status == retried_statuses[i])
            return true;
    return status >= 500 && status <= 599;
}

/* Full jitter spreads the retries of many requests over the whole interval. */
static int64_t jitter(const struct retry_input *in)
{
    int64_t ceiling = in->base_ms > 0 ? in->base_ms : RETRY_BASE_MS;
    int doublings;

    for (doublings = in->attempt - 1; doublings > 0; doublings--) {
        if (ceiling >= RETRY_CAP_MS)
            break;
        ceiling *= 2;
    }
    if (ceiling > RETRY_CAP_MS)
        ceiling = RETRY_CAP_MS;
    return (int64_t)(in->random % (uint64_t)(ceiling + 1));
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

enum retry_verdict retry_decide(const struct retry_input *in, int64_t *delay_ms)
{
    int64_t asked = 0;

    *delay_ms = 0;
    if (in->transport_failed ? !in->transport_transient
                             : !retry_status_passes(in->status))
        return RETRY_NEVER;
    if (in->has_retry_after)
        asked = clamp(in->retry_after_ms, 0, RETRY_AFTER_MAX_MS);
    *delay_ms = jitter(in);
    if (*delay_ms < asked)
        *delay_ms = asked;
    if (in->spent_ms > in->budget_ms - *delay_ms)
        return RETRY_GIVE_UP;
    return RETRY_AGAIN;
}

static int parse_seconds(const char *text, int64_t *delay_ms)
{
    int64_t seconds = 0;
    bool fraction = false;

    if (!isdigit((unsigned char)*text))
        return -1;
    for (; isdigit((unsigned char)*text); text++)
        if (seconds < century_seconds)
            seconds = seconds * 10 + (*text - '0');
    if (*text == '.') {
        text++;
        if (!isdigit((unsigned char)*text))
            return -1;
        for (; isdigit((unsigned char)*text); text++)
            fraction = fraction || *text != '0';
    }
    if (*text != '\0')
        return -1;
    seconds = clamp(seconds + fraction, 0, century_seconds);
    *delay_ms = seconds * INSTANT_SECOND;
    return 0;
}

struct date_parts {
    int day, year;
    char month[4], time[9];
};

/* Each form ends with %n, which is reached only when the rest matched. */
static bool scan_imf(const char *text, struct date_parts *d)
{
    int end = 0;

    sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %8[0-9:] GMT%n", &d->day,
           d->month, &d->year, d->time, &end);
    return end != 0 && text[end] == '\0';
}

static bool scan_rfc850(const char *text, struct date_parts *d)
{
    int end = 0;

    sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %8[0-9:] GMT%n", &d->day,
           d->month, &d->year, d->time, &end);
    return end != 0 && text[end] == '\0';
}

static bool scan_asctime(const char *text, struct date_parts *d)
{
    int end = 0;

    sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %8[0-9:] %4d%n", d->month, &d->day,
           d->time, &d->year, &end);
    return end != 0 && text[end] == '\0';
}

static int date_instant(const struct date_parts *d, int year, int64_t *out)
{
    char text[HTTP_DATE_MAX];

    snprintf(text, sizeof(text), "%d %s %04d %s", d->day, d->month, year,
             d->time);
    return instant_parse(text, INSTANT_DAY_MON_YEAR, out);
}

static int parse_http_date(const char *text, int64_t now_ms, int64_t *out)
{
    const int64_t far_ahead =
        now_ms + (int64_t)YEARS_AHEAD_IS_PAST * DAYS_A_YEAR * INSTANT_DAY;
    struct date_parts d = {0};

    if (scan_imf(text, &d) || scan_asctime(text, &d))
        return date_instant(&d, d.year, out);
    if (!scan_rfc850(text, &d) || date_instant(&d, 2000 + d.year, out) != 0)
        return -1;
    if (*out > far_ahead)
        return date_instant(&d, 1900 + d.year, out);
    return 0;
}

int retry_after_parse(const char *text, int64_t now_ms, int64_t *delay_ms)
{
    int64_t at;

    if (parse_seconds(text, delay_ms) == 0)
        return 0;
    if (parse_http_date(text, now_ms, &at) != 0)
        return -1;
    *delay_ms = at > now_ms ? at - now_ms : 0;
    return 0;
}
