#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "instant.h"
#include "jsonw.h"

struct filling {
    const struct source *source;
    const struct endpoint *endpoint;
    const struct request_window *window;
    const char *account;
};

static void write_time(const struct source *source, int64_t at,
                       char out[INSTANT_TEXT_MAX])
{
    if (source->time == REQUEST_EPOCH_MS)
        snprintf(out, INSTANT_TEXT_MAX, "%" PRId64, at);
    else
        instant_rfc3339_ms(at, out);
}

enum { ENDPOINT_PLACEHOLDERS = 3 };

static void list_placeholders(const struct endpoint *endpoint,
                              struct name_value list[ENDPOINT_PLACEHOLDERS])
{
    list[0] = (struct name_value){"organisation", endpoint->organisation};
    list[1] = (struct name_value){"directory", endpoint->directory};
    list[2] = (struct name_value){"site", endpoint->site};
}

/* The text for a placeholder, or NULL when there is none. */
static const char *value_of(const struct filling *f, const char *name,
                            size_t len, char buffer[INSTANT_TEXT_MAX])
{
    struct name_value list[ENDPOINT_PLACEHOLDERS];

    list_placeholders(f->endpoint, list);
    for (size_t i = 0; i < ENDPOINT_PLACEHOLDERS; i++) {
        if (strlen(list[i].name) == len &&
            memcmp(list[i].name, name, len) == 0)
            return list[i].value;
    }
    if (len == strlen("account") && memcmp(name, "account", len) == 0)
        return f->account;
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

static bool uses(const char *text, const char *name)
{
    size_t len = strlen(name);

    while (text != NULL && (text = strchr(text, '{')) != NULL) {
        text++;
        if (strncmp(text, name, len) == 0 && text[len] == '}')
            return true;
    }
    return false;
}

const char *request_lacks(const struct source *source,
                          const struct endpoint *endpoint)
{
    struct name_value list[ENDPOINT_PLACEHOLDERS];

    list_placeholders(endpoint, list);
    for (size_t i = 0; i < ENDPOINT_PLACEHOLDERS; i++) {
        const struct name_value *query = source->query;
        bool used = uses(source->request_path, list[i].name) ||
                    uses(source->body, list[i].name) ||
                    uses(source->actions_path, list[i].name);

        for (; query != NULL && query->name != NULL; query++)
            used = used || uses(query->value, list[i].name);
        if (used && list[i].value == NULL)
            return list[i].name;
    }
    return NULL;
}

/* What is encoded: only what placeholders stand for, or the text around them
 * too, or nothing. */
enum encoding { ENCODE_VALUES, ENCODE_ALL, ENCODE_NOTHING };

/* Replaces placeholders. */
static int fill(const struct filling *f, const char *text,
                enum encoding encoding, struct buf *out, struct error *err)
{
    while (*text != '\0') {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        char one[2] = {*text, '\0'}, buffer[INSTANT_TEXT_MAX];
        const char *value;

        if (close == NULL) {
            if (encoding == ENCODE_ALL)
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
        if (encoding == ENCODE_NOTHING)
            buf_puts(out, value);
        else
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
        if (fill(f, query->value, ENCODE_ALL, out, err) != 0)
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
    if (!out->full)
        return error_no_memory(err);
    return error_set(err, ERROR_CONFIG, "%s: a request would be longer than "
                     "%zu bytes", source->name, out->ceiling);
}

int request_path(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err)
{
    struct filling f = {source, endpoint, parts->window, parts->account};
    const struct page_ask *page = parts->page;
    char separator = '?';

    if (fill(&f, source->request_path, ENCODE_VALUES, out, err) != 0)
        return -1;
    if (page == NULL || page->cursor == NULL || !source->paging.only_cursor) {
        if (put_query(&f, source->query, &separator, out, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < parts->batch_count; i++)
        put_parameter(out, &separator, source->batch_parameter,
                      parts->batch[i]);
    if (page != NULL && !source->paging.in_body)
        put_paging(&source->paging, page, &separator, out);
    return check_length(source, out, err);
}

/* The texts of a body while it is written. */
struct body_filling {
    const struct filling *f;
    struct buf text; /* the last one */
    struct error *err;
};

static const char *fill_body_text(void *context, const char *text)
{
    struct body_filling *filling = context;

    buf_reset(&filling->text);
    if (fill(filling->f, text, ENCODE_NOTHING, &filling->text,
             filling->err) != 0)
        return NULL;
    if (buf_ok(&filling->text))
        return filling->text.data;
    if (!filling->text.full)
        error_no_memory(filling->err);
    error_set(filling->err, ERROR_CONFIG, "%s: a text of the body is too long",
              filling->f->source->name);
    return NULL;
}

static void put_body_paging(const struct paging *paging,
                            const struct page_ask *page, struct jsonw *w)
{
    if (page->cursor != NULL)
        jsonw_text(w, paging->cursor_parameter, page->cursor);
    else if (paging->style == PAGING_OFFSET)
        jsonw_int(w, paging->offset_parameter, page->start);
    if (paging->limit_parameter != NULL)
        jsonw_int(w, paging->limit_parameter, page->size);
}

/* The body's own members, unless a cursor stands for them, then paging. */
static int put_body(const struct source *source, const struct json *root,
                    const struct page_ask *page, struct body_filling *filling,
                    struct buf *out)
{
    const struct paging *paging = &source->paging;
    struct json_filling texts = {fill_body_text, filling};
    bool paged = paging->in_body && page != NULL;
    bool own = !paged || page->cursor == NULL || !paging->only_cursor;
    struct jsonw w;

    jsonw_init(&w, out, 0);
    if (!paged)
        return json_write(&w, NULL, root, &texts) ? 0 : -1;
    jsonw_object(&w, NULL);
    for (root = json_first(root); own && root != NULL; root = json_next(root)) {
        if (!json_write(&w, json_key(root), root, &texts))
            return -1;
    }
    put_body_paging(paging, page, &w);
    jsonw_object_end(&w);
    return 0;
}

int request_body(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err)
{
    struct filling f = {source, endpoint, parts->window, parts->account};
    struct body_filling filling = {.f = &f, .err = err};
    struct json_doc doc;
    int result;

    if (source->body == NULL)
        return 0;
    if (json_parse(&doc, source->body, strlen(source->body), JSON_STRICT,
                   source->name, ERROR_BUG, err) != 0)
        return -1;
    buf_init(&filling.text, REQUEST_BODY_MAX);
    result = put_body(source, doc.root, parts->page, &filling, out);
    buf_release(&filling.text);
    json_free(&doc);
    return result == 0 ? check_length(source, out, err) : -1;
}

int request_actions_path(const struct source *source,
                         const struct endpoint *endpoint, struct buf *out,
                         struct error *err)
{
    struct filling f = {source, endpoint, NULL, NULL};

    if (fill(&f, source->actions_path, ENCODE_VALUES, out, err) != 0)
        return -1;
    return check_length(source, out, err);
}

int request_probe_path(const struct source *source,
                       const struct endpoint *endpoint, struct buf *out,
                       struct error *err)
{
    struct filling f = {source, endpoint, NULL, NULL};
    char separator = '?';

    if (fill(&f, source->probe_path, ENCODE_VALUES, out, err) != 0 ||
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

int request_next_cursor(const struct source *source, const struct json *root,
                        struct buf *out, struct error *err)
{
    const struct paging *paging = &source->paging;

    for (const char *const *at = paging->next; at != NULL && *at; at++) {
        const struct json *node = json_at(root, *at);

        if (node == NULL || json_type(node) != JSON_STRING)
            continue;
        if (request_query_value(json_text(node), paging->cursor_parameter,
                                out) != 0)
            buf_puts(out, json_text(node));
        break;
    }
    if (buf_ok(out))
        return 0;
    if (!out->full)
        return error_no_memory(err);
    return error_set(err, ERROR_DATA, "%s: the next page's cursor is too long",
                     source->name);
}
