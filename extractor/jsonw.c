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

static void put_text(struct buf *out, const char *text)
{
    static const char shorts[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *run = text;

    buf_putc(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        const char *special;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        special = strchr(shorts, c);
        buf_append(out, run, (size_t)(text - run));
        run = text + 1;
        if (special != NULL)
            buf_printf(out, "\\%c", letters[special - shorts]);
        else
            buf_printf(out, "\\u%04x", c);
    }
    buf_append(out, run, (size_t)(text - run));
    buf_putc(out, '"');
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
    put_text(w->out, name);
    buf_puts(w->out, w->indent != 0 ? ": " : ":");
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
    put_text(w->out, text);
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
