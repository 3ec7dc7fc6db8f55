/* raw_decode(): the text of a JSON string. */
#include "raw.h"

#include <stdint.h>
#include <stdlib.h>

enum { REPLACEMENT = 0xFFFD };

static void add_utf8(struct text *out, uint32_t c)
{
    char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = len; i-- > 1;) {
        bytes[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    bytes[0] = (char)(lead[len == 1 ? 0 : len] | c);
    text_add(out, bytes, len);
}

/* Four hex digits at AT, or UINT32_MAX. */
static uint32_t hex4(const char *at, const char *end)
{
    char digits[5] = "";
    char *stop;
    unsigned long value;

    if (end - at < 4)
        return UINT32_MAX;
    for (int i = 0; i < 4; i++)
        digits[i] = at[i];
    value = strtoul(digits, &stop, 16);
    return *stop == '\0' ? (uint32_t)value : UINT32_MAX;
}

/* AT is after "\u"; returns the bytes used after it. */
static size_t add_unicode(struct text *out, const char *at, const char *end)
{
    uint32_t high = hex4(at, end);
    uint32_t low;

    if (high >= 0xD800 && high < 0xDC00 && end - at >= 10 && at[4] == '\\' &&
        at[5] == 'u') {
        low = hex4(at + 6, end);
        if (low >= 0xDC00 && low < 0xE000) {
            add_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            return 10;
        }
    }
    if (high == 0 || (high >= 0xD800 && high < 0xE000) || high > 0xFFFF)
        high = REPLACEMENT;
    add_utf8(out, high);
    return 4;
}

static char plain_escape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

void raw_decode(struct text *out, struct span value)
{
    const char *end = value.at + value.len - 1;

    if (value.len < 2 || *value.at != '"')
        return;
    for (const char *at = value.at + 1; at < end; at++) {
        char c = *at;

        if (c == '\\' && at + 1 < end) {
            at++;
            if (*at == 'u') {
                at += add_unicode(out, at + 1, end);
                continue;
            }
            c = plain_escape(*at);
        }
        text_add(out, &c, 1);
    }
}
