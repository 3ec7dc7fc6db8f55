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
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
    struct template_value values[TEMPLATE_OF_ENDPOINT + 4];
};

static const char *write_time(const struct source *source, int64_t at,
                              char out[INSTANT_TEXT_MAX])
{
    if (source->time == REQUEST_EPOCH_MS)
        snprintf(out, INSTANT_TEXT_MAX, "%" PRId64, at);
    else
        instant_rfc3339_ms(at, out);
    return out;
}

static void start(struct filling *f, const struct source *source,
                  const struct endpoint *endpoint,
                  const struct request_parts *parts)
{
    const struct request_window *window = parts->window;
    const char *from = NULL, *to = NULL;
    struct template_value *own;

    *f = (struct filling){.source = source, .endpoint = endpoint};
    own = f->values + TEMPLATE_OF_ENDPOINT;
    template_of_endpoint(endpoint, f->values);
    if (window != NULL) {
        from = write_time(source, window->from, f->from);
        to = write_time(source, window->to - source->to_inclusive, f->to);
    }
    own[0] = (struct template_value){"account", parts->account};
    own[1] = (struct template_value){"from", from};
    own[2] = (struct template_value){"to", to};
}

const char *request_lacks(const struct source *source,
                          const struct endpoint *endpoint)
{
    struct template_value list[TEMPLATE_OF_ENDPOINT];

    template_of_endpoint(endpoint, list);
    for (size_t i = 0; i < TEMPLATE_OF_ENDPOINT; i++) {
        const struct name_value *query = source->query;
        bool used = template_uses(source->request_path, list[i].name) ||
                    template_uses(source->body, list[i].name) ||
                    template_uses(source->actions_path, list[i].name);

        for (; query != NULL && query->name != NULL; query++)
            used = used || template_uses(query->value, list[i].name);
        if (used && list[i].value == NULL)
            return list[i].name;
    }
    return NULL;
}

/* Every placeholder of a text must have a value. */
static int check(const struct filling *f, const char *text, struct error *err)
{
    const char *lacks = template_lacks(text, f->values);

    if (lacks == NULL)
        return 0;
    error_set(err, ERROR_CONFIG, "endpoint \"%s\" has no %s",
              f->endpoint->name, lacks);
    return error_hint(err, "add it to the endpoint in the job file");
}

/* Ends a request: its errors name the source. */
static int end(const struct source *source, int result, const struct buf *out,
               struct error *err)
{
    if (result == 0 && template_fits(out, err) == 0)
        return 0;
    return error_prefix(err, "%s", source->name);
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

static int put_path(const struct filling *f, const char *path,
                    const struct name_value *query, char *separator,
                    struct buf *out, struct error *err)
{
    if (check(f, path, err) != 0 ||
        template_fill(path, f->values, out, err) != 0)
        return -1;
    for (; query != NULL && query->name != NULL; query++) {
        buf_putc(out, *separator);
        http_encode(out, query->name);
        buf_putc(out, '=');
        if (check(f, query->value, err) != 0 ||
            template_fill_query(query->value, f->values, out, err) != 0)
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

/* A cursor may stand for all else. */
static bool is_own(const struct source *source, const struct page_ask *page)
{
    return page == NULL || page->cursor == NULL || !source->paging.only_cursor;
}

int request_path(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err)
{
    const struct page_ask *page = parts->page;
    const struct name_value *query = is_own(source, page) ? source->query : NULL;
    char separator = '?';
    struct filling f;
    int result;

    start(&f, source, endpoint, parts);
    result = put_path(&f, source->request_path, query, &separator, out, err);
    for (size_t i = 0; i < parts->batch_count; i++)
        put_parameter(out, &separator, source->batch_parameter,
                      parts->batch[i]);
    if (page != NULL && !source->paging.in_body)
        put_paging(&source->paging, page, &separator, out);
    return end(source, result, out, err);
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
static int put_body(const struct filling *f, const struct page_ask *page,
                    struct buf *out, struct error *err)
{
    const struct source *source = f->source;
    struct jsonw w;

    if (check(f, source->body, err) != 0)
        return -1;
    if (!source->paging.in_body || page == NULL)
        return template_fill_body(source->body, f->values, out, err);
    jsonw_init(&w, out, 0);
    jsonw_object(&w, NULL);
    if (is_own(source, page) &&
        template_fill_members(source->body, f->values, &w, err) != 0)
        return -1;
    put_body_paging(&source->paging, page, &w);
    jsonw_object_end(&w);
    return 0;
}

int request_body(const struct source *source, const struct endpoint *endpoint,
                 const struct request_parts *parts, struct buf *out,
                 struct error *err)
{
    struct filling f;

    if (source->body == NULL)
        return 0;
    start(&f, source, endpoint, parts);
    return end(source, put_body(&f, parts->page, out, err), out, err);
}

static int fixed_path(const struct source *source,
                      const struct endpoint *endpoint, const char *path,
                      const struct name_value *query, struct buf *out,
                      struct error *err)
{
    const struct request_parts none = {0};
    char separator = '?';
    struct filling f;
    int result;

    start(&f, source, endpoint, &none);
    result = put_path(&f, path, query, &separator, out, err);
    return end(source, result, out, err);
}

int request_actions_path(const struct source *source,
                         const struct endpoint *endpoint, struct buf *out,
                         struct error *err)
{
    return fixed_path(source, endpoint, source->actions_path, NULL, out, err);
}

int request_probe_path(const struct source *source,
                       const struct endpoint *endpoint, struct buf *out,
                       struct error *err)
{
    return fixed_path(source, endpoint, source->probe_path,
                      source->probe_query, out, err);
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
    error_set(err, ERROR_DATA, "%s: the next page's cursor is too long",
              source->name);
    return error_usual(
        err, "see the paging of the source; if the API changed, edit %s",
        source->path);
}
