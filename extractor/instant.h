/*
 * instant: a point in time as UTC milliseconds since 1970-01-01 (int64_t).
 *
 * Range: years 0001 to 9999 (what PowerCenter and every warehouse accept);
 * parsers refuse the rest. A leap second (:60) is read as the last
 * millisecond of its minute. Pure: no clock, no locale, no time zone database.
 */
#ifndef ROLLCALL_INSTANT_H
#define ROLLCALL_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum instant_format {
    INSTANT_ISO8601,      /* RFC 3339, and the forms Atlassian adds to it: zone
                             as Z, +hh:mm, +hhmm or +hh; 'T' or blank; seconds
                             optional; 0 to 9 digits of fraction (cut to ms) */
    INSTANT_EPOCH_MS,     /* decimal milliseconds since 1970 */
    INSTANT_DAY_MON_YEAR, /* "3 Jan 2024", optionally "… 15:31:57"; UTC */
    INSTANT_UTC,          /* as instant_parse_lenient() takes it */
    INSTANT_ISO8601_DATE, /* what INSTANT_ISO8601 takes, and a date alone
                             ("2026-11-23"), which is its midnight UTC */
    INSTANT_FORMAT_COUNT
};

enum {
    INSTANT_TEXT_MAX = 64, /* room for any text this module writes */
    INSTANT_SECOND = 1000,
    INSTANT_MINUTE = 60 * INSTANT_SECOND,
    INSTANT_HOUR = 60 * INSTANT_MINUTE,
    INSTANT_DAY = 24 * INSTANT_HOUR
};

/* 0, or -1 when text is not wholly an instant of that format. A time without
 * a zone is refused for INSTANT_ISO8601, because guessing one moves events. A
 * date alone ("2026-11-23") is accepted only by INSTANT_ISO8601_DATE and by
 * instant_parse_lenient(). */
int instant_parse(const char *text, enum instant_format format, int64_t *out);

/* For people: what INSTANT_ISO8601 takes, and a date or a time without zone,
 * both read as UTC. Used for --as-of and the like. */
int instant_parse_lenient(const char *text, int64_t *out);

/* "2026-11-23T02:00:00Z", with ".123" when the milliseconds are not 0. */
void instant_rfc3339(int64_t instant, char out[INSTANT_TEXT_MAX]);

/* "2026-11-23T02:00:00.000Z", always with milliseconds: for requests. */
void instant_rfc3339_ms(int64_t instant, char out[INSTANT_TEXT_MAX]);

/* strftime(3) subset: %Y %m %d %H %M %S %f (milliseconds, 3 digits) %%, for
 * UTC shifted by offset_minutes. Returns 0, or -1 and an empty text for another
 * conversion, a year beyond 9999 or a text longer than size. */
int instant_format(int64_t instant, const char *format, int offset_minutes,
                   char *out, size_t size);

/* The reverse of instant_format() for UTC, to the letter; what the format does
 * not name is as in 1970-01-01T00:00:00. 0, or -1 when text is something else. */
int instant_parse_format(const char *text, const char *format, int64_t *out);

/* Run ids: "20261123T020000Z". */
void instant_compact(int64_t instant, char out[INSTANT_TEXT_MAX]);

#endif
