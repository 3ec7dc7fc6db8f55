/* Whether a system reads what the job's output.csv makes the writer write. */
#include <ctype.h>
#include <string.h>

#include "target_parts.h"

static const char *piece(const struct target_mask *mask, char conversion)
{
    switch (conversion) {
    case 'Y':
        return mask->year;
    case 'm':
        return mask->month;
    case 'd':
        return mask->day;
    case 'H':
        return mask->hour;
    case 'M':
        return mask->minute;
    case 'S':
        return mask->second;
    case 'f':
        return mask->milli;
    default:
        return NULL;
    }
}

static bool must_quote(const struct target_mask *mask, char c)
{
    if (mask->special != NULL && strchr(mask->special, c) != NULL)
        return true;
    return !mask->letters_plain && isalnum((unsigned char)c);
}

/* The characters from *format on that are no conversion, and how they are
 * written. */
static int put_plain(const char **format, const struct target_mask *mask,
                     struct buf *out)
{
    const char *p = *format;
    bool quote = false;

    for (; *p != '\0' && *p != '%'; p++)
        quote |= must_quote(mask, *p);
    if (quote && (mask->open == NULL ||
                  memchr(*format, *mask->open, (size_t)(p - *format)) != NULL))
        return -1;
    if (quote)
        buf_puts(out, mask->open);
    buf_append(out, *format, (size_t)(p - *format));
    if (quote)
        buf_puts(out, mask->close);
    *format = p;
    return 0;
}

int target_time_mask(const char *format, const struct target_mask *mask,
                     struct buf *out)
{
    while (*format != '\0') {
        const char *text;

        if (*format != '%') {
            if (put_plain(&format, mask, out) != 0)
                return -1;
            continue;
        }
        text = piece(mask, format[1]);
        if (text == NULL)
            return -1;
        buf_puts(out, text);
        format += 2;
    }
    return 0;
}

bool target_time_is_iso(const char *format, bool *zone)
{
    static const char day[] = "%Y-%m-%d", time[] = "%H:%M:%S";
    const char *p = format;

    *zone = false;
    if (strncmp(p, day, sizeof(day) - 1) != 0)
        return false;
    p += sizeof(day) - 1;
    if (*p != ' ' && *p != 'T')
        return false;
    p++;
    if (strncmp(p, time, sizeof(time) - 1) != 0)
        return false;
    p += sizeof(time) - 1;
    if (strncmp(p, ".%f", 3) == 0)
        p += 3;
    if (*p == '\0')
        return true;
    *zone = strcmp(p, "Z") == 0 || strcmp(p, "+00") == 0 ||
            strcmp(p, "+00:00") == 0;
    return *zone;
}

bool target_has_type(const struct schema *schema, enum value_type type)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].type == type)
            return true;
    }
    return false;
}

static int refuse(const struct target_format *format, const char *key,
                  const char *why, const char *cure, struct error *err)
{
    error_set(err, ERROR_CONFIG, "output.csv.%s: %s %s", key, format->title,
              why);
    return error_hint(err, "%s", cure);
}

static int check_times(const struct target_format *format,
                       const struct target_table *table, struct error *err)
{
    const char *text = table->dialect->time_format;
    struct buf mask;
    bool good = false, zone;

    if (!target_has_type(table->schema, VALUE_TIMESTAMP))
        return 0;
    buf_init(&mask, TARGET_TEXT_MAX);
    if (format->mask != NULL)
        good = target_time_mask(text, format->mask, &mask) == 0;
    if (!good && (format->mask == NULL || (format->reads & READS_ISO_TIMES)))
        good = target_time_is_iso(text, &zone);
    buf_release(&mask);
    if (good)
        return 0;
    return refuse(format, "time_format", "cannot read this form of time",
                  "leave it out: %Y-%m-%d %H:%M:%S is read everywhere", err);
}

int target_check_dialect(const struct target_format *format,
                         const struct target_table *table, struct error *err)
{
    const struct csv_dialect *dialect = table->dialect;

    if (!table->csv) {
        error_set(err, ERROR_CONFIG,
                  "output.formats: has no csv, which %s is "
                  "to load",
                  format->title);
        return error_hint(err, "add \"csv\" to it");
    }
    if (dialect->excel_safe)
        return refuse(format, "excel_safe",
                      "would load its apostrophes as "
                      "text",
                      "leave excel_safe to files for people", err);
    if (dialect->bom && (format->reads & READS_BOM) == 0)
        return refuse(format, "bom", "takes a byte order mark for text",
                      "set it to false", err);
    if (dialect->crlf && (format->reads & READS_CRLF) == 0)
        return refuse(format, "line_end", "takes the CR for text",
                      "set it to \"lf\"", err);
    if (dialect->decimal != '.' && (format->reads & READS_DECIMAL_COMMA) == 0 &&
        target_has_type(table->schema, VALUE_NUMBER))
        return refuse(format, "decimal", "reads a decimal point alone",
                      "set it to \".\"", err);
    if (dialect->null_text[0] != '\0' && (format->reads & READS_NULL_TEXT) == 0)
        return refuse(format, "null",
                      "takes a quoted text that equals it for "
                      "null too",
                      "set it to \"\"", err);
    if (dialect->quote != '"' && (format->reads & READS_QUOTE) == 0)
        return refuse(format, "quote", "reads no other quote than \"",
                      "leave it out", err);
    return check_times(format, table, err);
}
