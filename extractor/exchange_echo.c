#include "exchange_internal.h"

#include <string.h>

#include "buf.h"

/* Bytes in a row that are no accident. */
enum { ECHO_BYTES = 10, PAIR_MAX = 2 * SECRET_MAX };

/* Host names come in small letters, so case does not count. */
static bool shares(const char *text, const char *secret)
{
    size_t len = secret != NULL ? strlen(secret) : 0;
    char piece[ECHO_BYTES + 1] = "";
    bool found = false;

    if (len == 0)
        return false;
    if (len < ECHO_BYTES)
        return strcasestr(text, secret) != NULL;
    for (size_t i = 0; i + ECHO_BYTES <= len && !found; i++) {
        memcpy(piece, secret + i, ECHO_BYTES);
        found = strcasestr(text, piece) != NULL;
    }
    explicit_bzero(piece, sizeof(piece));
    return found;
}

static void put_base64(struct buf *out, const char *text, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i + 2 < len; i += 3) {
        unsigned bits = (unsigned)(unsigned char)text[i] << 16 |
                        (unsigned)(unsigned char)text[i + 1] << 8 |
                        (unsigned char)text[i + 2];

        for (int shift = 18; shift >= 0; shift -= 6)
            buf_putc(out, digits[bits >> shift & 63]);
    }
}

/* As basic authentication sends it, but for up to two bytes at the end. */
static bool shares_pair(const char *text, const struct lane *lane)
{
    const char *secret = lane->secret.text;
    struct buf pair, sent;
    bool found;

    if (lane->endpoint->auth != AUTH_BASIC || secret == NULL)
        return false;
    buf_init(&pair, PAIR_MAX);
    buf_init(&sent, 2 * PAIR_MAX);
    pair.secret = sent.secret = true;
    buf_printf(&pair, "%s:%s", lane->endpoint->user, secret);
    put_base64(&sent, pair.data, pair.len);
    found = !buf_ok(&pair) || !buf_ok(&sent) || shares(text, sent.data);
    buf_release(&pair);
    buf_release(&sent);
    return found;
}

bool echo_in(const char *text, const struct lane *lane)
{
    return shares(text, lane->secret.text) ||
           shares(text, lane->login.grant.access.text) ||
           shares_pair(text, lane);
}
