#include "expiry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "json.h"

enum { JWT_BYTES_MAX = 16 * 1024 };

/* RFC 4648, 5; -1 for what is no digit of it. */
static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes base64url without padding. False: it is something else. */
static bool decode(const char *text, size_t len, char *out, size_t *out_len)
{
    unsigned bits = 0;
    int held = 0;

    *out_len = 0;
    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        out[(*out_len)++] = (char)(unsigned char)(bits >> held & 0xff);
    }
    return true;
}

/* Seconds since 1970 up to the year 9999; a fraction is allowed and cut. */
static int64_t read_exp(const struct json *claims)
{
    const struct json *exp = json_member(claims, "exp");
    const char *digits;
    char *end;
    long long seconds;

    if (exp == NULL || json_type(exp) != JSON_NUMBER)
        return EXPIRY_UNKNOWN;
    digits = json_number_text(exp);
    seconds = strtoll(digits, &end, 10);
    if ((*end != '\0' && *end != '.') || seconds <= 0 ||
        seconds > INT64_C(253402300799))
        return EXPIRY_UNKNOWN;
    return seconds * INSTANT_SECOND;
}

int64_t expiry_of_jwt(const char *token)
{
    const char *first = strchr(token, '.'), *second;
    struct error ignored = {0};
    int64_t expiry = EXPIRY_UNKNOWN;
    struct json_doc doc;
    char *claims;
    size_t len;

    second = first != NULL ? strchr(first + 1, '.') : NULL;
    if (second == NULL || strchr(second + 1, '.') != NULL ||
        second - first > JWT_BYTES_MAX)
        return EXPIRY_UNKNOWN;
    claims = calloc(1, JWT_BYTES_MAX);
    if (claims == NULL)
        return EXPIRY_UNKNOWN;
    if (decode(first + 1, (size_t)(second - first - 1), claims, &len) &&
        json_parse(&doc, claims, len, JSON_SECRET, "token", ERROR_DATA,
                   &ignored) == 0) {
        expiry = read_exp(doc.root);
        json_free(&doc);
    }
    explicit_bzero(claims, JWT_BYTES_MAX);
    free(claims);
    return expiry;
}

int64_t expiry_of(const struct endpoint *endpoint, const char *secret)
{
    int64_t noted = endpoint->expires != 0 ? endpoint->expires : EXPIRY_UNKNOWN;
    int64_t told = secret != NULL ? expiry_of_jwt(secret) : EXPIRY_UNKNOWN;

    return told < noted ? told : noted;
}

bool expiry_near(int64_t expiry, int64_t now)
{
    return expiry != EXPIRY_UNKNOWN &&
           expiry - now < (int64_t)EXPIRY_WARN_DAYS * INSTANT_DAY;
}

void expiry_text(int64_t expiry, int64_t now, char out[EXPIRY_TEXT_MAX])
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {{INSTANT_DAY, "days"},
                 {INSTANT_HOUR, "hours"},
                 {INSTANT_MINUTE, "minutes"}};
    int64_t away = expiry > now ? expiry - now : now - expiry;
    char at[INSTANT_TEXT_MAX];
    size_t i = 0;

    while (i < 2 && away < 2 * units[i].unit)
        i++;
    instant_rfc3339(expiry - expiry % INSTANT_SECOND, at);
    if (expiry > now)
        snprintf(out, EXPIRY_TEXT_MAX, "ends %.24s, in %" PRId64 " %s", at,
                 away / units[i].unit, units[i].name);
    else
        snprintf(out, EXPIRY_TEXT_MAX, "ended %.24s, %" PRId64 " %s ago", at,
                 away / units[i].unit, units[i].name);
}
