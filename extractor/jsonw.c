#include "jsonw.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "instant.h"

void jsonw_init(struct jsonw *w, struct buf *out, int indent)
{
    memset(w, 0, sizeof(*w));
    w->out = out;
    w->indent = indent;
}

/* What is written as it is, which is all but control characters, quote and
 * backslash. */
static bool is_plain(char c)
{
    return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static void put_escape(struct buf *out, char c)
{
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *special = strchr(shorts, c);

    if (special != NULL)
        buf_printf(out, "\\%c", letters[special - shorts]);
    else
        buf_printf(out, "\\u%04x", (unsigned char)c);
}

static size_t plain_length(const char *text)
{
    size_t len = 0;

    while (is_plain(text[len]))
        len++;
    return len;
}

/* In quotes, and a byte behind them unless that is NUL. Most texts are plain
 * from end to end, and written in one go. */
static void put_text(struct buf *out, const char *text, char behind)
{
    size_t len = plain_length(text);
    char *room = NULL;

    if (text[len] == '\0')
        room = buf_room(out, len + 2 + (behind != '\0'));
    if (room != NULL) {
        room[0] = '"';
        memcpy(room + 1, text, len);
        room[len + 1] = '"';
        if (behind != '\0')
            room[len + 2] = behind;
        return;
    }
    buf_putc(out, '"');
    buf_append(out, text, len);
    for (text += len; *text != '\0'; text += len) {
        put_escape(out, *text++);
        len = plain_length(text);
        buf_append(out, text, len);
    }
    buf_putc(out, '"');
    if (behind != '\0')
        buf_putc(out, behind);
}

static void new_line(struct jsonw *w)
{
    if (w->indent == 0)
        return;
    buf_putc(w->out, '\n');
    for (int i = 0; i < w->depth * w->indent; i++)
        buf_putc(w->out, ' ');
}

/* What stands before any value: comma, line and name. */
static void lead(struct jsonw *w, const char *name)
{
    if (w->filled[w->depth])
        buf_putc(w->out, ',');
    if (w->depth > 0)
        new_line(w);
    w->filled[w->depth] = true;
    if (name == NULL)
        return;
    put_text(w->out, name, ':');
    if (w->indent != 0)
        buf_putc(w->out, ' ');
}

static void open_level(struct jsonw *w, const char *name, char bracket)
{
    assert(w->depth + 1 < JSONW_DEPTH_MAX);
    lead(w, name);
    buf_putc(w->out, bracket);
    w->filled[++w->depth] = false;
}

static void close_level(struct jsonw *w, char bracket)
{
    bool filled = w->filled[w->depth];

    assert(w->depth > 0);
    w->depth--;
    if (filled)
        new_line(w);
    buf_putc(w->out, bracket);
}

void jsonw_object(struct jsonw *w, const char *name)
{
    open_level(w, name, '{');
}

void jsonw_object_end(struct jsonw *w)
{
    close_level(w, '}');
}

void jsonw_array(struct jsonw *w, const char *name)
{
    open_level(w, name, '[');
}

void jsonw_array_end(struct jsonw *w)
{
    close_level(w, ']');
}

void jsonw_null(struct jsonw *w, const char *name)
{
    jsonw_number(w, name, "null");
}

void jsonw_bool(struct jsonw *w, const char *name, bool value)
{
    jsonw_number(w, name, value ? "true" : "false");
}

void jsonw_int(struct jsonw *w, const char *name, int64_t value)
{
    lead(w, name);
    buf_printf(w->out, "%" PRId64, value);
}

void jsonw_number(struct jsonw *w, const char *name, const char *digits)
{
    lead(w, name);
    buf_puts(w->out, digits);
}

void jsonw_text(struct jsonw *w, const char *name, const char *text)
{
    lead(w, name);
    put_text(w->out, text, '\0');
}

void jsonw_text_or_null(struct jsonw *w, const char *name, const char *text)
{
    if (text == NULL)
        jsonw_null(w, name);
    else
        jsonw_text(w, name, text);
}

void jsonw_instant(struct jsonw *w, const char *name, int64_t instant)
{
    char text[INSTANT_TEXT_MAX];

    instant_rfc3339(instant, text);
    jsonw_text(w, name, text);
}
