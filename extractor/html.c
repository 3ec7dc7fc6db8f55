#include "html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_MAX = 1024 };

#define REPLACEMENT "\xef\xbf\xbd"

void html_init(struct html *h, html_write_fn *write, void *context,
               struct error *err)
{
    h->write = write;
    h->context = context;
    h->err = err;
    h->result = 0;
    h->len = 0;
}

static void flush(struct html *h)
{
    if (h->result == 0 && h->len > 0)
        h->result = h->write(h->context, h->chunk, h->len, h->err);
    h->len = 0;
}

int html_finish(struct html *h)
{
    flush(h);
    return h->result;
}

void html_bytes(struct html *h, const char *data, size_t len)
{
    while (len > 0) {
        size_t room = HTML_CHUNK - h->len;
        size_t piece = len < room ? len : room;

        memcpy(h->chunk + h->len, data, piece);
        h->len += piece;
        data += piece;
        len -= piece;
        if (h->len == HTML_CHUNK)
            flush(h);
    }
}

void html_raw(struct html *h, const char *markup)
{
    html_bytes(h, markup, strlen(markup));
}

void html_format(struct html *h, const char *format, ...)
{
    char text[FORMAT_MAX];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text)) {
        if (h->result == 0)
            h->result = error_set(h->err, ERROR_BUG,
                                  "html: a piece of markup is too long");
        return;
    }
    html_bytes(h, text, (size_t)len);
}

/* NULL: the byte stands for itself. */
static const char *escape(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default:
        return c < 0x20 || c == 0x7f ? REPLACEMENT : NULL;
    }
}

void html_text(struct html *h, const char *text)
{
    const char *start = text;

    for (; *text != '\0'; text++) {
        const char *instead = escape((unsigned char)*text);

        if (instead == NULL)
            continue;
        html_bytes(h, start, (size_t)(text - start));
        html_raw(h, instead);
        start = text + 1;
    }
    html_bytes(h, start, (size_t)(text - start));
}

/* Bytes of what must be escaped at text: 1, 3 for the two line separators
 * that older scripts do not take in a string, else 0. */
static size_t json_special(const char *text, unsigned *code)
{
    unsigned char c = (unsigned char)*text;

    *code = c;
    if (c < 0x20 || c == 0x7f || strchr("\"\\<>&", c) != NULL)
        return 1;
    if (c != 0xe2 || (unsigned char)text[1] != 0x80 ||
        ((unsigned char)text[2] & 0xfe) != 0xa8)
        return 0;
    *code = 0x2000 + ((unsigned)(unsigned char)text[2] - 0x80);
    return 3;
}

void html_json(struct html *h, const char *text)
{
    const char *start = text;

    html_raw(h, "\"");
    while (*text != '\0') {
        unsigned code;
        size_t len = json_special(text, &code);

        if (len == 0) {
            text++;
            continue;
        }
        html_bytes(h, start, (size_t)(text - start));
        if (code == '"' || code == '\\')
            html_format(h, "\\%c", (int)code);
        else
            html_format(h, "\\u%04x", code);
        text += len;
        start = text;
    }
    html_bytes(h, start, (size_t)(text - start));
    html_raw(h, "\"");
}

void html_element(struct html *h, const char *tag, const char *text)
{
    html_format(h, "<%s>", tag);
    html_text(h, text);
    html_format(h, "</%.*s>", (int)strcspn(tag, " "), tag);
}

const char *html_count_text(uint64_t count, char out[HTML_COUNT_MAX])
{
    char digits[HTML_COUNT_MAX];
    size_t len, used = 0;

    snprintf(digits, sizeof(digits), "%" PRIu64, count);
    len = strlen(digits);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

void html_count(struct html *h, uint64_t count)
{
    char text[HTML_COUNT_MAX];

    html_raw(h, html_count_text(count, text));
}
