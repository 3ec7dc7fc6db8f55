#include <stdio.h>
#include <string.h>

#include "json_bytes.h"
#include "json_scan.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
enum { REPLACEMENT_BYTES = 3 };

/* A string under way: read at `at`, written at `out`, which never passes it
 * unless the text moved to memory of its own. */
struct decoding {
    struct json_scan *scan;
    char *at;
    const char *end;
    char *start, *out;
    bool moved, changed;
};

/* Bytes as the caller of a comparison wants them: never negative. */
static int byte_at(const struct decoding *d, const char *p)
{
    return p < d->end ? (unsigned char)*p : -1;
}

/* Well-formed UTF-8, Unicode 15 table 3-7: bounds of the second byte; the
 * others are 80..BF. */
static const struct {
    unsigned char first, last, low, high, len;
} leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* Length of the sequence at d->at; *valid tells whether it is well-formed,
 * else it is the part one replacement character stands for. */
static size_t utf8_sequence(const struct decoding *d, bool *valid)
{
    int c = byte_at(d, d->at);
    size_t i = 0, n;

    *valid = false;
    while (i < sizeof(leads) / sizeof(leads[0]) &&
           !(c >= leads[i].first && c <= leads[i].last))
        i++;
    if (i == sizeof(leads) / sizeof(leads[0]))
        return 1;
    if (byte_at(d, d->at + 1) < leads[i].low ||
        byte_at(d, d->at + 1) > leads[i].high)
        return 1;
    for (n = 2; n < leads[i].len; n++) {
        if (byte_at(d, d->at + n) < 0x80 || byte_at(d, d->at + n) > 0xBF)
            return n;
    }
    *valid = true;
    return n;
}

/* The code unit of "\uXXXX" at p, or -1. */
static int32_t utf16_escape(const struct decoding *d, const char *p)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    int32_t unit = 0;

    if (d->end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digit = memchr(digits, p[i], sizeof(digits) - 1);
        int32_t value;

        if (digit == NULL)
            return -1;
        value = (int32_t)(digit - digits);
        unit = unit * 16 + (value < 16 ? value : value - 6);
    }
    return unit;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static size_t utf8_of(int32_t point, char out[4])
{
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = len; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    out[0] = (char)(marks[len] | point);
    return len;
}

/* Room for the rest of the string however often it grows; what was written so
 * far goes there too. */
static int move_out(struct decoding *d)
{
    size_t done = (size_t)(d->out - d->start);
    size_t rest = (size_t)(d->end - d->at);
    const char *quote;
    char *room;

    for (quote = d->at; quote < d->end && *quote != '"'; quote++)
        quote += *quote == '\\';
    if (quote < d->end)
        rest = (size_t)(quote - d->at);
    room = arena_alloc(&d->scan->repaired, done + rest * REPLACEMENT_BYTES + 1);
    if (room == NULL)
        return -1;
    memcpy(room, d->start, done);
    d->start = room;
    d->out = room + done;
    d->moved = true;
    return 0;
}

static int put(struct decoding *d, const char *bytes, size_t len, size_t from)
{
    if (!d->moved && d->out + len > d->at + from && move_out(d) != 0)
        return -1;
    memmove(d->out, bytes, len);
    d->out += len;
    d->at += from;
    return 0;
}

static int repair(struct decoding *d, size_t from)
{
    d->changed = true;
    return put(d, replacement, REPLACEMENT_BYTES, from);
}

static int fail_escape(struct decoding *d)
{
    return json_scan_fail(
        d->scan, d->at,
        byte_at(d, d->at + 1) == 'u'
            ? "wrong escape, expected four hex digits after \\u"
            : "wrong escape, expected one of \\\" \\\\ \\/ \\b \\f "
              "\\n \\r \\t \\u");
}

static int decode_unicode(struct decoding *d)
{
    int32_t unit = utf16_escape(d, d->at), low;
    char utf8[4];

    if (unit < 0)
        return fail_escape(d);
    if (is_high(unit)) {
        low = utf16_escape(d, d->at + 6);
        if (!is_low(low))
            return repair(d, 6);
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return put(d, utf8, utf8_of(unit, utf8), 12);
    }
    if (unit == 0 || is_low(unit))
        return repair(d, 6);
    return put(d, utf8, utf8_of(unit, utf8), 6);
}

static int decode_escape(struct decoding *d)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    int c = byte_at(d, d->at + 1);
    const char *name = c > 0 ? strchr(names, c) : NULL;

    return name != NULL ? put(d, &values[name - names], 1, 2)
                        : decode_unicode(d);
}

static int fail_control(struct decoding *d)
{
    unsigned c = (unsigned char)*d->at;
    char reason[JSON_REASON_MAX];

    snprintf(reason, sizeof(reason),
             "control character 0x%02X in a string, expected '\"' or the "
             "escape \\u%04X",
             c, c);
    return json_scan_fail(d->scan, d->at, reason);
}

/* One character or escape, or a run of plain ones. */
static int decode_element(struct decoding *d)
{
    unsigned char c = (unsigned char)*d->at;
    size_t len;
    bool valid;

    if (c == '\\')
        return decode_escape(d);
    if (c >= 0x80) {
        len = utf8_sequence(d, &valid);
        return valid ? put(d, d->at, len, len) : repair(d, len);
    }
    if (c < ' ')
        return fail_control(d);
    len = (size_t)(bytes_plain(d->at) - d->at);
    return put(d, d->at, len, len);
}

/* The rest of a string that is not plain to its end. Kept apart, so that a
 * plain one, as most are, is read without a stack frame for it. */
__attribute__((noinline)) static const char *decode(struct json_scan *scan, char *start, char *from,
                          char **at, const char *end)
{
    struct decoding d = {
        .scan = scan, .at = from, .end = end, .start = start, .out = from};

    while (d.at < end && *d.at != '"') {
        if (decode_element(&d) != 0)
            return NULL;
    }
    if (d.at >= end) {
        json_scan_fail(scan, start - 1, "string without an end, expected '\"'");
        return NULL;
    }
    *d.out = '\0';
    *at = d.at + 1;
    scan->repairs += d.changed;
    return d.start;
}

const char *json_scan_string(struct json_scan *scan, char **at, const char *end)
{
    char *start = *at + 1;
    char *stop = bytes_plain(start);

    if (*stop != '"' || stop >= end)
        return decode(scan, start, stop, at, end);
    *stop = '\0';
    *at = stop + 1;
    return start;
}
