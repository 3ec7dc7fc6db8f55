#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "instant.h"

struct filling {
    const struct source *source;
    const struct endpoint *endpoint;
    const struct request_window *window;
};

static void write_time(const struct source *source, int64_t at,
                       char out[INSTANT_TEXT_MAX])
{
    if (source->time == REQUEST_EPOCH_MS)
        snprintf(out, INSTANT_TEXT_MAX, "%" PRId64, at);
    else
        instant_rfc3339_ms(at, out);
}

/* The text for a placeholder, or NULL when there is none. */
static const char *value_of(const struct filling *f, const char *name,
                            size_t len, char buffer[INSTANT_TEXT_MAX])
{
    const struct {
        const char *name;
        const char *text;
    } table[] = {
        {"organisation", f->endpoint->organisation},
        {"directory", f->endpoint->directory},
        {"site", f->endpoint->site},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strlen(table[i].name) == len &&
            memcmp(table[i].name, name, len) == 0)
            return table[i].text;
    }
    if (f->window == NULL)
        return NULL;
    if (len == 4 && memcmp(name, "from", len) == 0) {
        write_time(f->source, f->window->from, buffer);
        return buffer;
    }
    if (len == 2 && memcmp(name, "to", len) == 0) {
        write_time(f->source, f->window->to - f->source->to_inclusive, buffer);
        return buffer;
    }
    return NULL;
}

/* Replaces placeholders; in a query the text around them is encoded too. */
static int fill(const struct filling *f, const char *text, bool query,
                struct buf *out, struct error *err)
{
    while (*text != '\0') {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        char one[2] = {*text, '\0'}, buffer[INSTANT_TEXT_MAX];
        const char *value;

        if (close == NULL) {
            if (query)
                http_encode(out, one);
            else
                buf_puts(out, one);
            text++;
            continue;
        }
        value = value_of(f, text + 1, (size_t)(close - text) - 1, buffer);
        if (value == NULL) {
            error_set(err, ERROR_CONFIG, "%s: endpoint \"%s\" has no %.*s",
                      f->source->name, f->endpoint->name,
                      (int)(close - text) - 1, text + 1);
            return error_hint(err, "add it to the endpoint in the job file");
        }
        http_encode(out, value);
        text = close + 1;
    }
    return 0;
}

static void put_parameter(struct buf *out, char *separator, const char *name,
                          const char *value)
{
    buf_putc(out, *separator);
    http_encode(out, name);
    buf_putc(out, '=');
    http_encode(out, value);
    *separator = '&';
}

static void put_number(struct buf *out, char *separator, const char *name,
                       int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    put_parameter(out, separator, name, text);
}

static int put_query(const struct filling *f, const struct name_value *query,
                     char *separator, struct buf *out, struct error *err)
{
    for (; query != NULL && query->name != NULL; query++) {
        buf_putc(out, *separator);
        http_encode(out, query->name);
        buf_putc(out, '=');
        if (fill(f, query->value, true, out, err) != 0)
            return -1;
        *separator = '&';
    }
    return 0;
}

static void put_paging(const struct paging *paging,
                       const struct page_ask *page, char *separator,
                       struct buf *out)
{
    if (page->cursor != NULL)
        put_parameter(out, separator, paging->cursor_parameter, page->cursor);
    else if (paging->style == PAGING_OFFSET)
        put_number(out, separator, paging->offset_parameter, page->start);
    if (paging->limit_parameter != NULL)
        put_number(out, separator, paging->limit_parameter, page->size);
}

static int check_length(const struct source *source, const struct buf *out,
                        struct error *err)
{
    if (buf_ok(out))
        return 0;
    return error_set(err, ERROR_CONFIG, "%s: a request would be longer than "
                     "%zu bytes", source->name, out->ceiling);
}

int request_path(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err)
{
    struct filling f = {source, endpoint, parts->window};
    const struct page_ask *page = parts->page;
    char separator = '?';

    if (fill(&f, source->request_path, false, out, err) != 0)
        return -1;
    if (page == NULL || page->cursor == NULL || !source->paging.only_cursor) {
        if (put_query(&f, source->query, &separator, out, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < parts->batch_count; i++)
        put_parameter(out, &separator, source->batch_parameter,
                      parts->batch[i]);
    if (page != NULL)
        put_paging(&source->paging, page, &separator, out);
    return check_length(source, out, err);
}

int request_actions_path(const struct source *source,
                         const struct endpoint *endpoint, struct buf *out,
                         struct error *err)
{
    struct filling f = {source, endpoint, NULL};

    if (fill(&f, source->actions_path, false, out, err) != 0)
        return -1;
    return check_length(source, out, err);
}

int request_probe_path(const struct source *source,
                       const struct endpoint *endpoint, struct buf *out,
                       struct error *err)
{
    struct filling f = {source, endpoint, NULL};
    char separator = '?';

    if (fill(&f, source->probe_path, false, out, err) != 0 ||
        put_query(&f, source->probe_query, &separator, out, err) != 0)
        return -1;
    return check_length(source, out, err);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c | 0x20) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static void put_decoded(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = -1, low = -1;

        if (text[i] == '%' && i + 2 < len) {
            high = hex_digit(text[i + 1]);
            low = hex_digit(text[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            buf_putc(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_putc(out, text[i] == '+' ? ' ' : text[i]);
        }
    }
}

int request_query_value(const char *text, const char *name, struct buf *out)
{
    size_t name_len = name != NULL ? strlen(name) : 0;
    const char *p = strchr(text, '?');

    if (name_len == 0 || p == NULL ||
        (strstr(text, "://") == NULL && *text != '/'))
        return -1;
    for (p++; *p != '\0';) {
        size_t len = strcspn(p, "&#");

        if (strncmp(p, name, name_len) == 0 && p[name_len] == '=') {
            put_decoded(out, p + name_len + 1, len - name_len - 1);
            return 0;
        }
        p += len;
        if (*p != '&')
            break;
        p++;
    }
    return -1;
}
