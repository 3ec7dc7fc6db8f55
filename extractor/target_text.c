/* Texts as SQL has them, and where the files are. */
#include <ctype.h>
#include <string.h>

#include "target_parts.h"

static void put_quoted(struct buf *out, char quote, const char *text,
                       size_t len)
{
    buf_putc(out, quote);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == quote)
            buf_putc(out, quote);
        buf_putc(out, text[i]);
    }
    buf_putc(out, quote);
}

void target_literal(struct buf *out, const char *text)
{
    put_quoted(out, '\'', text, strlen(text));
}

static void put_escaped(struct buf *out, char c)
{
    if (c == '\t') {
        buf_puts(out, "\\t");
        return;
    }
    if (c == '\\' || c == '\'')
        buf_putc(out, c);
    buf_putc(out, c);
}

void target_escaped_literal(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text != '\0'; text++)
        put_escaped(out, *text);
    buf_putc(out, '\'');
}

void target_escaped_char(struct buf *out, char c)
{
    const char text[] = {c, '\0'};

    target_escaped_literal(out, text);
}

void target_comment(struct buf *out, const char *text)
{
    buf_puts(out, "-- ");
    for (; *text != '\0'; text++)
        buf_putc(out, iscntrl((unsigned char)*text) ? ' ' : *text);
    buf_putc(out, '\n');
}

const char *target_suffix(const struct target_table *table)
{
    return table->gzip ? ".csv.gz" : ".csv";
}

void target_glob(struct buf *out, const struct target_table *table)
{
    buf_puts(out, table->location);
    buf_printf(out, "/%s-*%s", table->schema->name, target_suffix(table));
}
