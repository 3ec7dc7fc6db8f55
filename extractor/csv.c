#include "csv.h"

#include <csv.h>
#include <string.h>

#include "instant.h"

enum { CSV_QUOTE_PIECE = 512 }; /* bytes quoted at a time */

#define ISO_SECONDS "%Y-%m-%d %H:%M:%S"

struct preset {
    const char *name;
    struct csv_dialect dialect;
};

/* PowerCenter and PostgreSQL differ from the default only where a reader
 * would otherwise guess. PowerCenter skips a header in the first file of a
 * stream or list, so a later one would be a row, which it drops without a
 * word: there is none, and its source definition names the ports. COPY into
 * timestamptz would take the zone from the session. */
static const struct preset presets[] = {
    {"rfc4180",
     {.delimiter = ',',
      .quote = '"',
      .header = true,
      .null_text = "",
      .time_format = ISO_SECONDS,
      .decimal = '.'}},
    {"powercenter",
     {.delimiter = ',',
      .quote = '"',
      .header = false,
      .null_text = "",
      .time_format = ISO_SECONDS,
      .decimal = '.',
      .header_case = CSV_HEADER_UPPER}},
    {"excel",
     {.delimiter = ',',
      .quote = '"',
      .header = true,
      .crlf = true,
      .null_text = "",
      .time_format = ISO_SECONDS,
      .decimal = '.',
      .excel_safe = true,
      .bom = true}},
    {"postgres",
     {.delimiter = ',',
      .quote = '"',
      .header = true,
      .null_text = "",
      .time_format = ISO_SECONDS "+00",
      .decimal = '.'}},
};

bool csv_preset(const char *name, struct csv_dialect *out)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        if (strcmp(presets[i].name, name) == 0) {
            *out = presets[i].dialect;
            return true;
        }
    }
    return false;
}

const char *csv_preset_names(void)
{
    return "rfc4180, powercenter, excel, postgres";
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Delimiter and quote: one byte that is no part of a cell's usual text. */
static bool unusable(char c)
{
    return c == '\0' || c == ' ' || is_line_end(c) || (unsigned char)c > 0x7e;
}

static const char *null_text_problem(const struct csv_dialect *dialect)
{
    const char *text = dialect->null_text;
    size_t len = strlen(text);

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == dialect->delimiter || *p == dialect->quote || is_line_end(*p))
            return "null text holds a delimiter, quote or line end";
    }
    if (len > 0 && (is_blank(text[0]) || is_blank(text[len - 1])))
        return "null text begins or ends with a blank";
    return NULL;
}

const char *csv_dialect_problem(const struct csv_dialect *dialect,
                                size_t columns)
{
    char text[INSTANT_TEXT_MAX];

    if (unusable(dialect->delimiter))
        return "delimiter must be one ASCII character, and no blank";
    if (unusable(dialect->quote) || dialect->quote == '\t')
        return "quote must be one ASCII character, and no blank";
    if (dialect->delimiter == dialect->quote)
        return "delimiter is also the quote";
    if (dialect->excel_safe && dialect->quote == '\'')
        return "quote must not be the apostrophe of excel_safe";
    if (dialect->decimal != '.' && dialect->decimal != ',')
        return "decimal must be a point or a comma";
    if (instant_format(0, dialect->time_format, 0, text, sizeof(text)) != 0 ||
        text[0] == '\0' || strpbrk(text, "\r\n") != NULL)
        return "time format is not one of %Y %m %d %H %M %S %f %%";
    if (columns == 1 && dialect->null_text[0] == '\0')
        return "null text must not be empty in a table of one column";
    return null_text_problem(dialect);
}

void csv_row_start(struct csv_writer *w)
{
    w->first = true;
}

static void put_delimiter(struct csv_writer *w)
{
    if (!w->first)
        buf_putc(w->out, w->dialect->delimiter);
    w->first = false;
}

void csv_put_null(struct csv_writer *w)
{
    put_delimiter(w);
    buf_puts(w->out, w->dialect->null_text);
}

static bool must_quote(const struct csv_dialect *dialect, const char *text,
                       size_t len)
{
    const char special[] = {dialect->delimiter, dialect->quote, '\r', '\n',
                            '\0'};

    return len == 0 || is_blank(text[0]) || is_blank(text[len - 1]) ||
           strpbrk(text, special) != NULL ||
           strcmp(text, dialect->null_text) == 0 ||
           strcmp(text, "\\.") == 0 ||
           strncmp(text, CSV_BOM, strlen(CSV_BOM)) == 0;
}

/* libcsv doubles the quotes; it also puts a pair around each piece, of which
 * only the outermost are wanted. */
static void put_quoted(struct csv_writer *w, const char *prefix,
                       const char *text, size_t len)
{
    char piece[2 * CSV_QUOTE_PIECE + 2];
    const unsigned char quote = (unsigned char)w->dialect->quote;

    buf_putc(w->out, w->dialect->quote);
    buf_puts(w->out, prefix);
    while (len > 0) {
        size_t part = len < CSV_QUOTE_PIECE ? len : CSV_QUOTE_PIECE;
        size_t size = csv_write2(piece, sizeof(piece), text, part, quote);

        buf_append(w->out, piece + 1, size - 2);
        text += part;
        len -= part;
    }
    buf_putc(w->out, w->dialect->quote);
}

const char *csv_text_prefix(const struct csv_dialect *dialect, const char *text)
{
    if (!dialect->excel_safe || *text == '\0')
        return "";
    return strchr("=+-@\t\r", *text) != NULL ? "'" : "";
}

static void put_cell(struct csv_writer *w, const char *prefix, const char *text)
{
    size_t len = strlen(text);

    put_delimiter(w);
    if (must_quote(w->dialect, text, len)) {
        put_quoted(w, prefix, text, len);
        return;
    }
    buf_puts(w->out, prefix);
    buf_append(w->out, text, len);
}

void csv_put_plain(struct csv_writer *w, const char *text)
{
    put_cell(w, "", text);
}

void csv_put_text(struct csv_writer *w, const char *text)
{
    put_cell(w, csv_text_prefix(w->dialect, text), text);
}

void csv_row_end(struct csv_writer *w)
{
    buf_puts(w->out, w->dialect->crlf ? "\r\n" : "\n");
}
