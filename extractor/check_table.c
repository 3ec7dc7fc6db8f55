#include "check_table.h"

static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void check_table(const char *const *cells, size_t rows, size_t columns,
                 struct buf *out)
{
    size_t widths[CHECK_COLUMNS_MAX] = {0};

    for (size_t i = 0; i < rows * columns; i++) {
        size_t width = width_of(cells[i]);

        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; i < rows * columns; i++) {
        size_t pad = widths[i % columns] - width_of(cells[i]) + 2;

        buf_puts(out, cells[i]);
        if (i % columns == columns - 1)
            buf_putc(out, '\n');
        else
            buf_printf(out, "%*s", (int)pad, "");
    }
}
