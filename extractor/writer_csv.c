#include <stdlib.h>
#include <string.h>

#include "instant.h"
#include "writer_format.h"

enum { EXPONENT_MAX = 400 }; /* zeros a number may be written out with */

static const char *digits_end(const char *p)
{
    return p + strspn(p, "0123456789");
}

static void put_zeros(struct buf *out, long count)
{
    while (count-- > 0)
        buf_putc(out, '0');
}

/* 12.5e3 as 12500: no loader is known to take the exponent form. */
static void put_moved(const struct buf *digits, long point, char decimal,
                      struct buf *out)
{
    const char *p = digits->data;
    long count = (long)digits->len;

    if (strspn(p, "0") == digits->len) {
        buf_putc(out, '0');
        return;
    }
    while (count > 1 && point > 1 && *p == '0') {
        p++;
        count--;
        point--;
    }
    if (point <= 0) {
        buf_putc(out, '0');
        buf_putc(out, decimal);
        put_zeros(out, -point);
        buf_append(out, p, (size_t)count);
        return;
    }
    if (point >= count) {
        buf_append(out, p, (size_t)count);
        put_zeros(out, point - count);
        return;
    }
    buf_append(out, p, (size_t)point);
    buf_putc(out, decimal);
    buf_append(out, p + point, (size_t)(count - point));
}

static int put_exponent(const char *whole, const char *exponent, char decimal,
                        struct buf *out)
{
    const char *point = digits_end(whole);
    const char *tail = exponent + strspn(exponent, "+-");
    long power = strtol(exponent, NULL, 10);
    struct buf digits;
    int result = 0;

    if (*tail == '\0' || tail - exponent > 1 || *digits_end(tail) != '\0' ||
        power > EXPONENT_MAX || power < -EXPONENT_MAX)
        return -1;
    buf_init(&digits, CSV_CELL_MAX);
    buf_append(&digits, whole, (size_t)(point - whole));
    if (*point == '.')
        buf_append(&digits, point + 1,
                   (size_t)(digits_end(point + 1) - point - 1));
    if (buf_ok(&digits)) {
        put_moved(&digits, (point - whole) + power, decimal, out);
    } else {
        out->failed |= !digits.full; /* for want of memory */
        result = -1;
    }
    buf_release(&digits);
    return result;
}

static int put_number(const char *text, char decimal, struct buf *out)
{
    const char *p = text + (*text == '-');
    const char *whole = p;

    p = digits_end(p);
    if (p == whole)
        return -1;
    if (*p == '.') {
        if (digits_end(p + 1) == p + 1)
            return -1;
        p = digits_end(p + 1);
    }
    if (*text == '-')
        buf_putc(out, '-');
    if (*p == 'e' || *p == 'E')
        return put_exponent(whole, p + 1, decimal, out);
    if (*p != '\0')
        return -1;
    for (p = whole; *p != '\0'; p++)
        buf_putc(out, *p == '.' ? decimal : *p);
    return 0;
}

/* One record stays one line, whatever the text: line readers downstream take
 * every line end for the end of the row. */
static void put_text(const char *text, struct buf *out,
                     struct writer_report *counts)
{
    const char *run = text;

    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= ' ' || *p == '\t')
            continue;
        buf_append(out, run, (size_t)(p - run));
        buf_putc(out, ' ');
        if (*p == '\r' || *p == '\n')
            counts->newlines_replaced++;
        else
            counts->controls_replaced++;
        if (*p == '\r' && p[1] == '\n')
            p++;
        run = p + 1;
    }
    buf_puts(out, run);
}

static int put_instant(int64_t instant, const char *format, struct buf *out)
{
    char text[INSTANT_TEXT_MAX];

    if (instant_format(instant, format, 0, text, sizeof(text)) != 0)
        return -1;
    return buf_puts(out, text);
}

int writer_csv_text(const struct csv_dialect *dialect,
                    const struct value *value, struct buf *out,
                    struct writer_report *counts)
{
    switch (value->type) {
    case VALUE_INTEGER:
        buf_printf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_NUMBER:
        if (put_number(value->text, dialect->decimal, out) != 0)
            return -1;
        break;
    case VALUE_BOOLEAN:
        buf_puts(out, value->integer != 0 ? "true" : "false");
        break;
    case VALUE_TIMESTAMP:
        return put_instant(value->integer, dialect->time_format, out);
    case VALUE_DATE:
        return put_instant(value->integer, "%Y-%m-%d", out);
    default:
        put_text(value->text, out, counts);
    }
    return buf_ok(out) ? 0 : -1;
}

int writer_csv_name(const struct csv_dialect *dialect, const char *name,
                    struct buf *out)
{
    for (const char *p = name; *p != '\0'; p++) {
        bool lower = *p >= 'a' && *p <= 'z', upper = *p >= 'A' && *p <= 'Z';
        char c = *p;

        if (lower && dialect->header_case == CSV_HEADER_UPPER)
            c = (char)(c - 'a' + 'A');
        else if (upper && dialect->header_case == CSV_HEADER_LOWER)
            c = (char)(c - 'A' + 'a');
        buf_putc(out, c);
    }
    return buf_ok(out) ? 0 : -1;
}

static void head(struct writer_line *line)
{
    const struct schema *schema = line->options->schema;
    struct csv_writer w = {.out = &line->record,
                           .dialect = line->options->dialect};

    if (!w.dialect->header)
        return;
    csv_row_start(&w);
    for (size_t i = 0; i < schema->count; i++) {
        buf_reset(&line->cell);
        if (writer_csv_name(w.dialect, schema->columns[i].name,
                            &line->cell) != 0)
            line->record.failed = true; /* a name without its letters */
        csv_put_plain(&w, line->cell.data);
    }
    csv_row_end(&w);
}

static int row(struct writer_line *line, const struct value *cells)
{
    struct csv_writer w = {.out = &line->record,
                           .dialect = line->options->dialect};

    csv_row_start(&w);
    for (size_t i = 0; i < line->options->schema->count; i++) {
        if (!cells[i].present) {
            csv_put_null(&w);
            continue;
        }
        buf_reset(&line->cell);
        if (writer_csv_text(w.dialect, &cells[i], &line->cell, line->counts) !=
            0) {
            line->record.failed |= buf_no_memory(&line->cell);
            return (int)i;
        }
        if (cells[i].type == VALUE_STRING)
            csv_put_text(&w, line->cell.data);
        else
            csv_put_plain(&w, line->cell.data);
    }
    csv_row_end(&w);
    return -1;
}

const struct writer_format writer_csv = {
    .name = "csv", .mark = CSV_BOM, .head = head, .row = row};
