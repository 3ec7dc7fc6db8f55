/* Attributes of XML elements. */
#include "target_parts.h"

/* Text of an attribute. Line ends stay what they are as references only, and
 * XML 1.0 has no form for other controls. */
static void put_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        case '\t':
        case '\n':
        case '\r':
            buf_printf(out, "&#x%x;", (unsigned)*text);
            break;
        default:
            buf_putc(out, (unsigned char)*text < ' ' ? ' ' : *text);
        }
    }
}

void target_attribute(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, " %s=\"", name);
    put_text(out, value);
    buf_putc(out, '"');
}

void target_attribute_number(struct buf *out, const char *name, size_t value)
{
    buf_printf(out, " %s=\"%zu\"", name, value);
}
